package dockercmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// The kinds of KEY=VALUE that docker's client treats in ways of their own. The fields stay maps: docker's client makes one too,
// in which the last of two equal keys wins.
var (
	label   labelKind         // the key holds no white space, but may stand behind some
	option  table.OptionKind  // any text; without '=' the value is empty
	setting table.SettingKind // any text with a '='
	sysctl  sysctlKind        // only what belongs to the container's own namespaces
)

// clientSpaces are all that docker's client counts as white space in the names of labels and variables.
const clientSpaces = " \t"

type labelKind struct{ table.PairKind }

func (labelKind) Parse(s string) (string, error) { return s, checkLabel(s) }
func (labelKind) Check(s *string) error          { return checkLabel(*s) }

func checkLabel(s string) error {
	key, _, _ := strings.Cut(s, "=")
	key = strings.TrimLeft(key, clientSpaces)
	if key == "" {
		return fmt.Errorf("%q has no key; give KEY=value", s)
	}
	if strings.ContainsAny(key, clientSpaces) {
		return fmt.Errorf("the key %q holds white space, and docker's client refuses it; use '.', '-' or '_'", key)
	}
	return nil
}

type sysctlKind struct{ table.SettingKind }

func (sysctlKind) Check(s *string) error {
	if key, _, _ := strings.Cut(*s, "="); !ipcSysctl(key) && !netSysctl(key) {
		return table.RefusedByClient(fmt.Errorf("%q is not a container's own to set; docker takes net.*, fs.mqueue.* and kernel.msg*, "+
			"kernel.sem, kernel.shm*", key))
	}
	return nil
}

// netSysctl reports whether a kernel setting belongs to the network namespace.
func netSysctl(key string) bool { return strings.HasPrefix(key, "net.") }

// ipcSysctls are the settings of the IPC namespace beside fs.mqueue.
var ipcSysctls = strings.Fields(`kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax kernel.shmmni
	kernel.shm_rmid_forced`)

// ipcSysctl reports whether a kernel setting belongs to the IPC namespace.
func ipcSysctl(key string) bool {
	return strings.HasPrefix(key, "fs.mqueue.") || slices.Contains(ipcSysctls, key)
}

// secretPairKind is KEY=value whose value may be a password: that of a network file system, say. Its errors never show it.
type secretPairKind struct{ table.PairKind }

var secretPair secretPairKind

func (secretPairKind) Parse(s string) (string, error) { return s, nil }

func cutPair(s string) (key, value string) {
	key, value, _ = strings.Cut(s, "=")
	return key, value
}

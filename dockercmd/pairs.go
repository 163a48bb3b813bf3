package dockercmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The kinds of KEY=VALUE that docker's client treats in ways of their own. The fields stay maps: docker's client makes one too,
// in which the last of two equal keys wins.
var (
	label   labelKind   // the key holds no white space, but may stand behind some
	option  optionKind  // any text; without '=' the value is empty
	setting settingKind // any text with a '='
	sysctl  sysctlKind  // only what belongs to the container's own namespaces
)

// clientSpaces are all that docker's client counts as white space in the names of labels and variables.
const clientSpaces = " \t"

type labelKind struct{ pairKind }

func (labelKind) parse(s string) (string, error) { return s, checkLabel(s) }
func (labelKind) check(s *string) error          { return checkLabel(*s) }

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

type optionKind struct{ pairKind }

func (optionKind) parse(s string) (string, error) { return s, nil }

type settingKind struct{ pairKind }

func (settingKind) parse(s string) (string, error) {
	if !strings.Contains(s, "=") {
		return "", fmt.Errorf("%q has no value; give KEY=value", s)
	}
	return s, nil
}

type sysctlKind struct{ settingKind }

func (sysctlKind) check(s *string) error {
	if key, _, _ := strings.Cut(*s, "="); !ipcSysctl(key) && !netSysctl(key) {
		return refusedByClient(fmt.Errorf("%q is not a container's own to set; docker takes net.*, fs.mqueue.* and kernel.msg*, kernel.sem, kernel.shm*", key))
	}
	return nil
}

// netSysctl says whether a kernel setting belongs to the network namespace.
func netSysctl(key string) bool { return strings.HasPrefix(key, "net.") }

// ipcSysctls are the settings of the IPC namespace beside fs.mqueue.
var ipcSysctls = strings.Fields(`kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax kernel.shmmni
	kernel.shm_rmid_forced`)

// ipcSysctl says whether a kernel setting belongs to the IPC namespace.
func ipcSysctl(key string) bool {
	return strings.HasPrefix(key, "fs.mqueue.") || slices.Contains(ipcSysctls, key)
}

// envKind is KEY=value, or KEY to inherit the client's own. It never shows a value in an error.
type envKind struct{}

func (envKind) parse(s string) (string, error)      { return s, envKind{}.check(&s) }
func (envKind) append(dst []byte, s *string) []byte { return append(dst, *s...) }
func (envKind) check(s *string) error {
	if key, _, _ := strings.Cut(*s, "="); key == "" {
		return errors.New("a variable without a name; give KEY=value, or KEY to inherit it")
	}
	return nil
}
func (envKind) word() string { return "list" }

// secretPairKind is KEY=value whose value may be a password: that of a network file system, say. Its errors never show it.
type secretPairKind struct{ pairKind }

var secretPair secretPairKind

func (secretPairKind) parse(s string) (string, error) { return s, nil }

func cutPair(s string) (key, value string) {
	key, value, _ = strings.Cut(s, "=")
	return key, value
}

package dockercmd

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// TmpfsMount is docker's --tmpfs: PATH[:OPTIONS], a memory file system in the container. Of two at one path docker's client
// keeps the last.
type TmpfsMount struct {
	Target  string   // the absolute path in the container
	Options []string // such as size=64m, mode=1777, exec; nil is docker's noexec,nosuid,nodev
}

// ParseTmpfsMount reads the value of --tmpfs.
func ParseTmpfsMount(s string) (TmpfsMount, error) {
	target, options, _ := strings.Cut(s, ":")
	m := TmpfsMount{Target: target}
	if options != "" {
		m.Options = strings.Split(options, ",")
	}
	return m, nil
}

func (m TmpfsMount) String() string { return string(m.AppendTo(nil)) }

func (m *TmpfsMount) AppendTo(dst []byte) []byte {
	dst = append(dst, m.Target...)
	for i, o := range m.Options {
		dst = append(dst, ":,"[min(i, 1)])
		dst = append(dst, o...)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (m TmpfsMount) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what ParseTmpfsMount reads.
func (m *TmpfsMount) UnmarshalText(text []byte) (err error) {
	*m, err = ParseTmpfsMount(string(text))
	return err
}

// tmpfsOptions are the words that an engine takes (20.10.24, each tried; "remount", "bind" and "rbind" pass its list and fail in
// the runtime). Those of tmpfsValues have a value.
var (
	tmpfsOptions = strings.Fields(`async atime defaults dev diratime dirsync exec mand noatime nodev nodiratime noexec nomand
		norelatime nostrictatime nosuid private rprivate relatime ro rshared rslave runbindable rw shared slave strictatime suid
		sync unbindable`)
	tmpfsValues = strings.Fields("gid mode mpol nr_blocks nr_inodes size uid")
)

func (m *TmpfsMount) Validate() error {
	switch {
	case m.Target == "":
		return errors.New("no path; write PATH or PATH:OPTIONS")
	case !path.IsAbs(m.Target):
		return fmt.Errorf("the path %q is not absolute", m.Target)
	case path.Clean(m.Target) == "/":
		return errors.New("the path '/' is the container's own root")
	case strings.Contains(m.Target, ":"):
		return fmt.Errorf("the path %q holds ':', which separates it from its options; use --mount", m.Target)
	}
	for _, o := range m.Options {
		if err := checkTmpfsOption(o); err != nil {
			return err
		}
	}
	return nil
}

func checkTmpfsOption(o string) error {
	key, value, valued := strings.Cut(o, "=")
	switch {
	case !valued && slices.Contains(tmpfsOptions, o):
		return nil
	case !slices.Contains(tmpfsValues, key) || strings.Contains(o, ","):
		return fmt.Errorf("the option %q is unknown; docker knows size=64m, mode=1777, uid, gid, nr_inodes, nr_blocks, mpol, exec, "+
			"noexec, ro, rw and the like", o)
	}
	right := map[string]bool{
		"size": kernelSize(strings.TrimSuffix(value, "%")), "nr_blocks": kernelSize(value), "nr_inodes": kernelSize(value),
		"mode": octalDigits(value), "uid": digits(value), "gid": digits(value), "mpol": value != "",
	}
	if !right[key] {
		return fmt.Errorf("%q has no value that the kernel reads, such as size=64m, mode=1777 or uid=1000", o)
	}
	return nil
}

// kernelSize reports whether the kernel reads s as a number with a unit.
func kernelSize(s string) bool {
	return digits(strings.TrimRight(s, "kKmMgGtTpPeE")) && len(s)-len(strings.TrimRight(s, "kKmMgGtTpPeE")) <= 1
}

func octalDigits(s string) bool { return digits(s) && !strings.ContainsAny(s, "89") }

func (*TmpfsMount) FlagType() string { return "list" }

// Equal reports whether both mean the same.
func (m TmpfsMount) Equal(o TmpfsMount) bool { return m.String() == o.String() }

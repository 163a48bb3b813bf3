package dockercmd

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/table"
)

// Device is docker's --device: HOST[:CONTAINER][:PERMISSIONS], or a CDI name such as vendor.com/class=name (from 25.0 on).
type Device struct {
	Host        string // the device on the host, or a CDI name
	Container   string // its path in the container; "" is the same
	Permissions string // of r, w and m; "" is rwm
}

// ParseDevice reads the value of --device. Of two parts, the second is permissions when it is made of r, w and m alone.
func ParseDevice(s string) (Device, error) {
	if cdiName(s) {
		return Device{Host: s}, nil
	}
	parts := strings.Split(s, ":")
	d := Device{Host: parts[0]}
	switch {
	case len(parts) == 2 && devicePermissions(parts[1]):
		d.Permissions = parts[1]
	case len(parts) == 2:
		d.Container = parts[1]
	case len(parts) == 3:
		d.Container, d.Permissions = parts[1], parts[2]
	case len(parts) > 3:
		return Device{}, fmt.Errorf("%q has too many colons; write HOST:CONTAINER:PERMISSIONS", s)
	}
	if len(parts) > 1 && (parts[1] == "" || parts[len(parts)-1] == "") {
		return Device{}, fmt.Errorf("%q has an empty part; write HOST:CONTAINER:PERMISSIONS", s)
	}
	return d, d.Validate()
}

// devicePermissions reports whether s is made of distinct letters r, w and m.
func devicePermissions(s string) bool {
	for i, r := range s {
		if !strings.ContainsRune("rwm", r) || strings.ContainsRune(s[:i], r) {
			return false
		}
	}
	return s != ""
}

func (d Device) String() string { return string(d.AppendTo(nil)) }

func (d *Device) AppendTo(dst []byte) []byte {
	dst = append(dst, d.Host...)
	if d.Container != "" {
		dst = append(append(dst, ':'), d.Container...)
	}
	if d.Permissions != "" {
		dst = append(append(dst, ':'), d.Permissions...)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (d Device) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDevice reads.
func (d *Device) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDevice(string(text))
	return err
}

func (d *Device) Validate() error {
	switch {
	case d.Host == "":
		return errors.New("no device; write HOST:CONTAINER:PERMISSIONS")
	case cdiName(d.String()):
		if d.Container != "" || d.Permissions != "" {
			return fmt.Errorf("%q is a CDI name as a whole; it takes neither a path nor permissions", d.String())
		}
		return nil
	case strings.Contains(d.Host, ":") || strings.Contains(d.Container, ":"):
		return fmt.Errorf("%q holds a colon inside a path, which --device cannot carry", d.String())
	case d.Container != "" && !path.IsAbs(d.Container):
		return fmt.Errorf("the container's path %q is not absolute", d.Container)
	case d.Container == "" && !path.IsAbs(d.Host) && !strings.HasPrefix(d.Host, "class/"): // Windows engines take class/GUID
		return fmt.Errorf("%q is neither an absolute path nor a CDI name such as vendor.com/class=name", d.Host)
	case d.Permissions != "" && !devicePermissions(d.Permissions):
		return fmt.Errorf("the permissions %q are not made of r, w and m", d.Permissions)
	}
	return nil
}

// Needs returns a CDI name, which has no path.
func (d *Device) Needs() []table.Need {
	if !strings.HasPrefix(d.Host, "/") && cdiName(d.Host) {
		return []table.Need{{What: d.Host, Since: "25.0", Instead: "the path of a device"}}
	}
	return nil
}
func (*Device) FlagType() string { return "list" }

var cdiNameRE = sync.OnceValue(func() *regexp.Regexp {
	const letter, end = `[a-zA-Z]`, `[a-zA-Z0-9]`
	return regexp.MustCompile(`^` + letter + `(?:[a-zA-Z0-9_.-]*` + end + `)?/` + letter + `(?:[a-zA-Z0-9_-]*` + end + `)?=` + end +
		`(?:[a-zA-Z0-9_.:-]*` + end + `)?$`)
})

// cdiName reports whether s is a name of the container device interface, VENDOR/CLASS=NAME, which may hold colons.
func cdiName(s string) bool { return cdiNameRE().MatchString(s) }

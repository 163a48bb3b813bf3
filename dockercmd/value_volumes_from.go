package dockercmd

import (
	"fmt"
	"strings"
)

// VolumesFrom is docker's --volumes-from: CONTAINER or CONTAINER:MODE. Docker sends it as it is written.
type VolumesFrom string

// ParseVolumesFrom reads the value of --volumes-from, which docker's client does not look at.
func ParseVolumesFrom(s string) (VolumesFrom, error) { return VolumesFrom(s), nil }

// Container returns the container whose volumes are mounted.
func (v VolumesFrom) Container() string { name, _, _ := strings.Cut(string(v), ":"); return name }

// Mode is ro, rw, z or Z, or several of them with commas between; "" is as they are mounted there.
func (v VolumesFrom) Mode() string { _, mode, _ := strings.Cut(string(v), ":"); return mode }

func (v VolumesFrom) String() string              { return string(v) }
func (v *VolumesFrom) AppendTo(dst []byte) []byte { return append(dst, *v...) }

// MarshalText returns String, for YAML and JSON.
func (v VolumesFrom) MarshalText() ([]byte, error) { return []byte(v), nil }

// UnmarshalText reads what ParseVolumesFrom reads.
func (v *VolumesFrom) UnmarshalText(text []byte) (err error) {
	*v, err = ParseVolumesFrom(string(text))
	return err
}

func (v *VolumesFrom) Validate() error {
	if err := checkReference(v.Container()); err != nil {
		return fmt.Errorf("the container of %q: %w", *v, err)
	}
	if strings.HasSuffix(string(*v), ":") {
		return fmt.Errorf("%q has an empty mode; write CONTAINER:ro, or leave the colon out", *v)
	}
	if v.Mode() == "" {
		return nil
	}
	var groups string // an engine takes one of each
	for o := range strings.SplitSeq(v.Mode(), ",") {
		switch o {
		case "ro", "rw", "z", "Z":
		default:
			return fmt.Errorf("the mode %q of %q is unknown; use ro, rw, z or Z", o, *v)
		}
		group := strings.ToLower(o[:1])
		if strings.Contains(groups, group) {
			return fmt.Errorf("the mode %q contradicts or repeats another one in %q", o, *v)
		}
		groups += group
	}
	return nil
}
func (*VolumesFrom) FlagType() string { return "list" }

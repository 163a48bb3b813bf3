package dockercmd

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/dockercmd/toolkit/internal/table"
)

// Volume is docker's -v: [SOURCE:]TARGET[:OPTIONS]. A source that begins with '/', '.' or '~' is a path on the host (and is
// made, as root, when it is missing); any other is the name of a volume; none is an anonymous volume. Prefer [Mount], which
// can carry every path and makes nothing.
type Volume struct {
	Source  string
	Target  string
	Options []string // ro, rw, z, Z, nocopy, a propagation; nil is rw
}

// ParseVolume reads the value of -v as docker's client does: a colon after a single letter belongs to a Windows drive.
func ParseVolume(s string) (Volume, error) {
	sections, err := volumeSections(s)
	if err != nil {
		return Volume{}, err
	}
	switch len(sections) {
	case 1:
		return Volume{Target: sections[0]}, nil
	case 2:
		return Volume{Source: sections[0], Target: sections[1]}, nil
	case 3:
		return Volume{Source: sections[0], Target: sections[1], Options: strings.Split(sections[2], ",")}, nil
	}
	return Volume{}, fmt.Errorf("%q has too many colons; write SOURCE:TARGET:OPTIONS, or use --mount for a path that holds a colon", s)
}

func volumeSections(s string) ([]string, error) {
	if s == "" {
		return nil, errors.New("empty; write SOURCE:TARGET")
	}
	if len([]rune(s)) <= 2 {
		return []string{s}, nil
	}
	var sections []string
	var section []rune
	for _, r := range s {
		isDrive := len(section) == 1 && unicode.IsLetter(section[0])
		if r != ':' || isDrive {
			section = append(section, r)
			continue
		}
		sections, section = append(sections, string(section)), nil
	}
	sections = append(sections, string(section))
	if slices.Contains(sections, "") {
		return nil, fmt.Errorf("%q has an empty part between colons; write SOURCE:TARGET:OPTIONS", s)
	}
	return sections, nil
}

func (v Volume) String() string { return string(v.AppendTo(nil)) }

func (v *Volume) AppendTo(dst []byte) []byte {
	if v.Source != "" {
		dst = append(append(dst, v.Source...), ':')
	}
	dst = append(dst, v.Target...)
	for i, o := range v.Options {
		dst = append(dst, ":,"[min(i, 1)])
		dst = append(dst, o...)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (v Volume) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what ParseVolume reads.
func (v *Volume) UnmarshalText(text []byte) (err error) {
	*v, err = ParseVolume(string(text))
	return err
}

// The engine takes at most one option of each group.
var volumeOptions = [][]string{
	{"ro", "rw"},
	{"z", "Z"},
	{"shared", "slave", "private", "rshared", "rslave", "rprivate"},
	{"nocopy"},
	{"consistent", "cached", "delegated"},
}

func (v *Volume) Validate() error {
	for _, part := range []string{v.Source, v.Target} {
		switch {
		case v.Source == "" && len(part) > 1 && part[1] == ':' && !strings.HasPrefix(part[1:], `:\`):
			return fmt.Errorf("%q begins with one letter and a colon, which docker's client reads as a Windows drive: an anonymous "+
				"volume; give the volume a longer name", part)
		case strings.Contains(part, ":") && !windowsPath(part):
			return fmt.Errorf("%q holds ':', which separates the parts of -v; use --mount", part)
		case part != strings.TrimSpace(part):
			return fmt.Errorf("%q begins or ends with white space; use --mount", part)
		}
	}
	switch {
	case v.Target == "":
		return errors.New("no target; write SOURCE:TARGET")
	case !path.IsAbs(v.Target) && !windowsPath(v.Target):
		return fmt.Errorf("the target %q is not absolute", v.Target)
	case path.Clean(v.Target) == "/":
		return errors.New("the target '/' is the container's own root")
	case v.Source == "~" || strings.HasPrefix(v.Source, "~/"):
		return fmt.Errorf("the source %q is not expanded by docker; give the path itself", v.Source)
	case len(v.Source) == 1 && v.Source != "/" && v.Source != ".":
		return fmt.Errorf("the source %q is one character, which docker's client reads as a Windows drive or refuses; give the volume "+
			"a longer name", v.Source)
	case strings.HasPrefix(v.Source, "~"):
		return fmt.Errorf("the source %q is not expanded by docker; give the path itself", v.Source)
	case v.Source == "" && len(v.Options) > 0:
		return errors.New("options without a source; write SOURCE:TARGET:OPTIONS")
	}
	if !path.IsAbs(v.Source) && strings.Contains(v.Source, "/") && !relative(v.Source) && !windowsPath(v.Source) {
		return fmt.Errorf("the source %q is neither an absolute path nor the name of a volume", v.Source)
	}
	var used [5]bool
	for _, o := range v.Options {
		i := slices.IndexFunc(volumeOptions, func(group []string) bool { return slices.Contains(group, o) })
		if i < 0 {
			return fmt.Errorf("the option %q is unknown; use ro, rw, z, Z, nocopy or a propagation such as rslave", o)
		}
		if used[i] {
			return fmt.Errorf("the option %q contradicts or repeats another one of %s", o, strings.Join(volumeOptions[i], ", "))
		}
		used[i] = true
	}
	return nil
}

// Needs returns a relative source.
func (v *Volume) Needs() []table.Need {
	if relative(v.Source) {
		return []table.Need{{What: v.Source, Since: "23.0", Instead: "an absolute path"}}
	}
	return nil
}
func (*Volume) FlagType() string { return "list" }

// windowsPath reports whether s is an absolute path of Windows: C:\x, C:/x, or one that begins with two backslashes. Engines on
// Windows take it for a target, clients there for a source.
func windowsPath(s string) bool {
	if strings.HasPrefix(s, `\\`) {
		return true
	}
	letter := len(s) > 2 && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
	return letter && s[1] == ':' && (s[2] == '\\' || s[2] == '/') && !strings.Contains(s[2:], ":")
}

// relative reports whether the client takes s for a path below its own directory; it does so from 23.0 on.
func relative(s string) bool { return strings.HasPrefix(s, ".") }

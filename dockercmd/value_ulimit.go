package dockercmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Ulimit is docker's --ulimit: NAME=SOFT[:HARD]. -1 is unlimited.
type Ulimit struct {
	Name string // core, nofile, nproc, memlock...
	Soft int64
	Hard int64
}

var ulimitNames = []string{
	"core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime",
	"sigpending", "stack",
}

// ParseUlimit reads NAME=SOFT or NAME=SOFT:HARD; without HARD both are SOFT.
func ParseUlimit(s string) (Ulimit, error) {
	name, limits, ok := strings.Cut(s, "=")
	soft, hard, both := strings.Cut(limits, ":")
	if !both {
		hard = soft
	}
	u := Ulimit{Name: name}
	var errSoft, errHard error
	u.Soft, errSoft = strconv.ParseInt(soft, 10, 64)
	u.Hard, errHard = strconv.ParseInt(hard, 10, 64)
	if !ok || errSoft != nil || errHard != nil {
		return Ulimit{}, fmt.Errorf("%q is not NAME=SOFT or NAME=SOFT:HARD such as nofile=1024:2048", s)
	}
	return u, u.Validate()
}

func (u Ulimit) String() string { return string(u.AppendTo(nil)) }

func (u *Ulimit) AppendTo(dst []byte) []byte {
	dst = append(append(dst, u.Name...), '=')
	dst = strconv.AppendInt(dst, u.Soft, 10)
	if u.Hard != u.Soft {
		dst = strconv.AppendInt(append(dst, ':'), u.Hard, 10)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (u Ulimit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what ParseUlimit reads.
func (u *Ulimit) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUlimit(string(text))
	return err
}

func (u *Ulimit) Validate() error {
	switch {
	case !slices.Contains(ulimitNames, u.Name):
		return fmt.Errorf("the limit %q is unknown; docker knows %s", u.Name, strings.Join(ulimitNames, ", "))
	case u.Hard != -1 && (u.Soft > u.Hard || u.Soft == -1):
		return fmt.Errorf("the soft limit %d of %s is above its hard limit %d", u.Soft, u.Name, u.Hard)
	}
	return nil
}
func (*Ulimit) FlagType() string { return "ulimit" }

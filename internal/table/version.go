package table

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is the numbers of a docker version that this package compares.
type Version [2]int

// ParseVersion reads MAJOR.MINOR, and ignores what stands behind a second dot; "" is the oldest of all.
func ParseVersion(s string) (Version, error) {
	if s == "" {
		return Version{}, nil
	}
	major, rest, _ := strings.Cut(s, ".")
	minor, _, _ := strings.Cut(rest, ".")
	if minor == "" {
		minor = "0"
	}
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	if err1 != nil || err2 != nil || a < 0 || b < 0 {
		return Version{}, fmt.Errorf("%q is not a version such as 20.10 or 28.2.2", s)
	}
	return Version{a, b}, nil
}

// Before reports whether v is older than o.
func (v Version) Before(o Version) bool { return v[0] < o[0] || v[0] == o[0] && v[1] < o[1] }

package table

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is the numbers of a docker version that this package compares.
type Version [2]int

// ParseVersion reads MAJOR.MINOR, perhaps with a v in front, and ignores what stands behind a second dot or, as in 29.0-rc1, behind
// the digits; "" is the oldest of all.
func ParseVersion(s string) (Version, error) {
	if s == "" {
		return Version{}, nil
	}
	major, rest, dotted := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	if !dotted {
		major, _ = digits(major)
		minor = "0"
	} else {
		minor, _ = digits(minor)
	}
	a, err1 := strconv.ParseUint(major, 10, 31)
	b, err2 := strconv.ParseUint(minor, 10, 31)
	if err1 != nil || err2 != nil {
		return Version{}, fmt.Errorf("%q is not a version such as 20.10 or 28.2.2", s)
	}
	return Version{int(a), int(b)}, nil
}

// digits returns the digits in front of a suffix such as -rc1, +dfsg1 or ~ds1; of another text it returns nothing.
func digits(s string) (number, suffix string) {
	n := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	switch {
	case n < 0:
		return s, ""
	case strings.ContainsRune("-+~", rune(s[n])):
		return s[:n], s[n:]
	}
	return "", s
}

// Before reports whether v is older than o.
func (v Version) Before(o Version) bool { return v[0] < o[0] || v[0] == o[0] && v[1] < o[1] }

func (v Version) String() string { return fmt.Sprintf("%d.%d", v[0], v[1]) }

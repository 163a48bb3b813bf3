package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Names is a list of names that are allowed: exact ones, beginnings with a star behind them, or "*" alone for any. "" stands for
// none given.
type Names []string

// Has reports whether a name is in the list.
func (n Names) Has(name string) bool {
	return slices.ContainsFunc(n, func(pattern string) bool {
		if begin, ok := strings.CutSuffix(pattern, "*"); ok && name != "" {
			return strings.HasPrefix(name, begin)
		}
		return pattern == name
	})
}

// special reports whether a name is in the list by a pattern that begins with prefix: what "*" must not include.
func (n Names) special(name, prefix string) bool {
	var own Names
	for _, pattern := range n {
		if strings.HasPrefix(pattern, prefix) {
			own = append(own, pattern)
		}
	}
	return own.Has(name)
}

// String returns the list for people.
func (n Names) String() string {
	words := make([]string, len(n))
	for i, name := range n {
		if words[i] = name; name == "" {
			words[i] = "none given"
		}
	}
	return strings.Join(words, ", ")
}

// IDs is a range of numbers of users or groups.
type IDs struct{ First, Last int }

// ParseIDs reads a number, 1000, or a range, 1000-59999.
func ParseIDs(s string) (IDs, error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	a, errA := parseID(first)
	b, errB := parseID(last)
	if errA != nil || errB != nil || a > b {
		return IDs{}, fmt.Errorf("%q is neither a number such as 1000 nor a range such as 1000-59999", s)
	}
	return IDs{a, b}, nil
}

// parseID reads the number of a user or a group as docker does, without a sign.
func parseID(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || s[0] == '+' {
		return 0, fmt.Errorf("%q is not a number from 0 to 2147483647", s)
	}
	return int(n), nil
}

// String returns the range as ParseIDs reads it.
func (r IDs) String() string {
	if r.First == r.Last {
		return strconv.Itoa(r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// MarshalText returns String.
func (r IDs) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseIDs reads.
func (r *IDs) UnmarshalText(text []byte) (err error) {
	*r, err = ParseIDs(string(text))
	return err
}

// hasID reports whether a number is in one of the ranges. One that is special must stand alone.
func hasID(all []IDs, id int, special bool) bool {
	return slices.ContainsFunc(all, func(r IDs) bool {
		return r.First <= id && id <= r.Last && (!special || r.First == r.Last)
	})
}

func joinIDs(all []IDs) string {
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = r.String()
	}
	return strings.Join(words, ", ")
}

// Ports are ports of the host that may be opened.
type Ports struct {
	// Address is the host's address, without brackets; "" is every address.
	Address string
	// First and Last are the range of ports.
	First, Last uint16
}

// ParsePorts reads [ADDRESS:]PORT[-PORT]: 127.0.0.1:8000-8999.
func ParsePorts(s string) (Ports, error) {
	var p Ports
	ports := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		p.Address, ports = strings.Trim(s[:i], "[]"), s[i+1:]
	}
	first, last, isRange := strings.Cut(ports, "-")
	if !isRange {
		last = first
	}
	a, errA := strconv.ParseUint(first, 10, 16)
	b, errB := strconv.ParseUint(last, 10, 16)
	if errA != nil || errB != nil || a == 0 || a > b {
		return Ports{}, fmt.Errorf("%q is not ADDRESS:FIRST-LAST, such as 127.0.0.1:8000-8999", s)
	}
	p.First, p.Last = uint16(a), uint16(b)
	return p, nil
}

// String returns the ports as ParsePorts reads them.
func (p Ports) String() string {
	ports := fmt.Sprintf("%d-%d", p.First, p.Last)
	switch {
	case p.Address == "":
		return ports
	case strings.Contains(p.Address, ":"):
		return "[" + p.Address + "]:" + ports
	}
	return p.Address + ":" + ports
}

// MarshalText returns String.
func (p Ports) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParsePorts reads.
func (p *Ports) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePorts(string(text))
	return err
}

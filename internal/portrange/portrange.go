// Package portrange reads ranges of ports as docker writes them on its lines and in its output: [Parse].
package portrange

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a port or a range of ports: 80 or 8000-8010. Both ends are included; of a single port they are equal.
func Parse(s string) (low, high int, err error) {
	if s == "" {
		return 0, 0, errors.New("missing; give a number from 0 to 65535")
	}
	a, b, isRange := strings.Cut(s, "-")
	if !isRange {
		b = a
	}
	l, err1 := strconv.ParseUint(a, 10, 16)
	h, err2 := strconv.ParseUint(b, 10, 16)
	if err1 != nil || err2 != nil || h < l {
		return 0, 0, fmt.Errorf("%q is not a port or a range such as 8000-8010", s)
	}
	return int(l), int(h), nil
}

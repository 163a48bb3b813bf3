package worker

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
)

// Mode is permission bits, written in octal: 0027.
type Mode fs.FileMode

// UnmarshalText reads up to four octal digits.
func (m *Mode) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(strings.TrimPrefix(string(text), "0o"), 8, 32)
	if err != nil || n > 0o777 {
		return errors.New(strconv.Quote(string(text)) + " is not a mode such as 0027")
	}
	*m = Mode(n)
	return nil
}

// MarshalText writes four octal digits.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

func (m Mode) String() string {
	s := strconv.FormatUint(uint64(m), 8)
	return "0000"[:max(0, 4-len(s))] + s
}

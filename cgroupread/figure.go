package cgroupread

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Figure is a number that the kernel may not keep, or a limit that may not be set. The zero Figure is unknown, which is not 0.
//
//	if limit, ok := memory.Limit.Get(); ok { ... }        // a limit is set
//	room := memory.Limit.Or(math.MaxInt64) - memory.WorkingSet // unknown and no limit count as endless
//
// Figures can be compared with ==. As JSON they are a number, "max" for no limit, null for unknown.
type Figure struct {
	n     int64
	state figureState
}

type figureState uint8

const (
	unknown figureState = iota
	known
	unlimited
)

// Known returns a Figure that is a number.
func Known(n int64) Figure { return Figure{n: n, state: known} }

// Unlimited returns the Figure of a limit that is not set.
func Unlimited() Figure { return Figure{state: unlimited} }

// Get returns the number. ok is false when there is none: it is unknown, or no limit is set.
func (f Figure) Get() (n int64, ok bool) { return f.n, f.state == known }

// Or returns the number, and n when there is none.
func (f Figure) Or(n int64) int64 {
	if f.state == known {
		return f.n
	}
	return n
}

// IsUnknown reports whether the kernel does not keep the figure.
func (f Figure) IsUnknown() bool { return f.state == unknown }

// IsUnlimited reports whether the figure is a limit that is not set.
func (f Figure) IsUnlimited() bool { return f.state == unlimited }

// String returns the number, "max" or "unknown".
func (f Figure) String() string {
	switch f.state {
	case known:
		return strconv.FormatInt(f.n, 10)
	case unlimited:
		return "max"
	}
	return "unknown"
}

// MarshalJSON returns a number, "max" or null.
func (f Figure) MarshalJSON() ([]byte, error) {
	switch f.state {
	case known:
		return strconv.AppendInt(nil, f.n, 10), nil
	case unlimited:
		return []byte(`"max"`), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON takes what MarshalJSON returns.
func (f *Figure) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "null":
		*f = Figure{}
		return nil
	case `"max"`:
		*f = Unlimited()
		return nil
	}
	var n int64
	if err := json.Unmarshal(text, &n); err != nil {
		return fmt.Errorf("figure: want a number, \"max\" or null: %w", err)
	}
	*f = Known(n)
	return nil
}

// parseFigure reads the content of a file that holds one number or "max".
func parseFigure(text []byte) (Figure, error) {
	text = bytes.TrimSuffix(text, []byte("\n"))
	if string(text) == "max" {
		return Unlimited(), nil
	}
	n, ok := parseNumber(text)
	if !ok {
		return Figure{}, fmt.Errorf("%.40q is not a number", text)
	}
	return Known(n), nil
}

// parseNumber reads decimal digits. What is beyond an int64 becomes the greatest one: kernels before 3.19 print an unset limit as
// 2^64-1.
func parseNumber(text []byte) (n int64, ok bool) {
	if len(text) == 0 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + d
	}
	return n, true
}

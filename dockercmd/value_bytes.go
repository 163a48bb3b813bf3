package dockercmd

import (
	"fmt"
	"math"
	"strconv"

	"github.com/docker/go-units"

	"github.com/dockercmd/toolkit/internal/table"
)

// Bytes is an amount of memory. It renders exactly, in the largest unit that divides it: 512m, 1536m, 1000b. All units are
// powers of 1024, as docker's are. -1 means unlimited where docker allows it (--memory-swap).
type Bytes int64

// The units docker writes as k, m, g and t.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
	GiB Bytes = 1 << 30
	TiB Bytes = 1 << 40
)

// ParseBytes reads docker's size text: a number, perhaps with a fraction, and a unit b, k, m, g, t or p in either case,
// perhaps followed by b or ib. A number alone is bytes.
func ParseBytes(s string) (Bytes, error) {
	if s == "-1" {
		return -1, nil
	}
	n, err := units.RAMInBytes(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a size such as 512m or 1.5g", s)
	}
	// The conversion of a huge number overflows to the smallest integer in every docker version.
	if n < 0 || n == math.MaxInt64 {
		return 0, fmt.Errorf("%q is larger than docker can count (8 EiB)", s)
	}
	return Bytes(n), nil
}

func (b Bytes) String() string { return string(b.AppendTo(nil)) }

func (b Bytes) AppendTo(dst []byte) []byte {
	if b <= 0 {
		return strconv.AppendInt(dst, int64(b), 10)
	}
	unit := 0
	for b%1024 == 0 && unit < len("bkmgtp")-1 {
		b /= 1024
		unit++
	}
	return append(strconv.AppendInt(dst, int64(b), 10), "bkmgtp"[unit])
}

// MarshalText returns String, for YAML and JSON.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what ParseBytes reads.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = ParseBytes(string(text))
	return err
}

func (b *Bytes) Validate() error {
	if *b < 0 {
		return table.RefusedByClient(fmt.Errorf("%d is negative; give a size such as 512m", *b))
	}
	return b.exact()
}

// exact refuses what docker's own parser would round: it counts in floating point, which is exact up to 8 PiB.
func (b *Bytes) exact() error {
	if read, err := ParseBytes(b.String()); err != nil || read != *b {
		return fmt.Errorf("%s is more than docker counts exactly; give a multiple of 1k, 1m or 1g", *b)
	}
	return nil
}
func (*Bytes) FlagType() string { return "bytes" }

// swapKind is a size that may be -1, for unlimited swap.
type swapKind struct{}

var swapSize swapKind

func (swapKind) Parse(s string) (Bytes, error)      { return ParseBytes(s) }
func (swapKind) Append(dst []byte, b *Bytes) []byte { return b.AppendTo(dst) }
func (swapKind) Check(b *Bytes) error {
	if *b < -1 {
		return fmt.Errorf("%d is negative; -1 means unlimited", *b)
	}
	return b.exact()
}
func (swapKind) FlagType() string { return "bytes" }

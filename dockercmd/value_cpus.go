package dockercmd

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// CPUs is a number of CPUs in billionths, docker's own resolution: 1500 * MilliCPU renders as 1.5.
type CPUs int64

// CPU is one whole CPU, MilliCPU a thousandth of it.
const (
	CPU      CPUs = 1e9
	MilliCPU CPUs = 1e6
)

// CPUPercent returns the share that schedulers count in percent of one CPU: 150 is one and a half.
func CPUPercent(percent float64) (CPUs, error) {
	return ParseCPUs(strconv.FormatFloat(percent, 'f', -1, 64) + "e-2")
}

// ParseCPUs reads docker's decimal text: 1.5, .5, 1/2, 1e1. More than nine decimals are refused, as docker does.
func ParseCPUs(s string) (CPUs, error) {
	// A long exponent would make the exact number itself huge; docker's own range ends far below it.
	if i := strings.IndexAny(s, "eEpP"); i >= 0 && !strings.HasPrefix(strings.ToLower(s), "0x") {
		if exp, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+")); err != nil || exp > 18 || exp < -18 {
			return 0, fmt.Errorf("%q is not a number of CPUs such as 1.5", s)
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || len(s) > 64 {
		return 0, fmt.Errorf("%q is not a number of CPUs such as 1.5", s)
	}
	nano := r.Mul(r, big.NewRat(int64(CPU), 1))
	if !nano.IsInt() {
		return 0, fmt.Errorf("%q is too precise; docker counts CPUs in billionths", s)
	}
	if !nano.Num().IsInt64() {
		return 0, fmt.Errorf("%q is larger than docker can count", s)
	}
	return CPUs(nano.Num().Int64()), nil
}

func (c CPUs) String() string { return string(c.AppendTo(nil)) }

func (c CPUs) AppendTo(dst []byte) []byte {
	// The magnitude is taken as unsigned, so that the smallest integer has one too.
	n := uint64(c)
	if c < 0 {
		dst, n = append(dst, '-'), -n
	}
	dst = strconv.AppendUint(dst, n/uint64(CPU), 10)
	frac := n % uint64(CPU)
	if frac == 0 {
		return dst
	}
	dst = append(dst, '.')
	for digit := uint64(CPU) / 10; frac > 0; digit /= 10 {
		dst = append(dst, byte('0'+frac/digit))
		frac %= digit
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (c CPUs) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseCPUs reads.
func (c *CPUs) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCPUs(string(text))
	return err
}

func (c *CPUs) Validate() error {
	if *c < 0 {
		return fmt.Errorf("%s is negative; give a number of CPUs such as 1.5", *c)
	}
	if *c < 10*MilliCPU {
		return fmt.Errorf("%s is under docker's minimum of 0.01", *c)
	}
	return nil
}
func (*CPUs) FlagType() string { return "decimal" }

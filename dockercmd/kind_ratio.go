package dockercmd

import (
	"fmt"
	"strconv"
)

// ratio is a share from 0 to 1, as a number with docker's own precision.
var ratio ratioKind

type ratioKind struct{}

func (ratioKind) Parse(s string) (float32, error) {
	v, err := strconv.ParseFloat(s, 32)
	if err != nil || v != v {
		return 0, fmt.Errorf("%q is not a ratio such as 0.1", s)
	}
	return float32(v), nil
}
func (ratioKind) Append(dst []byte, v *float32) []byte {
	return strconv.AppendFloat(dst, float64(*v), 'g', -1, 32)
}
func (ratioKind) Check(v *float32) error {
	if !(*v >= 0 && *v <= 1) {
		return fmt.Errorf("%g is not from 0 to 1", *v)
	}
	return nil
}
func (ratioKind) FlagType() string { return "float" }

package dockercmd

import (
	"fmt"
	"strconv"
	"strings"
)

// WeightDevice is docker's --blkio-weight-device: DEVICE:WEIGHT.
type WeightDevice struct {
	Path   string // a device of the host, below /dev/
	Weight uint16 // 10 to 1000; 0 is the engine's default
}

// BpsDevice is docker's --device-read-bps and --device-write-bps: DEVICE:SIZE.
type BpsDevice struct {
	Path string // a device of the host, below /dev/
	Rate Bytes  // per second
}

// IOpsDevice is docker's --device-read-iops and --device-write-iops: DEVICE:COUNT.
type IOpsDevice struct {
	Path string // a device of the host, below /dev/
	Rate uint64 // operations per second
}

// ParseWeightDevice reads the value of --blkio-weight-device.
func ParseWeightDevice(s string) (WeightDevice, error) {
	path, text := cutRate(s)
	weight, err := strconv.ParseUint(text, 10, 16)
	d := WeightDevice{path, uint16(weight)}
	if err != nil || d.Validate() != nil {
		return WeightDevice{}, fmt.Errorf("%q is not DEVICE:WEIGHT such as /dev/sda:500, with a weight from 10 to 1000", s)
	}
	return d, nil
}

// ParseBpsDevice reads the value of --device-read-bps and --device-write-bps.
func ParseBpsDevice(s string) (BpsDevice, error) {
	path, text := cutRate(s)
	rate, err := ParseBytes(text)
	d := BpsDevice{path, rate}
	if err != nil || rate < 0 || checkDevicePath(path) != nil {
		return BpsDevice{}, fmt.Errorf("%q is not DEVICE:SIZE such as /dev/sda:1m", s)
	}
	return d, nil
}

// ParseIOpsDevice reads the value of --device-read-iops and --device-write-iops.
func ParseIOpsDevice(s string) (IOpsDevice, error) {
	path, text := cutRate(s)
	rate, err := strconv.ParseUint(text, 10, 64)
	d := IOpsDevice{path, rate}
	if err != nil || d.Validate() != nil {
		return IOpsDevice{}, fmt.Errorf("%q is not DEVICE:COUNT such as /dev/sda:1000", s)
	}
	return d, nil
}

// cutRate splits at the first colon.
func cutRate(s string) (path, rate string) {
	path, rate, _ = strings.Cut(s, ":")
	return path, rate
}

func (d WeightDevice) String() string { return string(d.AppendTo(nil)) }
func (d BpsDevice) String() string    { return string(d.AppendTo(nil)) }
func (d IOpsDevice) String() string   { return string(d.AppendTo(nil)) }

func (d *WeightDevice) AppendTo(dst []byte) []byte {
	return strconv.AppendUint(append(append(dst, d.Path...), ':'), uint64(d.Weight), 10)
}
func (d *BpsDevice) AppendTo(dst []byte) []byte {
	return d.Rate.AppendTo(append(append(dst, d.Path...), ':'))
}
func (d *IOpsDevice) AppendTo(dst []byte) []byte {
	return strconv.AppendUint(append(append(dst, d.Path...), ':'), d.Rate, 10)
}

// MarshalText returns String, for YAML and JSON.
func (d WeightDevice) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText returns String, for YAML and JSON.
func (d BpsDevice) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText returns String, for YAML and JSON.
func (d IOpsDevice) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseWeightDevice reads.
func (d *WeightDevice) UnmarshalText(text []byte) (err error) {
	*d, err = ParseWeightDevice(string(text))
	return err
}

// UnmarshalText reads what ParseBpsDevice reads.
func (d *BpsDevice) UnmarshalText(text []byte) (err error) {
	*d, err = ParseBpsDevice(string(text))
	return err
}

// UnmarshalText reads what ParseIOpsDevice reads.
func (d *IOpsDevice) UnmarshalText(text []byte) (err error) {
	*d, err = ParseIOpsDevice(string(text))
	return err
}

func (d *WeightDevice) Validate() error {
	if d.Weight != 0 && (d.Weight < 10 || d.Weight > 1000) {
		return fmt.Errorf("the weight %d of %q is not from 10 to 1000", d.Weight, d.Path)
	}
	return checkDevicePath(d.Path)
}

func (d *BpsDevice) Validate() error {
	if d.Rate < 0 {
		return fmt.Errorf("the rate %d of %q is negative; give a size such as 1m", d.Rate, d.Path)
	}
	if err := d.Rate.exact(); err != nil {
		return fmt.Errorf("the rate of %q: %w", d.Path, err)
	}
	return checkDevicePath(d.Path)
}

func (d *IOpsDevice) Validate() error { return checkDevicePath(d.Path) }

// checkDevicePath holds a path to what docker's client asks of it.
func checkDevicePath(path string) error {
	if !strings.HasPrefix(path, "/dev/") || strings.Contains(path, ":") {
		return fmt.Errorf("%q is not a device such as /dev/sda", path)
	}
	return nil
}

func (*WeightDevice) FlagType() string { return "list" }
func (*BpsDevice) FlagType() string    { return "list" }
func (*IOpsDevice) FlagType() string   { return "list" }

package dockercmd

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// GPURequest is docker's --gpus: how many or which devices of a driver a container gets.
type GPURequest struct {
	Count        int               // how many; -1 is all, 0 goes with Devices. A text with neither means 1
	Devices      []string          // which, by number or id; then Count is 0
	Driver       string            // "" lets the engine choose
	Capabilities []string          // such as compute and utility; docker adds gpu
	Options      map[string]string // options of the driver
}

// ParseGPURequest reads the value of --gpus: all, a number, or fields such as driver=nvidia as one CSV record. A field that
// holds a comma needs quotes: "device=0,1". Without them it is device 0 and a count of 1, as it is for docker; Validate tells.
func ParseGPURequest(s string) (GPURequest, error) {
	fields, err := readCSV(s)
	if err != nil {
		return GPURequest{}, fmt.Errorf("%q is not all, a number, or fields such as %s: %w", s, `"device=0,1"`, err)
	}
	var g GPURequest
	seen := map[string]bool{}
	for _, f := range fields {
		key, value, valued := strings.Cut(f, "=")
		if seen[key] {
			return GPURequest{}, fmt.Errorf("the key %q stands twice in %q; give it once", key, s)
		}
		seen[key] = true
		if !valued {
			key, value, seen["count"] = "count", f, true
		}
		if err := g.set(key, value); err != nil {
			return GPURequest{}, fmt.Errorf("%w in %q", err, s)
		}
	}
	if !seen["count"] && g.Devices == nil {
		g.Count = 1
	}
	return g, nil
}

func (g *GPURequest) set(key, value string) (err error) {
	switch key {
	case "count":
		if value == "all" {
			g.Count = -1
		} else if g.Count, err = strconv.Atoi(value); err != nil {
			return fmt.Errorf("the count %q is neither all nor a number", value)
		}
	case "device":
		g.Devices = strings.Split(value, ",")
	case "driver":
		g.Driver = value
	case "capabilities":
		g.Capabilities = strings.Split(value, ",")
	case "options":
		fields, err := readCSV(value)
		if err != nil {
			return fmt.Errorf("the options %q are not a list such as a=1,b=2: %w", value, err)
		}
		g.Options = map[string]string{}
		for _, f := range fields {
			k, v, _ := strings.Cut(f, "=")
			g.Options[k] = v
		}
	default:
		return fmt.Errorf("the key %q is unknown; docker knows count, device, driver, capabilities and options", key)
	}
	return nil
}

func (g GPURequest) String() string { return string(g.AppendTo(nil)) }

func (g *GPURequest) AppendTo(dst []byte) []byte {
	start := len(dst)
	if g.Count != 0 || len(g.Devices) == 0 {
		if g.Driver != "" || len(g.Devices) > 0 || len(g.Capabilities) > 0 || len(g.Options) > 0 {
			dst = append(dst, "count="...)
		}
		if g.Count == -1 {
			dst = append(dst, "all"...)
		} else {
			dst = strconv.AppendInt(dst, int64(g.Count), 10)
		}
	}
	if len(g.Devices) > 0 {
		dst = appendPair(dst, start, "device", strings.Join(g.Devices, ","))
	}
	if g.Driver != "" {
		dst = appendPair(dst, start, "driver", g.Driver)
	}
	if len(g.Capabilities) > 0 {
		dst = appendPair(dst, start, "capabilities", strings.Join(g.Capabilities, ","))
	}
	if len(g.Options) > 0 {
		var options []byte
		for _, key := range slices.Sorted(maps.Keys(g.Options)) {
			if len(options) > 0 {
				options = append(options, ',')
			}
			options = appendOption(options, key, g.Options[key])
		}
		dst = appendPair(dst, start, "options", string(options))
	}
	return dst
}

// appendOption adds key=value as a field that may begin with any character, which a record can only hold in quotes.
func appendOption(dst []byte, key, value string) []byte {
	from := len(dst)
	return table.QuoteElement(append(append(append(dst, key...), '='), value...), from)
}

// MarshalText returns String, for YAML and JSON.
func (g GPURequest) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads what ParseGPURequest reads.
func (g *GPURequest) UnmarshalText(text []byte) (err error) {
	*g, err = ParseGPURequest(string(text))
	return err
}

func (g *GPURequest) Validate() error {
	switch {
	case g.Count < -1:
		return fmt.Errorf("the count %d is negative; -1 is all", g.Count)
	case g.Count == 0 && len(g.Devices) == 0:
		return errors.New("a count of 0 asks for no GPU; give a number, -1 for all, or devices")
	case g.Count != 0 && len(g.Devices) > 0:
		return fmt.Errorf("a count and devices contradict each other in %s; several devices in one line need quotes of their own: "+
			"'\"device=0,1\"'", g)
	}
	for _, list := range [][]string{g.Devices, g.Capabilities} {
		for _, word := range list {
			if word == "" || strings.Contains(word, ",") {
				return fmt.Errorf("the device or capability %q is empty or holds ','", word)
			}
		}
	}
	for key := range maps.Keys(g.Options) {
		if strings.Contains(key, "=") {
			return fmt.Errorf("the option %q holds '=', which ends its name", key)
		}
	}
	if read, err := ParseGPURequest(g.String()); err != nil || !read.Equal(*g) {
		return fmt.Errorf("%q is not what docker reads back: a carriage return before a line break is dropped", g)
	}
	return nil
}
func (*GPURequest) FlagType() string { return "gpu-request" }

// Equal reports whether both mean the same.
func (g GPURequest) Equal(o GPURequest) bool { return g.String() == o.String() }

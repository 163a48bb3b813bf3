package dockercmd

import (
	"errors"
	"fmt"
	"strings"
)

// Filter is docker's --filter: KEY=VALUE. Docker's client reads the key in lower case and drops white space around both.
// Where an object is pruned, label!=KEY=VALUE spares what has the label; its Key is "label!".
type Filter struct{ Key, Value string }

// ParseFilter reads the value of --filter. An empty text is the zero Filter: docker takes it for no filter at all.
func ParseFilter(s string) (Filter, error) {
	if s == "" {
		return Filter{}, nil
	}
	key, value, ok := strings.Cut(s, "=")
	f := Filter{strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)}
	if !ok || f == (Filter{}) {
		return Filter{}, fmt.Errorf("%q is not a filter such as name=w1 or label=app=web", s)
	}
	return f, nil
}

func (f Filter) String() string { return string(f.AppendTo(nil)) }

func (f *Filter) AppendTo(dst []byte) []byte {
	if *f == (Filter{}) {
		return dst
	}
	dst = append(append(dst, f.Key...), '=')
	return append(dst, f.Value...)
}

// MarshalText returns String, for YAML and JSON.
func (f Filter) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what ParseFilter reads.
func (f *Filter) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFilter(string(text))
	return err
}

func (f *Filter) Validate() error {
	if *f == (Filter{}) {
		return errors.New("empty, and docker takes that for no filter; give one such as name=w1, or leave it out")
	}
	if f.Key == "" {
		return fmt.Errorf("%q is not a filter such as name=w1 or label=app=web", f)
	}
	if read, err := ParseFilter(f.String()); err != nil || read != *f {
		return fmt.Errorf("%q is not what docker reads back: a key is in lower case without '=', and white space around key and value "+
			"is dropped", f)
	}
	return nil
}
func (*Filter) FlagType() string { return "filter" }

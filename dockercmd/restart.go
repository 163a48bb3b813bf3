package dockercmd

import (
	"fmt"
	"strconv"
	"strings"
)

// Restart is docker's --restart policy. The zero value leaves the flag out, which is docker's "no".
type Restart struct {
	Policy string // no, always, unless-stopped or on-failure
	Max    int    // for on-failure: how often; 0 is without end
}

// ParseRestart reads no, always, unless-stopped, on-failure or on-failure:N. As in docker's client, any word passes for a policy;
// Validate holds it to those that engines know.
func ParseRestart(s string) (Restart, error) {
	name, count, counted := strings.Cut(s, ":")
	r := Restart{Policy: name}
	if counted && count != "" {
		n, err := strconv.Atoi(count)
		if err != nil {
			return Restart{}, fmt.Errorf("the count in %q is not a number from 0", s)
		}
		r.Max = n
	}
	if name == "" && counted {
		return Restart{}, fmt.Errorf("%q has no policy; use no, always, unless-stopped or on-failure:N", s)
	}
	return r, nil
}

func (r Restart) String() string { return string(r.AppendTo(nil)) }

func (r *Restart) AppendTo(dst []byte) []byte {
	dst = append(dst, r.Policy...)
	if r.Max != 0 {
		dst = strconv.AppendInt(append(dst, ':'), int64(r.Max), 10)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (r Restart) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRestart reads.
func (r *Restart) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRestart(string(text))
	return err
}

func (r *Restart) Validate() error {
	switch r.Policy {
	case "on-failure":
		if r.Max < 0 {
			return fmt.Errorf("the count %d of on-failure is negative", r.Max)
		}
		return nil
	case "", "no", "always", "unless-stopped":
		if r.Max != 0 {
			return fmt.Errorf("a count goes with on-failure only, not with %q", r.Policy)
		}
		return nil
	}
	return fmt.Errorf("the policy %q is unknown; use no, always, unless-stopped or on-failure:N", r.Policy)
}
func (*Restart) FlagType() string { return "string" }

package dockercmd

import (
	"fmt"
	"strconv"
	"strings"
)

// RestartPolicy is docker's --restart policy. The zero value leaves the flag out, which is docker's "no".
type RestartPolicy struct {
	Policy string // no, always, unless-stopped or on-failure
	Max    int    // for on-failure: how often; 0 is without end
}

// ParseRestartPolicy reads no, always, unless-stopped, on-failure or on-failure:N. As in docker's client, any word passes for
// a policy; Validate holds it to those that engines know.
func ParseRestartPolicy(s string) (RestartPolicy, error) {
	name, count, counted := strings.Cut(s, ":")
	r := RestartPolicy{Policy: name}
	if counted && count != "" {
		n, err := strconv.Atoi(count)
		if err != nil {
			return RestartPolicy{}, fmt.Errorf("the count in %q is not a number from 0", s)
		}
		r.Max = n
	}
	if name == "" && counted {
		return RestartPolicy{}, fmt.Errorf("%q has no policy; use no, always, unless-stopped or on-failure:N", s)
	}
	return r, nil
}

func (r RestartPolicy) String() string { return string(r.AppendTo(nil)) }

func (r *RestartPolicy) AppendTo(dst []byte) []byte {
	dst = append(dst, r.Policy...)
	if r.Max != 0 {
		dst = strconv.AppendInt(append(dst, ':'), int64(r.Max), 10)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (r RestartPolicy) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRestartPolicy reads.
func (r *RestartPolicy) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRestartPolicy(string(text))
	return err
}

func (r *RestartPolicy) Validate() error {
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
func (*RestartPolicy) FlagType() string { return "string" }

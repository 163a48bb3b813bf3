package dockercmd

import (
	"fmt"
	"regexp"
	"sync"
)

// DeviceCgroupRule is docker's --device-cgroup-rule, such as "c 1:3 rwm": a (all), b (block) or c (character devices), the major
// and the minor number or '*', and one to three of r, w and m, with one space between.
type DeviceCgroupRule string

var cgroupRuleRE = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[abc] (?:[0-9]+|\*):(?:[0-9]+|\*) [rwm]{1,3}$`)
})

// ParseDeviceCgroupRule reads the value of --device-cgroup-rule.
func ParseDeviceCgroupRule(s string) (DeviceCgroupRule, error) {
	r := DeviceCgroupRule(s)
	if err := r.Validate(); err != nil {
		return "", err
	}
	return r, nil
}

func (r DeviceCgroupRule) String() string              { return string(r) }
func (r *DeviceCgroupRule) AppendTo(dst []byte) []byte { return append(dst, *r...) }

// MarshalText returns String, for YAML and JSON.
func (r DeviceCgroupRule) MarshalText() ([]byte, error) { return []byte(r), nil }

// UnmarshalText reads what ParseDeviceCgroupRule reads.
func (r *DeviceCgroupRule) UnmarshalText(text []byte) (err error) {
	*r, err = ParseDeviceCgroupRule(string(text))
	return err
}

func (r *DeviceCgroupRule) Validate() error {
	if !cgroupRuleRE().MatchString(string(*r)) {
		return fmt.Errorf("%q is not a rule such as \"c 1:3 rwm\" or \"b *:* r\"", *r)
	}
	return nil
}
func (*DeviceCgroupRule) FlagType() string { return "list" }

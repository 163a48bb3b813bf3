package dockercmd

import (
	"fmt"
	"strconv"
	"strings"
)

// SecurityOpt is docker's --security-opt: no-new-privileges alone, or KEY=VALUE, or KEY:VALUE as long as there is no '='.
// Docker sends it as it is written, but for seccomp=FILE, which the client reads, and systempaths=unconfined.
type SecurityOpt string

// ParseSecurityOpt reads the value of --security-opt.
func ParseSecurityOpt(s string) (SecurityOpt, error) {
	o := SecurityOpt(s)
	if key, value := o.cut(); value == "" && key != noNewPrivileges {
		return "", fmt.Errorf("%q is neither no-new-privileges nor KEY=VALUE such as seccomp=unconfined", s)
	}
	return o, nil
}

const noNewPrivileges = "no-new-privileges"

func (o SecurityOpt) cut() (key, value string) {
	s := string(o)
	if key, value, ok := strings.Cut(s, "="); ok {
		return key, value
	}
	key, value, _ = strings.Cut(s, ":")
	return key, value
}

// Key returns what the option is about: no-new-privileges, seccomp, apparmor, label, systempaths.
func (o SecurityOpt) Key() string { key, _ := o.cut(); return key }

// Value returns what stands behind the key; "" for no-new-privileges alone.
func (o SecurityOpt) Value() string { _, value := o.cut(); return value }

func (o SecurityOpt) String() string              { return string(o) }
func (o *SecurityOpt) AppendTo(dst []byte) []byte { return append(dst, *o...) }

// MarshalText returns String, for YAML and JSON.
func (o SecurityOpt) MarshalText() ([]byte, error) { return []byte(o), nil }

// UnmarshalText reads what ParseSecurityOpt reads.
func (o *SecurityOpt) UnmarshalText(text []byte) (err error) {
	*o, err = ParseSecurityOpt(string(text))
	return err
}

func (o *SecurityOpt) Validate() error {
	if _, err := ParseSecurityOpt(string(*o)); err != nil {
		return err
	}
	key, value := o.cut()
	switch key {
	case noNewPrivileges, "writable-cgroups":
		if _, err := strconv.ParseBool(value); err != nil && *o != noNewPrivileges {
			return fmt.Errorf("%q is neither true nor false in %q", value, *o)
		}
	case "systempaths":
		if *o != "systempaths=unconfined" {
			return fmt.Errorf("%q is unknown to docker; systempaths=unconfined is the one that it knows", *o)
		}
	case "label", "apparmor", "seccomp", "credentialspec":
	default:
		return fmt.Errorf("the key %q is unknown; docker knows no-new-privileges, seccomp, apparmor, label, systempaths and "+
			"writable-cgroups", key)
	}
	return nil
}
func (*SecurityOpt) FlagType() string { return "list" }

package dockercmd

import (
	"fmt"
	"strings"
)

// CredentialSpec is docker's --credential-spec: where a Windows engine finds the account of a service. One of its fields is
// set. The zero value takes the account away from a service that has one.
type CredentialSpec struct {
	Config   string // the name of a config of the swarm
	File     string // a file in the engine's own directory for them
	Registry string // a name in the engine's Windows registry
}

// ParseCredentialSpec reads config://NAME, file://NAME or registry://NAME; "" is the zero value.
func ParseCredentialSpec(s string) (CredentialSpec, error) {
	var c CredentialSpec
	kind, name, ok := strings.Cut(s, "://")
	switch {
	case s == "":
		return c, nil
	case !ok || name == "":
		return c, fmt.Errorf("%q is not of the form config://NAME, file://NAME or registry://NAME", s)
	case kind == "config":
		c.Config = name
	case kind == "file":
		c.File = name
	case kind == "registry":
		c.Registry = name
	default:
		return c, fmt.Errorf("%q begins with neither config://, file:// nor registry://", s)
	}
	return c, nil
}

func (c CredentialSpec) String() string { return string(c.AppendTo(nil)) }

func (c *CredentialSpec) AppendTo(dst []byte) []byte {
	switch {
	case c.Config != "":
		return append(append(dst, "config://"...), c.Config...)
	case c.File != "":
		return append(append(dst, "file://"...), c.File...)
	case c.Registry != "":
		return append(append(dst, "registry://"...), c.Registry...)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (c CredentialSpec) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseCredentialSpec reads.
func (c *CredentialSpec) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCredentialSpec(string(text))
	return err
}

func (c *CredentialSpec) Validate() error {
	if read, err := ParseCredentialSpec(c.String()); err != nil || read != *c {
		return fmt.Errorf("more than one of the config %q, the file %q and the registry name %q; give one", c.Config, c.File, c.Registry)
	}
	return nil
}
func (*CredentialSpec) FlagType() string { return "credential-spec" }

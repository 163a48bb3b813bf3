package dockercmd

import (
	"fmt"
	"strings"
)

// Link is docker's --link: CONTAINER or CONTAINER:ALIAS, the legacy way to find another container. Docker sends it as it is
// written.
type Link string

// ParseLink reads the value of --link.
func ParseLink(s string) (Link, error) {
	if s == "" || strings.Count(s, ":") > 1 {
		return "", fmt.Errorf("%q is not CONTAINER or CONTAINER:ALIAS", s)
	}
	return Link(s), nil
}

// Container returns the container that is linked.
func (l Link) Container() string { name, _, _ := strings.Cut(string(l), ":"); return name }

// Alias returns the name under which it is found.
func (l Link) Alias() string {
	name, alias, ok := strings.Cut(string(l), ":")
	if !ok {
		return name
	}
	return alias
}

func (l Link) String() string              { return string(l) }
func (l *Link) AppendTo(dst []byte) []byte { return append(dst, *l...) }

// MarshalText returns String, for YAML and JSON.
func (l Link) MarshalText() ([]byte, error) { return []byte(l), nil }

// UnmarshalText reads what ParseLink reads.
func (l *Link) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLink(string(text))
	return err
}

func (l *Link) Validate() error {
	if _, err := ParseLink(string(*l)); err != nil {
		return err
	}
	if err := checkReference(l.Container()); err != nil {
		return fmt.Errorf("the container of %q: %w", *l, err)
	}
	if l.Alias() == "" {
		return fmt.Errorf("%q has an empty alias; write CONTAINER:ALIAS", *l)
	}
	return nil
}
func (*Link) FlagType() string { return "list" }

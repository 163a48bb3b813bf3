package dockercmd

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ExternalCA is docker's --external-ca: a service that signs the certificates of a swarm's nodes.
type ExternalCA struct {
	URL     string
	CACert  string            // a file with the service's own root certificate, which the client reads; "" is the swarm's root
	Options map[string]string // further fields, which docker passes on
}

// ParseExternalCA reads protocol=cfssl,url=URL, perhaps with cacert=FILE and other fields. The protocol is cfssl always.
func ParseExternalCA(s string) (ExternalCA, error) {
	fields, err := csvFields(s, "protocol=cfssl,url=https://ca.example")
	if err != nil {
		return ExternalCA{}, err
	}
	var c ExternalCA
	protocol := ""
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		if !ok {
			return ExternalCA{}, fmt.Errorf("the field %q in %q is not KEY=VALUE", field, s)
		}
		switch strings.ToLower(key) {
		case "protocol":
			protocol = strings.ToLower(value)
		case "url":
			c.URL = value
		case "cacert":
			c.CACert = value
		default:
			if c.Options == nil {
				c.Options = map[string]string{}
			}
			c.Options[key] = value
		}
	}
	if protocol != "cfssl" {
		return ExternalCA{}, fmt.Errorf("%q has no protocol=cfssl, the only protocol that docker knows", s)
	}
	return c, c.Validate()
}

func (c ExternalCA) String() string { return string(c.AppendTo(nil)) }

func (c *ExternalCA) AppendTo(dst []byte) []byte {
	r := newCSV(dst)
	r.field("protocol", "cfssl")
	r.field("url", c.URL)
	r.field("cacert", c.CACert)
	for _, key := range slices.Sorted(maps.Keys(c.Options)) {
		r.add(key + "=" + c.Options[key])
	}
	return r.dst
}

// MarshalText returns String, for YAML and JSON.
func (c ExternalCA) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseExternalCA reads.
func (c *ExternalCA) UnmarshalText(text []byte) (err error) {
	*c, err = ParseExternalCA(string(text))
	return err
}

func (c *ExternalCA) Validate() error {
	if c.URL == "" {
		return errors.New("no url; give the address of the service")
	}
	for key := range c.Options {
		switch strings.ToLower(key) {
		case "", "protocol", "url", "cacert":
			return fmt.Errorf("the option %q has a field of its own, or no name", key)
		}
		if strings.Contains(key, "=") {
			return fmt.Errorf("the option %q holds '='", key)
		}
	}
	return checkCSV(c.String())
}
func (*ExternalCA) FlagType() string { return "external-ca" }

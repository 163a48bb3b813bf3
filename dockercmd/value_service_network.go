package dockercmd

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ServiceNetwork is the --network of a service: a network that its tasks join.
type ServiceNetwork struct {
	Name          string   // a name or an id
	Aliases       []string // further names of the service on it
	DriverOptions map[string]string
}

// ParseServiceNetwork reads a name, or name=NAME,alias=ALIAS,driver-opt=KEY=VALUE. Docker makes the long form lower-case, and
// ignores a container's keys there (ip, mac-address...); here they are an error.
func ParseServiceNetwork(s string) (ServiceNetwork, error) {
	if !longNetwork(s) {
		n := ServiceNetwork{Name: s}
		return n, n.Validate()
	}
	fields, err := csvFields(s, "name=NETWORK,alias=NAME")
	if err != nil {
		return ServiceNetwork{}, err
	}
	var n ServiceNetwork
	for _, field := range fields {
		key, value, _ := strings.Cut(strings.ToLower(field), "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if value == "" {
			return ServiceNetwork{}, fmt.Errorf("%q in %q is not KEY=VALUE", field, s)
		}
		switch key {
		case "name":
			n.Name = value
		case "alias":
			n.Aliases = append(n.Aliases, value)
		case "driver-opt":
			name, option, ok := strings.Cut(value, "=")
			if !ok {
				return ServiceNetwork{}, fmt.Errorf("%q in %q is not of the form driver-opt=KEY=VALUE", field, s)
			}
			if n.DriverOptions == nil {
				n.DriverOptions = map[string]string{}
			}
			n.DriverOptions[strings.TrimSpace(name)] = strings.TrimSpace(option)
		default:
			return ServiceNetwork{}, fmt.Errorf("the key %q in %q is not for a service: docker refuses or ignores it; give name, alias "+
				"and driver-opt", key, s)
		}
	}
	return n, n.Validate()
}

func (n ServiceNetwork) String() string { return string(n.AppendTo(nil)) }

// isShort reports whether the name alone says all.
func (n *ServiceNetwork) isShort() bool { return len(n.Aliases) == 0 && len(n.DriverOptions) == 0 }

func (n *ServiceNetwork) AppendTo(dst []byte) []byte {
	if n.isShort() {
		return append(dst, n.Name...)
	}
	r := newCSV(dst)
	r.field("name", n.Name)
	for _, a := range n.Aliases {
		r.field("alias", a)
	}
	for _, key := range slices.Sorted(maps.Keys(n.DriverOptions)) {
		r.field("driver-opt", key+"="+n.DriverOptions[key])
	}
	return r.dst
}

// MarshalText returns String, for YAML and JSON.
func (n ServiceNetwork) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what ParseServiceNetwork reads.
func (n *ServiceNetwork) UnmarshalText(text []byte) (err error) {
	*n, err = ParseServiceNetwork(string(text))
	return err
}

func (n *ServiceNetwork) Validate() error {
	if strings.TrimSpace(n.Name) == "" {
		return errors.New("no network; give a name or an id")
	}
	text := n.String()
	if isLong := longNetwork(text); isLong == n.isShort() {
		return fmt.Errorf("docker would misread the network %q; give it by its id", n.Name)
	}
	if n.isShort() {
		return nil
	}
	for key, value := range n.DriverOptions {
		if key == "" || strings.Contains(key, "=") {
			return fmt.Errorf("the driver option %q is empty or holds '='", key)
		}
		if err := lowerTrimmed(key); err != nil {
			return err
		}
		if err := lowerTrimmed(value); err != nil {
			return err
		}
	}
	for _, word := range append([]string{n.Name}, n.Aliases...) {
		if word == "" {
			return errors.New("an empty alias; leave it out")
		}
		if err := lowerTrimmed(word); err != nil {
			return err
		}
	}
	return checkCSV(text)
}

// lowerTrimmed refuses what docker's long form would alter.
func lowerTrimmed(word string) error {
	if word != strings.ToLower(word) {
		return fmt.Errorf("%q has letters in upper case, and docker lowers them beside an alias or option; give the network by its "+
			"id, all else in lower case", word)
	}
	if word != strings.TrimSpace(word) {
		return fmt.Errorf("%q begins or ends with white space, which docker drops", word)
	}
	return nil
}
func (*ServiceNetwork) FlagType() string { return "network" }

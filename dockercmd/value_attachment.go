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

// Network is docker's --network: a network that a container joins, and what it is there. Docker's client reads the keys and
// the values of the long form, name=n1,alias=a, in lower case; a name alone is taken as it is.
type Network struct {
	Name         string            // none, host, bridge, default, container:NAME, or a network's name or id
	Aliases      []string          // further names of the container on the network
	IP           string            // its IPv4 address there
	IP6          string            // its IPv6 address there
	MACAddress   string            // its hardware address there; from 25.0 on
	LinkLocalIPs []string          // from 25.0 on
	DriverOpts   map[string]string // options of the network's driver
	GWPriority   int               // of several networks the one with the highest gives the default gateway; from 28.0 on
}

// ParseNetwork reads the value of --network. As in docker, it is the long form exactly when somewhere in it a '=' stands
// between two letters, digits or '_'.
func ParseNetwork(s string) (Network, error) {
	if !longNetwork(s) {
		return Network{Name: s}, nil
	}
	fields, err := readCSV(s)
	if err != nil {
		return Network{}, fmt.Errorf("%q is not a list such as name=n1,alias=a: %w", s, err)
	}
	var n Network
	for _, f := range fields {
		key, value, ok := strings.Cut(strings.ToLower(f), "=")
		if !ok || key == "" {
			return Network{}, fmt.Errorf("the field %q in %q is not KEY=VALUE", f, s)
		}
		if err := n.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return Network{}, fmt.Errorf("%w in %q", err, s)
		}
	}
	if n.Name == "" {
		return Network{}, fmt.Errorf("%q has no name; give name=NETWORK", s)
	}
	return n, nil
}

// longNetwork reports whether docker takes s for the long form.
func longNetwork(s string) bool {
	for i := 1; i+1 < len(s); i++ {
		if s[i] == '=' && wordByte(s[i-1]) && wordByte(s[i+1]) {
			return true
		}
	}
	return false
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func (n *Network) set(key, value string) error {
	switch key {
	case "name":
		n.Name = value
	case "alias":
		n.Aliases = append(n.Aliases, value)
	case "ip":
		n.IP = value
	case "ip6":
		n.IP6 = value
	case "mac-address":
		n.MACAddress = value
	case "link-local-ip":
		n.LinkLocalIPs = append(n.LinkLocalIPs, value)
	case "driver-opt":
		k, v, ok := strings.Cut(value, "=")
		if !ok || k == "" {
			return fmt.Errorf("the driver-opt %q is not KEY=VALUE", value)
		}
		if n.DriverOpts == nil {
			n.DriverOpts = map[string]string{}
		}
		n.DriverOpts[strings.TrimSpace(k)] = strings.TrimSpace(v)
	case "gw-priority":
		priority, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("the gw-priority %q is not a whole number", value)
		}
		n.GWPriority = priority
	default:
		return fmt.Errorf("the key %q is unknown; docker knows name, alias, ip, ip6, mac-address, link-local-ip, driver-opt and "+
			"gw-priority", key)
	}
	return nil
}

func (n Network) String() string { return string(n.AppendTo(nil)) }

// plain reports whether the name is all, so that the short form says it.
func (n *Network) plain() bool {
	return len(n.Aliases) == 0 && n.IP == "" && n.IP6 == "" && n.MACAddress == "" && len(n.LinkLocalIPs) == 0 &&
		len(n.DriverOpts) == 0 && n.GWPriority == 0
}

func (n *Network) AppendTo(dst []byte) []byte {
	if n.plain() && !longNetwork(n.Name) {
		return append(dst, n.Name...)
	}
	start := len(dst)
	dst = n.appendLong(dst, start)
	if longNetwork(string(dst[start:])) {
		return dst
	}
	// No '=' stands between two letters, as in name=é,alias=ü. Of two names docker takes the second.
	return n.appendLong(append(dst[:start], "name=x"...), start)
}

// appendLong adds the fields to the record that begins at start.
func (n *Network) appendLong(dst []byte, start int) []byte {
	pair := func(key, value string) {
		if value != "" {
			dst = appendPair(dst, start, key, value)
		}
	}
	pair("name", n.Name)
	for _, a := range n.Aliases {
		dst = appendPair(dst, start, "alias", a)
	}
	pair("ip", n.IP)
	pair("ip6", n.IP6)
	pair("mac-address", n.MACAddress)
	for _, ip := range n.LinkLocalIPs {
		dst = appendPair(dst, start, "link-local-ip", ip)
	}
	for _, key := range slices.Sorted(maps.Keys(n.DriverOpts)) {
		dst = appendPair(dst, start, "driver-opt", key+"="+n.DriverOpts[key])
	}
	if n.GWPriority != 0 {
		dst = appendPair(dst, start, "gw-priority", strconv.Itoa(n.GWPriority))
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (n Network) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what ParseNetwork reads.
func (n *Network) UnmarshalText(text []byte) (err error) {
	*n, err = ParseNetwork(string(text))
	return err
}

// UserDefined reports whether the network is one that somebody made. Only there are aliases, links and addresses of one's own.
func (n Network) UserDefined() bool {
	switch n.Name {
	case "", "default", "bridge", "host", "none":
		return false
	}
	_, shared := n.Container()
	return !shared
}

// Container returns the container whose network is shared, of container:NAME.
func (n Network) Container() (name string, shared bool) {
	return strings.CutPrefix(n.Name, "container:")
}

func (n *Network) Validate() error {
	if strings.TrimSpace(n.Name) == "" {
		return table.RefusedByClient(errors.New("no name; give none, host, bridge, container:NAME or a network's name"))
	}
	if container, shared := n.Container(); shared {
		if err := checkReference(container); err != nil {
			return fmt.Errorf("the container in %q: %w", n.Name, err)
		}
	}
	switch {
	case slices.Contains(n.Aliases, ""):
		return fmt.Errorf("an empty alias on %q; give a name, or leave it out", n.Name)
	case len(n.Aliases) > 0 && !n.UserDefined():
		return table.RefusedByClient(fmt.Errorf("aliases on %q, and docker has them on user-defined networks only", n.Name))
	case (n.IP != "" || n.IP6 != "") && !n.UserDefined():
		return fmt.Errorf("an address on %q, and docker lets one choose it on user-defined networks only", n.Name)
	}
	if err := checkIP4(n.IP); err != nil {
		return fmt.Errorf("ip: %w", err)
	}
	if err := checkIP6(n.IP6); err != nil {
		return fmt.Errorf("ip6: %w", err)
	}
	if err := checkMAC(n.MACAddress); err != nil {
		return table.RefusedByClient(fmt.Errorf("mac-address: %w", err))
	}
	for _, ip := range n.LinkLocalIPs {
		if err := checkIP(ip); err != nil {
			return fmt.Errorf("link-local-ip: %w", err)
		}
	}
	for key := range maps.Keys(n.DriverOpts) {
		if key == "" || strings.Contains(key, "=") {
			return fmt.Errorf("the driver-opt %q is empty or holds '=', which ends its name", key)
		}
	}
	if read, err := ParseNetwork(n.String()); err != nil || read.Name != n.Name || !read.Equal(*n) {
		return fmt.Errorf("%q is not what docker reads back: its client makes the keys and values of the long form lower-case and "+
			"drops white space around them", n)
	}
	return nil
}

// Needs returns the keys that not every docker version knows.
func (n *Network) Needs() []table.Need {
	var needs []table.Need
	if n.MACAddress != "" {
		needs = append(needs, table.Need{What: "mac-address", Since: "25.0", Instead: "--mac-address"})
	}
	if len(n.LinkLocalIPs) > 0 {
		needs = append(needs, table.Need{What: "link-local-ip", Since: "25.0", Instead: "--link-local-ip"})
	}
	if n.GWPriority != 0 {
		needs = append(needs, table.Need{What: "gw-priority", Since: "28.0"})
	}
	return needs
}
func (*Network) FlagType() string { return "network" }

// Equal reports whether both mean the same.
func (n Network) Equal(o Network) bool { return n.Name == o.Name && n.String() == o.String() }

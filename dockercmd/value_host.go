package dockercmd

import (
	"fmt"
	"net/netip"
	"strings"
)

// Host is docker's --add-host: a line of the container's /etc/hosts.
type Host struct {
	Name string
	IP   string // an address without brackets, or host-gateway
}

// ParseHost reads NAME:IP, and NAME=IP as docker takes it from 25.0 on.
func ParseHost(s string) (Host, error) {
	sep := ":"
	if i := strings.IndexAny(s, "=:"); i >= 0 {
		sep = s[i : i+1]
	}
	name, ip, _ := strings.Cut(s, sep)
	if strings.HasPrefix(ip, "[") && strings.HasSuffix(ip, "]") && ip != "[host-gateway]" {
		ip = ip[1 : len(ip)-1]
	}
	h := Host{name, ip}
	trimmed := Host{name, strings.TrimSpace(ip)} // the client looks at this one, and sends the other
	return h, trimmed.Validate()
}

func (h Host) String() string { return string(h.AppendTo(nil)) }

func (h *Host) AppendTo(dst []byte) []byte {
	dst = append(append(dst, h.Name...), ':')
	return append(dst, h.IP...)
}

// MarshalText returns String, for YAML and JSON.
func (h Host) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what ParseHost reads.
func (h *Host) UnmarshalText(text []byte) (err error) {
	*h, err = ParseHost(string(text))
	return err
}

func (h *Host) Validate() error {
	if h.Name == "" || strings.ContainsAny(h.Name, "=:") {
		return fmt.Errorf("the host name %q is empty or holds ':' or '='; write NAME:IP", h.Name)
	}
	if h.IP == "host-gateway" {
		return nil
	}
	if ip, err := netip.ParseAddr(h.IP); err != nil || ip.Zone() != "" {
		return fmt.Errorf("%q is not an IP address or host-gateway; write NAME:IP", h.IP)
	}
	return nil
}
func (*Host) FlagType() string { return "list" }

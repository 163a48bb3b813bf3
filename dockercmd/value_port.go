package dockercmd

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/dockercmd/toolkit/internal/portrange"
)

// PortMapping is the value of docker's -p: [[IP:][HOST]:]CONTAINER[/PROTOCOL]. Ports are texts, since each may be a range such
// as 8000-8010.
type PortMapping struct {
	IP        string // the host's address, without brackets; "" is every address
	Host      string // the host's port or range; "" lets the engine choose
	Container string // the container's port or range
	Protocol  string // tcp, udp or sctp; "" is tcp
	// Ignored are fields of the long form that docker takes and ignores, such as mode=host, which is for services. Validate
	// refuses them.
	Ignored string
}

// ParsePortMapping reads the short form and docker's long form, target=80,published=8080,protocol=tcp.
func ParsePortMapping(s string) (PortMapping, error) {
	if strings.Contains(s, "=") {
		return parseLongPort(s)
	}
	p := shortPort(s)
	return p, p.parts(s)
}

// shortPort takes the short form apart. Its parts are not looked at.
func shortPort(s string) PortMapping {
	rest, protocol, _ := strings.Cut(s, "/")
	p := PortMapping{Protocol: protocolName(protocol)}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		p.Container = rest[i+1:]
		rest = rest[:i]
		if j := strings.LastIndexByte(rest, ':'); j >= 0 {
			p.IP, p.Host = unbracketed(rest[:j]), rest[j+1:]
		} else {
			p.Host = rest
		}
	} else {
		p.Container = rest
	}
	return p
}

// protocolName returns a protocol as docker takes it: in lower case, and without what stands behind a second slash, which
// clients up to 28 ignore.
func protocolName(s string) string {
	name, _, _ := strings.Cut(strings.ToLower(s), "/")
	return name
}

// unbracketed returns an address without the brackets around it.
func unbracketed(ip string) string {
	if strings.HasPrefix(ip, "[") && strings.HasSuffix(ip, "]") {
		return ip[1 : len(ip)-1]
	}
	return ip
}

// parseLongPort does as the client does: it puts the short form together and reads that.
func parseLongPort(s string) (PortMapping, error) {
	var target, published, protocol string
	var ignored []string
	for f := range strings.SplitSeq(s, ",") {
		key, value, ok := strings.Cut(f, "=")
		if !ok || key == "" {
			return PortMapping{}, fmt.Errorf("%q in %q is not KEY=VALUE", f, s)
		}
		switch key {
		case "target":
			target = value
		case "published":
			published = value
		case "protocol":
			protocol = "/" + value
		default:
			ignored = append(ignored, f)
		}
	}
	if target == "" {
		return PortMapping{}, fmt.Errorf("%q has no target; give target=PORT", s)
	}
	p := shortPort(published + ":" + target + protocol)
	p.Ignored = strings.Join(ignored, ",")
	return p, p.parts(s)
}

// long returns the long form, which alone has room for what docker ignores.
func (p *PortMapping) long() string {
	s := "target=" + p.Container
	if p.Host != "" || p.IP != "" {
		published := PortMapping{IP: p.IP, Host: p.Host}
		s += ",published=" + strings.TrimSuffix(published.String(), ":")
	}
	if p.Protocol != "" {
		s += ",protocol=" + p.Protocol
	}
	return s + "," + p.Ignored
}

// parts holds each part to its grammar.
func (p *PortMapping) parts(s string) error {
	if p.IP != "" {
		if ip, err := netip.ParseAddr(p.IP); err != nil || ip.Zone() != "" {
			return fmt.Errorf("the address %q in %q is not an IP address", p.IP, s)
		}
	}
	cLow, cHigh, err := portrange.Parse(p.Container)
	if err != nil {
		return fmt.Errorf("the container's port in %q: %w", s, err)
	}
	if p.Host != "" {
		low, high, err := portrange.Parse(p.Host)
		if err != nil {
			return fmt.Errorf("the host's port in %q: %w", s, err)
		}
		if high-low != cHigh-cLow && cHigh != cLow {
			return fmt.Errorf("the ranges %s and %s in %q differ in length", p.Host, p.Container, s)
		}
	}
	switch p.Protocol {
	case "", "tcp", "udp", "sctp":
		return nil
	}
	return fmt.Errorf("the protocol %q in %q is unknown; use tcp, udp or sctp", p.Protocol, s)
}

func (p PortMapping) String() string { return string(p.AppendTo(nil)) }

func (p *PortMapping) AppendTo(dst []byte) []byte {
	if p.Ignored != "" {
		return append(dst, p.long()...)
	}
	switch {
	case strings.Contains(p.IP, ":"):
		dst = append(append(append(dst, '['), p.IP...), "]:"...)
	case p.IP != "":
		dst = append(append(dst, p.IP...), ':')
	}
	if p.Host != "" || p.IP != "" {
		dst = append(append(dst, p.Host...), ':')
	}
	dst = append(dst, p.Container...)
	if p.Protocol != "" {
		dst = append(append(dst, '/'), p.Protocol...)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (p PortMapping) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParsePortMapping reads.
func (p *PortMapping) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePortMapping(string(text))
	return err
}

func (p *PortMapping) Validate() error {
	if p.Ignored != "" {
		return fmt.Errorf("docker ignores %q; leave it out, and use target, published and protocol", p.Ignored)
	}
	return p.parts(p.String())
}
func (*PortMapping) FlagType() string { return "list" }

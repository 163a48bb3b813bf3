package dockercmd

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Port is docker's -p: [[IP:][HOST]:]CONTAINER[/PROTOCOL]. Ports are texts, since each may be a range such as 8000-8010.
type Port struct {
	IP        string // the host's address, without brackets; "" is every address
	Host      string // the host's port or range; "" lets the engine choose
	Container string // the container's port or range
	Protocol  string // tcp, udp or sctp; "" is tcp
}

// ParsePort reads the short form and docker's long form, target=80,published=8080,protocol=tcp. Docker ignores other keys of
// the long form silently; here they are an error.
func ParsePort(s string) (Port, error) {
	if strings.Contains(s, "=") {
		return parseLongPort(s)
	}
	rest, protocol, _ := strings.Cut(s, "/")
	p := Port{Protocol: strings.ToLower(protocol)}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		p.Container = rest[i+1:]
		rest = rest[:i]
		if j := strings.LastIndexByte(rest, ':'); j >= 0 {
			p.IP, p.Host = strings.TrimSuffix(strings.TrimPrefix(rest[:j], "["), "]"), rest[j+1:]
		} else {
			p.Host = rest
		}
	} else {
		p.Container = rest
	}
	return p, p.parts(s)
}

func parseLongPort(s string) (Port, error) {
	var p Port
	for f := range strings.SplitSeq(s, ",") {
		key, value, ok := strings.Cut(f, "=")
		if !ok || value == "" {
			return Port{}, fmt.Errorf("%q in %q is not KEY=VALUE", f, s)
		}
		switch key {
		case "target":
			p.Container = value
		case "published":
			p.Host = value
			if i := strings.LastIndexByte(value, ':'); i >= 0 {
				p.IP, p.Host = strings.TrimSuffix(strings.TrimPrefix(value[:i], "["), "]"), value[i+1:]
			}
		case "protocol":
			p.Protocol = strings.ToLower(value)
		default:
			return Port{}, fmt.Errorf("the key %q in %q is ignored by docker; use target, published and protocol", key, s)
		}
	}
	if p.Container == "" {
		return Port{}, fmt.Errorf("%q has no target; give target=PORT", s)
	}
	return p, p.parts(s)
}

// parts holds each part to its grammar.
func (p *Port) parts(s string) error {
	if p.IP != "" {
		if _, err := netip.ParseAddr(p.IP); err != nil {
			return fmt.Errorf("the address %q in %q is not an IP address", p.IP, s)
		}
	}
	cLow, cHigh, err := portRange(p.Container)
	if err != nil {
		return fmt.Errorf("the container's port in %q: %w", s, err)
	}
	if p.Host != "" {
		low, high, err := portRange(p.Host)
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

// portRange reads a port or LOW-HIGH.
func portRange(s string) (low, high int, err error) {
	if s == "" {
		return 0, 0, errors.New("missing; give a number from 0 to 65535")
	}
	a, b, isRange := strings.Cut(s, "-")
	if !isRange {
		b = a
	}
	l, err1 := strconv.ParseUint(a, 10, 16)
	h, err2 := strconv.ParseUint(b, 10, 16)
	if err1 != nil || err2 != nil || h < l {
		return 0, 0, fmt.Errorf("%q is not a port or a range such as 8000-8010", s)
	}
	return int(l), int(h), nil
}

func (p Port) String() string { return string(p.appendText(nil)) }

func (p *Port) appendText(dst []byte) []byte {
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

// MarshalText is String, for YAML and JSON.
func (p Port) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParsePort.
func (p *Port) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePort(string(text))
	return err
}

func (p *Port) check() error { return p.parts(p.String()) }
func (*Port) word() string   { return "list" }

package dockercmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ServicePort is the -p of a service: a port of its tasks that the swarm opens. Unlike a container's [Port] it has no address.
type ServicePort struct {
	Published string // the port on the nodes, or a range; "" lets the swarm choose
	Target    string // the port of the tasks, or a range
	Protocol  string // tcp, udp or sctp; "" is tcp
	Mode      string // ingress: every node takes it for all tasks; host: a node for its own task; "" is ingress
}

// ParseServicePort reads [PUBLISHED:]TARGET[/PROTOCOL], or target=80,published=8080,protocol=tcp,mode=host.
func ParseServicePort(s string) (ServicePort, error) {
	if strings.Contains(s, "=") {
		return parseLongServicePort(s)
	}
	short, err := ParsePortMapping(s)
	if err != nil {
		return ServicePort{}, err
	}
	if short.IP != "" {
		return ServicePort{}, fmt.Errorf("%q has an address, which docker refuses for a service; give PUBLISHED:TARGET", s)
	}
	p := ServicePort{Published: short.Host, Target: short.Container, Protocol: short.Protocol}
	return p, p.Validate()
}

func parseLongServicePort(s string) (ServicePort, error) {
	fields, err := csvFields(s, "target=80,published=8080")
	if err != nil {
		return ServicePort{}, err
	}
	var p ServicePort
	for _, f := range fields {
		key, value, _ := strings.Cut(strings.ToLower(f), "=")
		if value == "" {
			return ServicePort{}, fmt.Errorf("%q in %q is not KEY=VALUE", f, s)
		}
		switch key {
		case "target", "published":
			n, err := strconv.ParseUint(value, 10, 16)
			if err != nil {
				return ServicePort{}, fmt.Errorf("%s in %q is not one port; ranges go with the short form PUBLISHED:TARGET", f, s)
			}
			if key == "target" {
				p.Target = strconv.FormatUint(n, 10)
			} else {
				p.Published = strconv.FormatUint(n, 10)
			}
		case "protocol":
			p.Protocol = value
		case "mode":
			p.Mode = value
		default:
			return ServicePort{}, fmt.Errorf("the key %q in %q is unknown; docker knows target, published, protocol and mode", key, s)
		}
	}
	return p, p.Validate()
}

func (p ServicePort) String() string { return string(p.AppendTo(nil)) }

// short returns the port without its mode.
func (p *ServicePort) short() *PortMapping {
	return &PortMapping{Host: p.Published, Container: p.Target, Protocol: p.Protocol}
}

func (p *ServicePort) AppendTo(dst []byte) []byte {
	if p.Mode == "" {
		return p.short().AppendTo(dst)
	}
	r := newCSV(dst)
	r.field("target", p.Target)
	r.field("published", p.Published)
	r.field("protocol", p.Protocol)
	r.field("mode", p.Mode)
	return r.dst
}

// MarshalText returns String, for YAML and JSON.
func (p ServicePort) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParseServicePort reads.
func (p *ServicePort) UnmarshalText(text []byte) (err error) {
	*p, err = ParseServicePort(string(text))
	return err
}

func (p *ServicePort) Validate() error {
	if err := p.short().Validate(); err != nil {
		return err
	}
	if strings.Trim(p.Target, "0") == "" {
		return fmt.Errorf("the target %s is no port; give the one that the tasks listen on", p.Target)
	}
	switch p.Mode {
	case "", "ingress", "host":
	default:
		return fmt.Errorf("the mode %q is unknown; use ingress or host", p.Mode)
	}
	if p.Mode != "" && strings.Contains(p.Published+p.Target, "-") {
		return errors.New("a range together with a mode; give a port each, or leave the mode out")
	}
	return nil
}
func (*ServicePort) FlagType() string { return "port" }

package dockercmd

import (
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/internal/portrange"
)

// ExposedPort is docker's --expose: PORT[-END][/PROTOCOL].
type ExposedPort struct {
	Port     string // a port or a range such as 8000-8010
	Protocol string // tcp, udp or sctp; "" is tcp
}

// ParseExposedPort reads the value of --expose. Docker's client drops what stands behind a second '/' or '-'.
func ParseExposedPort(s string) (ExposedPort, error) {
	port, rest, _ := strings.Cut(s, "/")
	protocol, _, _ := strings.Cut(rest, "/")
	if first, second, ok := strings.Cut(port, "-"); ok {
		second, _, _ = strings.Cut(second, "-")
		port = first + "-" + second
	}
	if _, _, err := portrange.Parse(port); err != nil || strings.Contains(s, ":") {
		return ExposedPort{}, fmt.Errorf("%q is not a port such as 80, 53/udp or 8000-8010", s)
	}
	return ExposedPort{port, protocol}, nil
}

func (p ExposedPort) String() string { return string(p.AppendTo(nil)) }

func (p *ExposedPort) AppendTo(dst []byte) []byte {
	dst = append(dst, p.Port...)
	if p.Protocol != "" {
		dst = append(append(dst, '/'), p.Protocol...)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (p ExposedPort) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParseExposedPort reads.
func (p *ExposedPort) UnmarshalText(text []byte) (err error) {
	*p, err = ParseExposedPort(string(text))
	return err
}

func (p *ExposedPort) Validate() error {
	if _, _, err := portrange.Parse(p.Port); err != nil {
		return fmt.Errorf("the port: %w", err)
	}
	switch p.Protocol {
	case "", "tcp", "udp", "sctp":
		return nil
	}
	return fmt.Errorf("the protocol %q of %s is unknown; use tcp, udp or sctp", p.Protocol, p.Port)
}
func (*ExposedPort) FlagType() string { return "list" }

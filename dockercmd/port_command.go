package dockercmd

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"
)

// PortCommand is docker port: where on the host a running container's ports are open. (Port is one of run's.)
type PortCommand struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
	// PrivatePort is one port of the container's, perhaps with its protocol: 80 or 53/udp; "" is all.
	PrivatePort string
}

func (c *PortCommand) flags() []Flag { return nil }

// Subcommand is "port".
func (c *PortCommand) Subcommand() string { return "port" }

// Args is the exact argument vector behind docker.
func (c *PortCommand) Args() []string { return args(c) }

// Validate is nil or all problems as *FieldError values.
func (c *PortCommand) Validate() error { return validate(c) }

// String is the line as a shell takes it.
func (c *PortCommand) String() string { return text(c) }

// LogValue is the line without secret values.
func (c *PortCommand) LogValue() slog.Value { return logValue(c) }

// MarshalJSON is an object of docker's own flag names.
func (c *PortCommand) MarshalJSON() ([]byte, error) { return marshal(c) }

func (c *PortCommand) extra() *[]string { return &c.Extra }
func (c *PortCommand) operands() []string {
	if c.PrivatePort == "" {
		return optionalOperand(c.Container)
	}
	return []string{c.Container, c.PrivatePort}
}
func (c *PortCommand) setOperands(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("no CONTAINER; give one and perhaps a port of it")
	}
	if len(words) > 2 {
		return errors.New("too many words; give a CONTAINER and perhaps one port of it")
	}
	c.Container = words[0]
	if len(words) == 2 {
		c.PrivatePort = words[1]
	}
	return nil
}
func (c *PortCommand) check(p *problems) {
	p.name("CONTAINER", c.Container)
	if c.PrivatePort == "" {
		return
	}
	number, protocol, named := strings.Cut(c.PrivatePort, "/")
	if _, err := strconv.ParseUint(number, 10, 16); err != nil {
		p.add("PRIVATE_PORT", "%q does not begin with a port from 0 to 65535", c.PrivatePort)
	}
	if named {
		oneOf(p, "PRIVATE_PORT", protocol, "tcp", "udp", "sctp")
	}
}

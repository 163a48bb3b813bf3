package dockercmd

import (
	"errors"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// Port is docker port: where on the host a running container's ports are open.
type Port struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
	// PrivatePort is one port of the container's, perhaps with its protocol: 80 or 53/udp; "" is all.
	PrivatePort string
}

var portSpec = table.Spec{
	Names:    []string{"port", "container port"},
	Operands: "CONTAINER [PRIVATE_PORT[/PROTOCOL]]",
	New:      func() table.Command { return new(Port).Table() },
}

func (c *Port) flags() []Flag { return nil }

func (c *Port) appendOperands(dst []string) []string {
	if c.PrivatePort == "" {
		return appendOptional(dst, c.Container)
	}
	return append(dst, c.Container, c.PrivatePort)
}
func (c *Port) setOperands(words []string) error {
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
func (c *Port) check(p *problems) {
	p.name("CONTAINER", c.Container)
	if c.PrivatePort == "" {
		return
	}
	number, protocol, named := strings.Cut(c.PrivatePort, "/")
	if _, err := strconv.ParseUint(number, 10, 16); err != nil {
		p.Client("PRIVATE_PORT", "%q does not begin with a port from 0 to 65535", c.PrivatePort)
	}
	if named {
		oneOf(p, "PRIVATE_PORT", protocol, "tcp", "udp", "sctp")
	}
}

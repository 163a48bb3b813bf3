package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NetworkDisconnect is docker network disconnect: take a container off a network.
type NetworkDisconnect struct {
	// Force takes it off although it cannot be reached.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Network is a name or an id.
	Network string
	// Container is a name or an id.
	Container string
}

var networkDisconnectSpec = table.Spec{
	Names:    []string{"network disconnect"},
	Operands: "NETWORK CONTAINER",
	Lacks:    []Dialect{Nerdctl},
	New:      func() table.Command { return new(NetworkDisconnect).Table() },
}

func (n *NetworkDisconnect) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&n.Force, boolean), Usage: "also when it cannot be reached"},
	}
}

func (n *NetworkDisconnect) appendOperands(dst []string) []string {
	return appendBoth(dst, n.Network, n.Container)
}
func (n *NetworkDisconnect) setOperands(words []string) (err error) {
	n.Network, n.Container, err = networkAndContainer(words)
	return err
}
func (n *NetworkDisconnect) check(p *problems) {
	p.network(n.Network)
	p.name("CONTAINER", n.Container)
}

package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// NetworkRm is docker network rm: remove networks that no container is on. The client asks before it removes a swarm's ingress
// network, and takes an empty standard input for no.
type NetworkRm struct {
	// Force does not mind a network that is missing. From 23.0 on.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Networks are names or ids.
	Networks []string
}

var networkRmSpec = table.Spec{
	Names:    []string{"network rm", "network remove"},
	Operands: "NETWORK [NETWORK...]",
	New:      func() table.Command { return new(NetworkRm).Table() },
}

func (n *NetworkRm) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&n.Force, boolean), Since: "23.0", Lacks: []Dialect{Nerdctl},
			Usage: "do not mind a network that is missing"},
	}
}

func (n *NetworkRm) appendOperands(dst []string) []string { return append(dst, n.Networks...) }
func (n *NetworkRm) setOperands(words []string) error {
	n.Networks = tail(words, 0)
	if len(words) == 0 {
		return errors.New("no NETWORK; give at least one")
	}
	return nil
}
func (n *NetworkRm) check(p *problems) { p.networks(n.Networks) }

package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// NetworkInspect is docker network inspect: networks' descriptions as JSON, or as a template makes them.
type NetworkInspect struct {
	// Format is a Go template, or json from 23.0 on; "" is an array of whole objects.
	Format string
	// Verbose adds a swarm's services and tasks.
	Verbose bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Networks are names or ids.
	Networks []string
}

var networkInspectSpec = table.Spec{
	Names:    []string{"network inspect"},
	Operands: "NETWORK [NETWORK...]",
	New:      func() table.Command { return new(NetworkInspect).Table() },
}

func (n *NetworkInspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&n.Format, word), Usage: "Go template, or json"},
		{Name: "verbose", Short: 'v', Value: one(&n.Verbose, boolean), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "add a swarm's services and tasks"},
	}
}

func (n *NetworkInspect) appendOperands(dst []string) []string { return append(dst, n.Networks...) }
func (n *NetworkInspect) setOperands(words []string) error {
	n.Networks = tail(words, 0)
	if len(words) == 0 {
		return errors.New("no NETWORK; give at least one")
	}
	return nil
}
func (n *NetworkInspect) check(p *problems) { p.networks(n.Networks) }

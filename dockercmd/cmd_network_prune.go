package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NetworkPrune is docker network prune: remove the networks that no container is on. Without Force the client asks, and with
// an empty standard input it removes nothing and still exits 0: scripts need Force.
type NetworkPrune struct {
	// Filters are KEY=value: until, which is a time or a duration such as 24h, label, and label!.
	Filters []Filter
	// Force does not ask.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var networkPruneSpec = table.Spec{
	Names: []string{"network prune"},
	New:   func() table.Command { return new(NetworkPrune).Table() },
}

func (n *NetworkPrune) flags() []Flag {
	return []Flag{
		{Name: "filter", Value: many(&n.Filters, filter), Lacks: []Dialect{Nerdctl}, Usage: "condition, KEY=value"},
		{Name: "force", Short: 'f', Value: one(&n.Force, boolean), Usage: "do not ask"},
	}
}

func (n *NetworkPrune) appendOperands(dst []string) []string { return dst }
func (n *NetworkPrune) setOperands(words []string) error {
	return noWords("network prune", words, "use --filter=label=...")
}
func (n *NetworkPrune) check(*problems) {}

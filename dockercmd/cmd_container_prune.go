package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ContainerPrune is docker container prune: remove every container that does not run. Without Force the client asks, and with
// an empty standard input it removes nothing and still exits 0: scripts need Force.
type ContainerPrune struct {
	// Filters are KEY=value: until, which is a time or a duration such as 24h, label, and label!.
	Filters []Filter
	// Force does not ask.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var containerPruneSpec = table.Spec{
	Names: []string{"container prune"},
	New:   func() table.Command { return new(ContainerPrune).Table() },
}

func (c *ContainerPrune) flags() []Flag {
	return []Flag{
		{Name: "filter", Value: many(&c.Filters, filter), Lacks: []Dialect{Nerdctl}, Usage: "condition, KEY=value"},
		{Name: "force", Short: 'f', Value: one(&c.Force, boolean), Usage: "do not ask"},
	}
}

func (c *ContainerPrune) appendOperands(dst []string) []string { return dst }
func (c *ContainerPrune) setOperands(words []string) error {
	return noWords("container prune", words, "use --filter=label=...")
}
func (c *ContainerPrune) check(*problems) {}

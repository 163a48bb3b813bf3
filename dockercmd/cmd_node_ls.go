package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NodeLs is docker node ls: list the nodes of the swarm. Only managers answer.
type NodeLs struct {
	// Filters are KEY=value: id, label, membership, name, node.label, role.
	Filters []Filter
	// Format is a Go template, or json from 23.0 on.
	Format string
	// Quiet prints ids only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var nodeLsSpec = table.Spec{
	Names: []string{"node ls", "node list"},
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(NodeLs).Table() },
}

func (n *NodeLs) flags() []Flag {
	return []Flag{
		{Name: "filter", Short: 'f', Value: many(&n.Filters, filter), Usage: "condition, KEY=value"},
		{Name: "format", Value: one(&n.Format, word), Usage: "Go template, or json"},
		{Name: "quiet", Short: 'q', Value: one(&n.Quiet, boolean), Usage: "ids only"},
	}
}

func (n *NodeLs) appendOperands(dst []string) []string { return dst }
func (n *NodeLs) setOperands(words []string) error {
	return noWords("node ls", words, "use --filter=name=...")
}
func (n *NodeLs) check(*problems) {}

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NodeRm is docker node rm: take nodes that are down out of the swarm.
type NodeRm struct {
	// Force takes nodes out that still answer.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Nodes are names or ids.
	Nodes []string
}

var nodeRmSpec = table.Spec{
	Names:    []string{"node rm", "node remove"},
	Operands: "NODE [NODE...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(NodeRm).Table() },
}

func (n *NodeRm) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&n.Force, boolean), Usage: "also nodes that still answer"},
	}
}

func (n *NodeRm) appendOperands(dst []string) []string { return append(dst, n.Nodes...) }
func (n *NodeRm) setOperands(words []string) (err error) {
	n.Nodes, err = someOperands("NODE", words)
	return err
}
func (n *NodeRm) check(p *problems) { p.nodes(n.Nodes) }

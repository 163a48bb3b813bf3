package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NodeDemote is docker node demote: make managers workers.
type NodeDemote struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Nodes are names or ids.
	Nodes []string
}

var nodeDemoteSpec = table.Spec{
	Names:    []string{"node demote"},
	Operands: "NODE [NODE...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(NodeDemote).Table() },
}

func (n *NodeDemote) flags() []Flag { return nil }

func (n *NodeDemote) appendOperands(dst []string) []string { return append(dst, n.Nodes...) }
func (n *NodeDemote) setOperands(words []string) (err error) {
	n.Nodes, err = someOperands("NODE", words)
	return err
}
func (n *NodeDemote) check(p *problems) { p.nodes(n.Nodes) }

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NodePromote is docker node promote: make nodes managers.
type NodePromote struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Nodes are names or ids.
	Nodes []string
}

var nodePromoteSpec = table.Spec{
	Names:    []string{"node promote"},
	Operands: "NODE [NODE...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(NodePromote).Table() },
}

func (n *NodePromote) flags() []Flag { return nil }

func (n *NodePromote) appendOperands(dst []string) []string { return append(dst, n.Nodes...) }
func (n *NodePromote) setOperands(words []string) (err error) {
	n.Nodes, err = someOperands("NODE", words)
	return err
}
func (n *NodePromote) check(p *problems) { p.nodes(n.Nodes) }

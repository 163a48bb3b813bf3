package dockercmd

import (
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// NodeInspect is docker node inspect: the description of nodes as JSON, or as a template makes it.
type NodeInspect struct {
	// Format is a Go template, or json from 23.0 on; "" is an array of whole nodes.
	Format string
	// Pretty prints for people. Not with Format.
	Pretty bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Nodes are names or ids; self is the node that answers.
	Nodes []string
}

var nodeInspectSpec = table.Spec{
	Names:    []string{"node inspect"},
	Operands: "self|NODE [NODE...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(NodeInspect).Table() },
}

func (n *NodeInspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&n.Format, word), Usage: "Go template, or json"},
		{Name: "pretty", Value: one(&n.Pretty, boolean), Usage: "print for people"},
	}
}

func (n *NodeInspect) appendOperands(dst []string) []string { return append(dst, n.Nodes...) }
func (n *NodeInspect) setOperands(words []string) (err error) {
	n.Nodes, err = someOperands("NODE", words)
	return err
}
func (n *NodeInspect) check(p *problems) {
	p.nodes(n.Nodes)
	p.pretty(n.Pretty, n.Format)
}

// node holds an operand to what can name a node: its host name or its id.
func (p *problems) node(name string) {
	if name == "" {
		p.Client("NODE", "empty; give a node's host name or id")
	} else if strings.ContainsAny(name, "/?# \t\r\n") {
		p.Add("NODE", "%q is no name or id of a node", name)
	} else if err := CheckWord(name); err != nil {
		p.Add("NODE", "%w", err)
	}
}

// nodes holds a list of operands to it; an empty list is a problem too.
func (p *problems) nodes(names []string) {
	p.atLeastOne("NODE", "node", len(names))
	for _, name := range names {
		p.node(name)
	}
}

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NodePs is docker node ps: list the tasks on nodes, also those that ended.
type NodePs struct {
	// Filters are KEY=value: desired-state, id, label, name.
	Filters []Filter
	// Format is a Go template, or json from 23.0 on.
	Format string
	// NoResolve prints ids of services and nodes, not their names.
	NoResolve bool
	// NoTrunc prints whole ids and errors.
	NoTrunc bool
	// Quiet prints the tasks' ids only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Nodes are names or ids; nil and self are the node that answers.
	Nodes []string
}

var nodePsSpec = table.Spec{
	Names:    []string{"node ps"},
	Operands: "[NODE...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(NodePs).Table() },
}

func (n *NodePs) flags() []Flag {
	return taskFlags(&n.Filters, &n.Format, &n.NoResolve, &n.NoTrunc, &n.Quiet)
}

func (n *NodePs) appendOperands(dst []string) []string { return append(dst, n.Nodes...) }
func (n *NodePs) setOperands(words []string) error {
	n.Nodes = tail(words, 0)
	return nil
}
func (n *NodePs) check(p *problems) {
	for _, name := range n.Nodes {
		p.node(name)
	}
}

// taskFlags returns the rows of a command that lists tasks: node ps and service ps.
func taskFlags(filters *[]Filter, format *string, noResolve, noTrunc, quiet *bool) []Flag {
	return []Flag{
		{Name: "filter", Short: 'f', Value: many(filters, filter), Usage: "condition, KEY=value"},
		{Name: "format", Value: one(format, word), Usage: "Go template, or json"},
		{Name: "no-resolve", Value: one(noResolve, boolean), Usage: "ids, not names"},
		{Name: "no-trunc", Value: one(noTrunc, boolean), Usage: "whole ids and errors"},
		{Name: "quiet", Short: 'q', Value: one(quiet, boolean), Usage: "ids only"},
	}
}

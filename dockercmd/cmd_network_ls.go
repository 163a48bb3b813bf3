package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// NetworkLs is docker network ls: list networks.
type NetworkLs struct {
	// Filters are KEY=value: driver, id, label, name, scope, dangling, and type, which is builtin or custom. Those of one key are
	// alternatives, different keys must all hold. A name matches any network whose name holds it.
	Filters []Filter
	// Format is a Go template, or json from 23.0 on: 20.10 prints that word for each network. {{json .}} works with every version.
	Format string
	// NoTrunc prints whole ids.
	NoTrunc bool
	// Quiet prints ids only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var networkLsSpec = table.Spec{
	Names: []string{"network ls", "network list"},
	New:   func() table.Command { return new(NetworkLs).Table() },
}

func (n *NetworkLs) flags() []Flag {
	return []Flag{
		{Name: "filter", Short: 'f', Value: many(&n.Filters, filter), Splits: []Dialect{Nerdctl}, Usage: "condition, KEY=value"},
		{Name: "format", Value: one(&n.Format, word), Usage: "Go template, or json"},
		{Name: "no-trunc", Value: one(&n.NoTrunc, boolean), Lacks: []Dialect{Nerdctl}, Usage: "whole ids"},
		{Name: "quiet", Short: 'q', Value: one(&n.Quiet, boolean), Usage: "ids only"},
	}
}

func (n *NetworkLs) appendOperands(dst []string) []string { return dst }
func (n *NetworkLs) setOperands(words []string) error {
	return noWords("network ls", words, "use --filter=name=...")
}
func (n *NetworkLs) check(*problems) {}

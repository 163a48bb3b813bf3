package dockercmd

import (
	"slices"

	"github.com/dockercmd/toolkit/internal/table"
)

// SystemPrune is docker system prune: remove stopped containers, unused networks, images that nothing names and build cache.
type SystemPrune struct {
	// All removes every image that no container uses, not only those without a name.
	All bool
	// Filters are KEY=value, such as until=24h, label=a=b or label!=a. Those on labels also hold for volumes.
	Filters []Filter
	// Force asks nothing. Without it the client wants a yes on standard input.
	Force bool
	// Volumes removes unused volumes too; an engine from 23.0 on keeps those that have a name.
	Volumes bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var systemPruneSpec = table.Spec{
	Names: []string{"system prune"},
	New:   func() table.Command { return new(SystemPrune).Table() },
}

func (s *SystemPrune) flags() []Flag {
	return []Flag{
		{Name: "all", Short: 'a', Value: one(&s.All, boolean), Usage: "remove every image that no container uses"},
		{Name: "filter", Value: many(&s.Filters, filter), Lacks: []Dialect{Nerdctl}, Usage: "condition, KEY=value"},
		{Name: "force", Short: 'f', Value: one(&s.Force, boolean), Usage: "ask nothing"},
		{Name: "volumes", Value: one(&s.Volumes, boolean), Usage: "remove unused volumes too"},
	}
}

func (s *SystemPrune) appendOperands(dst []string) []string { return dst }
func (s *SystemPrune) setOperands(words []string) error     { return noWords("system prune", words, "") }
func (s *SystemPrune) check(p *problems) {
	// 20.10 and 28.2: The "until" filter is not supported with "--volumes".
	isUntil := func(f Filter) bool { return f.Key == "until" }
	if s.Volumes && slices.ContainsFunc(s.Filters, isUntil) {
		p.Client("--filter", "docker has no until for volumes; leave --volumes out, or filter by label")
	}
}

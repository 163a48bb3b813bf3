package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ServiceLs is docker service ls: list the services of the swarm.
type ServiceLs struct {
	// Filters are KEY=value: id, label, mode, name.
	Filters []Filter
	// Format is a Go template, or json from 23.0 on.
	Format string
	// Quiet prints ids only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var serviceLsSpec = table.Spec{
	Names: []string{"service ls", "service list"},
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(ServiceLs).Table() },
}

func (s *ServiceLs) flags() []Flag {
	return []Flag{
		{Name: "filter", Short: 'f', Value: many(&s.Filters, filter), Usage: "condition, KEY=value"},
		{Name: "format", Value: one(&s.Format, word), Usage: "Go template, or json"},
		{Name: "quiet", Short: 'q', Value: one(&s.Quiet, boolean), Usage: "ids only"},
	}
}

func (s *ServiceLs) appendOperands(dst []string) []string { return dst }
func (s *ServiceLs) setOperands(words []string) error {
	return noWords("service ls", words, "use --filter=name=...")
}
func (s *ServiceLs) check(*problems) {}

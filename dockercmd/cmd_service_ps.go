package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ServicePs is docker service ps: list the tasks of services, also those that ended.
type ServicePs struct {
	// Filters are KEY=value: desired-state, id, name, node.
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

	// Services are names or ids.
	Services []string
}

var servicePsSpec = table.Spec{
	Names:    []string{"service ps"},
	Operands: "SERVICE [SERVICE...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ServicePs).Table() },
}

func (s *ServicePs) flags() []Flag {
	return taskFlags(&s.Filters, &s.Format, &s.NoResolve, &s.NoTrunc, &s.Quiet)
}

func (s *ServicePs) appendOperands(dst []string) []string { return append(dst, s.Services...) }
func (s *ServicePs) setOperands(words []string) (err error) {
	s.Services, err = someOperands("SERVICE", words)
	return err
}
func (s *ServicePs) check(p *problems) { p.services(s.Services) }

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ServiceRollback is docker service rollback: make a service what it was before its last update.
type ServiceRollback struct {
	// Detach returns at once, instead of waiting until the tasks run.
	Detach bool
	// Quiet hides the progress.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Service is a name or an id.
	Service string
}

var serviceRollbackSpec = table.Spec{
	Names:    []string{"service rollback"},
	Operands: "SERVICE",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ServiceRollback).Table() },
}

func (s *ServiceRollback) flags() []Flag {
	return []Flag{
		serviceFlag("detach", one(&s.Detach, boolean)),
		serviceFlag("quiet", one(&s.Quiet, boolean)),
	}
}

func (s *ServiceRollback) appendOperands(dst []string) []string {
	return appendOptional(dst, s.Service)
}
func (s *ServiceRollback) setOperands(words []string) (err error) {
	s.Service, err = oneOperand("SERVICE", words)
	return err
}
func (s *ServiceRollback) check(p *problems) { p.service("SERVICE", s.Service) }

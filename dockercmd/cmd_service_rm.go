package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ServiceRm is docker service rm: remove services and their tasks, without a question.
type ServiceRm struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Services are names or ids.
	Services []string
}

var serviceRmSpec = table.Spec{
	Names:    []string{"service rm", "service remove"},
	Operands: "SERVICE [SERVICE...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ServiceRm).Table() },
}

func (s *ServiceRm) flags() []Flag { return nil }

func (s *ServiceRm) appendOperands(dst []string) []string { return append(dst, s.Services...) }
func (s *ServiceRm) setOperands(words []string) (err error) {
	s.Services, err = someOperands("SERVICE", words)
	return err
}
func (s *ServiceRm) check(p *problems) { p.services(s.Services) }

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ServiceInspect is docker service inspect: the description of services as JSON, or as a template makes it.
type ServiceInspect struct {
	// Format is a Go template, or json from 23.0 on; "" is an array of whole services.
	Format string
	// Pretty prints for people. Not with Format.
	Pretty bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Services are names or ids.
	Services []string
}

var serviceInspectSpec = table.Spec{
	Names:    []string{"service inspect"},
	Operands: "SERVICE [SERVICE...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ServiceInspect).Table() },
}

func (s *ServiceInspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&s.Format, word), Usage: "Go template, or json"},
		{Name: "pretty", Value: one(&s.Pretty, boolean), Usage: "print for people"},
	}
}

func (s *ServiceInspect) appendOperands(dst []string) []string { return append(dst, s.Services...) }
func (s *ServiceInspect) setOperands(words []string) (err error) {
	s.Services, err = someOperands("SERVICE", words)
	return err
}
func (s *ServiceInspect) check(p *problems) {
	p.services(s.Services)
	p.pretty(s.Pretty, s.Format)
}

// pretty finds a format beside --pretty, which docker refuses.
func (p *problems) pretty(pretty bool, format string) {
	if pretty && format != "" {
		p.Client("--pretty", "contradicts --format; give one of them")
	}
}

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Stats is docker stats: what containers use of CPU, memory, network and disks, as a table that is drawn again twice a second.
// Give NoStream for figures to read by program; they take docker a second or two, since CPU is measured over one.
type Stats struct {
	// All shows containers in every state; it does nothing beside Containers.
	All bool
	// Format is a Go template, or json from 23.0 on.
	Format string
	// NoStream prints once and ends.
	NoStream bool
	// NoTrunc prints whole ids.
	NoTrunc bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids; nil is all that run.
	Containers []string
}

var statsSpec = table.Spec{
	Names:    []string{"stats", "container stats"},
	Operands: "[CONTAINER...]",
	New:      func() table.Command { return new(Stats).Table() },
}

func (s *Stats) flags() []Flag {
	return []Flag{
		{Name: "all", Short: 'a', Value: one(&s.All, boolean), Usage: "every state, not only running"},
		{Name: "format", Value: one(&s.Format, word), Storm: "--format=", Usage: "Go template, or json"},
		{Name: "no-stream", Value: one(&s.NoStream, boolean), Usage: "print once"},
		{Name: "no-trunc", Value: one(&s.NoTrunc, boolean), Usage: "whole ids"},
	}
}

func (s *Stats) appendOperands(dst []string) []string { return append(dst, s.Containers...) }
func (s *Stats) setOperands(words []string) error {
	s.Containers = tail(words, 0)
	return nil
}
func (s *Stats) check(p *problems) {
	for _, name := range s.Containers {
		p.name("CONTAINER", name)
	}
}

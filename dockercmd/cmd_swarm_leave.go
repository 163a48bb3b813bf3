package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmLeave is docker swarm leave: take the engine out of its swarm.
type SwarmLeave struct {
	// Force takes a manager out too, and the last one's swarm with it.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var swarmLeaveSpec = table.Spec{
	Names: []string{"swarm leave"},
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(SwarmLeave).Table() },
}

func (s *SwarmLeave) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&s.Force, boolean), Usage: "also a manager"},
	}
}

func (s *SwarmLeave) appendOperands(dst []string) []string { return dst }
func (s *SwarmLeave) setOperands(words []string) error {
	return noWords("swarm leave", words, "")
}
func (s *SwarmLeave) check(*problems) {}

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmUnlock is docker swarm unlock: give a locked manager its key, which the client reads from standard input: no line holds it.
type SwarmUnlock struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var swarmUnlockSpec = table.Spec{
	Names: []string{"swarm unlock"},
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(SwarmUnlock).Table() },
}

func (s *SwarmUnlock) flags() []Flag { return nil }

func (s *SwarmUnlock) appendOperands(dst []string) []string { return dst }
func (s *SwarmUnlock) setOperands(words []string) error {
	return noWords("swarm unlock", words, "")
}
func (s *SwarmUnlock) check(*problems) {}

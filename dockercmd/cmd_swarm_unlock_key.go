package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmUnlockKey is docker swarm unlock-key: print the key of locked managers. Its output is a secret.
type SwarmUnlockKey struct {
	// Quiet prints the key alone.
	Quiet bool
	// Rotate makes a new key; a manager that is down needs the old one.
	Rotate bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var swarmUnlockKeySpec = table.Spec{
	Names: []string{"swarm unlock-key"},
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(SwarmUnlockKey).Table() },
}

func (s *SwarmUnlockKey) flags() []Flag {
	return []Flag{
		swarmFlag("quiet", one(&s.Quiet, boolean)),
		swarmFlag("rotate", one(&s.Rotate, boolean)),
	}
}

func (s *SwarmUnlockKey) appendOperands(dst []string) []string { return dst }
func (s *SwarmUnlockKey) setOperands(words []string) error {
	return noWords("swarm unlock-key", words, "")
}
func (s *SwarmUnlockKey) check(*problems) {}

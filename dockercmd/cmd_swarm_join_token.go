package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmJoinToken is docker swarm join-token: print the secret by which nodes join. Its output is a secret.
type SwarmJoinToken struct {
	// Quiet prints the token alone.
	Quiet bool
	// Rotate makes a new token; the old one is void then.
	Rotate bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Role is worker or manager.
	Role string
}

var swarmJoinTokenSpec = table.Spec{
	Names:    []string{"swarm join-token"},
	Operands: "(worker|manager)",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(SwarmJoinToken).Table() },
}

func (s *SwarmJoinToken) flags() []Flag {
	return []Flag{
		swarmFlag("quiet", one(&s.Quiet, boolean)),
		swarmFlag("rotate", one(&s.Rotate, boolean)),
	}
}

func (s *SwarmJoinToken) appendOperands(dst []string) []string { return appendOptional(dst, s.Role) }
func (s *SwarmJoinToken) setOperands(words []string) (err error) {
	s.Role, err = oneOperand("role (worker or manager)", words)
	return err
}
func (s *SwarmJoinToken) check(p *problems) {
	if s.Role != "worker" && s.Role != "manager" {
		p.Client("ROLE", "%q is neither worker nor manager", s.Role)
	}
}

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmJoin is docker swarm join: make the engine a node of a swarm. Its token says whether as a worker or as a manager.
type SwarmJoin struct {
	// AdvertiseAddr is where other nodes reach this one: IP or INTERFACE, perhaps with :PORT; "" is the engine's choice when it
	// has but one address.
	AdvertiseAddr string
	// Availability is active, pause (no new tasks) or drain (no tasks); "" is active.
	Availability string
	// DataPathAddr is where the tasks' traffic goes: IP or INTERFACE; "" is AdvertiseAddr.
	DataPathAddr string
	// ListenAddr is where this node listens if it is a manager: IP or INTERFACE, perhaps with :PORT; "" is 0.0.0.0:2377.
	ListenAddr string
	// Token is the secret that docker swarm join-token prints. It stands in the process list while the client runs.
	Token string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Manager is HOST:PORT of a manager; without a port it is 2377.
	Manager string
}

var swarmJoinSpec = table.Spec{
	Names:    []string{"swarm join"},
	Operands: "HOST:PORT",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(SwarmJoin).Table() },
}

func (s *SwarmJoin) flags() []Flag {
	return []Flag{
		swarmFlag("advertise-addr", one(&s.AdvertiseAddr, word)),
		swarmFlag("listen-addr", one(&s.ListenAddr, nodeAddr)),
		swarmFlag("data-path-addr", one(&s.DataPathAddr, word)),
		swarmFlag("availability", one(&s.Availability, lowerChoice)),
		{Name: "token", Value: one(&s.Token, word), Secret: true, Usage: "secret of the swarm"},
	}
}

func (s *SwarmJoin) appendOperands(dst []string) []string { return appendOptional(dst, s.Manager) }
func (s *SwarmJoin) setOperands(words []string) (err error) {
	s.Manager, err = oneOperand("HOST:PORT", words)
	return err
}
func (s *SwarmJoin) check(p *problems) {
	if err := checkAvailability(s.Availability); err != nil {
		p.Client("--availability", "%w", err)
	}
	if s.Manager == "" {
		p.Client("HOST:PORT", "none given; give the address of a manager")
	} else if err := CheckWord(s.Manager); err != nil {
		p.Add("HOST:PORT", "%w", err)
	}
}

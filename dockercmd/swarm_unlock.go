package dockercmd

// SwarmUnlock is docker swarm unlock: give a locked manager its key, which the client reads from standard input: no line holds it.
type SwarmUnlock struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var swarmUnlockSpec = spec{
	names: []string{"swarm unlock"},
	lacks: "podman nerdctl",
	make:  func() Command { return new(SwarmUnlock) },
}

func (s *SwarmUnlock) flags() []Flag { return nil }

func (s *SwarmUnlock) appendOperands(dst []string) []string { return dst }
func (s *SwarmUnlock) setOperands(words []string) error {
	return noWords("swarm unlock", words, "")
}
func (s *SwarmUnlock) check(*problems) {}

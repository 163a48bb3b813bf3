package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Stop is docker stop: send the stop signal, and kill what has not ended after the grace time. The engine counts the grace
// of several containers side by side.
type Stop struct {
	// Signal replaces the container's own stop signal.
	Signal string
	// Timeout is the grace in whole seconds; nil is the container's own (10 unless --stop-timeout says more), 0 kills at once,
	// -1 waits for ever.
	Timeout *int64

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var stopSpec = table.Spec{
	Names:    []string{"stop", "container stop"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Stop).Table() },
}

func (s *Stop) flags() []Flag {
	return []Flag{
		{Name: "signal", Short: 's', Value: one(&s.Signal, word), Since: "23.0", Lacks: []Dialect{Podman},
			Default: "the container's own, else SIGTERM", Usage: "signal to send first"},
		{Name: "timeout", Short: 't', Alias: "time", Value: optional(&s.Timeout, integer), Since: "28.0", Old: "time", Portable: "-t",
			Storm: "--time=", Default: "the container's --stop-timeout, else 10 seconds", Usage: "seconds to wait before the kill"},
	}
}

func (s *Stop) appendOperands(dst []string) []string { return append(dst, s.Containers...) }
func (s *Stop) setOperands(words []string) error {
	s.Containers = tail(words, 0)
	return needContainers(words)
}
func (s *Stop) check(p *problems) {
	p.names(s.Containers)
	p.signal("--signal", s.Signal)
	p.grace("--timeout", s.Timeout)
}

// grace holds a time before the kill to docker's; nil is the default.
func (p *problems) grace(flag string, seconds *int64) {
	if seconds != nil && *seconds < -1 {
		p.Add(flag, "%d is negative; 0 kills at once, -1 waits for ever", *seconds)
	}
}

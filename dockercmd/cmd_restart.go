package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Restart is docker restart: stop containers as docker stop does, and start them again. A container that had ended is
// started only. (Restart is the policy of run and update.)
type Restart struct {
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

var restartSpec = table.Spec{
	Names:    []string{"restart", "container restart"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Restart).Table() },
}

func (r *Restart) flags() []Flag {
	return []Flag{
		{Name: "signal", Short: 's', Value: one(&r.Signal, word), Since: "23.0", Lacks: []Dialect{Podman},
			Default: "the container's own, else SIGTERM", Usage: "signal to send first"},
		{Name: "timeout", Short: 't', Alias: "time", Value: optional(&r.Timeout, integer), Since: "28.0", Old: "time", Portable: "-t",
			Storm: "--time=", Default: "the container's --stop-timeout, else 10 seconds", Usage: "seconds to wait before the kill"},
	}
}

func (r *Restart) appendOperands(dst []string) []string { return append(dst, r.Containers...) }
func (r *Restart) setOperands(words []string) error {
	r.Containers = tail(words, 0)
	return needContainers(words)
}
func (r *Restart) check(p *problems) {
	p.names(r.Containers)
	p.signal("--signal", r.Signal)
	p.grace("--timeout", r.Timeout)
}

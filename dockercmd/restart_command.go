package dockercmd

import (
	"log/slog"
)

// RestartCommand is docker restart: stop containers as docker stop does, and start them again. A container that had ended is
// started only. (Restart is the policy of run and update.)
type RestartCommand struct {
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

func (r *RestartCommand) flags() []Flag {
	return []Flag{
		{Name: "signal", Short: 's', Value: one(&r.Signal, word), Since: "23.0", Usage: "signal to send first"},
		{Name: "timeout", Short: 't', Alias: "time", Value: optional(&r.Timeout, integer), Since: "28.0", Old: "time", Portable: "-t", Storm: "--time=", Usage: "seconds to wait before the kill"},
	}
}

// Subcommand is "restart".
func (r *RestartCommand) Subcommand() string { return "restart" }

// Args is the exact argument vector behind docker.
func (r *RestartCommand) Args() []string { return args(r) }

// Validate is nil or all problems as *FieldError values.
func (r *RestartCommand) Validate() error { return validate(r) }

// String is the line as a shell takes it.
func (r *RestartCommand) String() string { return text(r) }

// LogValue is the line without secret values.
func (r *RestartCommand) LogValue() slog.Value { return logValue(r) }

// MarshalJSON is an object of docker's own flag names.
func (r *RestartCommand) MarshalJSON() ([]byte, error) { return marshal(r) }

func (r *RestartCommand) extra() *[]string   { return &r.Extra }
func (r *RestartCommand) operands() []string { return r.Containers }
func (r *RestartCommand) setOperands(words []string) error {
	r.Containers = tail(words, 0)
	return needContainers(words)
}
func (r *RestartCommand) check(p *problems) {
	p.names(r.Containers)
	p.signal("--signal", r.Signal)
	p.grace("--timeout", r.Timeout)
}

package dockercmd

import (
	"log/slog"
)

// Kill is docker kill: send a signal to containers.
type Kill struct {
	// Signal is a name, with or without SIG, or a number; "" is KILL.
	Signal string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

func (k *Kill) flags() []Flag {
	return []Flag{
		{Name: "signal", Short: 's', Value: one(&k.Signal, word), Usage: "signal to send"},
	}
}

// Subcommand is "kill".
func (k *Kill) Subcommand() string { return "kill" }

// Args is the exact argument vector behind docker.
func (k *Kill) Args() []string { return args(k) }

// Validate is nil or all problems as *FieldError values.
func (k *Kill) Validate() error { return validate(k) }

// String is the line as a shell takes it.
func (k *Kill) String() string { return text(k) }

// LogValue is the line without secret values.
func (k *Kill) LogValue() slog.Value { return logValue(k) }

// MarshalJSON is an object of docker's own flag names.
func (k *Kill) MarshalJSON() ([]byte, error) { return marshal(k) }

func (k *Kill) extra() *[]string   { return &k.Extra }
func (k *Kill) operands() []string { return k.Containers }
func (k *Kill) setOperands(words []string) error {
	k.Containers = tail(words, 0)
	return needContainers(words)
}
func (k *Kill) check(p *problems) {
	p.names(k.Containers)
	p.signal("--signal", k.Signal)
}

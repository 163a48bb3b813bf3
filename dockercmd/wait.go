package dockercmd

import (
	"log/slog"
)

// Wait is docker wait: block until containers end, and print the exit code of each, in order.
type Wait struct {

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

func (w *Wait) flags() []Flag {
	return nil
}

// Subcommand is "wait".
func (w *Wait) Subcommand() string { return "wait" }

// Args is the exact argument vector behind docker.
func (w *Wait) Args() []string { return args(w) }

// Validate is nil or all problems as *FieldError values.
func (w *Wait) Validate() error { return validate(w) }

// String is the line as a shell takes it.
func (w *Wait) String() string { return text(w) }

// LogValue is the line without secret values.
func (w *Wait) LogValue() slog.Value { return logValue(w) }

// MarshalJSON is an object of docker's own flag names.
func (w *Wait) MarshalJSON() ([]byte, error) { return marshal(w) }

func (w *Wait) extra() *[]string   { return &w.Extra }
func (w *Wait) operands() []string { return w.Containers }
func (w *Wait) setOperands(words []string) error {
	w.Containers = tail(words, 0)
	return needContainers(words)
}
func (w *Wait) check(p *problems) { p.names(w.Containers) }

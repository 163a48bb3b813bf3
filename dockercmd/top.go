package dockercmd

import (
	"errors"
	"log/slog"
)

// Top is docker top: the processes of a running container, as the engine's ps lists them.
type Top struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
	// PsOptions are words for ps, such as -o pid,args; nil is -ef. They are joined, and split at spaces again. What it prints must
	// have a column PID.
	PsOptions []string
}

func (t *Top) flags() []Flag { return nil }

// Subcommand is "top".
func (t *Top) Subcommand() string { return "top" }

// Args is the exact argument vector behind docker.
func (t *Top) Args() []string { return args(t) }

// Validate is nil or all problems as *FieldError values.
func (t *Top) Validate() error { return validate(t) }

// String is the line as a shell takes it.
func (t *Top) String() string { return text(t) }

// LogValue is the line without secret values.
func (t *Top) LogValue() slog.Value { return logValue(t) }

// MarshalJSON is an object of docker's own flag names.
func (t *Top) MarshalJSON() ([]byte, error) { return marshal(t) }

func (t *Top) extra() *[]string { return &t.Extra }
func (t *Top) operands() []string {
	if t.Container == "" && len(t.PsOptions) == 0 {
		return nil
	}
	return append([]string{t.Container}, t.PsOptions...)
}
func (t *Top) setOperands(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("no CONTAINER; give one and perhaps options of ps behind it")
	}
	t.Container = words[0]
	t.PsOptions = tail(words, 1)
	return nil
}
func (t *Top) check(p *problems) {
	p.name("CONTAINER", t.Container)
	p.words("ps OPTIONS", t.PsOptions)
}

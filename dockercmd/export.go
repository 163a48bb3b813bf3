package dockercmd

import (
	"log/slog"
)

// Export is docker export: a container's files as a tar archive, without its volumes.
type Export struct {
	// Output is a file of the client's to write; "" is standard output, which a terminal refuses.
	Output string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
}

func (e *Export) flags() []Flag {
	return []Flag{
		{Name: "output", Short: 'o', Value: one(&e.Output, word), Usage: "file to write"},
	}
}

// Subcommand is "export".
func (e *Export) Subcommand() string { return "export" }

// Args is the exact argument vector behind docker.
func (e *Export) Args() []string { return args(e) }

// Validate is nil or all problems as *FieldError values.
func (e *Export) Validate() error { return validate(e) }

// String is the line as a shell takes it.
func (e *Export) String() string { return text(e) }

// LogValue is the line without secret values.
func (e *Export) LogValue() slog.Value { return logValue(e) }

// MarshalJSON is an object of docker's own flag names.
func (e *Export) MarshalJSON() ([]byte, error) { return marshal(e) }

func (e *Export) extra() *[]string   { return &e.Extra }
func (e *Export) operands() []string { return optionalOperand(e.Container) }
func (e *Export) setOperands(words []string) (err error) {
	e.Container, err = oneContainer(words)
	return err
}
func (e *Export) check(p *problems) {
	p.name("CONTAINER", e.Container)
}

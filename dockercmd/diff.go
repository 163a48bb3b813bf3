package dockercmd

import (
	"log/slog"
)

// Diff is docker diff: what a container has added (A), changed (C) and deleted (D) in its image's file system.
type Diff struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
}

func (d *Diff) flags() []Flag { return nil }

// Subcommand is "diff".
func (d *Diff) Subcommand() string { return "diff" }

// Args is the exact argument vector behind docker.
func (d *Diff) Args() []string { return args(d) }

// Validate is nil or all problems as *FieldError values.
func (d *Diff) Validate() error { return validate(d) }

// String is the line as a shell takes it.
func (d *Diff) String() string { return text(d) }

// LogValue is the line without secret values.
func (d *Diff) LogValue() slog.Value { return logValue(d) }

// MarshalJSON is an object of docker's own flag names.
func (d *Diff) MarshalJSON() ([]byte, error) { return marshal(d) }

func (d *Diff) extra() *[]string   { return &d.Extra }
func (d *Diff) operands() []string { return optionalOperand(d.Container) }
func (d *Diff) setOperands(words []string) (err error) {
	d.Container, err = oneContainer(words)
	return err
}
func (d *Diff) check(p *problems) {
	p.name("CONTAINER", d.Container)
}

package dockercmd

import (
	"log/slog"
)

// Pause is docker pause: freeze all processes of containers, which see nothing of it.
type Pause struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

func (c *Pause) flags() []Flag { return nil }

// Subcommand is "pause".
func (c *Pause) Subcommand() string { return "pause" }

// Args is the exact argument vector behind docker.
func (c *Pause) Args() []string { return args(c) }

// Validate is nil or all problems as *FieldError values.
func (c *Pause) Validate() error { return validate(c) }

// String is the line as a shell takes it.
func (c *Pause) String() string { return text(c) }

// LogValue is the line without secret values.
func (c *Pause) LogValue() slog.Value { return logValue(c) }

// MarshalJSON is an object of docker's own flag names.
func (c *Pause) MarshalJSON() ([]byte, error) { return marshal(c) }

func (c *Pause) extra() *[]string   { return &c.Extra }
func (c *Pause) operands() []string { return c.Containers }
func (c *Pause) setOperands(words []string) error {
	c.Containers = tail(words, 0)
	return needContainers(words)
}
func (c *Pause) check(p *problems) {
	p.names(c.Containers)
}

package dockercmd

import (
	"log/slog"
)

// Unpause is docker unpause: let the processes of paused containers go on.
type Unpause struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

func (c *Unpause) flags() []Flag { return nil }

// Subcommand is "unpause".
func (c *Unpause) Subcommand() string { return "unpause" }

// Args is the exact argument vector behind docker.
func (c *Unpause) Args() []string { return args(c) }

// Validate is nil or all problems as *FieldError values.
func (c *Unpause) Validate() error { return validate(c) }

// String is the line as a shell takes it.
func (c *Unpause) String() string { return text(c) }

// LogValue is the line without secret values.
func (c *Unpause) LogValue() slog.Value { return logValue(c) }

// MarshalJSON is an object of docker's own flag names.
func (c *Unpause) MarshalJSON() ([]byte, error) { return marshal(c) }

func (c *Unpause) extra() *[]string   { return &c.Extra }
func (c *Unpause) operands() []string { return c.Containers }
func (c *Unpause) setOperands(words []string) error {
	c.Containers = tail(words, 0)
	return needContainers(words)
}
func (c *Unpause) check(p *problems) {
	p.names(c.Containers)
}

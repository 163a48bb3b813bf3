package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ContextInspect is docker context inspect: all that is known of contexts, as JSON.
type ContextInspect struct {
	// Format is a Go template.
	Format string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Contexts are names; none is the context in use.
	Contexts []string
}

var contextInspectSpec = table.Spec{
	Names:    []string{"context inspect"},
	Operands: "[CONTEXT] [CONTEXT...]",
	Lacks:    []Dialect{Nerdctl},
	New:      func() table.Command { return new(ContextInspect).Table() },
}

func (c *ContextInspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&c.Format, word), Usage: "Go template"},
	}
}

func (c *ContextInspect) appendOperands(dst []string) []string { return append(dst, c.Contexts...) }
func (c *ContextInspect) setOperands(words []string) error {
	c.Contexts = tail(words, 0)
	return nil
}
func (c *ContextInspect) check(p *problems) {
	for _, name := range c.Contexts {
		p.context("CONTEXT", name)
	}
}

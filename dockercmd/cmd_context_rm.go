package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// ContextRm is docker context rm: forget contexts.
type ContextRm struct {
	// Force also removes the context in use. From 23.0 on a missing context is then no error.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Contexts are names.
	Contexts []string
}

var contextRmSpec = table.Spec{
	Names:    []string{"context rm", "context remove"},
	Operands: "CONTEXT [CONTEXT...]",
	Lacks:    []Dialect{Nerdctl},
	New:      func() table.Command { return new(ContextRm).Table() },
}

func (c *ContextRm) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&c.Force, boolean), Usage: "also remove the context in use"},
	}
}

func (c *ContextRm) appendOperands(dst []string) []string { return append(dst, c.Contexts...) }
func (c *ContextRm) setOperands(words []string) error {
	if len(words) == 0 {
		return errors.New("no CONTEXT; give the name of at least one")
	}
	c.Contexts = tail(words, 0)
	return nil
}
func (c *ContextRm) check(p *problems) {
	p.atLeastOne("CONTEXT", "", len(c.Contexts))
	for _, name := range c.Contexts {
		p.newContext("CONTEXT", name)
	}
}

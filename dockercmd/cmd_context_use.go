package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ContextUse is docker context use: take a context for all lines to come that name none. DOCKER_HOST overrides it.
type ContextUse struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Context is the context's name; default is the one that is always there.
	Context string
}

var contextUseSpec = table.Spec{
	Names:    []string{"context use"},
	Operands: "CONTEXT",
	Lacks:    []Dialect{Nerdctl},
	New:      func() table.Command { return new(ContextUse).Table() },
}

func (c *ContextUse) flags() []Flag { return nil }

func (c *ContextUse) appendOperands(dst []string) []string { return appendOptional(dst, c.Context) }
func (c *ContextUse) setOperands(words []string) (err error) {
	c.Context, err = oneContext(words)
	return err
}
func (c *ContextUse) check(p *problems) { p.context("CONTEXT", c.Context) }

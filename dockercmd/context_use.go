package dockercmd

// ContextUse is docker context use: take a context for all lines to come that name none. DOCKER_HOST overrides it.
type ContextUse struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Context is the context's name; default is the one that is always there.
	Context string
}

var contextUseSpec = spec{
	names:    []string{"context use"},
	operands: "CONTEXT",
	lacks:    "nerdctl",
	make:     func() Command { return new(ContextUse) },
}

func (c *ContextUse) flags() []Flag { return nil }

func (c *ContextUse) appendOperands(dst []string) []string { return appendOptional(dst, c.Context) }
func (c *ContextUse) setOperands(words []string) (err error) {
	c.Context, err = oneContext(words)
	return err
}
func (c *ContextUse) check(p *problems) { p.context("CONTEXT", c.Context) }

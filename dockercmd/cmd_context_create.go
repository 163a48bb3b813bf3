package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ContextCreate is docker context create: give a name to a way to reach an engine, and print it.
type ContextCreate struct {
	// Description is shown in lists of contexts.
	Description string
	// Docker is how to reach the engine; nil copies the context in use, or From.
	Docker *ContextEndpoint
	// From copies another context whole; Docker must then be nil.
	From string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Context is the new context's name: two characters at least.
	Context string
}

var contextCreateSpec = table.Spec{
	Names:    []string{"context create"},
	Operands: "CONTEXT",
	Lacks:    []Dialect{Nerdctl},
	New:      func() table.Command { return new(ContextCreate).Table() },
}

func (c *ContextCreate) flags() []Flag {
	return []Flag{
		{Name: "description", Value: one(&c.Description, word), Usage: "what lists of contexts show"},
		{Name: "docker", Value: endpoint(&c.Docker), Usage: "how to reach the engine, such as host=tcp://h:2376,ca=/ca.pem"},
		{Name: "from", Value: one(&c.From, word), Usage: "context to copy"},
	}
}

func (c *ContextCreate) appendOperands(dst []string) []string { return appendOptional(dst, c.Context) }
func (c *ContextCreate) setOperands(words []string) (err error) {
	c.Context, err = oneContext(words)
	return err
}
func (c *ContextCreate) check(p *problems) {
	p.newContext("CONTEXT", c.Context)
	if c.Docker != nil && c.From != "" {
		p.Client("--from", "it goes not with --docker; leave one out")
	}
	if c.From != "" {
		p.context("--from", c.From)
	}
}

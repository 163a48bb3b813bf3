package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ContextUpdate is docker context update: change what is set, leave all else as it is.
type ContextUpdate struct {
	// Description is shown in lists of contexts; "" leaves it as it is, and no version can make it empty.
	Description string
	// Docker replaces the whole endpoint; nil leaves it as it is.
	Docker *ContextEndpoint

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Context is the context's name.
	Context string
}

var contextUpdateSpec = table.Spec{
	Names:    []string{"context update"},
	Operands: "CONTEXT",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ContextUpdate).Table() },
}

func (c *ContextUpdate) flags() []Flag {
	return []Flag{
		{Name: "description", Value: one(&c.Description, word), Usage: "what lists of contexts show"},
		{Name: "docker", Value: endpoint(&c.Docker), Usage: "how to reach the engine, such as host=tcp://h:2376,ca=/ca.pem"},
	}
}

func (c *ContextUpdate) appendOperands(dst []string) []string { return appendOptional(dst, c.Context) }
func (c *ContextUpdate) setOperands(words []string) (err error) {
	c.Context, err = oneContext(words)
	return err
}
func (c *ContextUpdate) check(p *problems) { p.newContext("CONTEXT", c.Context) }

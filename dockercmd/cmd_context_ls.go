package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ContextLs is docker context ls: list the contexts.
type ContextLs struct {
	// Format is a Go template, or json from 23.0 on: 20.10 prints that word for each context.
	Format string
	// Quiet lists names only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var contextLsSpec = table.Spec{
	Names: []string{"context ls", "context list"},
	Lacks: []Dialect{Nerdctl},
	New:   func() table.Command { return new(ContextLs).Table() },
}

func (c *ContextLs) flags() []Flag {
	return []Flag{
		{Name: "format", Value: one(&c.Format, word), Usage: "Go template, or json"},
		{Name: "quiet", Short: 'q', Value: one(&c.Quiet, boolean), Usage: "names only"},
	}
}

func (c *ContextLs) appendOperands(dst []string) []string { return dst }
func (c *ContextLs) setOperands(words []string) error     { return noWords("context ls", words, "") }
func (c *ContextLs) check(*problems)                      {}

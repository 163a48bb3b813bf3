package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ContextShow is docker context show: the name of the context in use.
type ContextShow struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var contextShowSpec = table.Spec{
	Names: []string{"context show"},
	Since: "23.0",
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(ContextShow).Table() },
}

func (c *ContextShow) flags() []Flag { return nil }

func (c *ContextShow) appendOperands(dst []string) []string { return dst }
func (c *ContextShow) setOperands(words []string) error     { return noWords("context show", words, "") }
func (c *ContextShow) check(*problems)                      {}

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Unpause is docker unpause: let the processes of paused containers go on.
type Unpause struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var unpauseSpec = table.Spec{
	Names:    []string{"unpause", "container unpause"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Unpause).Table() },
}

func (c *Unpause) flags() []Flag { return nil }

func (c *Unpause) appendOperands(dst []string) []string { return append(dst, c.Containers...) }
func (c *Unpause) setOperands(words []string) error {
	c.Containers = tail(words, 0)
	return needContainers(words)
}
func (c *Unpause) check(p *problems) {
	p.names(c.Containers)
}

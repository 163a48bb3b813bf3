package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Pause is docker pause: freeze all processes of containers, which see nothing of it.
type Pause struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var pauseSpec = table.Spec{
	Names:    []string{"pause", "container pause"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Pause).Table() },
}

func (c *Pause) flags() []Flag { return nil }

func (c *Pause) appendOperands(dst []string) []string { return append(dst, c.Containers...) }
func (c *Pause) setOperands(words []string) error {
	c.Containers = tail(words, 0)
	return needContainers(words)
}
func (c *Pause) check(p *problems) {
	p.names(c.Containers)
}

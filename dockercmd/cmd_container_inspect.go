package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ContainerInspect is docker container inspect: containers' descriptions as JSON, or as a template makes them. Unlike inspect
// it never finds anything else of that name.
type ContainerInspect struct {
	// Format is a Go template, or json from 23.0 on; "" is an array of whole objects.
	Format string
	// Size adds the sizes of the containers' files, which is slow.
	Size bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var containerInspectSpec = table.Spec{
	Names:    []string{"container inspect"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(ContainerInspect).Table() },
}

func (c *ContainerInspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&c.Format, word), Usage: "Go template, or json"},
		{Name: "size", Short: 's', Value: one(&c.Size, boolean), Usage: "add sizes"},
	}
}

func (c *ContainerInspect) appendOperands(dst []string) []string {
	return append(dst, c.Containers...)
}
func (c *ContainerInspect) setOperands(words []string) error {
	c.Containers = tail(words, 0)
	return needContainers(words)
}
func (c *ContainerInspect) check(p *problems) { p.names(c.Containers) }

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Export is docker export: a container's files as a tar archive, without its volumes.
type Export struct {
	// Output is a file of the client's to write; "" is standard output, which a terminal refuses.
	Output string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
}

var exportSpec = table.Spec{
	Names:    []string{"export", "container export"},
	Operands: "CONTAINER",
	New:      func() table.Command { return new(Export).Table() },
}

func (e *Export) flags() []Flag {
	return []Flag{
		{Name: "output", Short: 'o', Value: one(&e.Output, word), Usage: "file to write"},
	}
}

func (e *Export) appendOperands(dst []string) []string { return appendOptional(dst, e.Container) }
func (e *Export) setOperands(words []string) (err error) {
	e.Container, err = oneContainer(words)
	return err
}
func (e *Export) check(p *problems) {
	p.name("CONTAINER", e.Container)
}

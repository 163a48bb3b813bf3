package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Diff is docker diff: what a container has added (A), changed (C) and deleted (D) in its image's file system.
type Diff struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
}

var diffSpec = table.Spec{
	Names:    []string{"diff", "container diff"},
	Operands: "CONTAINER",
	New:      func() table.Command { return new(Diff).Table() },
}

func (d *Diff) flags() []Flag { return nil }

func (d *Diff) appendOperands(dst []string) []string { return appendOptional(dst, d.Container) }
func (d *Diff) setOperands(words []string) (err error) {
	d.Container, err = oneContainer(words)
	return err
}
func (d *Diff) check(p *problems) {
	p.name("CONTAINER", d.Container)
}

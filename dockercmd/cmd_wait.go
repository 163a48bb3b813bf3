package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Wait is docker wait: block until containers end, and print the exit code of each, in order.
type Wait struct {

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var waitSpec = table.Spec{
	Names:    []string{"wait", "container wait"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Wait).Table() },
}

func (w *Wait) flags() []Flag {
	return nil
}

func (w *Wait) appendOperands(dst []string) []string { return append(dst, w.Containers...) }
func (w *Wait) setOperands(words []string) error {
	w.Containers = tail(words, 0)
	return needContainers(words)
}
func (w *Wait) check(p *problems) { p.names(w.Containers) }

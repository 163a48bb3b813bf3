package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Kill is docker kill: send a signal to containers.
type Kill struct {
	// Signal is a name, with or without SIG, or a number; "" is KILL.
	Signal string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var killSpec = table.Spec{
	Names:    []string{"kill", "container kill"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Kill).Table() },
}

func (k *Kill) flags() []Flag {
	return []Flag{
		{Name: "signal", Short: 's', Value: one(&k.Signal, word), Default: "KILL", Usage: "signal to send"},
	}
}

func (k *Kill) appendOperands(dst []string) []string { return append(dst, k.Containers...) }
func (k *Kill) setOperands(words []string) error {
	k.Containers = tail(words, 0)
	return needContainers(words)
}
func (k *Kill) check(p *problems) {
	p.names(k.Containers)
	p.signal("--signal", k.Signal)
}

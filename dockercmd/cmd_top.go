package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// Top is docker top: the processes of a running container, as the engine's ps lists them.
type Top struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
	// PsOptions are words for ps, such as -o pid,args; nil is -ef. They are joined, and split at spaces again. What it prints must
	// have a column PID.
	PsOptions []string
}

var topSpec = table.Spec{
	Names:    []string{"top", "container top"},
	Operands: "CONTAINER [PS-OPTION...]",
	Verbatim: true,
	New:      func() table.Command { return new(Top).Table() },
}

func (t *Top) flags() []Flag { return nil }

func (t *Top) appendOperands(dst []string) []string {
	if t.Container == "" && len(t.PsOptions) == 0 {
		return dst
	}
	return append(append(dst, t.Container), t.PsOptions...)
}
func (t *Top) setOperands(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("no CONTAINER; give one and perhaps options of ps behind it")
	}
	t.Container = words[0]
	t.PsOptions = tail(words, 1)
	return nil
}
func (t *Top) check(p *problems) {
	p.name("CONTAINER", t.Container)
	p.words("ps OPTIONS", t.PsOptions)
}

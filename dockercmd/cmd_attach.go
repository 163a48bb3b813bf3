package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Attach is docker attach: stay with a running container's standard input and output. The exit code is the container's, unless
// keys detach from it. The client's signals go to the container, so that Ctrl-C ends it, unless SigProxy is false.
type Attach struct {
	// DetachKeys are the keys that detach a terminal; "" is ctrl-p,ctrl-q.
	DetachKeys string
	// NoStdin passes no standard input on.
	NoStdin bool
	// SigProxy passes the client's signals on; nil is true.
	SigProxy *bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
}

var attachSpec = table.Spec{
	Names:    []string{"attach", "container attach"},
	Operands: "CONTAINER",
	New:      func() table.Command { return new(Attach).Table() },
}

func (a *Attach) flags() []Flag {
	return []Flag{
		{Name: "detach-keys", Value: one(&a.DetachKeys, word), Default: "ctrl-p,ctrl-q", Usage: "keys that detach a terminal"},
		{Name: "no-stdin", Value: one(&a.NoStdin, boolean), Usage: "pass no standard input on"},
		{Name: "sig-proxy", Value: optional(&a.SigProxy, boolean), Lacks: []Dialect{Nerdctl}, Default: "true",
			Usage: "pass signals on to the process"},
	}
}

func (a *Attach) appendOperands(dst []string) []string { return appendOptional(dst, a.Container) }
func (a *Attach) setOperands(words []string) (err error) {
	a.Container, err = oneContainer(words)
	return err
}
func (a *Attach) check(p *problems) {
	p.name("CONTAINER", a.Container)
}

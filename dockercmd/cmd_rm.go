package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Rm is docker rm: remove containers. With Force a missing container is no error, in any version.
type Rm struct {
	// Force kills what still runs.
	Force bool
	// Link removes a legacy link instead of a container.
	Link bool
	// Volumes removes the containers' anonymous volumes too.
	Volumes bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var rmSpec = table.Spec{
	Names:    []string{"rm", "container rm", "container remove"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Rm).Table() },
}

func (r *Rm) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&r.Force, boolean), Storm: "--force", Usage: "kill what still runs"},
		{Name: "link", Short: 'l', Value: one(&r.Link, boolean), Lacks: []Dialect{Podman, Nerdctl}, Usage: "remove a legacy link"},
		{Name: "volumes", Short: 'v', Value: one(&r.Volumes, boolean), Storm: "-v", Usage: "remove anonymous volumes too"},
	}
}

func (r *Rm) appendOperands(dst []string) []string { return append(dst, r.Containers...) }
func (r *Rm) setOperands(words []string) error {
	r.Containers = tail(words, 0)
	return needContainers(words)
}
func (r *Rm) check(p *problems) {
	if r.Link {
		p.words("LINK", r.Containers) // a link's name holds a slash
		return
	}
	p.names(r.Containers)
}

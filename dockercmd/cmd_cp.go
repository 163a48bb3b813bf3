package dockercmd

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// Cp is docker cp: copy files between a container, running or not, and the client's machine. One of Source and Destination is
// CONTAINER:PATH, the other a path of the client's or "-", a tar archive on standard input or output.
type Cp struct {
	// Archive hands what is copied into a container to the container's own user, whom the engine looks up with the image's
	// getent: 20.10.24 fails where there is none. Otherwise files keep the numbers of their owners on the way in. On the way
	// out they are the caller's, with and without it; only an archive on standard output keeps the numbers.
	Archive bool
	// FollowLink copies what a symbolic link at Source points to.
	FollowLink bool
	// Quiet hides the progress, which a terminal alone shows.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Source is what to copy. A path of the client's that holds a colon begins with "/" or ".".
	Source string
	// Destination is where to copy it: an existing directory, or a new name in one.
	Destination string
}

var cpSpec = table.Spec{
	Names:    []string{"cp", "container cp"},
	Operands: "CONTAINER:PATH|PATH|- PATH|CONTAINER:PATH|-",
	New:      func() table.Command { return new(Cp).Table() },
}

func (c *Cp) flags() []Flag {
	return []Flag{
		{Name: "archive", Short: 'a', Value: one(&c.Archive, boolean), Lacks: []Dialect{Nerdctl},
			Usage: "hand files to the container's user"},
		{Name: "follow-link", Short: 'L', Value: one(&c.FollowLink, boolean), Lacks: []Dialect{Podman},
			Usage: "copy what a link at the source points to"},
		{Name: "quiet", Short: 'q', Value: one(&c.Quiet, boolean), Since: "23.0", Storm: "--quiet=true",
			Lacks: []Dialect{Podman, Nerdctl}, Usage: "hide the progress"},
	}
}

func (c *Cp) appendOperands(dst []string) []string {
	if c.Source == "" && c.Destination == "" {
		return dst
	}
	return append(dst, c.Source, c.Destination)
}
func (c *Cp) setOperands(words []string) error {
	if len(words) != 2 {
		return fmt.Errorf("%d words behind the flags; give a source and a destination, one of them CONTAINER:PATH", len(words))
	}
	if words[0] == "" || words[1] == "" {
		return errors.New("an empty source or destination; give a path, CONTAINER:PATH or -")
	}
	c.Source, c.Destination = words[0], words[1]
	return nil
}
func (c *Cp) check(p *problems) {
	p.words("SOURCE", []string{c.Source})
	p.words("DESTINATION", []string{c.Destination})
	if c.Source == "" || c.Destination == "" {
		p.Client("SOURCE, DESTINATION", "one is empty; give a path, CONTAINER:PATH or -")
		return
	}
	_, _, from := inContainer(c.Source)
	_, _, to := inContainer(c.Destination)
	switch {
	case from && to:
		p.Client("SOURCE, DESTINATION", "docker copies nothing from container to container; copy to a directory, and from there")
	case from:
		p.inContainer("SOURCE", c.Source)
	case to:
		p.inContainer("DESTINATION", c.Destination)
	default:
		p.Client("SOURCE, DESTINATION", "neither is in a container; give CONTAINER:PATH for one of them")
	}
}

// inContainer holds CONTAINER:PATH to docker's grammar.
func (p *problems) inContainer(operand, s string) {
	container, file, _ := inContainer(s)
	p.name(operand, container)
	if file == "" {
		p.Add(operand, "%q has no path behind the colon", s)
	}
}

// inContainer takes CONTAINER:PATH apart as docker does: what begins with "/" or "." is a path of the client's.
func inContainer(s string) (container, file string, ok bool) {
	if path.IsAbs(s) || strings.HasPrefix(s, ".") {
		return "", s, false
	}
	return strings.Cut(s, ":")
}

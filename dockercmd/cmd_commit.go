package dockercmd

import (
	"errors"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// Commit is docker commit: make an image of a container's files and settings, and print its id. Volumes are no part of it.
type Commit struct {
	// Author is noted with the image.
	Author string
	// Changes are Dockerfile instructions such as ENTRYPOINT ["/bin/app"].
	Changes []string
	// Message is noted with the image.
	Message string
	// NoPause lets the container run meanwhile. Docker has it from 29.0 on; before, the same is a Pause of false.
	NoPause bool
	// Pause freezes the container meanwhile; nil is true. Docker 29 prints a line on standard output, before the id, that
	// NoPause is the better word.
	Pause *bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
	// Repository is the image's name, perhaps with a tag; "" leaves the image without one.
	Repository string
}

var commitSpec = table.Spec{
	Names:    []string{"commit", "container commit"},
	Operands: "CONTAINER [REPOSITORY[:TAG]]",
	Verbatim: true,
	New:      func() table.Command { return new(Commit).Table() },
}

func (c *Commit) flags() []Flag {
	return []Flag{
		{Name: "author", Short: 'a', Value: one(&c.Author, word), Usage: "author of the image"},
		{Name: "change", Short: 'c', Ordered: true, Value: many(&c.Changes, word), Usage: "Dockerfile instruction to apply"},
		{Name: "message", Short: 'm', Value: one(&c.Message, word), Usage: "note of the image"},
		{Name: "no-pause", Value: one(&c.NoPause, boolean), Since: "29.0", Lacks: []Dialect{Podman, Nerdctl},
			Usage: "let the container run meanwhile"},
		{Name: "pause", Short: 'p', Value: optional(&c.Pause, boolean), Until: "29.0", Default: "true",
			Usage: "freeze the container meanwhile (obsolete)"},
	}
}

func (c *Commit) appendOperands(dst []string) []string {
	if c.Repository == "" {
		return appendOptional(dst, c.Container)
	}
	return append(dst, c.Container, c.Repository)
}
func (c *Commit) setOperands(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("no CONTAINER; give one and perhaps a REPOSITORY:TAG")
	}
	if len(words) > 2 {
		return errors.New("too many words; give a CONTAINER and perhaps a REPOSITORY:TAG")
	}
	c.Container = words[0]
	if len(words) == 2 {
		c.Repository = words[1]
	}
	return nil
}
func (c *Commit) check(p *problems) {
	p.name("CONTAINER", c.Container)
	if c.NoPause && c.Pause != nil {
		p.Client("--no-pause", "and --pause say the same in two ways; give one of them")
	}
	if c.Repository == "" {
		return
	}
	if err := ValidImage(c.Repository); err != nil {
		p.Client("REPOSITORY", "%w", err)
	} else if isDigest(c.Repository) {
		p.Add("REPOSITORY", "%q names a digest, which only the image itself can tell; give a name and perhaps a tag", c.Repository)
	} else if strings.Contains(c.Repository, "@") {
		p.Client("REPOSITORY", "%q names a digest, which only the image itself can tell; give a name and perhaps a tag", c.Repository)
	}
}

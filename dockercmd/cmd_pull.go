package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Pull is docker pull: fetch an image from its registry. Storm's worker-launcher takes it without flags.
type Pull struct {
	// AllTags fetches every tag of the repository.
	AllTags bool
	// DisableContentTrust: false asks for a signed image; nil is the client's own. It is gone since 29.0.
	DisableContentTrust *bool
	// Platform is OS[/ARCH[/VARIANT]]; "" is the engine's, unless DOCKER_DEFAULT_PLATFORM says otherwise.
	Platform string
	// Quiet prints the image's name only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Image is a reference; without a tag or a digest it is :latest.
	Image string
}

var pullSpec = table.Spec{
	Names:    []string{"pull", "image pull"},
	Operands: "NAME[:TAG|@DIGEST]",
	New:      func() table.Command { return new(Pull).Table() },
}

func (c *Pull) flags() []Flag {
	return []Flag{
		{Name: "all-tags", Short: 'a', Value: one(&c.AllTags, boolean), Lacks: []Dialect{Nerdctl}, Usage: "every tag of the repository"},
		{Name: "disable-content-trust", Value: optional(&c.DisableContentTrust, boolean), Until: "29.0", Lacks: []Dialect{Nerdctl},
			Usage: "take images that are not signed (obsolete)"},
		{Name: "platform", Value: one(&c.Platform, pulledPlatform), Usage: "platform, OS/ARCH"},
		{Name: "quiet", Short: 'q', Value: one(&c.Quiet, boolean), Usage: "print the image's name only"},
	}
}

func (c *Pull) appendOperands(dst []string) []string { return appendOptional(dst, c.Image) }
func (c *Pull) setOperands(words []string) (err error) {
	c.Image, err = oneWord("NAME[:TAG|@DIGEST]", words)
	return err
}
func (c *Pull) check(p *problems) {
	p.reference("NAME", c.Image)
	p.allTags(c.AllTags, c.Image)
}

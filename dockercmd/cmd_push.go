package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Push is docker push: send an image to the registry that its name begins with.
type Push struct {
	// AllTags sends every tag of the repository.
	AllTags bool
	// DisableContentTrust: false signs the image; nil is the client's own. It is gone since 29.0.
	DisableContentTrust *bool
	// Platform, OS[/ARCH[/VARIANT]], sends this variant of the image alone. From 27.0 on.
	Platform string
	// Quiet prints the image's name only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Image is a reference; without a tag it is :latest. It has no digest.
	Image string
}

var pushSpec = table.Spec{
	Names:    []string{"push", "image push"},
	Operands: "NAME[:TAG]",
	New:      func() table.Command { return new(Push).Table() },
}

func (c *Push) flags() []Flag {
	return []Flag{
		{Name: "all-tags", Short: 'a', Value: one(&c.AllTags, boolean), Lacks: []Dialect{Podman, Nerdctl},
			Usage: "every tag of the repository"},
		{Name: "disable-content-trust", Value: optional(&c.DisableContentTrust, boolean), Until: "29.0", Lacks: []Dialect{Nerdctl},
			Usage: "do not sign the image (obsolete)"},
		{Name: "platform", Value: one(&c.Platform, platform), Since: "27.0", Lacks: []Dialect{Podman}, API: "1.46",
			Usage: "this platform's variant alone, OS/ARCH"},
		{Name: "quiet", Short: 'q', Value: one(&c.Quiet, boolean), Storm: "--quiet=true", Usage: "print the image's name only"},
	}
}

func (c *Push) appendOperands(dst []string) []string { return appendOptional(dst, c.Image) }
func (c *Push) setOperands(words []string) (err error) {
	c.Image, err = oneWord("NAME[:TAG]", words)
	return err
}
func (c *Push) check(p *problems) {
	p.reference("NAME", c.Image)
	p.allTags(c.AllTags, c.Image)
	if _, _, digest := splitReference(c.Image); digest != "" {
		p.Client("NAME", "%q has a digest, which only the registry can give; push a tag", c.Image)
	}
}

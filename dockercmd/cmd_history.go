package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// History is docker history: the layers of an image, and what made them.
type History struct {
	// Format is a Go template, or json from 23.0 on.
	Format string
	// Human prints sizes and ages for people; nil is docker's default, true. False prints bytes and times.
	Human *bool
	// NoTrunc prints whole ids and commands.
	NoTrunc bool
	// Platform is the image's variant, OS[/ARCH[/VARIANT]]. From 28.0 on.
	Platform string
	// Quiet prints ids only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Image is a reference or an id.
	Image string
}

var historySpec = table.Spec{
	Names:    []string{"history", "image history"},
	Operands: "IMAGE",
	New:      func() table.Command { return new(History).Table() },
}

func (h *History) flags() []Flag {
	return []Flag{
		{Name: "format", Value: one(&h.Format, word), Storm: "--format=", Usage: "Go template, or json"},
		{Name: "human", Short: 'H', Value: optional(&h.Human, boolean), Usage: "sizes and ages for people"},
		{Name: "no-trunc", Value: one(&h.NoTrunc, boolean), Usage: "whole ids and commands"},
		{Name: "platform", Value: one(&h.Platform, platform), Since: "28.0", Lacks: []Dialect{Podman, Nerdctl}, API: "1.48",
			Usage: "variant of the image, OS/ARCH"},
		{Name: "quiet", Short: 'q', Value: one(&h.Quiet, boolean), Storm: "--quiet=true", Usage: "ids only"},
	}
}

func (h *History) appendOperands(dst []string) []string { return appendOptional(dst, h.Image) }
func (h *History) setOperands(words []string) (err error) {
	h.Image, err = oneWord("IMAGE", words)
	return err
}
func (h *History) check(p *problems) {
	if err := ValidImage(h.Image); err != nil {
		p.Add("IMAGE", "%w", err)
	}
}

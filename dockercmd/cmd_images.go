package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// Images is docker images: list images.
type Images struct {
	// All lists the layers between images too.
	All bool
	// Digests adds a column of digests.
	Digests bool
	// Filters are KEY=value: before, dangling, label, reference and since. Those of one key are alternatives, different
	// keys must all hold.
	Filters []Filter
	// Format is a Go template, or json from 23.0 on: 20.10 prints that word for each image. {{json .}} works with every version.
	Format string
	// NoTrunc prints whole ids.
	NoTrunc bool
	// Quiet prints ids only.
	Quiet bool
	// Tree lists the platforms of each image below it; its form may change. From 27.5 on, and for people to read.
	Tree bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Repository is a pattern of names, perhaps with a tag: team/*:1. "" is every image.
	Repository string
}

var imagesSpec = table.Spec{
	Names:    []string{"images", "image ls", "image list"},
	Operands: "[REPOSITORY[:TAG]]",
	New:      func() table.Command { return new(Images).Table() },
}

func (i *Images) flags() []Flag {
	return []Flag{
		{Name: "all", Short: 'a', Value: one(&i.All, boolean), Usage: "the layers between images too"},
		{Name: "digests", Value: one(&i.Digests, boolean), Usage: "add digests"},
		{Name: "filter", Short: 'f', Value: many(&i.Filters, filter), Storm: "--filter=", Splits: []Dialect{Podman, Nerdctl},
			Usage: "condition, KEY=value"},
		{Name: "format", Value: one(&i.Format, word), Storm: "--format=", Usage: "Go template, or json"},
		{Name: "no-trunc", Value: one(&i.NoTrunc, boolean), Usage: "whole ids"},
		{Name: "quiet", Short: 'q', Value: one(&i.Quiet, boolean), Storm: "--quiet=true", Usage: "ids only"},
		{Name: "tree", Value: one(&i.Tree, boolean), Since: "27.5", Lacks: []Dialect{Podman, Nerdctl}, API: "1.47",
			Usage: "platforms below each image"},
	}
}

func (i *Images) appendOperands(dst []string) []string { return appendOptional(dst, i.Repository) }
func (i *Images) setOperands(words []string) error {
	if len(words) > 1 {
		return errors.New("too many words; give one REPOSITORY[:TAG], or none")
	}
	if len(words) == 1 {
		i.Repository = words[0]
	}
	return nil
}
func (i *Images) check(p *problems) {
	p.words("REPOSITORY", []string{i.Repository})
	if i.Tree && (i.Digests || i.Format != "" || i.NoTrunc || i.Quiet) {
		p.Client("--tree", "does not go with --digests, --format, --no-trunc or --quiet; leave it out")
	}
}

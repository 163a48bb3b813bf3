package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Save is docker save: write images with their names and layers as a tar archive.
type Save struct {
	// Output is a file of the client's; "" is standard output, which must not be a terminal.
	Output string
	// Platforms, each OS[/ARCH[/VARIANT]], write these variants only. From 28.0 on; clients before 29 take one, and the last of
	// several.
	Platforms []string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Images are references or ids. Of an id the archive does not hold the names.
	Images []string
}

var saveSpec = table.Spec{
	Names:    []string{"save", "image save"},
	Operands: "IMAGE [IMAGE...]",
	New:      func() table.Command { return new(Save).Table() },
}

func (s *Save) flags() []Flag {
	return []Flag{
		{Name: "output", Short: 'o', Value: one(&s.Output, word), Usage: "file to write"},
		{Name: "platform", Value: commas(&s.Platforms, platform), Since: "28.0", Lacks: []Dialect{Podman}, API: "1.48",
			Usage: "these platforms only"},
	}
}

func (s *Save) appendOperands(dst []string) []string { return append(dst, s.Images...) }
func (s *Save) setOperands(words []string) (err error) {
	s.Images, err = needImages(words)
	return err
}
func (s *Save) check(p *problems) { p.images(s.Images) }

package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Rmi is docker rmi: remove names of images, and images that have none left.
type Rmi struct {
	// Force removes an image also while a container that has ended uses it.
	Force bool
	// NoPrune keeps parents without a name.
	NoPrune bool
	// Platforms limits the removal to OS/ARCH variants of an image.
	Platforms []string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Images are references or ids.
	Images []string
}

var rmiSpec = table.Spec{
	Names:    []string{"rmi", "image rm", "image remove"},
	Operands: "IMAGE [IMAGE...]",
	New:      func() table.Command { return new(Rmi).Table() },
}

func (r *Rmi) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&r.Force, boolean), Storm: "--force", Usage: "also while an ended container uses it"},
		{Name: "no-prune", Value: one(&r.NoPrune, boolean), Lacks: []Dialect{Nerdctl}, Usage: "keep parents without a name"},
		{Name: "platform", Value: commas(&r.Platforms, platform), Since: "28.2", Lacks: []Dialect{Podman, Nerdctl}, API: "1.50",
			Usage: "remove these platforms only"},
	}
}

func (r *Rmi) appendOperands(dst []string) []string { return append(dst, r.Images...) }
func (r *Rmi) setOperands(words []string) (err error) {
	r.Images, err = needImages(words)
	return err
}
func (r *Rmi) check(p *problems) { p.images(r.Images) }

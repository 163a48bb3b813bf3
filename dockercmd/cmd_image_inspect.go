package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ImageInspect is docker image inspect: images' descriptions as JSON, or as a template makes them.
type ImageInspect struct {
	// Format is a Go template, or json from 23.0 on; "" is an array of whole objects.
	Format string
	// Platform is the images' variant, OS[/ARCH[/VARIANT]]. From 28.1 on.
	Platform string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Images are references or ids.
	Images []string
}

var imageInspectSpec = table.Spec{
	Names:    []string{"image inspect"},
	Operands: "IMAGE [IMAGE...]",
	New:      func() table.Command { return new(ImageInspect).Table() },
}

func (i *ImageInspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&i.Format, word), Usage: "Go template, or json"},
		{Name: "platform", Value: one(&i.Platform, platform), Since: "28.1", Lacks: []Dialect{Podman}, API: "1.49",
			Usage: "variant of the images, OS/ARCH"},
	}
}

func (i *ImageInspect) appendOperands(dst []string) []string { return append(dst, i.Images...) }
func (i *ImageInspect) setOperands(words []string) (err error) {
	i.Images, err = needImages(words)
	return err
}
func (i *ImageInspect) check(p *problems) { p.images(i.Images) }

package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// Import is docker import: make an image of the files in a tar archive, and print its id.
type Import struct {
	// Changes are Dockerfile instructions such as ENTRYPOINT ["/bin/app"].
	Changes []string
	// Message is noted with the image.
	Message string
	// Platform is OS/ARCH.
	Platform string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Source is a file of the client's, a URL, or "-" for standard input.
	Source string
	// Repository is the image's name, perhaps with a tag; "" leaves the image without one.
	Repository string
}

var importSpec = table.Spec{
	Names:    []string{"import", "image import"},
	Operands: "FILE|URL|- [REPOSITORY[:TAG]]",
	New:      func() table.Command { return new(Import).Table() },
}

func (i *Import) flags() []Flag {
	return []Flag{
		{Name: "change", Short: 'c', Ordered: true, Value: many(&i.Changes, word), Lacks: []Dialect{Nerdctl},
			Usage: "Dockerfile instruction to apply"},
		{Name: "message", Short: 'm', Value: one(&i.Message, word), Usage: "note of the image"},
		{Name: "platform", Value: one(&i.Platform, word), Lacks: []Dialect{Podman}, Usage: "platform, OS/ARCH"},
	}
}

func (i *Import) appendOperands(dst []string) []string {
	if i.Repository == "" {
		return appendOptional(dst, i.Source)
	}
	return append(dst, i.Source, i.Repository)
}
func (i *Import) setOperands(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("no source; give a file, a URL, or - for standard input")
	}
	switch len(words) {
	case 1:
		i.Source = words[0]
	case 2:
		i.Source, i.Repository = words[0], words[1]
	default:
		return errors.New("too many words; give a source and perhaps a REPOSITORY:TAG")
	}
	return nil
}
func (i *Import) check(p *problems) {
	if i.Source == "" {
		p.Client("SOURCE", "none given; give a file, a URL, or - for standard input")
	}
	p.words("SOURCE", []string{i.Source})
	if i.Repository != "" {
		if err := ValidImage(i.Repository); err != nil {
			p.Client("REPOSITORY", "%w", err)
		}
	}
}

package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// Tag is docker tag: give an image one more name. A name that another image has moves to this one.
type Tag struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Source is the image's reference or id.
	Source string
	// Target is the new name; without a tag it is :latest. It has no digest.
	Target string
}

var tagSpec = table.Spec{
	Names:    []string{"tag", "image tag"},
	Operands: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
	Verbatim: true,
	New:      func() table.Command { return new(Tag).Table() },
}

func (t *Tag) flags() []Flag { return nil }

func (t *Tag) appendOperands(dst []string) []string { return appendBoth(dst, t.Source, t.Target) }
func (t *Tag) setOperands(words []string) error {
	if len(words) != 2 || words[0] == "" || words[1] == "" {
		return errors.New("give two words, the image and its new name")
	}
	t.Source, t.Target = words[0], words[1]
	return nil
}
func (t *Tag) check(p *problems) {
	if err := ValidImage(t.Source); err != nil {
		p.Client("SOURCE_IMAGE", "%w", err)
	}
	p.reference("TARGET_IMAGE", t.Target)
	if _, _, digest := splitReference(t.Target); digest != "" {
		p.Client("TARGET_IMAGE", "%q has a digest, which only the image itself can tell; give a name and perhaps a tag", t.Target)
	}
}

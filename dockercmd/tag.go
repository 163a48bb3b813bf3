package dockercmd

import "errors"

// Tag is docker tag: give an image one more name. A name that another image has moves to this one.
type Tag struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Source is the image's reference or id.
	Source string
	// Target is the new name; without a tag it is :latest. It has no digest.
	Target string
}

var tagSpec = spec{
	names:    []string{"tag", "image tag"},
	operands: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
	verbatim: true,
	make:     func() Command { return new(Tag) },
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
		p.client("SOURCE_IMAGE", "%w", err)
	}
	p.reference("TARGET_IMAGE", t.Target)
	if _, _, digest := splitReference(t.Target); digest != "" {
		p.client("TARGET_IMAGE", "%q has a digest, which only the image itself can tell; give a name and perhaps a tag", t.Target)
	}
}

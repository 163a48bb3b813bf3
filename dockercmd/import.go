package dockercmd

import (
	"errors"
	"log/slog"
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

func (i *Import) flags() []Flag {
	return []Flag{
		{Name: "change", Short: 'c', Value: many(&i.Changes, word), Usage: "Dockerfile instruction to apply"},
		{Name: "message", Short: 'm', Value: one(&i.Message, word), Usage: "note of the image"},
		{Name: "platform", Value: one(&i.Platform, word), Usage: "platform, OS/ARCH"},
	}
}

// Subcommand is "import".
func (i *Import) Subcommand() string { return "import" }

// Args is the exact argument vector behind docker.
func (i *Import) Args() []string { return args(i) }

// Validate is nil or all problems as *FieldError values.
func (i *Import) Validate() error { return validate(i) }

// String is the line as a shell takes it.
func (i *Import) String() string { return text(i) }

// LogValue is the line without secret values.
func (i *Import) LogValue() slog.Value { return logValue(i) }

// MarshalJSON is an object of docker's own flag names.
func (i *Import) MarshalJSON() ([]byte, error) { return marshal(i) }

func (i *Import) extra() *[]string { return &i.Extra }
func (i *Import) operands() []string {
	if i.Repository == "" {
		return optionalOperand(i.Source)
	}
	return []string{i.Source, i.Repository}
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
		p.add("SOURCE", "none given; give a file, a URL, or - for standard input")
	}
	p.words("SOURCE", []string{i.Source})
	if i.Repository != "" {
		if err := ValidImage(i.Repository); err != nil {
			p.add("REPOSITORY", "%w", err)
		}
	}
}

package dockercmd

import (
	"errors"
	"log/slog"
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

func (r *Rmi) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&r.Force, boolean), Storm: "--force", Usage: "also while an ended container uses it"},
		{Name: "no-prune", Value: one(&r.NoPrune, boolean), Usage: "keep parents without a name"},
		{Name: "platform", Value: many(&r.Platforms, word), Since: "28.2", Usage: "remove these platforms only"},
	}
}

// Subcommand is "rmi".
func (r *Rmi) Subcommand() string { return "rmi" }

// Args is the exact argument vector behind docker.
func (r *Rmi) Args() []string { return args(r) }

// Validate is nil or all problems as *FieldError values.
func (r *Rmi) Validate() error { return validate(r) }

// String is the line as a shell takes it.
func (r *Rmi) String() string { return text(r) }

// LogValue is the line without secret values.
func (r *Rmi) LogValue() slog.Value { return logValue(r) }

// MarshalJSON is an object of docker's own flag names.
func (r *Rmi) MarshalJSON() ([]byte, error) { return marshal(r) }

func (r *Rmi) extra() *[]string   { return &r.Extra }
func (r *Rmi) operands() []string { return r.Images }
func (r *Rmi) setOperands(words []string) error {
	r.Images = tail(words, 0)
	if len(words) == 0 {
		return errors.New("no IMAGE; give at least one")
	}
	return nil
}
func (r *Rmi) check(p *problems) {
	if len(r.Images) == 0 {
		p.add("IMAGE", "none given; name at least one image")
	}
	for _, image := range r.Images {
		if err := ValidImage(image); err != nil {
			p.add("IMAGE", "%w", err)
		}
	}
}

package dockercmd

import (
	"errors"
	"log/slog"
)

// Inspect is docker inspect: an object's description as JSON, or as a template makes it.
type Inspect struct {
	// Format is a Go template, or json from 23.0 on; "" is an array of whole objects.
	Format string
	// Size adds the sizes of a container, which is slow.
	Size bool
	// Type is container, image, network, volume and so on; "" is the first of them that has such a name.
	Type string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Names are names or ids of any kind of object.
	Names []string
}

func (i *Inspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&i.Format, word), Storm: "--format=", Usage: "Go template, or json"},
		{Name: "size", Short: 's', Value: one(&i.Size, boolean), Usage: "add a container's sizes"},
		{Name: "type", Value: one(&i.Type, word), Usage: "container, image, network, volume..."},
	}
}

// Subcommand is "inspect".
func (i *Inspect) Subcommand() string { return "inspect" }

// Args is the exact argument vector behind docker.
func (i *Inspect) Args() []string { return args(i) }

// Validate is nil or all problems as *FieldError values.
func (i *Inspect) Validate() error { return validate(i) }

// String is the line as a shell takes it.
func (i *Inspect) String() string { return text(i) }

// LogValue is the line without secret values.
func (i *Inspect) LogValue() slog.Value { return logValue(i) }

// MarshalJSON is an object of docker's own flag names.
func (i *Inspect) MarshalJSON() ([]byte, error) { return marshal(i) }

func (i *Inspect) extra() *[]string   { return &i.Extra }
func (i *Inspect) operands() []string { return i.Names }
func (i *Inspect) setOperands(words []string) error {
	i.Names = tail(words, 0)
	if len(words) == 0 {
		return errors.New("no NAME; give the name or id of at least one object")
	}
	return nil
}
func (i *Inspect) check(p *problems) {
	if len(i.Names) == 0 {
		p.add("NAME", "none given; name at least one object")
	}
	for _, n := range i.Names {
		if n == "" {
			p.add("NAME", "empty; give a name or an id")
		}
	}
	p.words("NAME", i.Names)
}

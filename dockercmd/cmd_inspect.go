package dockercmd

import (
	"errors"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
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

var inspectSpec = table.Spec{
	Names:    []string{"inspect"},
	Operands: "NAME|ID [NAME|ID...]",
	New:      func() table.Command { return new(Inspect).Table() },
}

func (i *Inspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&i.Format, word), Storm: "--format=", Usage: "Go template, or json"},
		{Name: "size", Short: 's', Value: one(&i.Size, boolean), Usage: "add a container's sizes"},
		{Name: "type", Value: one(&i.Type, word), Usage: "container, image, network, volume..."},
	}
}

func (i *Inspect) appendOperands(dst []string) []string { return append(dst, i.Names...) }
func (i *Inspect) setOperands(words []string) error {
	i.Names = tail(words, 0)
	if len(words) == 0 {
		return errors.New("no NAME; give the name or id of at least one object")
	}
	return nil
}
func (i *Inspect) check(p *problems) {
	p.atLeastOne("NAME", "object", len(i.Names))
	for _, n := range i.Names {
		if n == "" {
			p.Client("NAME", "empty; give a name or an id")
		}
	}
	p.words("NAME", i.Names)
	if err := checkWords(i.Type, inspectTypes...); i.Type != "" && err != nil {
		p.Client("--type", "%w", err)
	}
}

// inspectTypes are what a client looks for. (Client 28.2.2; config is not in 20.10's list.)
var inspectTypes = strings.Fields("config container image network node plugin secret service task volume")

package dockercmd

import (
	"errors"
	"fmt"

	"github.com/dockercmd/toolkit/internal/table"
)

// Rename is docker rename: give a container, running or not, another name. A new name that another container has is refused.
type Rename struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
	// NewName is the name from now on.
	NewName string
}

var renameSpec = table.Spec{
	Names:    []string{"rename", "container rename"},
	Operands: "CONTAINER NEW_NAME",
	New:      func() table.Command { return new(Rename).Table() },
}

func (r *Rename) flags() []Flag { return nil }

func (r *Rename) appendOperands(dst []string) []string {
	if r.Container == "" && r.NewName == "" {
		return dst
	}
	return append(dst, r.Container, r.NewName)
}
func (r *Rename) setOperands(words []string) error {
	if len(words) != 2 {
		return fmt.Errorf("%d words behind the flags; give CONTAINER and NEW_NAME", len(words))
	}
	if words[0] == "" || words[1] == "" {
		return errors.New("an empty name; give CONTAINER and NEW_NAME")
	}
	r.Container, r.NewName = words[0], words[1]
	return nil
}
func (r *Rename) check(p *problems) {
	p.name("CONTAINER", r.Container)
	p.name("NEW_NAME", r.NewName)
}

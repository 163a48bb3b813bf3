package dockercmd

import (
	"errors"
	"fmt"
	"log/slog"
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

func (r *Rename) flags() []Flag { return nil }

// Subcommand is "rename".
func (r *Rename) Subcommand() string { return "rename" }

// Args is the exact argument vector behind docker.
func (r *Rename) Args() []string { return args(r) }

// Validate is nil or all problems as *FieldError values.
func (r *Rename) Validate() error { return validate(r) }

// String is the line as a shell takes it.
func (r *Rename) String() string { return text(r) }

// LogValue is the line without secret values.
func (r *Rename) LogValue() slog.Value { return logValue(r) }

// MarshalJSON is an object of docker's own flag names.
func (r *Rename) MarshalJSON() ([]byte, error) { return marshal(r) }

func (r *Rename) extra() *[]string { return &r.Extra }
func (r *Rename) operands() []string {
	if r.Container == "" && r.NewName == "" {
		return nil
	}
	return []string{r.Container, r.NewName}
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

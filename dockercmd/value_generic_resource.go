package dockercmd

import (
	"fmt"
	"strconv"
	"strings"
)

// GenericResource is docker's --generic-resource: how many of a kind that the nodes' owners made up, such as GPUs, a task
// reserves.
type GenericResource struct {
	Kind  string
	Count int64
}

// ParseGenericResource reads KIND=COUNT. Docker's client refuses resources by name (KIND=ID) for services.
func ParseGenericResource(s string) (GenericResource, error) {
	kind, count, _ := strings.Cut(s, "=")
	n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64)
	if err != nil {
		return GenericResource{}, fmt.Errorf("%q is not of the form KIND=COUNT, such as gpu=2", s)
	}
	g := GenericResource{strings.TrimSpace(kind), n}
	return g, g.Validate()
}

func (g GenericResource) String() string { return string(g.AppendTo(nil)) }

func (g *GenericResource) AppendTo(dst []byte) []byte {
	return strconv.AppendInt(append(append(dst, g.Kind...), '='), g.Count, 10)
}

// MarshalText returns String, for YAML and JSON.
func (g GenericResource) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads what ParseGenericResource reads.
func (g *GenericResource) UnmarshalText(text []byte) (err error) {
	*g, err = ParseGenericResource(string(text))
	return err
}

func (g *GenericResource) Validate() error {
	if g.Kind == "" || g.Kind != strings.TrimSpace(g.Kind) || strings.ContainsAny(g.Kind, "=,;") {
		return fmt.Errorf("the kind %q is empty or holds white space, '=', ',' or ';'; give one kind such as gpu=2", g.Kind)
	}
	if g.Count < 0 {
		return fmt.Errorf("the count %d is negative", g.Count)
	}
	return nil
}
func (*GenericResource) FlagType() string { return "list" }

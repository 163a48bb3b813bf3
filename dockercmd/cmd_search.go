package dockercmd

import (
	"errors"
	"fmt"

	"github.com/dockercmd/toolkit/internal/table"
)

// Search is docker search: find images on docker's own registry.
type Search struct {
	// Filters are KEY=value, such as is-official=true or stars=3.
	Filters []Filter
	// Format is a Go template.
	Format string
	// Limit is how many results to show, 1 to 100; nil is 25, and so is 0 to the engine.
	Limit *int64
	// NoTrunc shows whole descriptions.
	NoTrunc bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Term is what to look for.
	Term string
}

var searchSpec = table.Spec{
	Names:    []string{"search"},
	Operands: "TERM",
	New:      func() table.Command { return new(Search).Table() },
}

func (s *Search) flags() []Flag {
	return []Flag{
		{Name: "filter", Short: 'f', Value: many(&s.Filters, filter), Splits: []Dialect{Podman, Nerdctl}, Usage: "condition, KEY=value"},
		{Name: "format", Value: one(&s.Format, word), Usage: "Go template"},
		{Name: "limit", Value: optional(&s.Limit, integer), Usage: "most results to show"},
		{Name: "no-trunc", Value: one(&s.NoTrunc, boolean), Usage: "show whole descriptions"},
	}
}

func (s *Search) appendOperands(dst []string) []string { return appendOptional(dst, s.Term) }
func (s *Search) setOperands(words []string) error {
	if len(words) != 1 {
		return fmt.Errorf("%d words behind the flags; give one TERM", len(words))
	}
	if words[0] == "" {
		return errors.New("the TERM is empty; give what to look for")
	}
	s.Term = words[0]
	return nil
}
func (s *Search) check(p *problems) {
	if s.Term == "" {
		p.Client("TERM", "none given; give what to look for")
	}
	p.words("TERM", []string{s.Term})
	if s.Limit != nil && (*s.Limit < 0 || *s.Limit > 100) {
		p.Add("--limit", "%d is not between 0 and 100", *s.Limit)
	}
}

package table

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a command.
type Problem struct {
	Flag   string // the flag with its dashes, --memory, or the operand as docker's help calls it, IMAGE
	Err    error  // what is wrong and how to mend it
	Client bool   // docker's own client refuses the line, before any engine is asked
}

// Problems gathers what a check finds.
type Problems struct{ All []Problem }

// Add notes what docker's client takes, though an engine refuses it or it means something else.
func (p *Problems) Add(flag, format string, args ...any) { p.Err(flag, fmt.Errorf(format, args...)) }

// Client notes what docker's own client refuses.
func (p *Problems) Client(flag, format string, args ...any) {
	p.Err(flag, RefusedByClient(fmt.Errorf(format, args...)))
}

// Err notes a problem; it is the client's if RefusedByClient has marked it, or what it wraps.
func (p *Problems) Err(flag string, err error) {
	client := IsRefusal(err)
	if r, ok := err.(refusal); ok {
		err = r.error
	}
	p.All = append(p.All, Problem{flag, err, client})
}

// MakeClients marks the problems of a flag as the client's.
func (p *Problems) MakeClients(flag string) {
	for i := range p.All {
		if p.All[i].Flag == flag {
			p.All[i].Client = true
		}
	}
}

// Values notes the problems of the flags' values.
func (p *Problems) Values(flags []Flag) {
	for _, f := range flags {
		p.value(f.Name, f.Value)
	}
}

func (p *Problems) value(name string, v Value) {
	for _, err := range v.Problems() {
		p.Err("--"+name, err)
	}
}

// Command notes all problems of a command.
func (p *Problems) Command(c Command) {
	rows, _ := c.Spec().table()
	b := bind(c)
	for i, v := range b.values {
		p.value(rows[i].Name, v)
	}
	b.free()
	for _, w := range *c.Extra() {
		word, _, _ := strings.Cut(w, "=") // the value may be secret
		if len(word) < 3 || word[:2] != "--" {
			p.Client("Extra", "%q is not of the form --name or --name=value", word)
		} else if IsKnown(c, word[2:]) {
			p.Add("Extra", "%s is not for here: it has a field of its own, or asks for help", word)
		} else if err := CheckWord(w); err != nil {
			p.Add("Extra", "%w", err)
		}
	}
	c.Check(p)
}

// refusal is a problem for which docker's own client refuses a line. (Client 28.2.2: TestClientProblems.)
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// IsRefusal reports whether RefusedByClient has marked an error.
func IsRefusal(err error) bool {
	_, client := errors.AsType[refusal](err)
	return client
}

// RefusedByClient marks a problem that a check found as one of the client's. A value whose text its kind's Parse refuses needs no
// mark: Parse takes what the client takes.
func RefusedByClient(err error) error {
	if err == nil {
		return nil
	}
	return refusal{err}
}

// IsKnown reports whether c's scanner has a flag of that long name.
func IsKnown(c Command, name string) bool {
	return name == "help" || slices.ContainsFunc(c.Flags(), func(f Flag) bool {
		return f.Name == name || slices.Contains(strings.Fields(f.Alias), name)
	})
}

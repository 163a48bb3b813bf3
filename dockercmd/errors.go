package dockercmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// FieldError is one problem of one command. Several come together through errors.Join.
type FieldError struct {
	Command string // the subcommand: run
	Flag    string // the flag with its dashes, --memory, or the operand as docker's help calls it, IMAGE
	Err     error  // what is wrong and how to mend it
	// Client says that docker's own client refuses the line, before any engine is asked. Otherwise the client takes it: an engine
	// refuses it, or it means something else than it says.
	Client bool
}

// ClientProblems are those of Validate's problems that docker's own client refuses; nil when there are none.
func ClientProblems(err error) error {
	var kept []error
	for _, problem := range FieldErrors(err) {
		if problem.Client {
			kept = append(kept, problem)
		}
	}
	return errors.Join(kept...)
}

// FieldErrors returns the single problems of what Validate returned, in their order; nil for nil.
func FieldErrors(err error) []*FieldError {
	var problems []*FieldError
	for _, problem := range joined(err) {
		if f, ok := errors.AsType[*FieldError](problem); ok {
			problems = append(problems, f)
		}
	}
	return problems
}

// joined takes apart what errors.Join has put together, perhaps in several steps.
func joined(err error) []error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []error
		for _, err := range several.Unwrap() {
			errs = append(errs, joined(err)...)
		}
		return errs
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Command, e.Flag, e.Err) }

// Unwrap gives the problem itself.
func (e *FieldError) Unwrap() error { return e.Err }

// problems gathers what Validate finds.
type problems struct {
	command string
	errs    []error
}

// add notes what docker's client takes, though an engine refuses it or it means something else.
func (p *problems) add(flag, format string, args ...any) { p.err(flag, fmt.Errorf(format, args...)) }

// client notes what docker's own client refuses.
func (p *problems) client(flag, format string, args ...any) {
	p.err(flag, refusedByClient(fmt.Errorf(format, args...)))
}

// err notes a problem; it is the client's if refusedByClient has marked it, or what it wraps.
func (p *problems) err(flag string, err error) {
	client := isRefusal(err)
	if r, ok := err.(refusal); ok {
		err = r.error
	}
	p.errs = append(p.errs, &FieldError{Command: p.command, Flag: flag, Err: err, Client: client})
}

// clients makes the problems of a flag the client's.
func (p *problems) clients(flag string) {
	for _, err := range p.errs {
		if f, ok := errors.AsType[*FieldError](err); ok && f.Flag == flag {
			f.Client = true
		}
	}
}

// refusal is a problem for which docker's own client refuses a line. (Client 28.2.2: TestClientProblems.)
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func isRefusal(err error) bool {
	_, client := errors.AsType[refusal](err)
	return client
}

// refusedByClient marks a problem that a check found as one of the client's. A value whose text its kind's parse refuses needs no
// mark: parse takes what the client takes.
func refusedByClient(err error) error {
	if err == nil {
		return nil
	}
	return refusal{err}
}

// name holds an operand to docker's grammar of container names and ids. The client looks for an empty one only.
func (p *problems) name(operand, name string) {
	err := ValidName(name)
	if strings.TrimSpace(name) == "" {
		err = refusedByClient(err)
	}
	if err != nil {
		p.err(operand, err)
	}
}

// names holds a list of container operands to docker's grammar; an empty list is a problem too.
func (p *problems) names(names []string) {
	if len(names) == 0 {
		p.client("CONTAINER", "none given; name at least one container")
	}
	for _, n := range names {
		p.name("CONTAINER", n)
	}
}

// words holds the words of a container's command to what an argument vector can carry.
func (p *problems) words(operand string, words []string) {
	for i, w := range words {
		if err := CheckWord(w); err != nil {
			p.add(operand, "word %d: %w", i+1, err)
		}
	}
}

// isKnown says whether c's scanner has a flag of that long name.
func isKnown(c Command, name string) bool {
	return name == "help" || slices.ContainsFunc(Flags(c), func(f Flag) bool {
		return f.Name == name || slices.Contains(strings.Fields(f.Alias), name)
	})
}

func validate(c Command) error {
	p := &problems{command: c.Subcommand()}
	for _, f := range Flags(c) {
		for _, err := range f.Value.problems() {
			p.err("--"+f.Name, err)
		}
	}
	for _, w := range *c.extra() {
		word, _, _ := strings.Cut(w, "=") // the value may be secret
		if len(word) < 3 || word[:2] != "--" {
			p.client("Extra", "%q is not of the form --name or --name=value", word)
		} else if isKnown(c, word[2:]) {
			p.add("Extra", "%s is not for here: it has a field of its own, or asks for help", word)
		} else if err := CheckWord(w); err != nil {
			p.add("Extra", "%w", err)
		}
	}
	c.check(p)
	return errors.Join(p.errs...)
}

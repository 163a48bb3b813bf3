package dockercmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
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

// ClientProblems returns those of Validate's problems that docker's own client refuses; nil when there are none.
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

// name holds an operand to docker's grammar of container names and ids. The client looks for an empty one only.
func (p *problems) name(operand, name string) {
	err := ValidName(name)
	if strings.TrimSpace(name) == "" {
		err = table.RefusedByClient(err)
	}
	if err != nil {
		p.Err(operand, err)
	}
}

// atLeastOne refuses a line without an operand of a kind.
func (p *problems) atLeastOne(operand, kind string, n int) {
	if n == 0 {
		p.Client(operand, "%s", strings.TrimSpace("none given; name at least one "+kind))
	}
}

// names holds a list of container operands to docker's grammar; an empty list is a problem too.
func (p *problems) names(names []string) {
	p.atLeastOne("CONTAINER", "container", len(names))
	for _, n := range names {
		p.name("CONTAINER", n)
	}
}

// words holds the words of a container's command to what an argument vector can carry.
func (p *problems) words(operand string, words []string) {
	for i, w := range words {
		if err := CheckWord(w); err != nil {
			p.Add(operand, "word %d: %w", i+1, err)
		}
	}
}

// validate returns all problems of a command.
func validate(c Command) error {
	p := newProblems()
	p.Command(c.Table())
	return joinProblems(c.Subcommand(), p)
}

// joinProblems returns what a check of a command has found as *FieldError values joined together.
func joinProblems(command string, p *problems) error {
	var errs []error
	for _, f := range fieldErrors(command, p) {
		errs = append(errs, f)
	}
	return errors.Join(errs...)
}

func fieldErrors(command string, p *problems) []*FieldError {
	var all []*FieldError
	for _, problem := range p.All {
		all = append(all, &FieldError{Command: command, Flag: problem.Flag, Err: problem.Err, Client: problem.Client})
	}
	return all
}

package policy

import (
	"errors"
	"fmt"
	"strings"
)

// ErrDenied is the kind of a *DeniedError.
var ErrDenied = errors.New("denied by policy")

// DeniedError says why a policy denies a line. It satisfies errors.Is with ErrDenied.
type DeniedError struct {
	Findings []Finding
}

// Error returns all findings on one line.
func (e *DeniedError) Error() string {
	all := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		all[i] = f.String()
	}
	return fmt.Sprintf("%v: %s", ErrDenied, strings.Join(all, "; "))
}

// Unwrap returns ErrDenied.
func (e *DeniedError) Unwrap() error { return ErrDenied }

// String returns the finding for people: the field, the value, the problem, what would be allowed, and the rule.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Field)
	if f.Value != "" {
		fmt.Fprintf(&b, " %q", f.Value)
	}
	b.WriteString(" " + f.Problem)
	if f.Allowed != "" {
		b.WriteString("; allowed: " + f.Allowed)
	}
	return fmt.Sprintf("%s [%s]", b.String(), f.Rule)
}

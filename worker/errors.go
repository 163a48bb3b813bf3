package worker

import (
	"errors"
	"fmt"
)

// The kinds of this package's errors, to be found with errors.Is. Those of package runner pass through.
var (
	ErrSpec        = errors.New("the spec is not valid")
	ErrUser        = errors.New("the user cannot be used")
	ErrMountSource = errors.New("a mount source cannot be used")
	ErrReserve     = errors.New("the machine lacks the resources")
	ErrUnknownID   = errors.New("no such worker")
	ErrAlive       = errors.New("the worker is alive")
	ErrForeign     = errors.New("a container of that name belongs to someone else")
	ErrNotLaunched = errors.New("the worker has not been launched")
	ErrBusy        = errors.New("it is locked")
	ErrLocked      = errors.New("another supervisor is at work")
	ErrOtherEngine = errors.New("another engine is asked")
	ErrUnkillable  = errors.New("the worker cannot be ended")
	ErrState       = errors.New("the worker's state on disk cannot be used")
	ErrNotRecorded = errors.New("the worker's state could not be written to disk")
)

// Error is one problem of one worker.
type Error struct {
	Kind   error  // one of this package's kinds
	Worker string // the worker's id
	Field  string // of the spec, as YAML spells it, or ""
	Err    error  // what is wrong, and the way out
}

func (e *Error) Error() string {
	where := "worker " + e.Worker
	if ValidID(e.Worker) != nil {
		where = fmt.Sprintf("worker %.40q", e.Worker) // it may hold anything
	}
	if e.Field != "" {
		where += ": " + e.Field
	}
	return fmt.Sprintf("%s: %v", where, e.Err)
}

// Unwrap returns the kind and the problem.
func (e *Error) Unwrap() []error { return []error{e.Kind, e.Err} }

// problem returns an Error with a formatted text.
func problem(kind error, id, field, format string, args ...any) error {
	return &Error{kind, id, field, fmt.Errorf(format, args...)}
}

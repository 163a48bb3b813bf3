package runner

import (
	"context"
	"os"
	"slices"
	"sync"

	"github.com/dockercmd/toolkit/internal/errline"
)

// Recorder is a Runner that records what it is asked to start. It is safe for concurrent use, and its zero value
// is ready: it starts nothing, and every process ends at once, with success and without output.
//
// Environment values are not recorded; an argument that holds a secret is.
type Recorder struct {
	// Runner starts what was recorded. Nil starts nothing.
	Runner Runner

	mu      sync.Mutex
	records []*Record
}

// Record is one command that a Recorder was asked to start.
type Record struct {
	Argv   []string
	Dir    string
	Script string

	// Ended reports whether the command has ended, or could not be started: Err is then final.
	Ended bool

	// Err is what Wait returned, or Start if there was no process.
	Err error
}

// Start records c and starts it.
func (r *Recorder) Start(ctx context.Context, c Cmd) (Process, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	record := &Record{Argv: slices.Clone(c.Argv), Dir: c.Dir, Script: c.Script}
	r.mu.Lock()
	r.records = append(r.records, record)
	r.mu.Unlock()

	inner := r.Runner
	if inner == nil {
		inner = RunnerFunc(startNothing)
	}
	started, err := inner.Start(ctx, c)
	if err != nil {
		r.end(record, err)
		return nil, err
	}
	return withResult(started, func(err error) error {
		r.end(record, err)
		return err
	}), nil
}

// Records returns what was recorded so far, in the order of the calls of Start. Once a process's Wait has returned,
// its outcome is there.
func (r *Recorder) Records() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Record, len(r.records))
	for i, record := range r.records {
		all[i] = *record
		all[i].Argv = slices.Clone(record.Argv)
	}
	return all
}

func (r *Recorder) end(record *Record, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	record.Ended, record.Err = true, err
}

func startNothing(ctx context.Context, c Cmd) (Process, error) {
	if ctx.Err() != nil {
		return nil, &StartError{Program: c.Argv[0], Err: errline.Context(ctx)}
	}
	return noProcess{}, nil
}

// noProcess is a process that was never started.
type noProcess struct{}

func (noProcess) PID() int               { return 0 }
func (noProcess) Signal(os.Signal) error { return os.ErrProcessDone }
func (noProcess) Wait() error            { return nil }

// Package processtest holds processes that run nothing, for tests of what starts processes: [Ended] has ended already, and
// [Writing] is a Runner of such processes.
package processtest

import (
	"context"
	"io"
	"os"

	"github.com/dockercmd/toolkit/runner"
)

// Ended is a process that has ended with Err.
type Ended struct{ Err error }

// PID returns 1.
func (e Ended) PID() int { return 1 }

// Wait returns e.Err.
func (e Ended) Wait() error { return e.Err }

// Signal returns [os.ErrProcessDone].
func (e Ended) Signal(os.Signal) error { return os.ErrProcessDone }

// Writing returns a Runner whose processes write the given chunks and end with err.
func Writing(stdout, stderr []string, err error) runner.Runner {
	return runner.RunnerFunc(func(_ context.Context, c runner.Cmd) (runner.Process, error) {
		write(c.Stdout, stdout)
		write(c.Stderr, stderr)
		return Ended{err}, nil
	})
}

func write(w io.Writer, chunks []string) {
	if w == nil {
		return
	}
	for _, chunk := range chunks {
		io.WriteString(w, chunk)
	}
}

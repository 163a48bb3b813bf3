// Package runner starts processes.
//
// A [Runner] starts a [Cmd] and returns a [Process]. It has one method, so that where commands run is a choice made once:
// [Exec] starts them on this machine, [Launcher] passes them to a privileged helper such as Apache Storm's worker-launcher,
// [Recorder] records them, [RunnerFunc] makes a Runner of a function, and runners wrap each other. [Output] runs a command to
// its end and returns what it wrote, within [Limits].
//
// Failures have types: [StartError] for a program that was not started, [ExitError] for a status other than zero,
// [AbandonedError] for a process that could not be stopped, and [LauncherError] for a launcher that failed by itself.
//
// Every Runner keeps these rules:
//
//   - A context that ends stops the process: politely, then firmly. The error then satisfies errors.Is with
//     [context.Canceled] or [context.DeadlineExceeded], and still carries the [ExitError] if there was one.
//   - A context that has ended already starts nothing.
//   - Wait returns. A process that cannot be stopped is abandoned with an [AbandonedError].
//   - A process that ends with a status other than zero is an [ExitError], whichever Runner ran it.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/internal/writers"
)

// Cmd is a command line to start.
type Cmd struct {
	// Argv is the program and its arguments. A program without a slash is looked up on the PATH of the supervisor,
	// not on that of Env; one with a slash is a path, and a relative one starts from the supervisor's own working
	// directory, not from Dir.
	Argv []string

	// Env is the whole environment, as NAME=value. Nil means the supervisor's own; empty but not nil means none.
	Env []string

	// EnvDefaults are variables, as NAME=value, for names that the environment lacks. [Exec] adds them; a Runner that starts no
	// process here may leave them out.
	EnvDefaults []string

	// Dir is the working directory of the process. Empty means the supervisor's own.
	Dir string

	// Stdin is what the process reads. Nil is the null device. A Reader that is no *os.File is read by a goroutine
	// that Wait does not wait for: it may be in one last Read when Wait returns, so give each Cmd a Reader of its own.
	Stdin io.Reader

	// Stdout and Stderr receive what the process writes. Nil is the null device. Equal writers share one pipe: their
	// bytes keep their order, and only one goroutine writes at a time. Unequal ones are written to concurrently.
	// Once Wait has returned, no new Write begins.
	Stdout, Stderr io.Writer

	// Script is the path of a command file that already holds this very Argv, or empty when there is none. A
	// [Launcher] passes it on instead of writing a file of its own; other Runners have no use for it.
	Script string

	// KillOnly has the process get SIGKILL at once when the context ends, and no SIGTERM before: for a program that would pass a
	// SIGTERM on to what must live, as docker run does to its container (--sig-proxy).
	KillOnly bool

	// LastLine says that of standard output the last line alone counts, as of docker run --detach, which prints the container's id
	// behind whatever else. [Output] then keeps the end, and a [Launcher] tells docker's words from its own by it.
	LastLine bool

	// Hold is a file that the process keeps open as long as it lives, or nil: a lock on it (flock) then outlives this process, and
	// shows that the command is still running. [Exec] passes it on as descriptor 3; Runners that start no process here have no use
	// for it.
	Hold *os.File
}

// check returns the first reason why c cannot be started by any Runner. It names positions, never values: these may be secrets.
func (c Cmd) check() error {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return errors.New("runner: Cmd.Argv names no program: put it first, as in []string{\"docker\", \"ps\"}")
	}
	for i, a := range c.Argv {
		if strings.ContainsRune(a, 0) {
			return fmt.Errorf("runner: Cmd.Argv[%d] holds a NUL byte, which no argument can carry: remove it", i)
		}
	}
	for i, e := range c.Env {
		if strings.ContainsRune(e, 0) {
			return fmt.Errorf("runner: Cmd.Env[%d] holds a NUL byte, which no variable can carry: remove it", i)
		}
	}
	return nil
}

// Process is a started command. Its methods may be called by several goroutines at once.
type Process interface {
	// PID is the process id on this machine: that of the launcher, when there is one.
	PID() int

	// Signal sends sig to the process, and not to its children. A process that has ended gives [os.ErrProcessDone].
	Signal(sig os.Signal) error

	// Wait returns once the process has ended and its output has been delivered, or once it had to be abandoned.
	// Every call gives the same answer. A process ends and is reaped whether or not anybody waits for it.
	Wait() error
}

// Runner starts commands.
type Runner interface {
	// Start starts c and returns without waiting for its end. When ctx ends, the process is stopped.
	Start(ctx context.Context, c Cmd) (Process, error)
}

// RunnerFunc makes a Runner of a function.
type RunnerFunc func(ctx context.Context, c Cmd) (Process, error)

// Start calls f.
func (f RunnerFunc) Start(ctx context.Context, c Cmd) (Process, error) { return f(ctx, c) }

// StartError is the failure to start a program.
type StartError struct {
	// Program is the program as it was asked for.
	Program string

	// Hint is a suggestion for what to do, or empty.
	Hint string

	// Err is the reason. [Exec] names its kinds.
	Err error
}

// Error returns the program, the reason and the hint.
func (e *StartError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("start %s: %v", e.Program, e.Err)
	}
	return fmt.Sprintf("start %s: %v: %s", e.Program, e.Err, e.Hint)
}

// Unwrap returns the reason.
func (e *StartError) Unwrap() error { return e.Err }

// ExitError is the end of a process with a status other than zero.
type ExitError struct {
	// Code is the exit status, 1 to 255. A process that a signal ended has 128 + the signal's number, as in a shell;
	// Signal tells it from a process that exited with such a number.
	Code int

	// Signal is the signal that ended the process, or 0.
	Signal syscall.Signal

	// Cause is what else went wrong or why the process was stopped: the context's error, an output that could not be
	// delivered. Nil when the process ended by itself and nothing else happened.
	Cause error
}

// Error returns how the process ended, and why if that is known.
func (e *ExitError) Error() string {
	ending := fmt.Sprintf("exit status %d", e.Code)
	if e.Signal != 0 {
		ending = fmt.Sprintf("ended by signal %d (%v)", int(e.Signal), e.Signal)
	}
	if e.Cause == nil {
		return ending
	}
	return fmt.Sprintf("%v: %s", e.Cause, ending)
}

// Unwrap returns the cause.
func (e *ExitError) Unwrap() error { return e.Cause }

// ErrAbandoned is the kind of every [AbandonedError].
var ErrAbandoned = errors.New("process could not be stopped and was abandoned")

// AbandonedError is the end of waiting for a process that outlived SIGKILL. It may still be
// running and its work may still be done: look at docker before doing it again.
//
// The usual reason is a setuid launcher, whose child belongs to another user and may not be signalled (EPERM); the
// other is a process that hangs inside the kernel.
type AbandonedError struct {
	// PID is the process left behind. It stays a child of this process and is reaped when it ends.
	PID int

	// Cause holds the context's error and, if signals failed, the last failure.
	Cause error
}

// Error names the process and the cause.
func (e *AbandonedError) Error() string {
	return fmt.Sprintf("process %d could not be stopped and was abandoned, it may still be running: %v", e.PID, e.Cause)
}

// Unwrap returns [ErrAbandoned] and the cause.
func (e *AbandonedError) Unwrap() []error { return []error{ErrAbandoned, e.Cause} }

// withResult returns p with another result: f makes it from p's, once and before any Wait returns.
func withResult(p Process, f func(error) error) Process {
	a := &resultProcess{Process: p, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.err = f(p.Wait())
	}()
	return a
}

type resultProcess struct {
	Process
	done chan struct{}
	err  error
}

func (a *resultProcess) Wait() error {
	<-a.done
	return a.err
}

// The bounds of an [Output] whose Limits name none.
const (
	DefaultOutputLimit = 16 << 20 // bytes of standard output
	DefaultStderrLimit = 64 << 10 // bytes of standard error
	lastLineLimit      = 64 << 10 // bytes of standard output whose last line alone counts
)

// Limits bounds what [Output] keeps. Zero or less means the default.
type Limits struct {
	// Stdout is how many bytes of standard output are kept, from the beginning; of a Cmd with LastLine 64 KiB of the end are.
	Stdout int

	// Stderr is how many bytes of standard error are kept: half from the beginning, half from the end.
	Stderr int
}

// ErrOutputTooLarge is the kind of error for a command that wrote more than [Output] keeps.
var ErrOutputTooLarge = errors.New("output too large")

// Output runs c to its end and returns what it wrote, standard output and standard error apart.
//
// A command that writes more to standard output than limits.Stdout is not stopped, since half a command is worse than a long
// answer, but the rest is dropped, and the error is [ErrOutputTooLarge], also when the command was successful. Of a longer
// standard error the middle is dropped, and a line in its place says how much is missing. Both are returned with any error, too.
// A command with LastLine never writes too much.
//
// Output sets c.Stdout and c.Stderr itself: they must be nil.
func Output(ctx context.Context, r Runner, c Cmd, limits Limits) (stdout, stderr []byte, err error) {
	if c.Stdout != nil || c.Stderr != nil {
		return nil, nil, errors.New("runner: Output needs a Cmd without Stdout and Stderr: use Start to write elsewhere")
	}
	if limits.Stdout <= 0 {
		limits.Stdout = DefaultOutputLimit
	}
	if limits.Stderr <= 0 {
		limits.Stderr = DefaultStderrLimit
	}
	out, msg := writers.Bounded{Head: limits.Stdout}, writers.HeadTail(limits.Stderr)
	if c.LastLine {
		out = writers.Bounded{Tail: lastLineLimit}
	}
	c.Stdout, c.Stderr = &out, &msg
	p, err := r.Start(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	err = p.Wait()
	if c.LastLine {
		return out.Last(), msg.Bytes(), err
	}
	if out.Total() > int64(limits.Stdout) {
		const format = "%w: %d bytes, of which %d are kept: ask for less, or raise the limit"
		tooLarge := fmt.Errorf(format, ErrOutputTooLarge, out.Total(), limits.Stdout)
		err = errline.Join(tooLarge, err)
	}
	return out.First(), msg.Bytes(), err
}

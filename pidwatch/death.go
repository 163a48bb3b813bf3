package pidwatch

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// Death is the end of a process.
type Death struct {
	// Key is what the process was added under. The Set has forgotten it, so that it is free for another process.
	Key string
	PID int
	// At is when the Set noticed, in a call of Next: within about a millisecond of the death if Next was waiting.
	At time.Time
	// Code is the process's exit code as docker counts it: 128+n when signal n killed it.
	Code int
	// Signal is what killed the process, 0 when it exited by itself. The first process of a container with docker run --init exits
	// by itself, with code 128+n, when signal n has killed the worker below it.
	Signal syscall.Signal
	// Known reports whether the kernel told how the process ended. Otherwise Code and Signal are 0 and mean nothing. The kernel
	// tells it since Linux 6.15, once the parent has collected the process; when the parent has not done so 200 ms after the
	// death, Known is false. In one case some kernels tell the code of a process's first thread: when that thread had ended before
	// the others. (Linux 6.18.44 tells the process's: TestLeaderless.)
	Known bool
}

var (
	// ErrGone means that the process has died and its number may belong to another by now. It is a syscall.ESRCH for errors.Is too.
	ErrGone = fmt.Errorf("the process is gone: %w", syscall.ESRCH)

	// ErrClosed means that the Set was closed.
	ErrClosed = errors.New("the set of watched processes is closed")
)

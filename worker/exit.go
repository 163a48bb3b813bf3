package worker

import (
	"fmt"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Exit is how a worker ended.
type Exit struct {
	// Code is the container's own exit code, 0 to 255, when Known.
	Code  int  `json:"code"`
	Known bool `json:"known"`
	// Reason says it in words: "exit code 7", "out of memory, exit code 137", "unknown: the container is gone".
	Reason string `json:"reason"`
	// OOM says that the engine saw the kernel kill a process of the worker's for lack of memory. It is never guessed from the
	// code.
	OOM bool `json:"oom,omitempty"`
	// StartedAt and FinishedAt are the engine's. Of a worker that ends at once, the end may be some milliseconds before the start
	// (20.10).
	StartedAt  time.Time `json:"startedAt,omitzero"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
}

// Signal is the signal that a code of 128+n stands for, or 0. A program may also exit with such a code by itself.
func (e Exit) Signal() syscall.Signal {
	if e.Known && e.Code > 128 && e.Code < 128+65 {
		return syscall.Signal(e.Code - 128)
	}
	return 0
}

func (e Exit) String() string { return e.Reason }

// exitOf reads the exit from what the engine says of an ended container.
func exitOf(s dockercmd.ContainerState) Exit {
	e := Exit{Code: s.ExitCode, Known: true, OOM: s.OOMKilled, StartedAt: s.StartedAt, FinishedAt: s.FinishedAt}
	switch {
	case s.OOMKilled && e.Signal() == syscall.SIGKILL:
		e.Reason = fmt.Sprintf("out of memory, exit code %d", e.Code)
	case s.OOMKilled:
		e.Reason = fmt.Sprintf("exit code %d, after a process of it was killed for lack of memory", e.Code)
	case s.Status == dockercmd.StateCreated:
		e.Reason = "never started"
		e.Known = s.ExitCode != 0
	case e.Signal() != 0:
		e.Reason = fmt.Sprintf("exit code %d (%v)", e.Code, e.Signal())
	default:
		e.Reason = fmt.Sprintf("exit code %d", e.Code)
	}
	return e
}

// gone is the exit of a worker whose container was removed by someone else before its code was known.
func gone() Exit { return Exit{Reason: "unknown: the container is gone"} }

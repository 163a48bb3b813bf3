package worker

import (
	"fmt"
	"syscall"
	"time"
)

// Exit is how a worker ended.
type Exit struct {
	// Code is the container's own exit code, 0 to 255, when Known.
	Code  int  `json:"code"`
	Known bool `json:"known"`
	// Reason says it in words: "exit code 7", "out of memory, exit code 137", "unknown: the container is gone".
	Reason string `json:"reason"`
	// Source says where the code comes from; "" when it is not known.
	Source Source `json:"source,omitempty"`
	// OOM says that the kernel killed a process of the worker's for lack of memory, its first or another one. It is never guessed
	// from the code. OOMSource says where that comes from.
	OOM       bool   `json:"oom,omitempty"`
	OOMSource Source `json:"oomSource,omitempty"`
	// Stopped says that the worker had been told to end, by Stop or Kill.
	Stopped bool `json:"stopped,omitempty"`
	// EngineAlone says that the end rests on docker's word alone: the kernel could not be asked, because the engine runs on another
	// machine or in a virtual one, or the container's processes were never seen from here. Elsewhere no worker has ended while the
	// kernel knows of a process of it.
	EngineAlone bool `json:"engineAlone,omitempty"`
	// StartedAt and FinishedAt are the engine's. Of a worker that ends at once, the end may be some milliseconds before the start
	// (20.10).
	StartedAt  time.Time `json:"startedAt,omitzero"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
}

// Source is where a fact comes from.
type Source string

// The sources.
const (
	FromInspect Source = "docker inspect"
	FromEvents  Source = "docker events"
	FromKernel  Source = "kernel"            // the process itself, by its pidfd (Linux 6.15 and later)
	FromBoth    Source = "kernel and docker" // which agree
	FromCgroup  Source = "cgroup"            // memory.events, or memory.oom_control on v1; for a State, the processes in it
	FromPs      Source = "docker ps"
	FromDisk    Source = "disk" // it was known before
)

// Signal returns the signal that a code of 128+n stands for, or 0. A program may also exit with such a code by itself.
func (e Exit) Signal() syscall.Signal {
	if e.Known && e.Code > 128 && e.Code < 128+65 {
		return syscall.Signal(e.Code - 128)
	}
	return 0
}

func (e Exit) String() string { return e.Reason }

// Kind classifies the exit, for metrics: oom, unknown (also of a launch that did not get as far as a process), stopped (Stop
// or Kill had been called), signal, failure or success, the first that fits. OOM is oom only where that ended the worker.
func (e Exit) Kind() string {
	switch {
	case e.OOM && e.Signal() == syscall.SIGKILL:
		return "oom"
	case !e.Known:
		return "unknown"
	case e.Stopped:
		return "stopped"
	case e.Signal() != 0:
		return "signal"
	case e.Code != 0:
		return "failure"
	}
	return "success"
}

// describe sets the Reason of an exit with a known code.
func (e *Exit) describe() {
	switch {
	case e.OOM && e.Signal() == syscall.SIGKILL:
		e.Reason = fmt.Sprintf("out of memory, exit code %d", e.Code)
	case e.OOM:
		e.Reason = fmt.Sprintf("exit code %d, after a process of it was killed for lack of memory", e.Code)
	case e.Signal() != 0:
		e.Reason = fmt.Sprintf("exit code %d (%v)", e.Code, e.Signal())
	default:
		e.Reason = fmt.Sprintf("exit code %d", e.Code)
	}
}

package output

import (
	"fmt"
	"strings"
)

// State is what an engine says of a container.
type State string

// The states of docker's engine. StateUnknown stands for every other word and for no answer; it must never be taken for an
// end.
const (
	StateCreated    State = "created"
	StateRunning    State = "running"
	StatePaused     State = "paused"
	StateRestarting State = "restarting"
	StateRemoving   State = "removing"
	StateExited     State = "exited"
	StateDead       State = "dead"
	StateUnknown    State = "unknown"
)

// podmanStopped is what podman says between the end of a process and the end of its own cleaning up.
const podmanStopped = "stopped"

// IsExitCode reports whether a code is one that a process of Linux can end with, 0 to 255. An engine that notes another does not
// know how the process has ended.
func IsExitCode(code int) bool { return code >= 0 && code <= 255 }

// checkExitCode refuses what no process of Linux ends with, which a program that passes it on would exit with another code for:
// 256 would become 0. Podman's wait prints -1 for a container that is gone.
func checkExitCode(code int) error {
	if !IsExitCode(code) {
		return fmt.Errorf("%d is not an exit code from 0 to 255", code)
	}
	return nil
}

// ParseState reads an engine's word for a state.
func ParseState(s string) State {
	switch state := State(strings.ToLower(s)); state {
	case StateCreated, StateRunning, StatePaused, StateRestarting, StateRemoving, StateExited, StateDead:
		return state
	}
	return StateUnknown
}

// Alive reports whether the container has a process, or will have one again without being told: running, paused, restarting.
func (s State) Alive() bool { return s == StateRunning || s == StatePaused || s == StateRestarting }

// Over reports whether the container has ended for good. Created is neither alive nor over, and neither is unknown.
func (s State) Over() bool { return s == StateExited || s == StateDead || s == StateRemoving }

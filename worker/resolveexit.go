package worker

import (
	"fmt"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// exit returns the exit that the observations tell, given that the launch has ended.
//
// The container's exit code is that of its first process. Inspect has it from the process's parent, except for the 255, or the 0,
// that an engine makes up when it has missed the end: 255 counts only where an event or the kernel says the same, and 0 where the
// engine remembers the event, or cannot be expected to. Of docker's event only the code is at risk, by a label called exitCode: it
// counts when the kernel agrees, or when there is nothing else.
func (o observations) exit() Exit {
	e, s := Exit{StartedAt: o.startedAt}, o.over
	if o.answer != nil && o.answer.state != nil {
		if s = o.answer.state; s.Status.Alive() || s.Status == output.StateCreated && o.death != nil || o.startedSince() {
			s = nil // it says nothing of the end, or of another one
		}
	}
	switch {
	case s == nil:
		if o.die != nil && e.StartedAt.After(o.die.Time) { // inspect has told of the start after that end
			e.StartedAt = time.Time{}
		}
		code, told := o.claimedCode()
		alone := o.answer != nil && (o.answer.state == nil || o.startedSince()) // inspect will not tell
		if told && (alone || o.death != nil && o.death.Known && o.death.Code == code) {
			e.Code, e.Known, e.Source, e.FinishedAt = code, true, FromEvents, o.die.Time
		}
	case s.Status == output.StateCreated && (s.ExitCode == 0 || isFailedStart(s.ExitCode)):
		e.StartedAt, e.FinishedAt = s.StartedAt, s.FinishedAt
		e.Reason, e.Code, e.Known = "never started", s.ExitCode, s.ExitCode != 0
		if e.Known { // the code of a start that has failed
			e.Source = FromInspect
		} else if !o.neverStarted {
			e.Reason = reasonStartUnknown
		}
		return e
	default:
		e.StartedAt, e.FinishedAt = s.StartedAt, s.FinishedAt
		if output.IsExitCode(s.ExitCode) {
			e.Code, e.Known, e.Source = s.ExitCode, true, FromInspect
		}
	}
	o.addKernel(&e, s)
	o.addOOM(&e, s)
	switch {
	case !e.Known && o.answer != nil && o.answer.state != nil && o.answer.state.Status == output.StateCreated:
		e.Reason = reasonStartUnknown
	case !e.Known && s != nil:
		e.Reason = fmt.Sprintf("unknown: docker says %d, which is no exit code", s.ExitCode)
	case !e.Known:
		e.Reason = gone().Reason
	case o.mayBeSynthetic(e):
		e.Reason = fmt.Sprintf("unknown: docker says %d, which an engine also says of ends that it has missed", e.Code)
		e.Code, e.Known, e.Source = 0, false, ""
	default:
		e.describe()
	}
	return e
}

// isFailedStart reports whether a code is one that engines note of a start that has failed. A container that is taken for created
// and has another one has run: 28.5 takes up the end of one that it has forgotten to have started.
func isFailedStart(code int) bool { return code >= 125 && code <= 128 }

// reasonStartUnknown is the reason of an end where the engine knows of no start, and may have forgotten it: one that is killed
// while it starts a container takes it for created when it is started again, though the container's processes live on.
const reasonStartUnknown = "unknown: the engine does not know that it was started"

// claimedCode returns the code that docker's event names.
func (o observations) claimedCode() (code int, told bool) {
	if o.die == nil {
		return 0, false
	}
	return o.die.ClaimedExitCode()
}

// addKernel lets the kernel's word for the code stand, except before an answer of inspect with a code that no engine makes up: that
// was waited for by the container's own parent, while the kernel may tell the code of the first thread alone (some from Linux 6.15
// on).
func (o observations) addKernel(e *Exit, s *output.ContainerState) {
	switch {
	case o.death == nil || !o.death.Known:
	case e.Known && e.Code == o.death.Code:
		e.Source = FromBoth
	case s != nil && e.Known && !o.mayBeInvented(*e):
	default:
		e.Code, e.Known, e.Source, e.FinishedAt = o.death.Code, true, FromKernel, o.death.At
	}
}

// addOOM notes a kill for lack of memory. What the container's own cgroup has counted stands, also when that is none: docker takes
// the notice of a limited parent for one of each container below it (cgroup v1).
func (o observations) addOOM(e *Exit, s *output.ContainerState) {
	switch {
	case o.oomKills != nil:
		if *o.oomKills > 0 {
			e.OOM, e.OOMSource = true, FromCgroup
		}
	case o.oom:
		e.OOM, e.OOMSource = true, FromEvents
	case s != nil && s.OOMKilled:
		e.OOM, e.OOMSource = true, FromInspect
	}
}

// oomKnown reports whether it is known without inspect whether a process was killed for lack of memory: the cgroup was read at the
// end, or docker told, or the first process did not end by a kill.
func (o observations) oomKnown() bool {
	return o.oomKills != nil || o.oom || o.death.Code != 128+int(syscall.SIGKILL)
}

// mayBeSynthetic reports whether docker's code may be the engine's own invention: it is the code of one, and neither the kernel nor
// an event has told of it. Engines log no event for an end that they have missed, unless they are told to end a container whose
// process they do not find: they wait for its end for as long as its grace, and then log one, with 255 (20.10) or 0 (28.5).
func (o observations) mayBeSynthetic(e Exit) bool {
	code, told := o.claimedCode()
	witness := told && code == e.Code && !(e.Code == syntheticExitCode && o.killed) && !o.isAfterDeath(e)
	return o.mayBeInvented(e) && e.Source == FromInspect && !witness
}

// mayBeInvented reports whether the code that inspect tells may be one that an engine makes up for an end that it has missed.
func (o observations) mayBeInvented(e Exit) bool {
	return e.Code == syntheticExitCode || e.Code == 0 && (o.unheard || o.isAfterEvent(e) || o.isAfterDeath(e))
}

// isAfterEvent reports whether an end is of a later time than the event of one with another code: the engine was killed before it
// had written that down, and has noted the time of its next start. A true end is never later than its event.
func (o observations) isAfterEvent(e Exit) bool {
	code, told := o.claimedCode()
	return told && code != e.Code && e.FinishedAt.After(o.die.Time)
}

// How long after the kernel an engine that is there may learn of an end, when the kernel tells another code, and when it tells
// none.
const (
	lateCode = time.Second
	lateTime = 5 * time.Second
)

// isAfterDeath reports whether an end is of a much later time than the death that the kernel has told of.
func (o observations) isAfterDeath(e Exit) bool {
	switch d := o.death; {
	case d == nil, d.At.IsZero(), d.Known && d.Code == e.Code:
		return false
	case d.Known:
		return e.FinishedAt.After(d.At.Add(lateCode))
	default:
		return e.FinishedAt.After(d.At.Add(lateTime))
	}
}

// exitOf returns the exit that an ended container's state tells by itself.
func exitOf(s output.ContainerState) Exit {
	return observations{over: &s}.exit()
}

// gone returns the exit of a worker whose container was removed by someone else before its code was known.
func gone() Exit { return Exit{Reason: "unknown: the container is gone"} }

// cutOff returns the exit of a launch that its supervisor did not complete, or that was undone: no container came of it.
func cutOff() Exit { return Exit{Reason: "never started: the launch was cut off"} }

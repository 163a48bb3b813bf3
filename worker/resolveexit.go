package worker

import (
	"syscall"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// exit returns the exit that the observations tell, given that the launch has ended.
//
// The container's exit code is that of its first process. Inspect has it from the process's parent, except for the 255 that an
// engine makes up when it has missed the end: that counts only where an event or the kernel says the same. Of docker's event only
// the code is at risk, by a label called exitCode: it counts when the kernel agrees, or when there is nothing else.
func (o observations) exit() Exit {
	e, s := Exit{StartedAt: o.startedAt}, o.over
	if o.answer != nil && o.answer.state != nil {
		if s = o.answer.state; s.Status.Alive() || s.Status == output.StateCreated && o.death != nil {
			s = nil // it says nothing of the end
		}
	}
	switch {
	case s == nil:
		code, told := o.claimedCode()
		alone := o.answer != nil && (o.answer.state == nil || o.startedSince()) // inspect will not tell
		if told && (alone || o.death != nil && o.death.Known && o.death.Code == code) {
			e.Code, e.Known, e.Source, e.FinishedAt = code, true, FromEvents, o.die.Time
		}
	case s.Status == output.StateCreated:
		e.StartedAt, e.FinishedAt = s.StartedAt, s.FinishedAt
		e.Reason, e.Code, e.Known = "never started", s.ExitCode, s.ExitCode != 0
		if e.Known {
			e.Source = FromInspect
		}
		return e
	default:
		e.StartedAt, e.FinishedAt = s.StartedAt, s.FinishedAt
		e.Code, e.Known, e.Source = s.ExitCode, true, FromInspect
	}
	o.addKernel(&e, s)
	o.addOOM(&e, s)
	switch {
	case !e.Known && o.answer != nil && o.answer.state != nil && o.answer.state.Status == output.StateCreated:
		e.Reason = "unknown: the engine does not know that it was started"
	case !e.Known:
		e.Reason = gone().Reason
	case o.mayBeSynthetic(e):
		e.Code, e.Known, e.Source = 0, false, ""
		e.Reason = "unknown: docker says 255, which an engine also says of ends that it has missed"
	default:
		e.describe()
	}
	return e
}

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
	case s != nil && e.Known && e.Code != syntheticExitCode:
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
// an event has told of it. Engines log no event for an end that they have missed.
func (o observations) mayBeSynthetic(e Exit) bool {
	code, told := o.claimedCode()
	return e.Code == syntheticExitCode && e.Source == FromInspect && !(told && code == e.Code)
}

// exitOf returns the exit that an ended container's state tells by itself.
func exitOf(s output.ContainerState) Exit {
	return observations{over: &s}.exit()
}

// gone returns the exit of a worker whose container was removed by someone else before its code was known.
func gone() Exit { return Exit{Reason: "unknown: the container is gone"} }

// cutOff returns the exit of a launch that its supervisor did not complete, or that was undone: no container came of it.
func cutOff() Exit { return Exit{Reason: "never started: the launch was cut off"} }

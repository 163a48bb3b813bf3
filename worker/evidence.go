package worker

import (
	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// withoutEngine returns the status of a worker while the engine does not answer: running if its cgroup holds a live process, and
// unknown otherwise. The group counts when hasGroup is true; otherwise it is looked for.
func (m *Manager) withoutEngine(cp *checkpoint, group cgroupread.Group, hasGroup bool) Status {
	s := cp.status(nil, false)
	if s.State != Unknown || cp.Container == "" {
		return s
	}
	if !hasGroup {
		var err error
		if group, err = m.Cgroups.ByID(cp.Container, cp.CgroupParent); err != nil {
			s.Detail = "the engine does not answer, and its cgroup is not found"
			return s
		}
	}
	alive, err := group.Populated()
	switch {
	case err != nil:
		s.Detail = "the engine does not answer, and its cgroup is gone: it may have ended"
	case alive:
		s.State, s.Source, s.Detail = Running, FromCgroup, "the engine does not answer, but the worker has processes"
		s.State = cp.runningState(s.State)
	default:
		s.Source, s.Detail = FromCgroup, "the engine does not answer, and the worker has no process any more"
	}
	return s
}

// stateOf returns a container's state as a worker's.
func stateOf(s output.State) State {
	switch s {
	case output.StateCreated:
		return Launching
	case output.StateRunning:
		return Running
	case output.StatePaused:
		return Paused
	case output.StateRestarting:
		return Restarting
	case output.StateExited, output.StateDead, output.StateRemoving:
		return Exited
	}
	return Unknown
}

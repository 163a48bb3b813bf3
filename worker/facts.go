package worker

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/pidwatch"
)

// facts are what has been heard of the end of one launch, from whoever said it first.
type facts struct {
	death    *pidwatch.Death        // of the container's first process
	oomKills *int64                 // what its cgroup had counted at that moment; nil is not known
	die      *output.Event          // docker's own notice
	oom      bool                   // docker's notice of a kill for lack of memory
	state    *output.ContainerState // what inspect says now: the container has ended, or was never started
	gone     bool                   // inspect: there is no such container
	lost     bool                   // the engine was away since the worker was last seen alive, or may have been

	startedAt     time.Time
	engineStarted time.Time // zero is not known
}

// exit is how the launch ended, if the facts suffice to say it; if not, inspect must be asked.
//
// The container's exit code is that of its first process. Inspect has it from the process's parent, but for the 255 that an engine
// which restarted may make up; then the kernel's word counts. Of docker's event only the code is at risk, by a label called exitCode:
// an event alone does not suffice, and one that the kernel agrees with does.
func (f facts) exit() (e Exit, ok bool) {
	e = Exit{StartedAt: f.startedAt}
	switch {
	case f.state != nil:
		e.StartedAt, e.FinishedAt = f.state.StartedAt, f.state.FinishedAt
		if f.state.Status == output.StateCreated {
			e.Reason = "never started"
			e.Code, e.Known = f.state.ExitCode, f.state.ExitCode != 0
			if e.Known {
				e.Source = FromInspect
			}
			return e, true
		}
		e.Code, e.Known, e.Source = f.state.ExitCode, true, FromInspect
	case f.gone:
		if code, told := f.claimed(); told {
			e.Code, e.Known, e.Source, e.FinishedAt = code, true, FromEvents, f.die.Time
		}
	default:
		code, told := f.claimed()
		if !told || f.death == nil || !f.death.Known || f.death.Code != code || !f.oomDecided() {
			return e, false
		}
		e.Code, e.Known, e.Source, e.FinishedAt = code, true, FromEvents, f.die.Time
	}
	f.hearKernel(&e)
	f.hearOOM(&e)
	switch {
	case !e.Known && f.gone:
		e.Reason = gone().Reason
	case f.madeUp(e):
		e.Code, e.Known, e.Source = 0, false, ""
		e.Reason = "unknown: the engine restarted meanwhile"
	default:
		e.describe()
	}
	return e, true
}

// claimed is the code that docker's event names.
func (f facts) claimed() (code int, told bool) {
	if f.die == nil {
		return 0, false
	}
	return f.die.ClaimedExitCode()
}

// hearKernel lets the kernel's word for the code stand, but before what inspect says of a code that no engine makes up: that was waited
// for by the container's own parent, while the kernel may tell the code of the first thread alone (some from Linux 6.15 on).
func (f facts) hearKernel(e *Exit) {
	switch {
	case f.death == nil || !f.death.Known:
	case e.Known && e.Code == f.death.Code:
		e.Source = FromBoth
	case f.state != nil && e.Known && e.Code != engineGuess:
	default:
		e.Code, e.Known, e.Source, e.FinishedAt = f.death.Code, true, FromKernel, f.death.At
	}
}

// hearOOM notes a kill for lack of memory, by the first of the sources that is sure of one.
func (f facts) hearOOM(e *Exit) {
	switch {
	case f.oomKills != nil && *f.oomKills > 0:
		e.OOM, e.OOMSource = true, FromCgroup
	case f.oom:
		e.OOM, e.OOMSource = true, FromEvents
	case f.state != nil && f.state.OOMKilled:
		e.OOM, e.OOMSource = true, FromInspect
	}
}

// oomDecided says whether it is known without inspect whether a process was killed for lack of memory: the cgroup was read at the
// end, or docker told, or the first process did not end by a kill.
func (f facts) oomDecided() bool {
	return f.oomKills != nil || f.oom || f.death.Code != 128+int(syscall.SIGKILL)
}

// engineGuess is the code that an engine notes at its start for a container whose shim has gone, and with it the true one (20.10).
const engineGuess = 255

// restoreTime is how long an engine may take from its start to its first answer.
const restoreTime = time.Minute

// madeUp says whether docker's code may be the engine's own invention at a restart: it has the code of one, no event has told of that
// code, and the end that it notes lies in the seconds of the start. Where that is not known, it counts that the engine was away.
func (f facts) madeUp(e Exit) bool {
	code, told := f.claimed()
	switch {
	case told && code == e.Code, !f.lost, e.Source != FromInspect, e.Code != engineGuess:
		return false
	case f.engineStarted.IsZero():
		return true
	}
	return e.FinishedAt.After(f.engineStarted.Add(-time.Second)) && e.FinishedAt.Before(f.engineStarted.Add(restoreTime))
}

// engineStarted is when the engine was started, as far as its socket tells: it is made anew at each start.
func engineStarted(d client.Docker) time.Time {
	env := d.Env
	if env == nil {
		env = os.Environ()
	}
	host := "unix:///var/run/docker.sock"
	for _, e := range env { // the last of a name counts
		name, value, _ := strings.Cut(e, "=")
		switch {
		case name == "DOCKER_CONTEXT" && value != "":
			return time.Time{}
		case name == "DOCKER_HOST" && value != "":
			host = value
		}
	}
	path, isSocket := strings.CutPrefix(host, "unix://")
	info, err := os.Stat(path)
	if !isSocket || err != nil || info.Mode().Type() != fs.ModeSocket {
		return time.Time{}
	}
	return info.ModTime()
}

// byKernel is the exit for which the engine is not waited any longer; ok is false when the kernel did not tell either.
func (f facts) byKernel() (e Exit, ok bool) {
	if f.death == nil || !f.death.Known {
		return e, false
	}
	e = Exit{StartedAt: f.startedAt}
	f.hearKernel(&e)
	f.hearOOM(&e)
	e.describe()
	return e, true
}

package worker

import (
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/pidwatch"
)

// How a launch ended is decided here, with the exit itself in resolveexit.go, and nowhere else. Wait, the Watcher, Follow and the
// verbs for many workers gather observations, call resolve, and carry out its decision.

// observations are what is known of one launch besides its checkpoint, by where they come from.
type observations struct {
	// The kernel.
	kernel     kernelView      // of the container's processes, when the observations were made
	liveSince  time.Time       // since when docker tells of an end while there are live processes; zero is that it does not
	death      *pidwatch.Death // of the container's first process; nil is not observed
	oomKills   *int64          // what the container's cgroup had counted at that moment; nil is not known
	pidWatched bool            // a death would be observed
	killedAt   time.Time       // when our own SIGKILL had left no live process in the cgroup; zero is never

	// Docker events.
	die *output.Event // the container's end
	oom bool          // a kill for lack of memory

	// Docker inspect.
	answer       *inspection            // the answer that has just come; nil is none
	over         *output.ContainerState // the last answer that the container has ended; nil is none
	endedAnswers int                    // how many there were of these
	unheard      bool                   // that was with 0, and the engine would remember an event of it
	killed       bool                   // docker was told to end it before
	neverStarted bool                   // the engine remembers that it was made, and no start
	startedAt    time.Time              // when the container started, as an earlier answer has it

	// This machine.
	lock       launchLock
	doubtSince time.Time // since when the launch looks cut off; zero is that it does not
	noticedAt  time.Time // when the kernel or an event first told of an end; zero is never
}

// inspection is an answer of docker inspect.
type inspection struct {
	asked     string                 // the container that was known when it was asked; "" asks by name
	state     *output.ContainerState // nil is that there is no container of this launch
	container string                 // its id; of one that is not there, the id that the client of docker run has written down
}

// mayBeLaunching reports whether the answer is that of a launch which is under way: no container is known, or it was not started.
func (o observations) mayBeLaunching(cp *checkpoint) bool {
	if o.answer.state == nil {
		return cp.Container == "" && o.over == nil
	}
	return o.answer.state.Status == output.StateCreated
}

// launchLock is what the lock of a worker's launches says.
type launchLock int

const (
	launchUnlocked launchLock = iota // nobody is launching it now
	launchLocked                     // somebody else is launching it or cleaning it up
	launchOver                       // no launch can be under way: the caller holds the lock, or the container has run
)

// inspected notes an answer of inspect to the question for asked.
func (o *observations) inspected(asked string, a answer) {
	o.answer = &inspection{asked: asked, container: a.hint}
	if a.die != nil && o.die == nil {
		o.die = a.die
	}
	if a.err != nil {
		return
	}
	o.answer.state, o.answer.container, o.unheard, o.killed = &a.State, a.ID, a.unheard, a.killed
	o.neverStarted = a.made && !a.started
	switch {
	case a.State.Status.Over():
		o.over = &a.State
		o.endedAnswers++
	case a.State.Status.Alive():
		o.over, o.endedAnswers = nil, 0
	}
}

// revived forgets the ends that inspect and events told: they were of an earlier life of the container.
func (o *observations) revived() {
	o.die, o.oom, o.over, o.endedAnswers, o.unheard, o.killed = nil, false, nil, 0, false, false
}

// decision is what resolve makes of the observations.
type decision struct {
	kind verdict
	// exit is how the launch ended. Beside verdictAskAgain it is what stands if nobody asks again; nil is nothing.
	exit *Exit
	// container is the container's id, where inspect told it.
	container string
	// removed says that there is no container any more.
	removed bool
	// at is when to ask inspect again; a time that has passed is at once, and zero is not at all.
	at time.Time
	// doubtSince and liveSince are for the observations of the next time.
	doubtSince, liveSince time.Time
	// reason says in a few words what the decision rests on.
	reason string
}

// verdict is the kind of a decision.
type verdict int

const (
	verdictUnknown   verdict = iota // nothing is known, and nothing is done
	verdictLaunching                // it has no running container yet
	verdictAlive                    // it runs
	verdictAskAgain                 // inspect must be asked, at decision.at or later
	verdictInDoubt                  // docker tells of an end, and the kernel of live processes
	verdictEnded                    // decision.exit is how
)

// How long a sign of an end may wait for others.
const (
	// confirmTime is how long the kernel and docker events wait for each other before inspect is asked.
	confirmTime = 500 * time.Millisecond
	// engineTime is how long a death that the kernel told of waits for the engine to confirm it.
	engineTime = 5 * time.Second
	// doubtTime is how long a launch must look cut off before it is taken for that: the engine may still be working on a request
	// whose client is gone.
	doubtTime = 2 * time.Second
	// oomTime is when inspect is asked once more whether memory was lacking, and oomRecent for how long after an end that is worth
	// it.
	oomTime   = 500 * time.Millisecond
	oomRecent = time.Second
)

// How soon, at first and at most, inspect is asked again about a worker that is in doubt.
const (
	inDoubtPause    = 50 * time.Millisecond
	inDoubtPauseMax = 5 * time.Second
)

// syntheticExitCode is the code that an engine notes at its start for a container whose shim is gone, and with it the true code
// (20.10 to 28.5).
const syntheticExitCode = 255

// resolve decides whether a launch has ended, and how. It does no I/O and has no clock.
//
// No launch has ended while one of its processes lives: whatever docker tells, the worker is in doubt then. Where the kernel cannot
// be asked, docker's word is all there is, and the exit says so.
func resolve(cp *checkpoint, o observations, now time.Time) decision {
	d := o.decide(cp, now)
	if o.answer == nil {
		d.doubtSince, d.liveSince = o.doubtSince, o.liveSince // nothing was said against it
	}
	switch {
	case d.exit == nil || !o.killedAt.IsZero():
	case o.kernel == kernelLive:
		if o.liveSince.IsZero() {
			o.liveSince = now
		}
		pause := min(max(now.Sub(o.liveSince), inDoubtPause), inDoubtPauseMax)
		return decision{kind: verdictInDoubt, container: d.container, at: now.Add(pause), liveSince: o.liveSince,
			doubtSince: o.doubtSince, reason: d.reason + ", but processes of it live"}
	case cp.Exit == nil:
		d.exit.EngineAlone = o.kernel == kernelUnknown && o.death == nil
	}
	return d
}

// decide decides by what docker says, and by the death of the first process.
func (o observations) decide(cp *checkpoint, now time.Time) decision {
	in := o.answer
	switch {
	case !o.killedAt.IsZero():
		return o.killedDirectly(cp)
	case in == nil:
		return o.unconfirmed(cp, now)
	case in.asked != cp.Container:
		return decision{kind: verdictAskAgain, at: now, reason: "its container became known meanwhile"}
	case o.mayBeLaunching(cp) && o.death == nil:
		return o.unstarted(cp, now)
	case in.state == nil:
		return o.end(cp, "there is no such container")
	case in.state.Status == output.StateCreated:
		return o.end(cp, "it has died, and the engine does not know that it was started")
	case (in.state.Status.Alive() || in.state.Status.Over()) && cp.Exit == nil && o.startedSince():
		return o.end(cp, reasonStartedSince)
	case in.state.Status.Alive():
		if o.death != nil && (in.state.Pid == 0 || in.state.Pid == o.death.PID) {
			return o.unconfirmed(cp, now)
		}
		return decision{kind: verdictAlive, container: in.container, reason: "the engine says so"}
	case in.state.Status.Over():
		d := o.end(cp, "the engine says so")
		if o.oomMayFollow(cp, now) {
			d.kind, d.at, d.reason = verdictAskAgain, now.Add(oomTime), "the engine may yet note that memory was lacking"
		}
		return d
	}
	return decision{kind: verdictUnknown, reason: "the engine does not know its state"}
}

// startedSince reports whether inspect tells of a start after the end that an event told.
func (o observations) startedSince() bool {
	return o.die != nil && o.answer.state.StartedAt.After(o.die.Time)
}

// killedDirectly decides on a worker that was killed without docker.
func (o observations) killedDirectly(cp *checkpoint) decision {
	return endedWith(cp, killedExit(o.killedAt), "its cgroup has no process after SIGKILL")
}

// killedExit returns the exit of a worker that was killed without docker, when nobody else tells how it ended.
func killedExit(at time.Time) Exit {
	e := Exit{Code: 128 + int(syscall.SIGKILL), Known: true, Source: FromCgroup, FinishedAt: at}
	e.describe()
	e.Reason = "killed without docker: " + e.Reason
	return e
}

// unconfirmed decides by what the kernel and docker events told, without an answer of inspect that says how the container ended.
func (o observations) unconfirmed(cp *checkpoint, now time.Time) decision {
	code, told := o.claimedCode()
	kernel := o.death != nil && o.death.Known
	together, deadline := o.noticedAt.Add(confirmTime), o.noticedAt.Add(engineTime)
	switch {
	case o.answer == nil && told && kernel && o.death.Code == code && o.oomKnown():
		return o.end(cp, "the kernel and docker events agree")
	case kernel && !o.noticedAt.IsZero() && !now.Before(deadline):
		return o.end(cp, reasonKernelAlone)
	case o.answer != nil:
		if !deadline.After(now) {
			deadline = now.Add(engineTime)
		}
		return decision{kind: verdictAskAgain, at: deadline, reason: "its process has died, and the engine says that it runs"}
	case o.death != nil && o.die == nil:
		return decision{kind: verdictAskAgain, at: together, reason: "docker's event is on its way"}
	case o.die != nil && o.death == nil && o.pidWatched:
		return decision{kind: verdictAskAgain, at: together, reason: "the kernel's word is on its way"}
	}
	return decision{kind: verdictAskAgain, at: now, reason: "what was observed does not suffice"}
}

// reasonStartedSince is the reason of an end whose container has another life, or has had one.
const reasonStartedSince = "docker events told of its end, and it was started again since"

// reasonKernelAlone is the reason of an end that the engine did not confirm in time.
const reasonKernelAlone = "the engine does not confirm an end, the kernel's word stands"

// unstarted decides on a launch without a container, or with one that was not started: it is under way, or was cut off with its
// supervisor. It must look cut off for a while.
func (o observations) unstarted(cp *checkpoint, now time.Time) decision {
	switch {
	case o.lock == launchLocked:
		return decision{kind: verdictLaunching, reason: "its launch is under way"}
	case o.lock == launchOver:
		return o.end(cp, "it was never started")
	case o.doubtSince.IsZero():
		o.doubtSince = now
	}
	if now.Sub(o.doubtSince) < doubtTime {
		return decision{kind: verdictLaunching, at: now.Add(confirmTime), doubtSince: o.doubtSince,
			reason: "its launch looks cut off"}
	}
	return o.end(cp, "its launch was cut off")
}

// end returns the end of the launch as the observations tell it.
func (o observations) end(cp *checkpoint, reason string) decision {
	e := o.exit()
	in := o.answer
	if in != nil && in.state == nil && in.container == "" && cp.Container == "" && o.over == nil && o.death == nil && !e.Known {
		e = cutOff()
	}
	if !e.Known && !cp.KilledAt.IsZero() && cp.Exit == nil {
		e = killedExit(cp.KilledAt)
	}
	d := endedWith(cp, e, reason)
	if in != nil {
		d.container, d.removed = in.container, in.state == nil
	}
	return d
}

// endedWith returns a decision for an exit. One that is recorded already stands.
func endedWith(cp *checkpoint, e Exit, reason string) decision {
	e.Stopped = !cp.StopAt.IsZero()
	if cp.Exit != nil {
		e = *cp.Exit
	}
	return decision{kind: verdictEnded, exit: &e, reason: reason}
}

// oomMayFollow reports whether to ask again about a kill that no Stop or Kill has ordered: the engine may note that memory was
// lacking some moments after the end (20.10).
func (o observations) oomMayFollow(cp *checkpoint, now time.Time) bool {
	s := o.answer.state
	return o.endedAnswers < 2 && !s.OOMKilled && s.ExitCode == 128+int(syscall.SIGKILL) && o.oomKills == nil && !o.oom &&
		cp.StopAt.IsZero() && cp.Exit == nil && now.Sub(s.FinishedAt) <= oomRecent
}

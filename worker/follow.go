package worker

import (
	"context"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
)

// Change is a change that Follow reports: that a worker is in another state than before, or that less can be known than before.
type Change struct {
	// At is when it happened, by the engine's clock where docker events tells of it; else it is when it was noticed.
	At time.Time
	// Status is the worker's. Its ID is "" when it is Err that has changed.
	Status Status
	// Was is the state before; "" is none, when the worker is seen for the first time.
	Was State
	// Err is what keeps Follow from knowing: the engine does not answer, or a worker's state on disk is damaged. Nil, beside no
	// Status, is that all is well again.
	Err error
}

// Follow reports the state of each worker, and then every change of it, until ctx ends; its error is
// ctx's. It only observes: it takes no exits, holds no lock, and may run beside a supervisor, as often as one likes. It is for
// interactive display; a supervisor has a Watcher, which misses nothing. Tell is called by one goroutine, and what it costs
// delays Follow alone.
//
// One docker events serves all workers, with a docker ps now and then. While there are no events, or no answer, ps is asked at
// least every 5 seconds.
func (m *Manager) Follow(ctx context.Context, tell func(Change)) error {
	root, err := m.root()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	f := newFollower(ctx, m, root, tell)
	defer f.loop.wg.Wait()
	defer cancel()
	defer f.loop.close()
	defer f.lists.timer.Stop()
	if !f.isStorm() {
		f.loop.wg.Go(f.stream.run)
	}
	for {
		select {
		case <-ctx.Done():
			return errline.Context(ctx)
		case <-f.loop.wake:
		case <-f.lists.timer.C:
			f.lists.begin()
		}
		f.loop.runPosted()
		f.inspects.begin()
	}
}

// follower is one run of Follow. It belongs to its loop.
type follower struct {
	m    *Manager
	root string
	tell func(Change)

	loop     *loop
	lists    relister[statusList]
	inspects inspector
	stream   eventStream

	known   map[string]Status       // by worker, as it was last told
	told    map[string]int          // by worker, how many questions the engine had been asked when an event last told of it
	ends    map[string]*followedEnd // by worker, the ends that inspect is asked about
	oom     map[string]bool         // containers of which docker has told that they lacked memory
	asked   int                     // how many questions the engine has been asked
	problem error
}

// statusList is the answer to the question for all workers.
type statusList struct {
	number   int // of the question
	statuses []Status
	err      error
}

// newFollower returns a follower whose first list is due.
func newFollower(ctx context.Context, m *Manager, root string, tell func(Change)) *follower {
	l := newLoop(ctx)
	f := &follower{
		m: m, root: root, tell: tell, loop: l,
		known: map[string]Status{}, told: map[string]int{}, ends: map[string]*followedEnd{}, oom: map[string]bool{},
	}
	f.lists = relister[statusList]{loop: l, ask: f.list, answered: f.listed, every: DefaultRelist}
	f.inspects = inspector{loop: l, m: m, root: root, checkpoint: f.ended, asking: f.question, answered: f.inspected}
	f.stream = eventStream{
		loop: l, docker: m.streams(), question: eventsOf(m.instance(root), append([]string{"kill"}, watchedEvents...)...),
		event: f.event, changed: func(bool) { f.lists.soon(0) },
	}
	f.lists.start()
	return f
}

// isStorm reports whether there are no events, and inspect knows one container at a time, as its worker's user.
func (f *follower) isStorm() bool { return f.m.Docker.Engine.Dialect == dockercmd.Storm }

// question counts a question to the engine, and returns its number.
func (f *follower) question() int {
	f.asked++
	return f.asked
}

// list prepares the question for all workers.
func (f *follower) list() func(context.Context) statusList {
	number := f.question()
	return func(ctx context.Context) statusList {
		statuses, err := f.m.Statuses(ctx)
		return statusList{number, statuses, err}
	}
}

// listed takes the states of all workers. What events have told since the question counts more.
func (f *follower) listed(l statusList) {
	if f.loop.ctx.Err() != nil {
		return
	}
	f.lists.next(l.err, f.stream.up)
	now := time.Now()
	if (l.err == nil) != (f.problem == nil) || l.err != nil && l.err.Error() != f.problem.Error() {
		f.tell(Change{At: now, Err: l.err})
	}
	f.problem = l.err
	isOld := func(id string) bool {
		if e := f.ends[id]; e != nil {
			e.relist = true
			return true
		}
		told, byEvent := f.told[id]
		return byEvent && told >= l.number
	}
	seen := make(map[string]bool, len(l.statuses))
	for _, s := range l.statuses {
		seen[s.ID] = true
		if isOld(s.ID) {
			continue
		}
		known, isKnown := f.known[s.ID]
		if s.State == Exited && s.Source == FromPs && !f.isStorm() &&
			!(isKnown && known.State == Exited && known.Container == s.Container) {
			f.inspectEnd(&followedEnd{status: s, cp: f.checkpoint(s, s.launch)})
			continue
		}
		f.change(s, now)
	}
	if l.err != nil {
		return // a worker may be missing because of that
	}
	for id, s := range f.known {
		if !seen[id] && !isOld(id) {
			delete(f.known, id)
			delete(f.told, id)
			f.tell(Change{At: now, Was: s.State, Status: Status{ID: id, State: Gone, Container: s.Container, Exit: s.Exit,
				Detail: "cleaned up", Source: FromDisk}})
		}
	}
}

// event takes what docker tells of one container of this instance.
func (f *follower) event(e output.Event) {
	id, launch := e.Attributes[LabelWorker], e.Attributes[LabelLaunch]
	if ValidID(id) != nil {
		return
	}
	if end := f.ends[id]; end != nil && e.Action != "oom" {
		end.later = append(end.later, e) // in the order of what happened
		return
	}
	s := Status{ID: id, Container: e.ActorID, Source: FromEvents}
	known, isKnown := f.known[id]
	isKnown = isKnown && known.Container == e.ActorID
	if isKnown {
		s.Resources, s.LaunchedAt, s.cgroupParent = known.Resources, known.LaunchedAt, known.cgroupParent
	} else {
		s.LaunchedAt = launchTime(launch)
	}
	switch e.Action {
	case "die":
		s.State = Exited
		f.inspectEnd(&followedEnd{status: s, die: &e, cp: f.checkpoint(s, launch)})
		return
	case "oom":
		f.oom[e.ActorID] = true
		return
	case "destroy":
		delete(f.oom, e.ActorID)
		// It may be a cleanup, whose files go last: soon, or on a busy machine a little later.
		f.lists.soon(eventsSettled)
		f.lists.soon(brokenTime)
		return
	case "start", "unpause":
		s.State = Running
	case "pause":
		s.State = Paused
	case "kill":
		cp := f.checkpoint(s, launch)
		if s.State = Stopping; cp.StopAt.IsZero() || cp.Exit != nil {
			return // a signal for the worker
		}
	default:
		return
	}
	if isKnown && !known.State.Alive() && known.State != Launching {
		f.lists.soon(0) // it was known to have ended: either this is old, or it has been started again
		return
	}
	f.told[id] = f.asked
	f.change(s, e.Time)
}

// change tells of a state that is new, or of an exit that is.
func (f *follower) change(s Status, at time.Time) {
	known, isKnown := f.known[s.ID]
	same := known.Container == s.Container || known.Container == "" || s.Container == ""
	f.known[s.ID] = s
	news := s.Exit != nil && known.Exit == nil // which may come later than the state, in the worker-launcher's dialect
	if isKnown && same && known.State == s.State && !news {
		return
	}
	f.tell(Change{At: at, Status: s, Was: known.State})
}

package worker

import (
	"context"
	"errors"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/runner"
)

// Change is what Follow tells: that a worker is in another state than before, or that less can be known than before.
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

// Follow tells of all workers what state they are in, each at once and then whenever it changes, until ctx ends; its error is
// ctx's. It only observes: it takes no exits, holds no lock, and may run beside a supervisor, as often as one likes. It is for
// people and their screens; a supervisor has a Watcher, which misses nothing. Tell is called by one goroutine, and what it costs
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
			return backoff.ContextError(ctx)
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

// followedEnd is a container that has ended, and that inspect is asked about.
type followedEnd struct {
	cp     *checkpoint // of its launch
	status Status
	die    *dockercmd.Event  // nil when ps told
	later  []dockercmd.Event // of the worker, which came meanwhile
	relist bool              // a list that came meanwhile was not used
}

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
		if s.State == Exited && s.Source == FromPs && !f.isStorm() && !(isKnown && known.State == Exited && known.Container == s.Container) {
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
			f.tell(Change{At: now, Was: s.State, Status: Status{ID: id, State: Gone, Container: s.Container, Exit: s.Exit, Detail: "cleaned up", Source: FromDisk}})
		}
	}
}

// event takes what docker tells of one container of this instance.
func (f *follower) event(e dockercmd.Event) {
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
		f.lists.soon(eventsSettled) // it may be a cleanup, whose files go last
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

// checkpoint returns the checkpoint of a launch, as it is on disk or, if there is none of that launch, as its container tells.
func (f *follower) checkpoint(s Status, launch string) *checkpoint {
	var cp *checkpoint
	_ = f.m.read(func(root string) (err error) { // the relist tells of a damaged one
		cp, err = readCheckpoint(root, s.ID)
		return err
	})
	if cp == nil || cp.Launch != launch {
		cp = &checkpoint{ID: s.ID, Instance: f.m.instance(f.root), Launch: launch, Engine: f.m.Docker.Engine}
	}
	if cp.Container == "" {
		cp.Container = s.Container
	}
	return cp
}

// inspectEnd has inspect tell more of an end, together with others.
func (f *follower) inspectEnd(e *followedEnd) {
	f.ends[e.status.ID] = e
	f.inspects.enqueue(e.status.ID)
}

// ended returns the checkpoint of a worker whose end inspect is asked about, or nil.
func (f *follower) ended(id string) *checkpoint {
	if e := f.ends[id]; e != nil {
		return e.cp
	}
	return nil
}

// inspected takes the answer of inspect about an end, and what came of the same worker meanwhile.
func (f *follower) inspected(cp *checkpoint, c dockercmd.Container, err error, _ int) {
	e := f.ends[cp.ID]
	if e == nil || f.loop.ctx.Err() != nil {
		return
	}
	delete(f.ends, cp.ID)
	f.told[cp.ID] = f.asked
	f.end(e, c, err)
	for _, later := range e.later {
		f.event(later)
	}
	if e.relist {
		f.lists.soon(0)
	}
}

// end tells how a container has ended.
func (f *follower) end(e *followedEnd, c dockercmd.Container, err error) {
	s, now := e.status, time.Now()
	at := now
	if e.die != nil {
		at = e.die.Time
	}
	cp := f.checkpoint(s, e.cp.Launch) // whose exit may be recorded by now
	o := observations{die: e.die, oom: f.oom[s.Container], lock: launchOver}
	if _, told := o.claimedCode(); err == nil || told || errors.Is(err, runner.ErrNotFound) {
		o.inspected(cp.Container, c, err == nil) // without an answer, what the event claims is all there is
	}
	d := resolve(cp, o, now)
	if d.kind == verdictAlive { // it was started again
		if s.State, s.Source = stateOf(c.State.Status), FromInspect; c.State.Status == dockercmd.StateRestarting {
			s.Detail = "it has ended and is started again"
		}
		f.change(s, at)
		return
	}
	switch {
	case d.exit != nil:
		s.Exit = d.exit
	case s.Exit == nil: // else ps told
		s.Exit = new(Exit)
	}
	s.Source, s.Detail = s.Exit.Source, s.Exit.Reason
	if cp.Exit != nil { // the supervisor may know more
		s.Source = FromDisk
	}
	if known, isKnown := f.known[s.ID]; isKnown && known.Container != s.Container && s.LaunchedAt.Before(known.LaunchedAt.Truncate(time.Second)) {
		f.tell(Change{At: at, Status: s, Was: Running}) // an earlier launch
		return
	}
	f.change(s, at)
}

// change tells of a state that is new.
func (f *follower) change(s Status, at time.Time) {
	known, isKnown := f.known[s.ID]
	same := known.Container == s.Container || known.Container == "" || s.Container == ""
	f.known[s.ID] = s
	if isKnown && same && known.State == s.State {
		return
	}
	f.tell(Change{At: at, Status: s, Was: known.State})
}

// launchTime returns when a launch was, to the second, as its name tells; zero is that it does not.
func launchTime(launch string) time.Time {
	const layout = "20060102T150405"
	if len(launch) < len(layout) {
		return time.Time{}
	}
	t, _ := time.Parse(layout, launch[:len(layout)])
	return t
}

package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
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

// Follow tells of all workers what state they are in, each at once and then whenever it changes, until ctx ends; its error is ctx's.
// It only looks: it takes no exits, holds no lock, and may run beside a supervisor, as often as one likes. It is for people and
// their screens; a supervisor has a Watcher, which misses nothing. Tell is called by one goroutine, and what it costs delays Follow alone.
//
// One docker events serves all workers, with a docker ps now and then. While there are no events, or no answer, ps is asked every 5 seconds.
func (m *Manager) Follow(ctx context.Context, tell func(Change)) error {
	root, err := m.root()
	if err != nil {
		return err
	}
	f := &follower{m: m, ctx: ctx, root: root, tell: tell, known: map[string]Status{}, oom: map[string]bool{}, wake: make(chan struct{}, 1)}
	defer f.wg.Wait()
	f.relist()
	if !f.isStorm() {
		f.wg.Go(f.stream)
	}
	f.timer = time.NewTimer(brokenTime)
	defer f.timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return errline.Context(ctx)
		case <-f.wake:
		case <-f.timer.C:
			f.relist()
			f.timer.Reset(f.rest())
		}
		f.hear()
	}
}

// follower is one run of Follow. What is not below mu belongs to its loop.
type follower struct {
	m    *Manager
	ctx  context.Context
	root string
	tell func(Change)
	wg   sync.WaitGroup

	known   map[string]Status // by worker
	oom     map[string]bool   // containers of which docker has told that they lacked memory
	ends    []ending
	timer   *time.Timer // of the next relist
	problem error

	mu      sync.Mutex
	events  []output.Event
	running bool // docker events
	changed bool // running has, since the loop looked
	wake    chan struct{}
}

// isStorm says whether there are no events, and inspect knows one container at a time, as its worker's user.
func (f *follower) isStorm() bool { return f.m.Docker.Engine.Dialect == dockercmd.Storm }

// ending is a container that has ended, and that inspect is to tell more of.
type ending struct {
	status Status
	die    *output.Event // nil when ps told
	launch string        // "" when ps told
}

func (f *follower) rest() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running && f.problem == nil {
		return DefaultRelist
	}
	return brokenTime
}

// stream keeps docker events running.
func (f *follower) stream() {
	d := f.m.Docker
	c := eventsOf(f.m.instance(f.root), append([]string{"kill"}, watchedEvents...)...)
	for rest := eventsRest; f.ctx.Err() == nil; rest = min(2*rest, eventsRestMax) {
		began := time.Now()
		settled := time.AfterFunc(eventsSettled, func() { f.streams(true) })
		_ = d.Events(f.ctx, c, func(e output.Event) { // why it ended, the relist finds out
			f.mu.Lock()
			f.events = append(f.events, e)
			f.mu.Unlock()
			f.rouse()
		})
		settled.Stop()
		f.streams(false)
		if time.Since(began) > eventsRestMax {
			rest = eventsRest
		}
		t := time.NewTimer(rest)
		select {
		case <-f.ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
}

// streams notes whether there is a stream. A relist follows, for what no stream has told.
func (f *follower) streams(running bool) {
	f.mu.Lock()
	f.changed = f.changed || f.running != running
	f.running = running
	f.mu.Unlock()
	f.rouse()
}

func (f *follower) rouse() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// hear takes up what docker events has told meanwhile.
func (f *follower) hear() {
	f.mu.Lock()
	events, changed := f.events, f.changed
	f.events, f.changed = nil, false
	f.mu.Unlock()
	if changed {
		f.timer.Reset(0)
	}
	for i := range events {
		f.event(&events[i])
	}
	f.endAll()
}

func (f *follower) event(e *output.Event) {
	id, launch := e.Attributes[LabelWorker], e.Attributes[LabelLaunch]
	if ValidID(id) != nil {
		return
	}
	s := Status{ID: id, Container: e.ActorID, Source: FromEvents}
	known, isKnown := f.known[id]
	if isKnown && known.Container == e.ActorID {
		s.Resources, s.LaunchedAt, s.cgroupParent = known.Resources, known.LaunchedAt, known.cgroupParent
	} else {
		s.LaunchedAt = launchTime(launch)
	}
	switch e.Action {
	case "die":
		s.State = Exited
		f.ends = append(f.ends, ending{s, e, launch})
		return
	case "oom":
		f.oom[e.ActorID] = true
		return
	case "destroy":
		delete(f.oom, e.ActorID)
		f.timer.Reset(eventsSettled) // it may be a cleanup, whose files go last
		return
	case "start", "unpause":
		s.State = Running
	case "pause":
		s.State = Paused
	case "kill":
		if s.State = Stopping; !f.isStopped(id, launch) {
			return // a signal for the worker
		}
	default:
		return
	}
	f.endAll() // in the order of what happened
	if known, isKnown := f.known[id]; isKnown && known.Container == e.ActorID && !known.State.Alive() && known.State != Launching {
		f.timer.Reset(0) // it was known to have ended: either this is old, or it has been started again
		return
	}
	f.change(s, e.Time)
}

// isStopped says whether a launch has been told to end.
func (f *follower) isStopped(id, launch string) (is bool) {
	_ = f.m.read(func(root string) error { // a damaged one is the relist's to tell of
		cp, err := peek(root, id)
		is = err == nil && cp != nil && cp.Launch == launch && !cp.StopAt.IsZero() && cp.Exit == nil
		return err
	})
	return is
}

// endAll tells how containers have ended, after one inspect for all.
func (f *follower) endAll() {
	ends := f.ends
	f.ends = nil
	for len(ends) > 0 {
		some := ends[:min(len(ends), inspectAtOnce)]
		ends = ends[len(some):]
		refs := make([]string, len(some))
		for i, e := range some {
			refs[i] = e.status.Container
		}
		found, err := f.m.Docker.Inspect(f.ctx, refs...)
		byID := make(map[string]*output.Container, len(found))
		for i := range found {
			byID[found[i].ID] = &found[i]
		}
		for _, e := range some {
			f.end(e, byID[e.status.Container], err == nil || errors.Is(err, client.ErrNotFound))
		}
	}
}

func (f *follower) end(e ending, c *output.Container, answered bool) {
	s, at := e.status, time.Now()
	heard := facts{die: e.die, oom: f.oom[s.Container], gone: c == nil && answered}
	if e.die != nil {
		at = e.die.Time
	}
	if c != nil {
		e.launch = c.Config.Labels[LabelLaunch]
		if c.State.Status.Alive() { // it was started again
			if s.State, s.Source = stateOf(c.State.Status), FromInspect; c.State.Status == output.StateRestarting {
				s.Detail = "it has ended and is started again"
			}
			f.change(s, at)
			return
		}
		heard.state = &c.State
	}
	exit, ok := heard.exit()
	if _, told := heard.claimed(); !ok && told {
		heard.gone = true // what the event claims is all there is
		exit, ok = heard.exit()
	}
	if !ok && s.Exit != nil {
		exit = *s.Exit // what ps told
	}
	_ = f.m.read(func(root string) error {
		cp, err := peek(root, s.ID)
		if err == nil && cp != nil && cp.Launch == e.launch {
			exit.Stopped = !cp.StopAt.IsZero()
			if cp.Exit != nil { // the supervisor may know more
				exit, s.Source = *cp.Exit, FromDisk
			}
		}
		return err
	})
	if s.Exit, s.Detail = &exit, exit.Reason; s.Source != FromDisk {
		s.Source = exit.Source
	}
	if known, isKnown := f.known[s.ID]; isKnown && known.Container != s.Container && s.LaunchedAt.Before(known.LaunchedAt.Truncate(time.Second)) {
		f.tell(Change{At: at, Status: s, Was: Running}) // an earlier launch
		return
	}
	f.change(s, at)
}

// relist looks at all workers.
func (f *follower) relist() {
	statuses, err := f.m.Statuses(f.ctx)
	if f.ctx.Err() != nil {
		return
	}
	now := time.Now()
	if (err == nil) != (f.problem == nil) || err != nil && err.Error() != f.problem.Error() {
		f.tell(Change{At: now, Err: err})
	}
	f.problem = err
	seen := make(map[string]bool, len(statuses))
	for _, s := range statuses {
		seen[s.ID] = true
		known, isKnown := f.known[s.ID]
		if s.State == Exited && s.Source == FromPs && !f.isStorm() && !(isKnown && known.State == Exited && known.Container == s.Container) {
			f.ends = append(f.ends, ending{status: s})
			continue
		}
		f.change(s, now)
	}
	f.endAll()
	if err != nil {
		return // who is missing may be so because of that
	}
	for id, s := range f.known {
		if !seen[id] {
			delete(f.known, id)
			f.tell(Change{At: now, Was: s.State, Status: Status{ID: id, State: Gone, Container: s.Container, Exit: s.Exit, Detail: "cleaned up", Source: FromDisk}})
		}
	}
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

// launchTime is when a launch was, to the second, as its name tells.
func launchTime(launch string) time.Time {
	const layout = "20060102T150405"
	if len(launch) < len(layout) {
		return time.Time{}
	}
	t, _ := time.Parse(layout, launch[:len(layout)]) // of any other name it is none
	return t
}

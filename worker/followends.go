package worker

import (
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// followedEnd is a container that has ended, and that inspect is asked about.
type followedEnd struct {
	cp     *checkpoint // of its launch
	status Status
	die    *output.Event  // nil when ps told
	later  []output.Event // of the worker, which came meanwhile
	relist bool           // a list that came meanwhile was not used
}

// checkpoint returns the checkpoint of a launch, as it is on disk or, if there is none of that launch, as its container tells.
func (f *follower) checkpoint(s Status, launch string) *checkpoint {
	var cp *checkpoint
	_ = f.m.read(f.loop.ctx, func(root string) (err error) { // the relist tells of a damaged one
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
func (f *follower) inspected(cp *checkpoint, a answer, _ int) {
	e := f.ends[cp.ID]
	if e == nil || f.loop.ctx.Err() != nil {
		return
	}
	delete(f.ends, cp.ID)
	f.told[cp.ID] = f.asked
	f.end(e, a)
	for _, later := range e.later {
		f.event(later)
	}
	if e.relist {
		f.lists.soon(0)
	}
}

// end tells how a container has ended.
func (f *follower) end(e *followedEnd, a answer) {
	s, now := e.status, time.Now()
	at := now
	if e.die != nil {
		at = e.die.Time
	}
	cp := f.checkpoint(s, e.cp.Launch) // whose exit may be recorded by now
	o := observations{die: e.die, oom: f.oom[s.Container], lock: launchOver}
	if _, told := o.claimedCode(); a.err == nil || told || isGone(a.err) {
		o.inspected(cp.Container, a) // without an answer, what the event claims is all there is
	}
	o.kernel = askKernel(f.m.Cgroups, cp, cp.Container)
	d := resolve(cp, o, now)
	if d.kind == verdictAlive { // it was started again
		if s.State, s.Source = stateOf(a.State.Status), FromInspect; a.State.Status == output.StateRestarting {
			s.Detail = "it has ended and is started again"
		}
		f.change(s, at)
		return
	}
	if d.kind == verdictInDoubt {
		s.State, s.Source, s.Detail = InDoubt, FromCgroup, d.reason
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
	if known, isKnown := f.known[s.ID]; isKnown && known.Container != s.Container &&
		s.LaunchedAt.Before(known.LaunchedAt.Truncate(time.Second)) {
		f.tell(Change{At: at, Status: s, Was: Running}) // an earlier launch
		return
	}
	f.change(s, at)
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

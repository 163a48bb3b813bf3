package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/pidwatch"
)

// watch is one run of a Watcher. What it holds belongs to the loop's goroutine, unless it says otherwise.
type watch struct {
	*Watcher
	m       *Manager
	ctx     context.Context
	wg      sync.WaitGroup // of all other goroutines
	queue   []func()       // for the loop; the Watcher's mutex guards it
	wake    chan struct{}
	over    chan struct{} // closed when the loop has ended
	root    string
	relist  time.Duration
	once    bool      // end after a single pass
	report  *Recovery // what the pass has found, or nil
	busy    int       // goroutines that the pass waits for
	failure error     // why the pass is not whole
	changes changes

	tracks map[string]*track // the workers that have not ended, by id
	asked  int               // how many questions the engine has been asked: relists and inspects
	lostAt time.Time         // when the engine was last away

	listing      bool // a relist is under way
	listAgain    bool // another one is wanted after it
	lists        int  // how many have begun
	listTimer    *time.Timer
	listFailures int
	tidied       bool            // directories without a checkpoint are dealt with
	wanted       map[string]bool // workers to inspect
	inspecting   bool
	cgroups      cgroupread.Host
	pids         *pidwatch.Set // nil until the first process is seen
	noPids       bool          // they cannot be watched here
	groups       sync.Map      // of the watched processes' cgroups by worker, for the goroutine that hears of deaths
	settleTimer  *time.Timer
	settleAt     time.Time       // when it fires; zero is an hour hence
	streamOver   int             // the last docker events that has ended
	orphans      map[string]bool // by id, containers of no worker that were told of

	ended   map[string]ended                  // workers that have not been launched, or have ended
	pending map[string]*track                 // whose end was noticed, but not recorded yet
	waiters map[string]map[chan struct{}]bool // by worker, who waits for its end

	delivering map[string]bool     // launches whose exits are handed over, or about to be
	backlog    map[string][]Notice // by worker, those and what waits behind them
	slots      chan struct{}       // one for each call of OnExit at the same time
}

// ended is what is known of a worker that is not tracked.
type ended struct {
	launch string // the last one; "" is none
	stamp  stamp  // of its checkpoint when that was last read
}

// track is what is known of a worker that has not ended.
type track struct {
	cp        *checkpoint
	facts     facts
	state     State
	source    Source
	detail    string
	found     bool // it was there before the Watcher
	since     int  // how many questions had been asked when it came to be known
	heardAt   int  // how many had been asked when its end was heard of, or the engine's absence
	pid       int
	group     cgroupread.Group
	hasGroup  bool
	seen      time.Time // when it was last seen alive
	due       time.Time // when inspect is asked about an end that was noticed; zero is not
	giveUp    time.Time // when the kernel's word suffices
	container string    // as inspect says, where docker run has not
	doubt     time.Time // when its launch first looked cut off
	twice     bool      // inspect was asked once more whether memory was lacking
}

func newWatch(ctx context.Context, w *Watcher) *watch {
	r := &watch{
		Watcher: w, m: w.Manager, ctx: ctx, relist: w.Relist,
		wake: make(chan struct{}, 1), over: make(chan struct{}),
		tracks: map[string]*track{}, ended: map[string]ended{}, pending: map[string]*track{}, waiters: map[string]map[chan struct{}]bool{}, wanted: map[string]bool{},
		delivering: map[string]bool{}, backlog: map[string][]Notice{}, slots: make(chan struct{}, deliveries),
	}
	if r.relist <= 0 {
		r.relist = DefaultRelist
	}
	return r
}

// post has the run's loop call f, soon and in order. It never blocks. It is false when there is no loop any more; f may not be called
// either when the loop ends soon.
func (r *watch) post(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Watcher.run != r {
		return false
	}
	r.queue = append(r.queue, f)
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return true
}

func (r *watch) take() []func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.queue
	r.queue = nil
	return q
}

// How long the watcher waits, after a death that the kernel has told of, for docker's event before it asks inspect, and for any
// word of docker's.
const (
	confirmTime = 500 * time.Millisecond
	engineTime  = 5 * time.Second
	brokenTime  = 5 * time.Second // between relists while there are no events
)

func (r *watch) loop() error {
	if err := r.begin(); err != nil {
		return err
	}
	r.listTimer = time.NewTimer(0)
	defer r.listTimer.Stop()
	r.settleTimer = time.NewTimer(time.Hour)
	defer r.settleTimer.Stop()
	r.settleAt = time.Now().Add(time.Hour)
	if !r.once {
		r.wg.Go(r.events)
	}
	if r.OnChange != nil {
		r.changes.wake = make(chan struct{}, 1)
		r.wg.Go(func() { r.changes.tell(r.over, r.OnChange) })
	}
	for {
		select {
		case <-r.ctx.Done():
			return errline.Context(r.ctx)
		case <-r.wake:
		case <-r.listTimer.C:
			r.beginList()
		case <-r.settleTimer.C:
			r.settleDue()
		}
		for _, f := range r.take() {
			f()
		}
		r.inspectWanted()
		if r.once && (r.idle() || r.listFailures > 0) {
			return r.failure
		}
	}
}

// begin takes up what is on disk.
func (r *watch) begin() error {
	done, err := r.m.repair(time.Now())
	if err != nil {
		return err
	}
	done.log(r.m.log())
	if r.report != nil {
		r.report.Swept, r.report.SetAside = done.swept, done.setAside
	}
	if r.cgroups, err = r.m.Cgroups.Fixed(); err != nil {
		r.cgroups = r.m.Cgroups // which says so to whoever asks
	}
	return r.m.locked(func(root string) error {
		r.root = root
		if !r.once { // what Recover finds is whose who asked for it
			dir, err := openExits(root)
			if err != nil {
				return err
			}
			dir.Close()
		}
		r.deliverBelow(root)
		cps, err := all(root)
		if err != nil {
			r.m.log().Error("a worker's state cannot be used", slog.Any("error", err))
		}
		for _, cp := range cps {
			r.know(cp)
			if t := r.tracks[cp.ID]; t != nil {
				t.found = true
				r.readRemains(t)
			}
		}
		return nil
	})
}

// know takes up a worker by its checkpoint.
func (r *watch) know(cp *checkpoint) {
	old := r.tracks[cp.ID]
	switch {
	case cp.Launch == "":
		r.ended[cp.ID] = ended{}
		if old != nil {
			r.drop(old)
			r.release(cp.ID)
		}
	case cp.Exit != nil:
		r.ended[cp.ID] = ended{launch: cp.Launch}
		if old != nil {
			r.drop(old)
			r.changed(old, cp.status(nil, true))
		}
		r.release(cp.ID)
		if !cp.Taken {
			r.deliver(cp.notice())
		}
	case old != nil && old.cp.Launch == cp.Launch:
		old.cp = cp
		r.see(old)
	default:
		if old != nil { // it has ended and was launched anew before that was heard of: its exit was kept
			r.drop(old)
			r.release(cp.ID)
			r.deliverKept()
		}
		t := &track{cp: cp, since: r.asked, state: Launching}
		delete(r.ended, cp.ID)
		r.add(t)
		r.see(t)
	}
}

// see asks for what is not known yet of a container that is.
func (r *watch) see(t *track) {
	if t.cp.Container != "" && t.pid == 0 && t.facts.death == nil {
		r.want(t)
	}
}

// look reads a worker's checkpoint again.
func (r *watch) look(id string) {
	var cp *checkpoint
	var at stamp
	err := r.m.locked(func(root string) (err error) {
		at = stampOf(root, id)
		cp, err = peek(root, id)
		return err
	})
	switch {
	case err != nil:
		r.m.log().Error("a worker's state cannot be used", slog.String("worker", id), slog.Any("error", err))
	case cp != nil:
		r.know(cp)
		if e, is := r.ended[id]; is {
			e.stamp = at
			r.ended[id] = e
		}
	default:
		// Someone has cleaned it up; if its exit was not taken, it is kept.
		delete(r.ended, id)
		if t := r.tracks[id]; t != nil {
			r.drop(t)
			r.release(id)
			r.changed(t, Status{ID: id, State: Gone, Container: t.cp.Container, LaunchedAt: t.cp.LaunchedAt, Source: FromDisk})
		}
		r.deliverKept()
	}
}

// add and drop keep the tracks, and count them by state.
func (r *watch) add(t *track) {
	r.tracks[t.cp.ID] = t
	r.count(t.state, 1)
}

func (r *watch) drop(t *track) {
	if r.tracks[t.cp.ID] == t {
		delete(r.tracks, t.cp.ID)
		r.count(t.state, -1)
	}
	delete(r.pending, t.cp.ID)
	if r.pids != nil {
		r.pids.Remove(t.cp.ID)
		r.groups.Delete(t.cp.ID)
		r.countPids()
	}
}

func (r *watch) count(s State, by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.health.Workers == nil {
		r.health.Workers = map[State]int{}
	}
	r.health.Workers[s] += by
	if r.health.Workers[s] == 0 {
		delete(r.health.Workers, s)
	}
}

// changed tells of a state that is new, or newly told by the cgroup alone.
func (r *watch) changed(t *track, s Status) {
	if s.State == t.state && (s.Source == FromCgroup) == (t.source == FromCgroup) {
		t.source, t.detail = s.Source, s.Detail
		return
	}
	if r.tracks[t.cp.ID] == t {
		r.count(t.state, -1)
		r.count(s.State, 1)
	}
	t.state, t.source, t.detail = s.State, s.Source, s.Detail
	if r.OnChange != nil {
		r.changes.add(s)
	}
}

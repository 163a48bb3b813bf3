package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/pidwatch"
)

// reconciler keeps what is known of the workers that have not ended in step with what docker, the kernel and the disk say, and
// records how they end. A Watcher runs it until its context ends, Recover until there is nothing left to ask. All of it belongs to
// the loop.
type reconciler struct {
	m    *Manager
	root string
	loop *loop

	lists     relister[listing]
	inspects  inspector
	rechecks  rechecks
	stream    eventStream
	processes processWatch
	exits     deliverer
	waiters   waiters
	changes   *changes // nil is nobody to tell
	health    *healthKeeper
	onRelist  func(took time.Duration, containers int, err error) // nil is nobody

	tracks  map[string]*track      // the workers that have not ended, by id
	ended   map[string]endedWorker // workers that have not been launched, or have ended
	orphans []Orphan               // of the last list
	lostAt  time.Time              // when the engine was last away
	asked   int                    // how many questions the engine has been asked: lists and inspects

	tidied     bool     // directories without a checkpoint are dealt with
	removed    []string // the workers of such directories that were removed
	rebuilding int      // how many are being rebuilt
	failure    error    // the first that something could not be found out or recorded for
}

// listing is the answer to the question for all containers.
type listing struct {
	number int // of the question
	rows   []dockercmd.Row
	took   time.Duration
	err    error
}

// endedWorker is what is known of a worker that is not tracked.
type endedWorker struct {
	launch string // the last one; "" is none
	stamp  stamp  // of its checkpoint when that was last read
}

// track is what is known of a worker that has not ended.
type track struct {
	cp     *checkpoint
	obs    observations
	state  State
	source Source
	detail string

	found     bool      // it was there before this run
	seen      time.Time // when it was last seen alive
	since     int       // how many questions had been asked when it came to be known
	noticedBy int       // how many had been asked when its end was noticed, or the engine's absence

	pid      int
	group    cgroupread.Group
	hasGroup bool

	recheckAt    time.Time // when it is looked at again; zero is not
	recheckSince time.Time // since when there are rechecks of it
}

func newReconciler(ctx context.Context, m *Manager, health *healthKeeper) *reconciler {
	l := newLoop(ctx)
	r := &reconciler{m: m, loop: l, health: health, waiters: waiters{}, tracks: map[string]*track{}, ended: map[string]endedWorker{}}
	r.lists = relister[listing]{loop: l, ask: r.list, answered: r.listed}
	r.inspects = inspector{loop: l, m: m, checkpoint: r.tracked, asking: r.question, answered: r.inspected}
	r.stream = eventStream{loop: l, event: r.event, changed: r.streamChanged, ended: r.streamEnded}
	r.processes = processWatch{loop: l, log: m.log(), off: m.Cgroups.Root != "", health: health, died: r.died}
	r.exits = deliverer{loop: l, m: m, health: health, inFlight: map[string]bool{}, backlog: map[string][]Notice{}, slots: make(chan struct{}, deliveries)}
	r.lists.start()
	r.rechecks.start()
	return r
}

// question counts a question to the engine, and returns its number.
func (r *reconciler) question() int {
	r.asked++
	return r.asked
}

// tracked returns the checkpoint of a worker that has not ended, or nil.
func (r *reconciler) tracked(id string) *checkpoint {
	if t := r.tracks[id]; t != nil {
		return t.cp
	}
	return nil
}

// turn waits for the next thing to do, and does it. It returns an error when the run's context has ended.
func (r *reconciler) turn() error {
	select {
	case <-r.loop.ctx.Done():
		return backoff.ContextError(r.loop.ctx)
	case <-r.loop.wake:
	case <-r.lists.timer.C:
		r.lists.begin()
	case <-r.rechecks.timer.C:
		r.recheckDue()
	}
	r.loop.runPosted()
	return nil
}

// close ends the run, whose context has ended, and waits for its goroutines.
func (r *reconciler) close() {
	r.lists.timer.Stop()
	r.rechecks.timer.Stop()
	r.loop.close()
	r.processes.close()
	r.loop.wg.Wait()
}

// begin puts the files in order, and takes up what is on disk.
func (r *reconciler) begin() (repaired, error) {
	done, err := r.m.repair(time.Now())
	if err != nil {
		return done, err
	}
	done.log(r.m.log())
	if r.processes.host, err = r.m.Cgroups.Fixed(); err != nil {
		r.processes.host = r.m.Cgroups // whose error every use repeats
	}
	return done, r.m.locked(func(root string) error {
		r.root, r.inspects.root = root, root
		r.exits.deliverKeptIn(root)
		cps, err := all(root)
		if err != nil {
			r.m.log().Error("a worker's state cannot be used", slog.Any("error", err))
		}
		for _, cp := range cps {
			r.applyCheckpoint(cp)
			if t := r.tracks[cp.ID]; t != nil {
				t.found = true
				r.readRemains(t)
			}
		}
		return nil
	})
}

// applyCheckpoint brings what is known of a worker in step with its checkpoint.
func (r *reconciler) applyCheckpoint(cp *checkpoint) {
	old := r.tracks[cp.ID]
	switch {
	case cp.Launch == "":
		r.ended[cp.ID] = endedWorker{}
		if old != nil {
			r.drop(old)
			r.waiters.wakeAll(cp.ID)
		}
	case cp.Exit != nil:
		r.ended[cp.ID] = endedWorker{launch: cp.Launch}
		if old != nil {
			r.drop(old)
			r.changed(old, cp.status(nil, true))
		}
		r.waiters.wakeAll(cp.ID)
		if !cp.Acked {
			r.exits.deliver(cp.notice())
		}
	case old != nil && old.cp.Launch == cp.Launch:
		old.cp = cp
		r.inspectUnseen(old)
	default:
		if old != nil { // it has ended and was launched anew before that was noticed: its exit was kept
			r.drop(old)
			r.waiters.wakeAll(cp.ID)
			r.exits.deliverKept()
		}
		t := &track{cp: cp, since: r.asked, state: Launching}
		delete(r.ended, cp.ID)
		r.add(t)
		r.inspectUnseen(t)
	}
}

// inspectUnseen has a worker's container inspected whose process is not known yet.
func (r *reconciler) inspectUnseen(t *track) {
	if t.cp.Container != "" && t.pid == 0 && t.obs.death == nil {
		r.inspects.enqueue(t.cp.ID)
	}
}

// reloadCheckpoint reads a worker's checkpoint again.
func (r *reconciler) reloadCheckpoint(id string) {
	var cp *checkpoint
	var at stamp
	err := r.m.locked(func(root string) (err error) {
		at = stampOf(root, id)
		cp, err = readCheckpoint(root, id)
		return err
	})
	switch {
	case err != nil:
		r.m.log().Error("a worker's state cannot be used", slog.String("worker", id), slog.Any("error", err))
	case cp != nil:
		r.applyCheckpoint(cp)
		if e, is := r.ended[id]; is {
			e.stamp = at
			r.ended[id] = e
		}
	default:
		// Someone has cleaned it up; if its exit was not taken, it is kept.
		delete(r.ended, id)
		if t := r.tracks[id]; t != nil {
			r.drop(t)
			r.waiters.wakeAll(id)
			r.changed(t, Status{ID: id, State: Gone, Container: t.cp.Container, LaunchedAt: t.cp.LaunchedAt, Source: FromDisk})
		}
		r.exits.deliverKept()
	}
}

// add begins to track a worker.
func (r *reconciler) add(t *track) {
	r.tracks[t.cp.ID] = t
	r.health.count(t.state, 1)
}

// drop ceases to track a worker.
func (r *reconciler) drop(t *track) {
	if r.tracks[t.cp.ID] == t {
		delete(r.tracks, t.cp.ID)
		r.health.count(t.state, -1)
	}
	r.rechecks.drop(t)
	r.processes.remove(t.cp.ID)
}

// changed tells of a state that is new, or newly told by the cgroup alone.
func (r *reconciler) changed(t *track, s Status) {
	if s.State == t.state && (s.Source == FromCgroup) == (t.source == FromCgroup) {
		t.source, t.detail = s.Source, s.Detail
		return
	}
	if r.tracks[t.cp.ID] == t {
		r.health.count(t.state, -1)
		r.health.count(s.State, 1)
	}
	t.state, t.source, t.detail = s.State, s.Source, s.Detail
	if r.changes != nil {
		r.changes.add(s)
	}
}

// failed notes that something could not be found out, or not recorded.
func (r *reconciler) failed(err error) {
	if r.failure == nil {
		r.failure = err
	}
}

// streamChanged notes whether there is a stream of events. A relist follows, for what happened before it began.
func (r *reconciler) streamChanged(up bool) {
	r.health.update(func(h *Health) { h.Events = up })
	r.lists.soon(0)
}

func (r *reconciler) streamEnded(err error) {
	r.m.log().Warn("docker events ended, starting it again", slog.Any("error", err))
	r.markEngineLost()
}

// markEngineLost notes that the engine is away, or was: what it says of ends that happen meanwhile may be its own invention.
func (r *reconciler) markEngineLost() {
	r.lostAt = time.Now()
	for _, t := range r.tracks {
		t.obs.engine, t.noticedBy = engineLost, r.asked
	}
}

// event takes what docker tells of one container of this instance.
func (r *reconciler) event(e dockercmd.Event) {
	id, launch := e.Attributes[LabelWorker], e.Attributes[LabelLaunch]
	t := r.tracks[id]
	if t == nil || t.cp.Launch != launch {
		if e.Action != "start" || ValidID(id) != nil || t == nil && r.ended[id].launch == launch {
			return
		}
		r.reloadCheckpoint(id) // another process launches it
		if t = r.tracks[id]; t == nil || t.cp.Launch != launch {
			return
		}
	}
	if t.cp.Container != "" && e.ActorID != t.cp.Container {
		return
	}
	switch e.Action {
	case "start":
		if t.pid == 0 {
			r.inspects.enqueue(id)
		}
	case "oom":
		t.obs.oom = true
	case "die":
		t.obs.die, t.noticedBy = &e, r.asked
		r.noticed(t)
	case "pause", "unpause":
		s := t.cp.status(nil, false)
		s.State, s.Source = Running, FromEvents
		if e.Action == "pause" {
			s.State = Paused
		}
		r.changed(t, s)
	case "destroy":
		r.inspects.enqueue(id)
	}
}

// died notes the death of a container's first process.
func (r *reconciler) died(d pidwatch.Death, oomKills *int64) {
	t := r.tracks[d.Key]
	if t == nil || t.pid != d.PID {
		return
	}
	t.obs.death, t.obs.oomKills = &d, oomKills
	r.noticed(t)
}

// watchProcess has the kernel tell of the death of a worker's first process.
func (r *reconciler) watchProcess(t *track, pid int) {
	if pid == 0 || pid == t.pid || t.cp.Container == "" {
		return
	}
	t.pid, t.hasGroup, t.obs.pidWatched = pid, false, false
	group, err := r.processes.add(t.cp.ID, t.cp.Container, pid)
	switch {
	case err == nil:
		t.group, t.hasGroup, t.obs.pidWatched = group, true, true
	case isDead(err):
		r.recheckSoon(t)
	}
}

// readRemains reads what the cgroup of a worker has counted that died while no supervisor was there: as long as the engine is away
// as well, the cgroup stays, and what it has counted the engine will never know (20.10).
func (r *reconciler) readRemains(t *track) {
	if t.cp.Container == "" {
		return
	}
	g, err := r.processes.host.ByID(t.cp.Container, t.cp.CgroupParent)
	if err != nil {
		return
	}
	if alive, err := g.Populated(); err != nil || alive {
		return
	}
	if n, known := oomKills(g); known {
		t.obs.oomKills = &n
	}
}

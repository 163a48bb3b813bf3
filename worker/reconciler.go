package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
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
	rows   []output.PsRow
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

// newReconciler returns a reconciler whose first list is due.
func newReconciler(ctx context.Context, m *Manager, health *healthKeeper) *reconciler {
	l := newLoop(ctx)
	r := &reconciler{m: m, loop: l, health: health, waiters: waiters{}, tracks: map[string]*track{},
		ended: map[string]endedWorker{}}
	r.lists = relister[listing]{loop: l, ask: r.list, answered: r.listed}
	r.inspects = inspector{loop: l, m: m, checkpoint: r.tracked, asking: r.question, answered: r.inspected}
	r.stream = eventStream{loop: l, event: r.event, changed: r.streamChanged, ended: r.streamEnded}
	r.processes = processWatch{loop: l, log: m.log(), off: m.Cgroups.Root != "", health: health, died: r.died}
	r.exits = deliverer{loop: l, m: m, health: health, inFlight: map[string]bool{}, backlog: map[string][]Notice{},
		slots: make(chan struct{}, deliveries)}
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
		return errline.Context(r.loop.ctx)
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

package worker

import (
	"context"
	"log/slog"
	"sync"
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

	tracks   map[string]*track      // the workers that have not ended, by id
	ended    map[string]endedWorker // workers that have not been launched, or have ended
	revivals map[string]bool        // of these, the ones that may run again: inspect is to tell
	orphans  []Orphan               // of the last list
	asked    int                    // how many questions the engine has been asked: lists and inspects

	missedStarts bool                 // containers that have ended may have been started again while nobody watched
	unmended     error                // of the files that begin could not put in order
	tidied       bool                 // directories without a checkpoint are dealt with
	tidyAfter    time.Time            // not before then
	removed      []string             // the workers of such directories that were removed
	rebuilding   int                  // how many are being rebuilt
	damaged      map[string]time.Time // when a worker's state was last found to be damaged
	told         sync.Map             // the ids of workers whose checkpoints others have asked to have read again, soon
	failure      error                // the first that something could not be found out or recorded for
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
	launch string    // the last one; "" is none
	over   time.Time // when it ended, as its exit says
	stamp  stamp     // of its checkpoint when that was last read
}

// track is what is known of a worker that has not ended.
type track struct {
	cp     *checkpoint
	obs    observations
	state  State
	source Source
	detail string

	since     int // how many questions had been asked when it came to be known
	noticedBy int // how many had been asked when its end was noticed, or the engine's absence

	began    *output.Event // that its container was started, while its launch was under way here
	again    bool          // its container was started once more after the end that is to be recorded
	pid      int
	group    cgroupread.Group
	hasGroup bool

	unrecorded bool      // its end is known, and cannot be written down
	stamp      stamp     // of its checkpoint when that was last read
	wiped      int       // how many questions had been asked when its directory was found to be gone; 0 is that it is there
	mended     time.Time // when that was made anew last

	recheckAt    time.Time // when it is looked at again; zero is not
	recheckSince time.Time // since when there are rechecks of it
}

// newReconciler returns a reconciler whose first list is due.
func newReconciler(ctx context.Context, m *Manager, health *healthKeeper) *reconciler {
	l := newLoop(ctx)
	r := &reconciler{m: m, loop: l, health: health, waiters: waiters{}, tracks: map[string]*track{},
		ended: map[string]endedWorker{}, revivals: map[string]bool{}, missedStarts: true, damaged: map[string]time.Time{}}
	r.lists = relister[listing]{loop: l, ask: r.list, answered: r.listed}
	r.inspects = inspector{loop: l, m: m, checkpoint: r.inspectable, heard: r.heardEnd, asking: r.question, answered: r.inspected}
	r.stream = eventStream{loop: l, event: r.event, changed: r.streamChanged, ended: r.streamEnded, hear: m.engine.hear}
	r.processes = processWatch{loop: l, log: m.log(), off: m.Cgroups.Root != "", health: health, died: r.died}
	r.exits = deliverer{loop: l, m: m, health: health, inFlight: map[string]Notice{}, backlog: map[string][]Notice{}}
	r.exits.kept, r.exits.again = r.endKept, r.deliverOther
	r.lists.start()
	r.rechecks.start()
	return r
}

// question counts a question to the engine, and returns its number.
func (r *reconciler) question() int {
	r.asked++
	return r.asked
}

// heardEnd returns when docker events has told of the end of a worker that is tracked; zero is that it has not.
func (r *reconciler) heardEnd(id string) time.Time {
	if t := r.tracks[id]; t != nil && t.obs.die != nil {
		return t.obs.die.Time
	}
	return time.Time{}
}

// inspectable returns the checkpoint of a worker that is to be inspected: one that has not ended, or that may have been started
// again. Nil is neither.
func (r *reconciler) inspectable(id string) *checkpoint {
	ctx, cancel := r.loop.brief()
	defer cancel()
	if t := r.tracks[id]; t != nil {
		delete(r.revivals, id)
		return t.cp
	}
	if !r.revivals[id] {
		return nil
	}
	delete(r.revivals, id)
	var cp *checkpoint
	err := r.m.locked(ctx, func(root string) (err error) {
		cp, err = readCheckpoint(root, id)
		return err
	})
	if err != nil || cp == nil || cp.Exit == nil {
		return nil
	}
	return cp
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
	done, err := r.m.repair(r.loop.ctx, time.Now())
	if err != nil {
		return done, err
	}
	r.repaired(done)
	r.unmended = done.left
	if r.processes.host, err = r.m.Cgroups.Fixed(); err != nil {
		r.processes.host = r.m.Cgroups // whose error every use repeats
	}
	return done, r.m.locked(r.loop.ctx, func(root string) error {
		r.root, r.inspects.root = root, root
		r.exits.deliverKeptIn(root)
		cps, err := all(root)
		if err != nil {
			r.m.log().Error("a worker's state cannot be used", slog.Any("error", err))
		}
		for _, cp := range cps {
			r.applyCheckpoint(cp)
			if t := r.tracks[cp.ID]; t != nil {
				r.readRemains(t)
			}
		}
		return nil
	})
}

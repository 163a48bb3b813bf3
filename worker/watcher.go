package worker

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// DefaultMaxDeliveries is how many calls of OnExit there may be at once when a Watcher's MaxDeliveries is 0.
const DefaultMaxDeliveries = 16

// DefaultRelist is how often a Watcher asks for all containers when its Relist is 0.
const DefaultRelist = 30 * time.Second

// Watcher watches all workers of a Manager and delivers their exits. One docker events and one docker ps now and then serve
// all of them; where the workers' processes can be seen, the kernel tells of their deaths at once.
//
// The relist is authoritative; the other sources make it prompt. An engine that does not answer ends no worker: workers are then
// what their cgroups say, or unknown, and never ended.
//
// Set the fields before Run. A Watcher runs once at a time; its other methods may be called at any time.
type Watcher struct {
	// Manager is the one whose workers are watched. Its methods may be used meanwhile, here and in other processes.
	Manager *Manager
	// OnExit takes the exit of a launch. Each launch has one, also one that was launched by another process, ended while no
	// supervisor was there, or never got as far as a container. An exit is acknowledged when OnExit returns nil, and that is noted
	// on disk; after an error, or the supervisor's death before that, it is delivered again. It is called for several workers at
	// once, for one worker in the order of its launches. Nil leaves exits on disk.
	OnExit func(context.Context, Notice) error
	// MaxDeliveries is how many calls of OnExit there may be at once; 0 is DefaultMaxDeliveries. As many that hang hold up all
	// others: Health tells of them.
	MaxDeliveries int
	// OnChange is told of each change of a worker's state, in order, one at a time; also when only its cgroup still says that it
	// runs, and when the engine does again. While it takes its time, nothing else is held up but the changes behind it, and the end
	// of Run. Nil disables it.
	OnChange func(Status)
	// OnRelist is told, after each question to the engine for all containers, how long it took, how many the engine has of this
	// instance's, and what went wrong. It must not block. Nil disables it.
	OnRelist func(took time.Duration, containers int, err error)
	// Relist is how often the engine is asked for all containers; 0 is DefaultRelist. Where there are no events (Storm's
	// worker-launcher) or while they are broken off, it is asked at least every 5 seconds.
	Relist time.Duration

	health healthKeeper

	mu  sync.Mutex
	run *reconciler // nil when it does not run
}

// Health returns a snapshot of the Watcher's health.
func (w *Watcher) Health() Health {
	h := w.health.get()
	h.Busy = w.Manager.busy.get()
	h.Lane = w.Manager.Docker.Lane.Health()
	return h
}

// Run watches until ctx ends, and returns its error; calls of OnExit have a moment to return then, and are not waited for beyond
// that. The directory and the instance are this supervisor's meanwhile: another one
// gets ErrLocked. What an earlier supervisor left unfinished is taken up first, as Recover does.
func (w *Watcher) Run(ctx context.Context) error {
	var release func()
	err := w.whenFree(ctx, func() (err error) {
		release, err = w.Manager.lockSupervisor(ctx)
		return err
	})
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.health.reset()
	r := newReconciler(ctx, w.Manager, &w.health)
	r.lists.every, r.onRelist, r.exits.onExit = w.Relist, w.OnRelist, w.OnExit
	if w.Relist <= 0 {
		r.lists.every = DefaultRelist
	}
	r.exits.slots = make(chan struct{}, cmp.Or(max(w.MaxDeliveries, 0), DefaultMaxDeliveries))
	w.setRunning(r)
	w.Manager.watchedBy(w)
	err = w.watch(r)
	cancel()
	w.Manager.watchedBy(nil)
	w.setRunning(nil)
	r.close()
	return err
}

// watch runs the reconciler's loop until its context ends.
func (w *Watcher) watch(r *reconciler) error {
	err := w.whenFree(r.loop.ctx, func() error { return w.Manager.makeExits(r.loop.ctx) })
	if err != nil && !isFull(err) { // it is made again when it is needed
		return err
	}
	err = w.whenFree(r.loop.ctx, func() error {
		_, err := r.begin()
		return err
	})
	if err != nil {
		return err
	}
	r.loop.wg.Go(func() { w.Manager.emptyTrash(r.loop.ctx) }) // what an earlier supervisor has left in it
	if w.Manager.Docker.Engine.Dialect != dockercmd.Storm {   // whose launcher takes no events
		r.stream.docker, r.stream.question = w.Manager.streams(), eventsOf(w.Manager.instance(r.root), watchedEvents...)
		r.loop.wg.Go(r.stream.run)
	}
	if w.OnChange != nil {
		r.changes = newChanges()
		r.loop.wg.Go(func() { r.changes.tell(r.loop.over, w.OnChange) })
	}
	for {
		if err := r.turn(); err != nil {
			return err
		}
		r.inspects.begin()
	}
}

// whenFree calls f again and again as long as somebody has the lock on Root: a supervisor that begins waits for it, as its Health
// tells, until its context ends.
func (w *Watcher) whenFree(ctx context.Context, f func() error) error {
	for {
		err := f()
		if !errors.Is(err, ErrBusy) || ctx.Err() != nil {
			return err
		}
		w.Manager.log().Warn("the supervisor waits", slog.Any("error", err))
	}
}

func (w *Watcher) setRunning(r *reconciler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run = r
}

// running returns the present run, or nil.
func (w *Watcher) running() *reconciler {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.run
}

// watchedBy notes which Watcher watches the Manager's workers in this process.
func (m *Manager) watchedBy(w *Watcher) {
	m.watcherMu.Lock()
	defer m.watcherMu.Unlock()
	m.watcher = w
}

// watching returns the Watcher that watches the Manager's workers in this process, or nil.
func (m *Manager) watching() *Watcher {
	m.watcherMu.Lock()
	defer m.watcherMu.Unlock()
	return m.watcher
}

// tell has this process's Watcher read the checkpoint of a worker that was launched or has ended.
func (m *Manager) tell(id string) {
	if w := m.watching(); w != nil {
		if r := w.running(); r != nil {
			if _, queued := r.told.LoadOrStore(id, true); queued {
				return
			}
			r.loop.post(func() {
				r.told.Delete(id)
				r.reloadCheckpoint(id)
			})
		}
	}
}

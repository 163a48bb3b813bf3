package worker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultRelist is how often a Watcher asks for all containers when its Relist is 0.
const DefaultRelist = 30 * time.Second

// Watcher watches all workers of a Manager and hands over their exits. One docker events and one docker ps now and then serve
// all of them; where the workers' processes can be seen, the kernel tells of their deaths at once.
//
// The relist is the truth, the rest makes it prompt. An engine that does not answer kills nobody: workers are then what their
// cgroups say, or unknown, and never ended.
//
// Set the fields before Run. A Watcher runs once at a time; its other methods may be called at any time.
type Watcher struct {
	// Manager is whose workers are watched. Its methods may be used meanwhile, here and in other processes.
	Manager *Manager
	// OnExit takes the exit of a launch. Each launch has one, also one that was launched by another process, ended while no
	// supervisor was there, or never got as far as a container. What OnExit returns nil for is taken, and noted as taken on
	// disk; an error, or the supervisor's death before that, has it handed over again. It is called for several workers at once,
	// for one worker in the order of its launches. Nil leaves exits on disk.
	OnExit func(context.Context, Notice) error
	// OnChange is told of each change of a worker's state, in order, one at a time; also when only its cgroup still says that it runs,
	// and when the engine does again. While it takes its time, nothing else is held up but the changes behind it, and the end of Run. Nil
	// is nobody.
	OnChange func(Status)
	// OnRelist is told, after each question to the engine for all containers, how long it took, how many the engine has of this
	// instance's, and what went wrong. It must not block. Nil is nobody.
	OnRelist func(took time.Duration, containers int, err error)
	// Relist is how often the engine is asked for all containers; 0 is DefaultRelist. Where there are no events (Storm's
	// worker-launcher) or while they are broken off, it is asked at least every 5 seconds.
	Relist time.Duration

	mu     sync.Mutex
	health Health
	run    *watch // nil when it does not run
}

// Health is how a Watcher's view of the engine is.
type Health struct {
	// Engine says whether the last relist was answered.
	Engine bool
	// Since is when that began to be so.
	Since time.Time
	// Err is why not.
	Err error
	// LastRelist is when the engine last told of all containers.
	LastRelist time.Time
	// Events says whether docker events is running.
	Events bool
	// Workers counts the workers that have not ended, by state.
	Workers map[State]int
	// Pids is how many of them the kernel watches.
	Pids int
	// Untaken is how many exits OnExit has not taken yet.
	Untaken int
}

// String is the health for a person.
func (h Health) String() string {
	var b strings.Builder
	switch {
	case h.Engine:
		b.WriteString("engine answers")
	case h.Err != nil:
		fmt.Fprintf(&b, "engine does not answer since %s: %v", h.Since.Format(time.TimeOnly), h.Err)
	default:
		b.WriteString("engine not asked yet")
	}
	for _, s := range slices.Sorted(maps.Keys(h.Workers)) {
		fmt.Fprintf(&b, ", %d %s", h.Workers[s], s)
	}
	if h.Untaken > 0 {
		fmt.Fprintf(&b, ", %d exits not taken", h.Untaken)
	}
	return b.String()
}

// Health tells how things stand.
func (w *Watcher) Health() Health {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.health
	h.Workers = maps.Clone(h.Workers)
	return h
}

// Run watches until ctx ends, and returns its error. The directory and the instance are this supervisor's meanwhile: another one
// gets ErrHeld. What an earlier supervisor left unfinished is taken up first, as Recover does.
func (w *Watcher) Run(ctx context.Context) error {
	return w.start(newWatch(ctx, w))
}

// start is one run, to its end.
func (w *Watcher) start(r *watch) error {
	release, err := w.Manager.hold()
	if err != nil {
		return err
	}
	defer release()
	var cancel context.CancelFunc
	r.ctx, cancel = context.WithCancel(r.ctx)
	defer cancel()
	w.mu.Lock()
	w.run, w.health = r, Health{}
	w.mu.Unlock()
	if !r.once {
		w.Manager.watchedBy(w)
	}
	err = r.loop()
	cancel()
	w.Manager.watchedBy(nil)
	w.mu.Lock()
	w.run = nil
	w.mu.Unlock()
	close(r.over)
	r.closePids()
	r.wg.Wait()
	return err
}

// running is the present run, or nil.
func (w *Watcher) running() *watch {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.run
}

// watchedBy notes who watches the Manager's workers in this process.
func (m *Manager) watchedBy(w *Watcher) {
	m.watchMu.Lock()
	defer m.watchMu.Unlock()
	m.watcher = w
}

func (m *Manager) watching() *Watcher {
	m.watchMu.Lock()
	defer m.watchMu.Unlock()
	return m.watcher
}

// tell has this process's Watcher look at a worker that was launched or has ended.
func (m *Manager) tell(id string) {
	if w := m.watching(); w != nil {
		if r := w.running(); r != nil {
			r.post(func() { r.look(id) })
		}
	}
}

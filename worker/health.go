package worker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Health is a Watcher's view of the engine and of its own work.
type Health struct {
	// Engine reports whether the last relist was answered.
	Engine bool
	// Since is when that began to be so.
	Since time.Time
	// Err is why not.
	Err error
	// LastRelist is when the engine last told of all containers.
	LastRelist time.Time
	// Events reports whether docker events is running.
	Events bool
	// Workers counts the workers that have not ended, by state.
	Workers map[State]int
	// Pids is how many of them the kernel watches.
	Pids int
	// PendingExits is how many exits OnExit has not acknowledged yet.
	PendingExits int
}

// String returns the health for a person.
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
	if h.PendingExits > 0 {
		fmt.Fprintf(&b, ", %d exits pending", h.PendingExits)
	}
	return b.String()
}

// healthKeeper keeps a Health that any goroutine may read.
type healthKeeper struct {
	mu     sync.Mutex
	health Health
}

// get returns a copy.
func (k *healthKeeper) get() Health {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.health
	h.Workers = maps.Clone(h.Workers)
	return h
}

// update changes the health.
func (k *healthKeeper) update(change func(*Health)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(&k.health)
}

// relisted notes whether the engine has answered.
func (k *healthKeeper) relisted(err error) {
	now := time.Now()
	k.update(func(h *Health) {
		if h.Since.IsZero() || h.Engine != (err == nil) {
			h.Since = now
		}
		h.Engine, h.Err = err == nil, err
		if err == nil {
			h.LastRelist = now
		}
	})
}

// count adds to the number of workers in a state.
func (k *healthKeeper) count(s State, by int) {
	k.update(func(h *Health) {
		if h.Workers == nil {
			h.Workers = map[State]int{}
		}
		h.Workers[s] += by
		if h.Workers[s] == 0 {
			delete(h.Workers, s)
		}
	})
}

package worker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/client"
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
	// Busy says who has the lock on Root, when the last call in this process that wanted it did not get it; nil is that it did.
	Busy error
	// Events reports whether docker events is running.
	Events bool
	// Lane is how questions are asked, when the Manager's Docker has a Lane.
	Lane client.LaneHealth
	// Workers counts the workers that have not ended, by state.
	Workers map[State]int
	// Pids is how many of them the kernel watches.
	Pids int
	// PendingExits is how many exits OnExit has not acknowledged yet.
	PendingExits int
	// Unrecorded is how many exits are known and could not be written to disk yet, since when that is so, and why. They are tried
	// again.
	Unrecorded      int
	UnrecordedSince time.Time
	UnrecordedErr   error
	// SetAside is how many damaged files this run has set aside below quarantine.
	SetAside int
	// RepairErr is why files that were found damaged could not be put in order, such as that the disk is full; nil is that they
	// were. That is tried again when the next supervisor starts, and when the next damaged file is found.
	RepairErr error
	// Deliveries is how many calls of OnExit there are now, and OldestDelivery when the oldest of them began: long ago is one that
	// hangs.
	Deliveries     int
	OldestDelivery time.Time
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
	if h.Lane.Err != nil {
		fmt.Fprintf(&b, ", %v", h.Lane)
	}
	if h.Busy != nil {
		fmt.Fprintf(&b, ", %v", h.Busy)
	}
	for _, s := range slices.Sorted(maps.Keys(h.Workers)) {
		fmt.Fprintf(&b, ", %d %s", h.Workers[s], s)
	}
	if h.PendingExits > 0 {
		fmt.Fprintf(&b, ", %d exits pending", h.PendingExits)
	}
	if h.Unrecorded > 0 {
		fmt.Fprintf(&b, ", %d exits known and not recorded since %s: %v", h.Unrecorded, h.UnrecordedSince.Format(time.TimeOnly),
			h.UnrecordedErr)
	}
	if h.SetAside > 0 {
		fmt.Fprintf(&b, ", %d damaged files set aside", h.SetAside)
	}
	if h.RepairErr != nil {
		fmt.Fprintf(&b, ", files not put in order: %v", h.RepairErr)
	}
	if h.Deliveries > 0 {
		fmt.Fprintf(&b, ", %d handed over since %s", h.Deliveries, h.OldestDelivery.Format(time.TimeOnly))
	}
	return b.String()
}

// healthKeeper keeps a Health that any goroutine may read.
type healthKeeper struct {
	mu         sync.Mutex
	health     Health
	deliveries map[string]time.Time // the calls of OnExit, by noticeFile, and when they began
	unwritten  map[string]bool      // the workers whose exits are known and not recorded
}

// get returns a copy.
func (k *healthKeeper) get() Health {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.health
	h.Workers = maps.Clone(h.Workers)
	h.Deliveries = len(k.deliveries)
	for _, began := range k.deliveries {
		if h.OldestDelivery.IsZero() || began.Before(h.OldestDelivery) {
			h.OldestDelivery = began
		}
	}
	return h
}

// unrecorded notes that a worker's exit could not be recorded; nil is that it is.
func (k *healthKeeper) unrecorded(id string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := &k.health
	if err == nil {
		delete(k.unwritten, id)
	} else {
		if k.unwritten == nil {
			k.unwritten = map[string]bool{}
		}
		k.unwritten[id] = true
		h.UnrecordedErr = err
	}
	switch h.Unrecorded = len(k.unwritten); {
	case h.Unrecorded == 0:
		h.UnrecordedSince, h.UnrecordedErr = time.Time{}, nil
	case h.UnrecordedSince.IsZero():
		h.UnrecordedSince = time.Now()
	}
}

// delivering notes that a call of OnExit begins, or has returned.
func (k *healthKeeper) delivering(key string, begins bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !begins {
		delete(k.deliveries, key)
		return
	}
	if k.deliveries == nil {
		k.deliveries = map[string]time.Time{}
	}
	k.deliveries[key] = time.Now()
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

// reset forgets the last run, but for the calls of OnExit that it has left behind.
func (k *healthKeeper) reset() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.health, k.unwritten = Health{}, nil
}

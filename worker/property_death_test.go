package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// mortal is how a supervisor dies in the middle of what it does. From its death on, each of its acts (a write, a docker call, a
// delivery) ends the goroutine that was about to do it, and what it waits for ends.
type mortal struct {
	life context.Context
	die  context.CancelFunc

	mu   sync.Mutex
	left int // acts until its death; 0 is none in sight
	dead bool
}

// act ends the goroutine of one who is dead.
func (m *mortal) act() {
	m.mu.Lock()
	if m.left--; m.left == 0 {
		m.dead = true
	}
	dead := m.dead
	m.mu.Unlock()
	if dead {
		m.die()
		runtime.Goexit()
	}
}

// dieAfter has the supervisor die before the n-th act from now on.
func (m *mortal) dieAfter(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = n
}

// spare lets one who is not dead live.
func (m *mortal) spare() { m.dieAfter(0) }

func (m *mortal) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// mortalHandler is the handler of a mortal's log: the Manager traces each of its acts before it does it.
type mortalHandler struct {
	slog.Handler
	mortal *mortal
}

// Handle logs, and is the place of death.
func (h mortalHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level == slog.LevelDebug {
		h.mortal.act()
	}
	return h.Handler.Handle(ctx, r)
}

// opDie has the supervisor die soon, in the middle of something.
func opDie(rng *rand.Rand) op {
	n := 1 + rng.IntN(40)
	return op{fmt.Sprintf("the supervisor dies before its act %d", n), func(w *world) { w.mortal.dieAfter(n) }}
}

// bury begins another supervisor when one has died.
func (w *world) bury() {
	if !w.mortal.isDead() {
		return
	}
	w.lostRuns = true
	w.stop()
	w.begin()
	w.count("deaths")
}

// mountRoot gives the supervisor a small disk of its own.
func (w *world) mountRoot() { mountSmall(w.t, w.rig.Root) }

// mountSmall makes a directory the root of a small disk.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k,mode=700"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) filler() string { return filepath.Join(w.rig.Root, "filler") }

// opDisk fills the supervisor's disk, or frees it.
func opDisk(rng *rand.Rand) op {
	if rng.IntN(3) == 0 {
		return op{"the disk has room", (*world).freeDisk}
	}
	return op{"the disk is full", func(w *world) {
		if !w.kind.disk {
			return
		}
		if err := os.WriteFile(w.filler(), bytes.Repeat([]byte{1}, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
			w.wrong("the disk is not full: %v", err)
		}
		w.count("disks full")
	}}
}

func (w *world) freeDisk() {
	if w.kind.disk {
		_ = os.Remove(w.filler()) // if it was filled
	}
}

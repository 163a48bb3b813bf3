package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/worker"
)

// holdRootLock takes the lock on a root as a process that is stopped in the middle would have it, until release is called.
func holdRootLock(t *testing.T, root string) (release func()) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(root, "lock"), os.O_RDWR, 0)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}

// TestRootLockHeld checks that nobody waits for the lock on Root beyond its context, that the error and the Watcher's health say
// who has it, and that all goes on when it is free again.
func TestRootLockHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var n notices
	w := &worker.Watcher{Manager: r.Manager, OnExit: n.take}
	watching, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(watching) }()
	defer func() {
		cancel()
		<-done
	}()
	r.launch(t, spec("w1", "serve"))
	until(t, "it is watched", func() bool { return w.Health().Workers[worker.Running] == 1 })
	release := holdRootLock(t, r.Root)
	holder := fmt.Sprintf("process %d (", os.Getpid())
	for name, call := range map[string]func(context.Context) error{
		"launch":   func(ctx context.Context) error { return errorOf(r.Launch(ctx, spec("w2", "serve"))) },
		"stop":     func(ctx context.Context) error { return errorOf(r.Stop(ctx, "w1")) },
		"status":   func(ctx context.Context) error { return errorOf(r.Status(ctx, "w1")) },
		"statuses": func(ctx context.Context) error { return errorOf(r.Statuses(ctx)) },
		"cleanup":  func(ctx context.Context) error { return errorOf(r.Cleanup(ctx, "w1")) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := call(ctx)
		if cancel(); !errors.Is(err, worker.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), holder) &&
			!strings.Contains(err.Error(), "another call of this process since") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	until(t, "the Watcher's health tells", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, _ = r.Status(ctx, "w1")
		h := w.Health()
		return h.Busy != nil && strings.Contains(h.String(), "it is locked by")
	})
	release()
	if e, err := r.Stop(t.Context(), "w1"); err != nil || e.Code != 0 {
		t.Errorf("got %+v, %v", e, err)
	}
	until(t, "its exit", func() bool { return len(n.list()) == 1 })
	if err := w.Health().Busy; err != nil {
		t.Errorf("got %v", err)
	}
	if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
}

// TestRootChangesBeneathAManager checks that a Manager notices when something below its root is not what it was: what is gone is
// made anew, and a lock on another file than the one that it has open is seen.
func TestRootChangesBeneathAManager(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "serve"))
	for _, name := range []string{"lock", "busy"} {
		removeAll(t, filepath.Join(r.Root, name))
		if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Running {
			t.Errorf("without %s: got %+v, %v", name, s, err)
		}
	}
	removeAll(t, filepath.Join(r.Root, "lock"))
	if err := os.WriteFile(filepath.Join(r.Root, "lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	release := holdRootLock(t, r.Root)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Stop(ctx, "w1"); !errors.Is(err, worker.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	release()
	workers := filepath.Join(r.Root, "workers")
	if err := os.Chmod(workers, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Stop(t.Context(), "w1"); err == nil || !strings.Contains(err.Error(), "chmod it to 0700") {
		t.Errorf("got %v", err)
	}
	if err := os.Chmod(workers, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Stop(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
}

// TestCleanupOfAnything checks that a worker's directory is removed however deep it is, and whatever is in it.
func TestCleanupOfAnything(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "exit", "0"))
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(r.Root, "work", "w1", "work")
	for i := range 3000 {
		if err := os.WriteFile(filepath.Join(work, fmt.Sprintf("file-%d", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.OpenRoot(work)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 { // deeper than a path may be long
		if err := errors.Join(dir.Mkdir("d", 0o700), dir.Symlink(victim, "link")); err != nil {
			t.Fatal(i, err)
		}
		inner, err := dir.OpenRoot("d")
		if err != nil {
			t.Fatal(i, err)
		}
		dir.Close()
		dir = inner
	}
	dir.Close()
	if _, err := r.Wait(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
	if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
	r.wantNothingLeft(t)
	if left, err := os.ReadDir(filepath.Join(r.Root, "trash")); err != nil || len(left) > 0 {
		t.Errorf("%d entries are left in the trash, %v", len(left), err)
	}
	if _, err := os.Stat(victim); err != nil {
		t.Errorf("a link was followed: %v", err)
	}
}

package worker_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

func TestCleanup(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	l := r.launch(t, spec("w1", "serve"))
	_, err := r.Cleanup(ctx, "w1")
	wantLine(t, err, "worker w1: its container "+l.Container[:12]+" is running; stop or kill it first")
	if !errors.Is(err, worker.ErrAlive) || len(r.names(t)) != 1 {
		t.Errorf("got %v, containers %q", err, r.names(t))
	}
	if _, err := r.Stop(ctx, "w1"); err != nil {
		t.Fatal(err)
	}
	if exit, err := r.Cleanup(ctx, "w1"); err != nil || exit == nil || exit.Code != 0 {
		t.Errorf("got %+v, %v", exit, err)
	}
	_, err = r.Cleanup(ctx, "w1")
	wantLine(t, err, "worker w1: no such worker below "+r.Root+"; launch it first")
	r.wantNothingLeft(t)
}

// TestCleanupOfAnUnheardExit checks that an exit which nobody has waited for is recorded before the container goes, also when the
// removal fails.
func TestCleanupOfAnUnheardExit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "exit", "7"))
	waitOnFake(t, r, "w1")
	r.setFault(func(c dockercmd.Command) *runnertest.Fault {
		if _, ok := c.(*dockercmd.Rm); ok {
			return runnertest.Down()
		}
		return nil
	})
	if _, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	before := len(r.calls.Records())
	if exit, err := r.another(r.Root).Wait(t.Context(), "w1"); err != nil || exit.Code != 7 || len(r.calls.Records()) != before {
		t.Errorf("the exit was not on disk before docker rm: %+v, %v", exit, err)
	}
	r.setFault(nil)
	if exit, err := r.Cleanup(t.Context(), "w1"); err != nil || exit.Code != 7 {
		t.Errorf("got %+v, %v", exit, err)
	}
	r.wantNothingLeft(t)
}

// TestCleanupLeavesStrangers checks that a stranger's container that bears the name now is not touched.
func TestCleanupLeavesStrangers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "serve"))
	if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
		t.Fatal(err)
	}
	stranger, err := r.docker().Run(t.Context(), dockercmd.Run{Name: "w1", Image: image, Command: []string{"serve"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(context.Context, string) (worker.Exit, error){r.Stop, r.Kill, r.Wait} {
		if exit, err := end(t.Context(), "w1"); err != nil || exit.Code != 137 || exit.Source != worker.FromEvents {
			t.Errorf("got %+v, %v", exit, err)
		}
	}
	if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
	rows, err := r.docker().Ps(t.Context(), dockercmd.Ps{All: true})
	if err != nil || len(rows) != 1 || rows[0].ID != stranger || rows[0].State != output.StateRunning {
		t.Errorf("got %+v, %v", rows, err)
	}
}

// TestCleanupsAtOnce checks that one of many Cleanups succeeds, and that the others say why they do not.
func TestCleanupsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "exit", "0"))
	waitOnFake(t, r, "w1")
	var all sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range 8 {
		all.Go(func() {
			_, err := r.another(r.Root).Cleanup(t.Context(), "w1")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				done++
			case !errors.Is(err, worker.ErrUnknownID) && !errors.Is(err, worker.ErrAlive):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done != 1 {
		t.Errorf("%d cleanups succeeded", done)
	}
	r.wantNothingLeft(t)
}

// TestCleanupBeforeTheCheckpoint cleans up after a supervisor that was killed while it wrote the files.
func TestCleanupBeforeTheCheckpoint(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w2", "serve")) // makes the root
	for _, dir := range []string{"workers/w1", "work/w1", "work/w1/work"} {
		if err := os.Mkdir(filepath.Join(r.Root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Wait(t.Context(), "w1"); !errors.Is(err, worker.ErrUnknownID) ||
		!strings.Contains(err.Error(), "its launch was cut off before it began, or a damaged one was set aside; "+
			"Recover, Launch or Cleanup") {
		t.Errorf("got %v", err)
	}
	if statuses, err := r.Statuses(t.Context()); err != nil || len(statuses) != 1 {
		t.Errorf("got %+v, %v", statuses, err)
	}
	if exit, err := r.Cleanup(t.Context(), "w1"); exit != nil || err != nil {
		t.Errorf("got %+v, %v", exit, err)
	}
	if got := files(t, r.Root); len(got) != 2 {
		t.Errorf("files are left: %q", got)
	}
	if err := os.Mkdir(filepath.Join(r.Root, "workers/w1"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.launch(t, spec("w1", "serve"))
}

// TestCleanupSaysWhatItDoesNotKnow checks the error when somebody else has removed the container, and which engine says so is not
// to be found out.
func TestCleanupSaysWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "exit", "3"))
		rest(10 * time.Second)
		var removed atomic.Bool
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			switch c.(type) {
			case *dockercmd.Rm:
				removed.Store(true)
				return noSuch
			case *dockercmd.Inspect:
				if removed.Load() {
					return noSuch
				}
			case *dockercmd.Info:
				return runnertest.Down()
			}
			return nil
		})
		if _, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		r.setFault(nil)
	})
}

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
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// TestWaitThroughAnOutage checks that, while the engine is away for ten minutes, the worker lives on, is never taken for dead, and
// its exit comes.
func TestWaitThroughAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		var down atomic.Bool
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			if down.Load() {
				return runnertest.Down()
			}
			if _, ok := c.(*dockercmd.Wait); ok { // the connection breaks after a minute
				return &runnertest.Fault{Delay: time.Minute, Engine: runnertest.Broken().Engine}
			}
			return nil
		})
		var exit worker.Exit
		var err error
		var waited sync.WaitGroup
		waited.Go(func() { exit, err = r.Wait(t.Context(), "w1") })
		time.Sleep(30 * time.Second)
		down.Store(true)
		time.Sleep(10 * time.Minute)
		statuses, statusErr := r.Statuses(t.Context())
		if !errors.Is(statusErr, client.ErrUnavailable) || len(statuses) != 1 || statuses[0].State != worker.Unknown ||
			statuses[0].Exit != nil {
			t.Errorf("got %+v, %v, want unknown", statuses, statusErr)
		}
		if alive, err := r.Alive(t.Context(), "w1"); alive.Alive || !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("alive: got %v, %v, want an error", alive, err)
		}
		for name, end := range map[string]func(context.Context, string) (worker.Exit, error){"stop": r.Stop, "kill": r.Kill} {
			if _, err := end(t.Context(), "w1"); !errors.Is(err, client.ErrUnavailable) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if _, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("cleanup: got %v", err)
		}
		if _, err := r.Launch(t.Context(), spec("w1", "serve")); !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("launch: got %v", err)
		}
		asked := len(r.calls.Records())
		time.Sleep(time.Minute)
		if n := len(r.calls.Records()) - asked; n < 10 || n > 14 {
			t.Errorf("an engine that is away was asked %d times in a minute, want 12: once in five seconds", n)
		}
		down.Store(false)
		time.Sleep(10 * time.Second)
		if _, err := r.Stop(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		waited.Wait()
		if err != nil || exit.Code != 0 || !exit.Known {
			t.Errorf("got %+v, %v", exit, err)
		}
	})
}

// TestWaitDoesNotSpin checks that Wait pauses when docker wait returns at once: from a container that was never started, and often
// from one that restarts.
func TestWaitDoesNotSpin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			if _, ok := c.(*dockercmd.Wait); ok {
				return &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "0\n"}}
			}
			return nil
		})
		before := len(r.calls.Records())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := r.Wait(ctx, "w1")
		wantLine(t, err, "worker w1: wait: context deadline exceeded")
		if n := len(r.calls.Records()) - before; n > 60 {
			t.Errorf("docker was run %d times in a minute", n)
		}
	})
}

// TestGone removes the container by someone else, while somebody waits and while nobody does.
func TestGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, waiting := range []bool{true, false} {
		r.launch(t, spec("w1", "serve"))
		var all sync.WaitGroup
		var exit worker.Exit
		var err error
		if waiting {
			started := make(chan struct{})
			r.setFault(func(c dockercmd.Command) *runnertest.Fault {
				if _, ok := c.(*dockercmd.Wait); ok {
					close(started)
				}
				return nil
			})
			all.Go(func() { exit, err = r.Wait(t.Context(), "w1") })
			<-started
			r.setFault(nil)
		}
		if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
			t.Fatal(err)
		}
		if s, err := r.Status(t.Context(), "w1"); !waiting && (err != nil || s.State != worker.Exited || s.State.Alive()) {
			t.Errorf("got %+v, %v, want exited, as the engine's last events tell", s, err)
		}
		if !waiting {
			exit, err = r.Wait(t.Context(), "w1")
		}
		all.Wait()
		if err != nil || exit.Known && exit.Code != 137 || !exit.Known && exit.Reason != "unknown: the container is gone" {
			t.Errorf("waiting %v: got %+v, %v", waiting, exit, err)
		}
		if !exit.Known {
			if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Gone || s.Exit == nil {
				t.Errorf("got %+v, %v, want gone with an exit", s, err)
			}
		}
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		r.wantNothingLeft(t)
	}
}

// TestHungKill runs into an engine that takes the kill and then says for ever that the container runs.
func TestHungKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		release := make(chan struct{})
		r.fake.Images["hung:1"] = func(context.Context, *runnertest.Container) int { // hangs in the kernel
			<-release
			return 0
		}
		defer r.fake.Close()
		defer close(release)
		s := spec("w1")
		s.Image, s.Shell = "hung:1", worker.NoShell
		r.launch(t, s)
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			if _, ok := c.(*dockercmd.Kill); ok {
				return &runnertest.Fault{Lost: false, Reply: &runnertest.Reply{Stdout: "w1\n"}}
			}
			return nil
		})
		_, err := r.Kill(t.Context(), "w1")
		if !errors.Is(err, client.ErrTimeout) || !errors.Is(err, worker.ErrUnkillable) {
			t.Errorf("got %v", err)
		}
		var unkillable *worker.UnkillableError
		if !errors.As(err, &unkillable) || len(unkillable.Escalations) != 2 || unkillable.Escalations[0].Name != "docker kill" ||
			unkillable.Escalations[1].Name != "docker rm --force" {
			t.Errorf("got %+v", unkillable)
		}
		if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Stopping || s.Exit != nil {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

// TestExitThatCannotBeWritten checks that the exit is not delivered unless it is on disk, and nothing panics.
func TestExitThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "exit", "7"))
	waitOnFake(t, r, "w1")
	lock := filepath.Join(r.Root, "lock")
	if err := errors.Join(os.Remove(lock), os.Mkdir(lock, 0o700)); err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func(context.Context, string) (worker.Exit, error){"wait": r.Wait, "stop": r.Stop,
		"kill": r.Kill} {
		if exit, err := end(t.Context(), "w1"); err == nil || exit != (worker.Exit{}) {
			t.Errorf("%s: got %+v, %v", name, exit, err)
		}
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if exit, err := r.Wait(t.Context(), "w1"); err != nil || exit.Code != 7 {
		t.Errorf("got %+v, %v", exit, err)
	}
}

func TestNotLaunched(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	for _, tt := range []struct {
		id   string
		kind error
		want string
	}{
		{"w1", worker.ErrUnknownID, "worker w1: no such worker below " + r.Root + "; launch it first"},
		{"../w1", worker.ErrUnknownID, `worker "../w1": "../w1" begins with '.'; begin with a letter or a digit`},
		{"w2", worker.ErrNotLaunched, "worker w2: it is only reserved; launch it first"},
	} {
		if tt.kind == worker.ErrNotLaunched {
			if err := r.Reserve(tt.id, worker.Resources{Memory: dockercmd.GiB}); err != nil {
				t.Fatal(err)
			}
		}
		for name, call := range map[string]func() error{
			"wait":   func() error { _, err := r.Wait(ctx, tt.id); return err },
			"stop":   func() error { _, err := r.Stop(ctx, tt.id); return err },
			"kill":   func() error { _, err := r.Kill(ctx, tt.id); return err },
			"memory": func() error { _, err := r.MemoryUsage(ctx, tt.id); return err },
			"usage":  func() error { _, err := r.Usage(ctx, tt.id); return err },
			"profile": func() error {
				_, err := r.Profile(ctx, tt.id, worker.ViaExec, []string{"x"}, client.Streams{})
				return err
			},
		} {
			err := call()
			wantLine(t, err, tt.want)
			if !errors.Is(err, tt.kind) {
				t.Errorf("%s: %v is not %v", name, err, tt.kind)
			}
		}
	}
	if _, err := r.Cleanup(ctx, "w1"); !errors.Is(err, worker.ErrUnknownID) {
		t.Errorf("cleanup: got %v", err)
	}
	if exit, err := r.Cleanup(ctx, "w2"); exit != nil || err != nil {
		t.Errorf("cleanup of a reservation: got %+v, %v", exit, err)
	}
	if len(r.calls.Records()) > 0 {
		t.Errorf("docker was asked: %v", r.calls.Records())
	}
	r.wantNothingLeft(t)
	if _, err := (&worker.Manager{}).Statuses(ctx); err == nil || !strings.Contains(err.Error(), "Root is empty") {
		t.Errorf("without a root: got %v", err)
	}
}

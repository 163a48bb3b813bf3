package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// cutOff leaves a launch as a supervisor leaves it that is killed in the middle: before docker run, or after the container was
// made.
func cutOff(t *testing.T, r *rig, made bool) {
	t.Helper()
	killed := errors.New("killed")
	m := r.another(r.Root)
	m.Docker.Engine = r.Docker.Engine
	m.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		if c.Argv[1] == "info" { // which engine it is to be
			return r.fake.Start(ctx, c)
		}
		if c.Argv[1] == "run" && made {
			// Create and not start: the fake's Lookup refuses the start.
			p, err := r.fake.Start(ctx, c)
			if err == nil {
				_ = p.Wait()
			}
		}
		panic(killed)
	})
	defer func() {
		if p := recover(); p != killed {
			t.Fatalf("the launch was not cut off: %v", p)
		}
	}()
	_, _ = m.Launch(t.Context(), spec("w1", "serve"))
}

// TestCutOffLaunch checks that whoever comes next finds out what became of a launch whose supervisor was killed.
func TestCutOffLaunch(t *testing.T) {
	enginetest.Slow(t)
	t.Parallel()
	for _, made := range []bool{false, true} {
		reason := "never started: the launch was cut off"
		if made {
			reason = "never started"
		}
		prepare := func(t *testing.T) *rig {
			r := newRig(t)
			if made {
				r.fake.Lookup = func(*runnertest.Container) error { return errors.New("not now") }
			}
			cutOff(t, r, made)
			if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Launching {
				t.Errorf("got %+v, %v, want launching", s, err)
			}
			return r
		}
		for name, end := range map[string]func(*worker.Manager, context.Context, string) (worker.Exit, error){
			"wait": (*worker.Manager).Wait, "stop": (*worker.Manager).Stop, "kill": (*worker.Manager).Kill,
		} {
			r := prepare(t)
			exit, err := end(r.Manager, t.Context(), "w1")
			if err != nil || exit.Known != made || exit.Reason != reason {
				t.Errorf("%s, made %v: got %+v, %v", name, made, exit, err)
			}
			if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
				t.Errorf("%s, made %v: %v", name, made, err)
			}
			r.wantNothingLeft(t)
		}
		r := prepare(t)
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Errorf("cleanup, made %v: %v", made, err)
		}
		r.wantNothingLeft(t)
		r = prepare(t)
		r.fake.Lookup = nil
		r.launch(t, spec("w1", "serve"))
	}
}

// TestCutOffBeforeStart checks that a container which was made is said to have never been started if the engine remembers that it
// made it, and no start: it may have forgotten one.
func TestCutOffBeforeStart(t *testing.T) {
	t.Parallel()
	for _, remembers := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			defer r.fake.Close()
			r.fake.Lookup = func(*runnertest.Container) error { return errors.New("not now") }
			cutOff(t, r, true)
			r.setFault(on("inspect", saysZero(128))) // nor has a start failed
			want := "never started"
			if !remembers {
				r.fake.StopEngine(runnertest.LiveRestore)
				r.fake.StartEngine()
				want = unknownStart
			}
			if e, err := r.Wait(t.Context(), "w1"); err != nil || e.Known || e.Reason != want {
				t.Errorf("remembers %t: got %v, code %d, known %t, %v", remembers, e, e.Code, e.Known, err)
			}
		})
	}
}

// TestCutOffAfterStart checks that a launch whose answer was lost with its supervisor is not taken for one that never started when
// its container is gone or renamed: docker run's client has written its id down.
func TestCutOffAfterStart(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		harm    dockercmd.Command
		reason  string
		removed bool
	}{
		{"removed", &dockercmd.Rm{Force: true, Containers: []string{"w1"}}, "exit code 137 (killed)", true},
		{"renamed", &dockercmd.Rename{Container: "w1", NewName: "moved"}, "exit code 0", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				life, die := context.WithCancel(t.Context())
				m := r.another(r.Root)
				died := &mortal{life: life, die: die}
				m.Log = slog.New(mortalHandler{m.Log.Handler(), died})
				m.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
					p, err := r.fake.Start(ctx, c)
					if c.Argv[1] == "run" && err == nil {
						_ = p.Wait()
						died.dieAfter(1)
					}
					return p, err
				})
				done := make(chan struct{})
				go func() {
					defer close(done)
					_, _ = m.Launch(life, spec("w1", "serve"))
				}()
				<-done
				if !died.isDead() {
					t.Fatal("the supervisor did not die")
				}
				made, err := r.docker().Inspect(t.Context(), "w1")
				if err != nil {
					t.Fatal(err)
				}
				id := made[0].ID
				if _, err := r.docker().Do(t.Context(), tt.harm, client.Call{}); err != nil {
					t.Fatal(err)
				}
				exits := make(chan worker.Notice, 1)
				w := &worker.Watcher{Manager: r.Manager, OnExit: func(_ context.Context, n worker.Notice) error {
					exits <- n
					return nil
				}}
				ctx, cancel := context.WithCancel(t.Context())
				over := make(chan error, 1)
				go func() { over <- w.Run(ctx) }()
				rest(10 * time.Second)
				if !tt.removed {
					if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Running {
						t.Errorf("got %+v, %v", s, err)
					}
					if _, err := r.Stop(t.Context(), "w1"); err != nil {
						t.Error(err)
					}
				}
				select {
				case n := <-exits:
					if n.Container != id || n.Exit.Reason != tt.reason {
						t.Errorf("got %+v, want container %s, %s", n, id, tt.reason)
					}
				case <-time.After(time.Minute):
					t.Errorf("no exit; the log says %s", r.log)
				}
				if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
					t.Error(err)
				}
				cancel()
				<-over
				r.wantNothingLeft(t)
			})
		})
	}
}

// TestFailsAfterCutOff checks that a worker stays known, and can be cleaned up, when a launch fails after one that was cut off
// before it had written its checkpoint.
func TestFailsAfterCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, dir := range []string{"work", "workers"} {
		if err := os.MkdirAll(filepath.Join(r.Root, dir, "w1"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r.setFault(always(runnertest.Down()))
	if _, err := r.Launch(t.Context(), spec("w1", "serve")); err == nil {
		t.Fatal("launched without an engine")
	}
	r.setFault(nil)
	if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
	r.wantNothingLeft(t)
}

// TestDuringALaunch checks that a worker that is being launched is neither gone nor ended. Stop, Wait and a second Launch wait,
// Cleanup refuses.
func TestDuringALaunch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.setFault(onRun(&runnertest.Fault{Delay: time.Minute}))
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := r.Launch(t.Context(), spec("w1", "serve")); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Second)
		began := time.Now()
		other := r.another(r.Root)
		for _, end := range []func(context.Context, string) (worker.Exit, error){other.Stop, other.Wait} {
			all.Go(func() {
				exit, err := end(t.Context(), "w1")
				if err != nil || exit.Code != 0 || !exit.Known || time.Since(began) < 50*time.Second {
					t.Errorf("got %+v, %v after %v", exit, err, time.Since(began))
				}
			})
		}
		if s, err := other.Status(t.Context(), "w1"); err != nil || s.State != worker.Launching || s.State.Alive() {
			t.Errorf("got %+v, %v, want launching", s, err)
		}
		const busy = "worker w1: it is being launched or cleaned up by someone else; try again when that is done"
		_, err := other.Cleanup(t.Context(), "w1")
		wantLine(t, err, busy)
		soon, cancelSoon := context.WithTimeout(t.Context(), time.Second)
		defer cancelSoon()
		_, err = other.Launch(soon, spec("w1", "serve"))
		wantLine(t, err, busy+": context deadline exceeded")
		if !errors.Is(err, worker.ErrAlive) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := other.Reserve("w1", worker.Resources{}); !errors.Is(err, worker.ErrAlive) {
			t.Errorf("reserve: got %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = other.Kill(ctx, "w1")
		wantLine(t, err, "worker w1: wait for its launch: context deadline exceeded")
		all.Wait()
		if got := len(r.names(t)); got != 1 {
			t.Errorf("got %d containers", got)
		}
	})
}

// TestLaunchEndsBetweenTwoLooks lets a Wait look for the container before docker run has made it, and for the launch when that is
// over. It must not take the worker for gone.
func TestLaunchEndsBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.setFault(on("run", &runnertest.Fault{Delay: time.Minute}))
		slow := r.another(r.Root)
		slow.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			p, err := r.fake.Start(ctx, c)
			if err == nil && c.Argv[1] == "inspect" {
				_ = p.Wait()
				time.Sleep(2 * time.Minute) // its answer is two minutes old
			}
			return p, err
		})
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := r.Launch(t.Context(), spec("w1", "serve")); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		slow.Docker.Short = time.Hour
		exit, err := slow.Wait(ctx, "w1")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %+v, %v", exit, err)
		}
		all.Wait()
		if st, err := r.Status(t.Context(), "w1"); err != nil || st.State != worker.Running || st.Exit != nil {
			t.Errorf("got %+v, %v", st, err)
		}
	})
}

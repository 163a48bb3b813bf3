package worker_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// on makes a fault of one of docker's commands.
func on(subcommand string, f *runnertest.Fault) func(dockercmd.Command) *runnertest.Fault {
	return func(c dockercmd.Command) *runnertest.Fault {
		if c.Subcommand() == subcommand {
			return f
		}
		return nil
	}
}

// ended returns a rig with a worker that has ended.
func ended(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.launch(t, spec("w1", "exit", "7"))
	waitOnFake(t, r, "w1")
	return r
}

// TestSlowRemoval checks that Cleanup is done when the container is gone, not when docker rm has answered.
func TestSlowRemoval(t *testing.T) {
	t.Parallel()
	inProgress := &runnertest.Reply{Stderr: "Error response from daemon: removal of container w1 is already in progress\n", Code: 1}
	for name, reply := range map[string]*runnertest.Reply{"docker rm has answered": {Stdout: "w1\n"},
		"someone else removes it": inProgress} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := ended(t)
				defer r.fake.Close()
				var healed atomic.Bool
				r.setFault(func(c dockercmd.Command) *runnertest.Fault {
					if c.Subcommand() == "rm" && !healed.Load() {
						return &runnertest.Fault{Reply: reply}
					}
					return nil
				})
				_, err := r.Cleanup(t.Context(), "w1")
				wantLine(t, err, "worker w1: docker rm succeeded, but its container is still there after 30s")
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := r.Cleanup(ctx, "w1"); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if exit, err := r.Wait(t.Context(), "w1"); err != nil || exit.Code != 7 {
					t.Errorf("got %+v, %v", exit, err)
				}
				var all sync.WaitGroup
				began := time.Now()
				all.Go(func() {
					exit, err := r.Cleanup(t.Context(), "w1")
					if took := time.Since(began); err != nil || exit.Code != 7 || took < 5*time.Second || took > 6*time.Second {
						t.Errorf("got %+v, %v after %v", exit, err, took)
					}
				})
				time.Sleep(5 * time.Second)
				healed.Store(true)
				if err := r.docker().Rm(t.Context(), dockercmd.Rm{Containers: []string{"w1"}}); err != nil {
					t.Error(err)
				}
				all.Wait()
				r.wantNothingLeft(t)
			})
		})
	}
}

// TestUnknownState checks that a state that nobody knows is no end. Nothing is removed, nothing is launched, and Wait goes on.
func TestUnknownState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := ended(t)
		defer r.fake.Close()
		found, err := r.docker().Inspect(t.Context(), "w1")
		if err != nil {
			t.Fatal(err)
		}
		raw := bytes.Replace(found[0].Raw, []byte(`"exited"`), []byte(`"sleeping"`), 1)
		r.setFault(on("inspect", &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "[" + string(raw) + "]"}}))
		_, err = r.Cleanup(t.Context(), "w1")
		wantLine(t, err, "worker w1: its container "+found[0].ID[:12]+" is in a state that is not known; nothing was removed")
		_, err = r.Launch(t.Context(), spec("w1", "serve"))
		wantLine(t, err, "worker w1: its container "+found[0].ID[:12]+" is unknown; stop it first")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if exit, err := r.Wait(ctx, "w1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %+v, %v", exit, err)
		}
		r.setFault(nil)
		if exit, err := r.Wait(t.Context(), "w1"); err != nil || exit.Code != 7 {
			t.Errorf("got %+v, %v", exit, err)
		}
	})
}

// TestEndFails lets the engine go away between the question and the act.
func TestEndFails(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "stubborn"))
	for name, end := range map[string]func(context.Context, string) (worker.Exit, error){"stop": r.Stop, "kill": r.Kill} {
		r.setFault(on(name, runnertest.Down()))
		_, err := end(t.Context(), "w1")
		wantLine(t, err,
			"worker w1: docker "+name+": Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?; "+
				"start the docker engine, or set DOCKER_HOST to one that runs")
		r.setFault(on(name,
			&runnertest.Fault{Reply: &runnertest.Reply{Stderr: "Error response from daemon: permission to kill denied\n", Code: 1}}))
		if _, err := end(t.Context(), "w1"); err == nil || errors.Is(err, client.ErrUnavailable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	r.setFault(nil)
	if st, err := r.Status(t.Context(), "w1"); err != nil || st.State != worker.Stopping || !st.State.Alive() {
		t.Errorf("got %+v, %v", st, err)
	}
}

// TestEndOfOneThatHasJustEnded lets the container end, or go, between the question and the act.
func TestEndOfOneThatHasJustEnded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line  string // before which it happens
		act   func(context.Context, client.Docker) error
		end   func(*worker.Manager, context.Context, string) (worker.Exit, error)
		known bool
	}{
		{"kill", func(ctx context.Context, d client.Docker) error {
			return d.Kill(ctx, dockercmd.Kill{Containers: []string{"w1"}})
		}, (*worker.Manager).Kill, true},
		{"stop", func(ctx context.Context, d client.Docker) error {
			return d.Kill(ctx, dockercmd.Kill{Containers: []string{"w1"}})
		}, (*worker.Manager).Stop, true},
		{"kill", func(ctx context.Context, d client.Docker) error {
			return d.Rm(ctx, dockercmd.Rm{Force: true, Containers: []string{"w1"}})
		}, (*worker.Manager).Kill, true}, // by docker's last events
		{"stop", func(ctx context.Context, d client.Docker) error {
			return d.Rm(ctx, dockercmd.Rm{Force: true, Containers: []string{"w1"}})
		}, (*worker.Manager).Stop, true},
	} {
		r := newRig(t)
		r.launch(t, spec("w1", "stubborn"))
		r.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			if c.Argv[1] == tt.line {
				if err := tt.act(ctx, r.docker()); err != nil {
					t.Error(err)
				}
			}
			return r.fake.Start(ctx, c)
		})
		exit, err := tt.end(r.Manager, t.Context(), "w1")
		if err != nil || exit.Known != tt.known || tt.known && exit.Code != 137 {
			t.Errorf("%s, known %v: got %+v, %v", tt.line, tt.known, exit, err)
		}
	}
}

// TestEndOfOneThatMayRunAgain checks that Stop and Kill of a worker whose exit is recorded say so when neither docker nor the kernel
// can tell whether somebody has started its container again.
func TestEndOfOneThatMayRunAgain(t *testing.T) {
	t.Parallel()
	for _, kernel := range []bool{false, true} {
		r := newRig(t)
		if kernel {
			r.seeCgroups(t)
		}
		r.launch(t, spec("w1", "serve"))
		if _, err := r.Kill(t.Context(), "w1"); err != nil {
			t.Fatal(err)
		}
		r.setFault(on("inspect", runnertest.Down()))
		for name, end := range map[string]func(context.Context, string) (worker.Exit, error){"stop": r.Stop, "kill": r.Kill} {
			e, err := end(t.Context(), "w1")
			if e.Code != 137 || kernel != (err == nil) || !kernel && !errors.Is(err, client.ErrUnavailable) {
				t.Errorf("%s, the kernel can be asked: %v: got %v, %v", name, kernel, e, err)
			}
		}
	}
}

// TestRenamedByAStranger checks that a worker whose container somebody has given another name is not gone, and its end is noticed.
// What bears the name now is not touched.
func TestRenamedByAStranger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var n notices
		stop := r.watch(t, &worker.Watcher{OnExit: n.take})
		r.launch(t, spec("w1", "serve"))
		rest(time.Second)
		stranger := r.docker()
		rename := func(from, to string) {
			if _, err := stranger.Stream(t.Context(), &dockercmd.Rename{Container: from, NewName: to},
				client.Streams{}); err != nil {
				t.Fatal(err)
			}
		}
		rename("w1", "other")
		if _, err := stranger.Run(t.Context(), dockercmd.Run{Name: "w1", Image: image}); err != nil {
			t.Fatal(err)
		}
		rest(5 * time.Minute)
		wantList(t, n.list(), []string{})
		if live, err := r.Alive(t.Context(), "w1"); err != nil || !live.Alive {
			t.Errorf("alive: got %+v, %v", live, err)
		}
		if all, err := r.Statuses(t.Context()); err != nil || len(all) != 1 || all[0].State != worker.Running {
			t.Errorf("statuses: got %+v, %v", all, err)
		}
		if _, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, worker.ErrAlive) {
			t.Errorf("cleanup: got %v", err)
		}
		if l, err := r.Launch(t.Context(), spec("w1", "serve")); err != nil || !l.Adopted {
			t.Errorf("launch: got %+v, %v", l, err)
		}
		if e, err := r.Kill(t.Context(), "w1"); err != nil || e.Code != 137 {
			t.Errorf("kill: got %+v, %v", e, err)
		}
		rest(time.Minute)
		wantList(t, n.list(), []string{"w1 exit code 137 (killed)"})
		if rows, err := stranger.Ps(t.Context(), dockercmd.Ps{}); err != nil || len(rows) != 1 || rows[0].Names[0] != "w1" {
			t.Errorf("got %+v, %v", rows, err)
		}
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		if got := r.names(t); !slices.Equal(got, []string{"w1"}) {
			t.Errorf("the stranger's container is gone: %q", got)
		}
		if err := stranger.Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
			t.Error(err)
		}
		stop()
		r.wantNothingLeft(t)
	})
}

func errorOf[T any](_ T, err error) error { return err }

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// TestWatcherHoldsNothing checks that a Watcher that has seen many workers come and go remembers none of them.
func TestWatcherHoldsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var f faults
		r.setFault(f.fault)
		var n notices
		w := &worker.Watcher{OnExit: n.take}
		stop := r.watch(t, w)
		defer stop()
		for i := range 60 {
			id := fmt.Sprintf("w%d", i)
			switch i % 3 {
			case 0:
				r.launch(t, spec(id, "exit", "1"))
			case 1: // killed by a stranger, and removed
				r.launch(t, spec(id, "serve"))
				if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{id}}); err != nil {
					t.Error(err)
				}
			case 2: // an orphan
				r.orphan(t, id, "exit", "0")
			}
			rest(time.Second)
			if i%3 < 2 {
				if _, err := r.Cleanup(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
		}
		rest(time.Minute)
		if held := w.Held(); held["orphans"] != 20 {
			t.Errorf("got %v", held)
		}
		if _, err := r.Reap(t.Context(), worker.Reaper{Grace: -1}); err != nil {
			t.Error(err)
		}
		rest(time.Minute)
		for what, n := range w.Held() {
			if n > 0 {
				t.Errorf("%d %s are held", n, what)
			}
		}
		if got := strings.Count(r.log.String(), "container of no worker"); got != 20 {
			t.Errorf("20 orphans were told of %d times", got)
		}
		if len(n.list()) != 40 {
			t.Errorf("got %d exits, want 40", len(n.list()))
		}
		r.wantNothingLeft(t)
	})
}

// instance returns the value of the Manager's label.
func (r *rig) instance(t testing.TB) string {
	t.Helper()
	p, err := r.Plan(t.Context(), spec("any", "serve"))
	if err != nil {
		t.Fatal(err)
	}
	return p.Setting.Instance
}

// orphan starts a container that looks like a worker's of this root, and that no worker owns.
func (r *rig) orphan(t testing.TB, id string, command ...string) {
	t.Helper()
	work := filepath.Join(r.Root, "work", id, "work")
	if err := os.MkdirAll(work, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := r.docker().Run(t.Context(), dockercmd.Run{Name: id, Image: image, Command: command,
		Mounts: []dockercmd.Mount{{Type: "bind", Source: work, Target: "/worker"}},
		Labels: map[string]string{worker.LabelWorker: id, worker.LabelLaunch: "x", worker.LabelInstance: r.instance(t)}})
	if err != nil {
		t.Fatal(err)
	}
	// Its files are gone, as after a cleanup that knew nothing of it.
	if err := os.RemoveAll(filepath.Join(r.Root, "work", id)); err != nil {
		t.Fatal(err)
	}
}

// count returns how often docker was run with a subcommand.
func (r *rig) count(subcommand string) (n int) {
	for _, c := range r.calls.Records() {
		if c.Argv[1] == subcommand {
			n++
		}
	}
	return n
}

// TestWatcherCalmsDown checks that a worker that could not be inspected once is not inspected for ever.
func TestWatcherCalmsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var f faults
		r.setFault(f.fault)
		stop := r.watch(t, &worker.Watcher{})
		defer stop()
		f.set("inspect", runnertest.Broken())
		r.launch(t, spec("w1", "serve"))
		rest(time.Minute)
		f.set("inspect", nil)
		rest(time.Minute)
		before := r.count("inspect")
		rest(10 * time.Minute)
		if n := r.count("inspect") - before; n > 0 {
			t.Errorf("it was inspected %d times more", n)
		}
	})
}

// TestWatcherKeepsNews checks that a relist that was asked for before an end, and answered after it, does not make the end
// forgotten.
func TestWatcherKeepsNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var n notices
		r.launch(t, spec("w1", "serve"))
		r.Docker.Runner = late(r.calls, map[string]time.Duration{"ps": 10 * time.Second, "inspect": 15 * time.Second})
		stop := r.watch(t, &worker.Watcher{OnExit: n.take})
		rest(time.Minute)
		for r.count("ps")*2 < 12 { // a relist has been asked for a moment ago
			rest(time.Second)
		}
		if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
			t.Error(err)
		}
		rest(time.Minute)
		stop()
		wantList(t, n.list(), []string{"w1 exit code 137 (killed)"})
	})
}

// TestWatcherSeesSilentRelaunch checks that a worker that another process launches anew, while there are no events, and whose
// container a stranger removes before the next relist, has an exit all the same.
func TestWatcherSeesSilentRelaunch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var f faults
		r.setFault(f.fault)
		f.set("events", runnertest.Down())
		var n notices
		stop := r.watch(t, &worker.Watcher{OnExit: n.take})
		r.launch(t, spec("w1", "exit", "1"))
		rest(time.Minute)
		other := r.another(r.Root)
		if _, err := other.Launch(t.Context(), spec("w1", "serve")); err != nil {
			t.Fatal(err)
		}
		if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
			t.Error(err)
		}
		rest(time.Minute)
		stop()
		wantList(t, n.list(), []string{"w1 exit code 1", "w1 unknown: the container is gone"})
	})
}

// TestRecoverEnds checks that Recover comes back, and says so, when its context ends and when the engine answers ps alone.
func TestRecoverEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var f faults
		r.setFault(f.fault)
		r.launch(t, spec("w1", "serve"))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Recover(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		f.set("inspect", hung())
		began := time.Now()
		report, err := r.Recover(t.Context())
		if !errors.Is(err, client.ErrTimeout) || time.Since(began) > client.DefaultShort+10*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		if len(report.Alive) != 1 || report.Alive[0].State != worker.Running {
			t.Errorf("got %+v", report)
		}
		f.set("inspect", nil)
		if _, err := r.Recover(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestBatchOnASickEngine checks that a verb for many workers does not take a deadline for each of them.
func TestBatchOnASickEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var f faults
		r.setFault(f.fault)
		var ids []string
		for i := range 40 {
			ids = append(ids, fmt.Sprintf("w%d", i))
			r.launch(t, spec(ids[i], "serve"))
		}
		f.set("", hung())
		for name, verb := range map[string]func(context.Context, ...string) []worker.Outcome{"stop": r.StopAll, "kill": r.KillAll,
			"cleanup": r.CleanupAll} {
			began := time.Now()
			for _, o := range verb(t.Context(), ids...) {
				if !errors.Is(o.Err, client.ErrTimeout) || o.Exit != nil {
					t.Errorf("%s %s: got %v, %v", name, o.ID, o.Exit, o.Err)
				}
			}
			if took := time.Since(began); took > 3*time.Minute {
				t.Errorf("%s took %v", name, took)
			}
		}
		f.set("", nil)
		for _, o := range append(r.StopAll(t.Context(), ids...), r.CleanupAll(t.Context(), ids...)...) {
			if o.Err != nil || o.Exit == nil || o.Exit.Code != 0 {
				t.Errorf("%s: got %v, %v", o.ID, o.Exit, o.Err)
			}
		}
		r.wantNothingLeft(t)
	})
}

// TestWatcherHints checks that a launch whose supervisor fell before it heard docker run's answer is found by the id in its cid
// file, also when somebody has given the container another name meanwhile.
func TestWatcherHints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		l := r.launch(t, spec("w1", "serve"))
		if err := worker.ForgetContainer(r.Manager, "w1"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := runner.Output(t.Context(), r.fake, runner.Cmd{Argv: []string{"docker", "rename", "w1", "other"}},
			runner.Limits{}); err != nil {
			t.Fatal(err)
		}
		var n notices
		w := &worker.Watcher{OnExit: n.take}
		stop := r.watch(t, w)
		rest(5 * time.Second)
		if got := fmt.Sprint(w.Health().Workers); got != "map[running:1]" {
			t.Errorf("got %s", got)
		}
		if err := r.docker().Kill(t.Context(), dockercmd.Kill{Containers: []string{l.Container}}); err != nil {
			t.Fatal(err)
		}
		rest(5 * time.Second)
		stop()
		wantList(t, n.list(), []string{"w1 exit code 137 (killed)"})
	})
}

// TestWatcherStorm checks that in the worker-launcher's dialect, without events and labels, the relist alone tells of exits.
func TestWatcherStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.Docker.Engine.Dialect = dockercmd.Storm
		var n notices
		stop := r.watch(t, &worker.Watcher{OnExit: n.take})
		r.launch(t, spec("w1", "exit", "7"))
		r.launch(t, spec("w2", "serve"))
		rest(10 * time.Second)
		wantList(t, n.list(), []string{"w1 exit code 7"})
		if _, err := r.Stop(t.Context(), "w2"); err != nil {
			t.Fatal(err)
		}
		rest(10 * time.Second)
		stop()
		wantList(t, n.list(), []string{"w1 exit code 7", "w2 exit code 0"})
		for _, c := range r.calls.Records() {
			if c.Argv[1] == "events" || c.Argv[1] == "wait" {
				t.Errorf("docker was run: %q", c.Argv)
			}
		}
	})
}

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// notices takes exits, and remembers them.
type notices struct {
	mu     sync.Mutex
	taken  []worker.Notice
	refuse func(worker.Notice) error // nil takes all
}

func (n *notices) take(_ context.Context, e worker.Notice) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != nil {
		if err := n.refuse(e); err != nil {
			return err
		}
	}
	n.taken = append(n.taken, e)
	return nil
}

// list returns what was taken, as "worker reason".
func (n *notices) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := []string{}
	for _, e := range n.taken {
		list = append(list, e.Worker+" "+e.Exit.Reason)
	}
	slices.Sort(list)
	return list
}

// watch runs a Watcher until stop is called. It is for synctest bubbles: it returns when the Watcher has come to rest.
func (r *rig) watch(t testing.TB, w *worker.Watcher) (stop func()) {
	t.Helper()
	if w.Manager == nil {
		w.Manager = r.Manager
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

// rest lets the bubble's time pass, and everything in it come to rest.
func rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func wantList(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWatcherDelivers checks that exits reach OnExit once each, of workers that end by themselves, are stopped, are killed by a
// stranger, were there before, and are launched by another process.
func TestWatcherDelivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var n notices
		r.launch(t, spec("before", "exit", "3"))
		r.launch(t, spec("stays", "serve"))
		rest(time.Second)
		w := &worker.Watcher{OnExit: n.take}
		stop := r.watch(t, w)
		rest(time.Second)
		wantList(t, n.list(), []string{"before exit code 3"})
		r.launch(t, spec("ends", "exit", "7"))
		r.launch(t, spec("stopped", "serve"))
		r.launch(t, spec("killed", "serve"))
		other := r.another(r.Root)
		if _, err := other.Launch(t.Context(), spec("other", "exit", "9")); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Stop(t.Context(), "stopped"); err != nil {
			t.Fatal(err)
		}
		if err := r.docker().Kill(t.Context(), dockercmd.Kill{Containers: []string{"killed"}}); err != nil {
			t.Fatal(err)
		}
		rest(5 * time.Second)
		want := []string{"before exit code 3", "ends exit code 7", "killed exit code 137 (killed)", "other exit code 9",
			"stopped exit code 0"}
		wantList(t, n.list(), want)
		if got := fmt.Sprint(w.Health().Workers); got != "map[running:1]" {
			t.Errorf("got workers %s", got)
		}
		// Nothing comes again: not after a relist, nor from the next supervisor.
		rest(time.Minute)
		stop()
		stop = r.watch(t, &worker.Watcher{OnExit: n.take})
		rest(time.Minute)
		stop()
		wantList(t, n.list(), want)
		if pending, err := r.PendingExits(); err != nil || len(pending) > 0 {
			t.Errorf("got %v, %v", pending, err)
		}
	})
}

// TestWatcherRedelivers checks that what OnExit does not take comes again, also after the worker was cleaned up and launched anew,
// and to the next supervisor; each launch's exit once.
func TestWatcherRedelivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		n := notices{refuse: func(worker.Notice) error { return errors.New("not now") }}
		stop := r.watch(t, &worker.Watcher{OnExit: n.take})
		r.launch(t, spec("w1", "exit", "1"))
		rest(time.Second)
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Fatal(err)
		}
		r.launch(t, spec("w1", "exit", "2"))
		rest(time.Second)
		r.launch(t, spec("w1", "exit", "3"))
		rest(5 * time.Second)
		stop()
		wantList(t, n.list(), []string{})
		if pending, err := r.PendingExits(); err != nil || len(pending) != 3 {
			t.Errorf("got %v, %v", pending, err)
		}
		n.refuse = nil
		stop = r.watch(t, &worker.Watcher{OnExit: n.take})
		rest(5 * time.Second)
		stop()
		wantList(t, n.list(), []string{"w1 exit code 1", "w1 exit code 2", "w1 exit code 3"})
		codes := []int{}
		for _, e := range n.taken {
			codes = append(codes, e.Exit.Code)
		}
		if !slices.Equal(codes, []int{1, 2, 3}) {
			t.Errorf("one worker's exits came in the order %v", codes)
		}
	})
}

// TestWatcherUnknown checks that an engine that is down, or hangs, ends no worker; when it is back, its word counts.
func TestWatcherUnknown(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]*runnertest.Fault{"down": runnertest.Down(), "hung": {Release: make(chan struct{})}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				if fault.Release != nil {
					fault = &runnertest.Fault{Release: make(chan struct{})} // of this bubble
				}
				var n notices
				var mu sync.Mutex
				broken := false
				r.setFault(func(dockercmd.Command) *runnertest.Fault {
					mu.Lock()
					defer mu.Unlock()
					if broken {
						return fault
					}
					return nil
				})
				set := func(b bool) { mu.Lock(); broken = b; mu.Unlock() }
				var changes []worker.State
				w := &worker.Watcher{OnExit: n.take,
					OnChange: func(s worker.Status) { mu.Lock(); changes = append(changes, s.State); mu.Unlock() }}
				stop := r.watch(t, w)
				r.launch(t, spec("w1", "serve"))
				rest(time.Second)
				set(true)
				rest(3 * time.Minute)
				if h := w.Health(); h.Engine || h.Err == nil || h.Workers[worker.Unknown] != 1 {
					t.Errorf("got %v", h)
				}
				wantList(t, n.list(), []string{})
				set(false)
				rest(2 * time.Minute)
				if h := w.Health(); !h.Engine || h.Workers[worker.Running] != 1 {
					t.Errorf("got %v", h)
				}
				stop()
				wantList(t, n.list(), []string{})
				if !slices.Equal(changes, []worker.State{worker.Running, worker.Unknown, worker.Running}) {
					t.Errorf("got changes %v", changes)
				}
			})
		})
	}
}

// TestWatcherWaits checks that Wait of many workers starts no docker process of its own while a Watcher runs.
func TestWatcherWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		stop := r.watch(t, &worker.Watcher{})
		var all sync.WaitGroup
		for i := range 20 {
			id := fmt.Sprintf("w%d", i)
			r.launch(t, spec(id, "serve"))
			all.Go(func() {
				if e, err := r.Wait(t.Context(), id); err != nil || e.Code != 137 {
					t.Errorf("got %+v, %v", e, err)
				}
			})
		}
		rest(time.Second)
		for i := range 20 {
			if err := r.docker().Kill(t.Context(), dockercmd.Kill{Containers: []string{fmt.Sprintf("w%d", i)}}); err != nil {
				t.Error(err)
			}
		}
		all.Wait()
		for _, c := range r.calls.Records() {
			if c.Argv[1] == "wait" {
				t.Errorf("docker was run: %q", c.Argv)
			}
		}
		stop()
	})
}

// TestTwoSupervisors checks that the second of one root, or of one instance on one machine, is refused, and told who is first.
func TestTwoSupervisors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.Instance = "one"
		stop := r.watch(t, &worker.Watcher{})
		defer stop()
		twin := r.another(t.TempDir() + "/root")
		twin.Instance = "one"
		neighbour := r.another(t.TempDir() + "/root")
		neighbour.Instance = "two"
		for m, want := range map[*worker.Manager]error{r.another(r.Root): worker.ErrLocked, twin: worker.ErrLocked,
			neighbour: nil} {
			if _, err := m.Recover(t.Context()); !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("got %v, want %v", err, want)
			}
		}
	})
}

var _ = client.ErrTimeout

func TestExitKind(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]worker.Exit{
		"oom":     {Code: 137, Known: true, OOM: true, Stopped: true},
		"unknown": {Reason: "unknown"},
		"stopped": {Code: 143, Known: true, Stopped: true},
		"signal":  {Code: 139, Known: true},
		"failure": {Code: 3, Known: true, OOM: true},
		"success": {Known: true},
	} {
		if got := e.Kind(); got != want {
			t.Errorf("%+v: got %s, want %s", e, got, want)
		}
	}
}

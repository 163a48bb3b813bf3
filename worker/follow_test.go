package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// follow runs Follow until the test ends.
func follow(t *testing.T, m *worker.Manager) <-chan worker.Change {
	t.Helper()
	changes := make(chan worker.Change, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- m.Follow(ctx, func(c worker.Change) { changes <- c }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
	return changes
}

// wantChanges takes changes and holds them to texts as changeText writes them, in order. States that pass by may come between:
// whether docker events or the list is quicker to tell is a matter of luck.
func wantChanges(t *testing.T, changes <-chan worker.Change, want ...string) {
	t.Helper()
	for _, w := range want {
		for got := ""; got != w; {
			select {
			case c := <-changes:
				got = changeText(c)
				passes := []worker.State{worker.Launching, worker.Running, worker.Stopping}
				if c.Status.Exit == nil {
					passes = append(passes, worker.Exited) // its exit is told when it is recorded
				}
				if got != w && !slices.Contains(passes, c.Status.State) {
					t.Errorf("got  %s\nwant %s", got, w)
				}
				if age := time.Since(c.At); age < 0 || age > 10*time.Minute {
					t.Errorf("%s: it was at %v", w, c.At)
				}
			case <-time.After(2 * time.Minute):
				t.Fatalf("nothing came, want %q", w)
			}
		}
	}
}

func changeText(c worker.Change) string {
	switch {
	case c.Status.ID == "" && c.Err == nil:
		return "well"
	case c.Status.ID == "":
		return "error"
	}
	text := fmt.Sprintf("%s %s", c.Status.ID, c.Status.State)
	if c.Status.Exit != nil {
		text += " " + c.Status.Exit.Reason
	}
	return text
}

func TestFollowTellsLives(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("before", "serve"))
	r.launch(t, spec("over", "exit", "3"))
	waitOnFake(t, r, "over")
	beside := r.another(r.Root) // another process
	changes := follow(t, beside)
	wantChanges(t, changes, "before running", "over exited exit code 3")
	r.launch(t, spec("w1", "exit", "7"))
	wantChanges(t, changes, "w1 exited exit code 7")
	if _, err := r.Stop(t.Context(), "before"); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, changes, "before exited exit code 0")
	if _, err := r.Cleanup(t.Context(), "before"); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, changes, "before gone exit code 0")
	// Launched anew: another container of the same name.
	r.launch(t, spec("w1", "serve"))
	wantChanges(t, changes, "w1 running")
	// A stranger removes it: what docker's events tell is known all the same.
	if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, changes, "w1 exited exit code 137 (killed)")
	if n, err := r.PendingExits(); err != nil || len(n) > 0 && n[0].Worker != "before" {
		t.Errorf("got %v, %v", n, err)
	}
}

// TestFollowBesideASupervisor checks that Follow holds no lock and takes no exit.
func TestFollowBesideASupervisor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	exits := make(chan worker.Notice, 10)
	w := &worker.Watcher{Manager: r.Manager, OnExit: func(_ context.Context, n worker.Notice) error { exits <- n; return nil }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	first, second := follow(t, r.another(r.Root)), follow(t, r.another(r.Root))
	r.launch(t, spec("w1", "hog", "100"))
	if _, err := r.Kill(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	for _, changes := range []<-chan worker.Change{first, second} {
		for {
			var c worker.Change
			select {
			case c = <-changes:
			case <-time.After(2 * time.Minute):
				t.Fatal("the exit did not come")
			}
			if c.Status.State == worker.Exited {
				break
			}
		}
	}
	if n := <-exits; n.Worker != "w1" {
		t.Errorf("got %+v", n)
	}
}

func TestFollowTellsOfASickEngine(t *testing.T) {
	t.Parallel()
	r := withCgroups(t)
	var down atomic.Bool
	r.setFault(func(dockercmd.Command) *runnertest.Fault {
		if down.Load() {
			return runnertest.Down()
		}
		return nil
	})
	r.launch(t, spec("w1", "serve"))
	down.Store(true)
	changes := follow(t, r.another(r.Root)) // which cannot see the cgroups
	wantChanges(t, changes, "error", "w1 unknown")
	down.Store(false)
	wantChanges(t, changes, "well", "w1 running")
}

// TestFollowAsksOnceForABurst checks that the ends of many workers cost few calls of docker inspect.
func TestFollowAsksOnceForABurst(t *testing.T) {
	t.Parallel()
	const workers = 60
	r := newRig(t)
	calls := &runner.Recorder{Runner: r.fake}
	m := r.another(r.Root)
	m.Docker.Runner = calls
	ids := make([]string, workers)
	for i := range ids {
		ids[i] = fmt.Sprintf("w%d", i)
		s := spec(ids[i], "serve")
		s.Memory = 6 * dockercmd.MiB
		r.launch(t, s)
	}
	changes := follow(t, m)
	for range workers {
		<-changes
	}
	for _, o := range r.KillAll(t.Context(), ids...) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	for exits := 0; exits < workers; {
		select {
		case c := <-changes:
			if c.Status.State == worker.Exited {
				exits++
			}
		case <-time.After(2 * time.Minute):
			t.Fatalf("%d of %d exits came", exits, workers)
		}
	}
	inspects := 0
	for _, c := range calls.Records() {
		if strings.Contains(strings.Join(c.Argv, " "), " inspect ") {
			inspects++
		}
	}
	if inspects > workers/2 {
		t.Errorf("%d inspects for %d ends", inspects, workers)
	}
}

func TestUsageOf(t *testing.T) {
	t.Parallel()
	r := withCgroups(t)
	s := spec("w1", "hog", "40")
	s.CgroupParent, s.Memory = "/storm", 64*dockercmd.MiB
	r.launch(t, s)
	statuses, err := r.Statuses(t.Context())
	if err != nil || len(statuses) != 1 {
		t.Fatalf("got %v, %v", statuses, err)
	}
	before := len(r.calls.Records())
	u, err := r.UsageOf(statuses[0])
	if limit, ok := u.Memory.Limit.Get(); err != nil || !ok || limit != 64<<20 {
		t.Errorf("got %+v, %v", u, err)
	}
	if n := len(r.calls.Records()) - before; n > 0 {
		t.Errorf("docker was asked %d times", n)
	}
	if _, err := r.UsageOf(worker.Status{ID: "w2"}); !errors.Is(err, cgroupread.ErrGone) {
		t.Errorf("got %v", err)
	}
}

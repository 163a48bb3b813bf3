package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/worker"
)

// canceller ends a context at the n-th docker call that it starts: before the client is started, while it works, or when it has
// answered.
type canceller struct {
	runner.Runner
	cancel context.CancelFunc
	moment string

	mu    sync.Mutex
	n     int // calls until then
	calls int
}

// The moments of a docker call at which a context may end.
var moments = []string{"before", "during", "after"}

func (c *canceller) Start(ctx context.Context, cmd runner.Cmd) (runner.Process, error) {
	c.mu.Lock()
	c.calls++
	now := c.calls == c.n
	c.mu.Unlock()
	if now && c.moment == "before" {
		c.cancel()
	}
	p, err := c.Runner.Start(ctx, cmd)
	if err != nil || !now {
		return p, err
	}
	if c.moment == "during" {
		c.cancel()
		return p, nil
	}
	return cancellingProcess{p, c.cancel}, nil
}

type cancellingProcess struct {
	runner.Process
	cancel context.CancelFunc
}

func (p cancellingProcess) Wait() error {
	defer p.cancel()
	return p.Process.Wait()
}

// cancelled is a call whose context ends.
type cancelled struct {
	name string
	// prepare brings about what there is before it.
	prepare func(t *testing.T, r *rig)
	call    func(ctx context.Context, m *worker.Manager) error
	// after holds what must be so after an error, beside what is held of all; nil is nothing.
	after func(t *testing.T, r *rig, err error)
}

func nothing(*testing.T, *rig) {}

func launching(s worker.Spec) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) { r.launch(t, s) }
}

func stays(id string) func(*testing.T, *rig, error) {
	return func(t *testing.T, r *rig, _ error) {
		if s, err := r.Status(t.Context(), id); err != nil || !s.State.Alive() {
			t.Errorf("%s is %+v, %v, and was only looked at", id, s, err)
		}
	}
}

var cancelledCalls = []cancelled{
	{"launch", nothing, func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Launch(ctx, spec("w1", "serve"))) },
		func(t *testing.T, r *rig, _ error) { r.wantNothingLeft(t) }},
	{"launch anew", launching(spec("w1", "exit", "3")), func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Launch(ctx, spec("w1", "serve")))
	}, func(t *testing.T, r *rig, err error) {
		if e, waitErr := r.Wait(t.Context(), "w1"); waitErr != nil || e.Code != 3 || !e.Known {
			t.Errorf("after %v the worker's exit was %+v, %v, want 3 as before", err, e, waitErr)
		}
	}},
	{"launch a worker that runs", launching(spec("w1", "serve")), func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Launch(ctx, spec("w1", "serve")))
	}, stays("w1")},
	{"stop", launching(spec("w1", "serve")), func(ctx context.Context,
		m *worker.Manager) error {
		return errorOf(m.Stop(ctx, "w1"))
	}, nil},
	{"kill", launching(spec("w1", "stubborn")), func(ctx context.Context,
		m *worker.Manager) error {
		return errorOf(m.Kill(ctx, "w1"))
	}, nil},
	{"stop all", launchingTwo, func(ctx context.Context,
		m *worker.Manager) error {
		return outcomesError(m.StopAll(ctx, "w1", "w2"))
	}, nil},
	{"kill all", launchingTwo, func(ctx context.Context,
		m *worker.Manager) error {
		return outcomesError(m.KillAll(ctx, "w1", "w2"))
	}, nil},
	{"cleanup", launching(spec("w1", "exit", "3")),
		func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Cleanup(ctx, "w1")) }, nil},
	{"cleanup all", launching(spec("w1", "exit", "3")), func(ctx context.Context, m *worker.Manager) error {
		return outcomesError(m.CleanupAll(ctx, "w1"))
	}, nil},
	{"wait", launching(spec("w1", "serve")), func(ctx context.Context, m *worker.Manager) error {
		soon, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return errorOf(m.Wait(soon, "w1"))
	}, stays("w1")},
	{"status", launching(spec("w1", "serve")), func(ctx context.Context,
		m *worker.Manager) error {
		return errorOf(m.Status(ctx, "w1"))
	}, stays("w1")},
	{"statuses", launchingTwo, func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Statuses(ctx)) }, stays("w1")},
	{"recover", launchingTwo, func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Recover(ctx)) }, stays("w1")},
	{"reap", orphaned, func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Reap(ctx, worker.Reaper{Grace: -1}))
	}, stays("w1")},
}

func launchingTwo(t *testing.T, r *rig) {
	r.launch(t, spec("w1", "serve"))
	r.launch(t, spec("w2", "serve"))
}

// orphaned launches a worker, and starts a container of the instance that no worker owns.
func orphaned(t *testing.T, r *rig) {
	r.launch(t, spec("w1", "serve"))
	r.orphan(t, "orphan")
}

// TestCancelled ends the context of every call of the Manager at every docker call that it makes: before it, during it and behind
// it. The error is the context's, at once; nothing is left of a launch; what was only looked at is as it was; and Cleanup gets rid
// of all that is left of the others.
func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, c := range cancelledCalls {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			points := 0
			for n := 1; ; n++ {
				reached := false
				for _, moment := range moments {
					synctest.Test(t, func(t *testing.T) { reached = c.at(t, n, moment) })
				}
				if !reached {
					break
				}
				points++
			}
			if points == 0 {
				t.Error("it makes no docker call")
			}
			t.Logf("%d docker calls, %d moments each", points, len(moments))
		})
	}
}

// at makes the call, and reports whether it has come to its n-th docker call.
func (c cancelled) at(t *testing.T, n int, moment string) (reached bool) {
	where := fmt.Sprintf("%s docker call %d", moment, n)
	r := newRig(t)
	defer r.fake.Close()
	c.prepare(t, r)
	rest(time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m := r.another(r.Root)
	cutter := &canceller{Runner: r.calls, cancel: cancel, moment: moment, n: n}
	m.Docker.Runner = cutter
	began := time.Now()
	err := c.call(ctx, m)
	took := time.Since(began)
	reached = cutter.calls >= n
	switch {
	case !reached && err != nil && c.name != "wait":
		t.Errorf("%s: never reached, and got %v", where, err)
	case reached && err == nil && moment == "before":
		t.Errorf("%s: no error", where)
	case reached && err != nil && !errors.Is(err, context.Canceled) &&
		!(c.name == "wait" && errors.Is(err, context.DeadlineExceeded)):
		t.Errorf("%s: got %v", where, err)
	case reached && took > time.Minute:
		t.Errorf("%s: it took %v", where, took)
	}
	if err != nil && c.after != nil {
		c.after(t, r, err)
	}
	// Somebody comes back to it later.
	ids := []string{}
	all, err := r.Statuses(t.Context())
	if err != nil {
		t.Errorf("%s: statuses: %v", where, err)
	}
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	for _, o := range slices.Concat(r.StopAll(t.Context(), ids...), r.CleanupAll(t.Context(), ids...)) {
		if o.Err != nil {
			t.Errorf("%s: %s: %v", where, o.ID, o.Err)
		}
	}
	if _, err := r.Reap(t.Context(), worker.Reaper{Grace: -1}); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	r.wantNothingLeft(t)
	if t.Failed() {
		t.Fatalf("%s: failed", where)
	}
	return reached
}

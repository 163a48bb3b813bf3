package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// TestPendingExitsAreNotInTheWay checks that others are delivered, however many exits are refused again and again.
func TestPendingExitsAreNotInTheWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		n := notices{refuse: func(e worker.Notice) error {
			if strings.HasPrefix(e.Worker, "poor") {
				return errors.New("never")
			}
			return nil
		}}
		stop := r.watch(t, &worker.Watcher{OnExit: n.take})
		defer stop()
		for i := range 40 {
			r.launch(t, spec(fmt.Sprintf("poor%d", i), "exit", "1"))
		}
		rest(10 * time.Minute) // they rest for a minute each by now
		r.launch(t, spec("good", "exit", "2"))
		rest(2 * time.Second)
		wantList(t, n.list(), []string{"good exit code 2"})
	})
}

// TestSlowListeners checks that an OnChange and an OnExit that do not come back hold up nobody's other exits.
func TestSlowListeners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		release := make(chan struct{})
		var n notices
		w := &worker.Watcher{
			OnChange: func(worker.Status) { <-release },
			OnExit: func(ctx context.Context, e worker.Notice) error {
				if e.Worker == "stuck" {
					<-release
				}
				return n.take(ctx, e)
			},
		}
		stop := r.watch(t, w)
		r.launch(t, spec("stuck", "exit", "1"))
		rest(time.Second)
		r.launch(t, spec("w1", "exit", "2"))
		rest(2 * time.Second)
		wantList(t, n.list(), []string{"w1 exit code 2"})
		if h := w.Health(); h.PendingExits != 1 {
			t.Errorf("got %v", h)
		}
		close(release)
		rest(time.Second)
		stop()
		wantList(t, n.list(), []string{"stuck exit code 1", "w1 exit code 2"})
	})
}

// TestFailedRelaunchForgetsNoAck checks that an exit that is acknowledged while the worker's next launch is under way does not
// come again when that launch fails and the checkpoint of before is put back.
func TestFailedRelaunchForgetsNoAck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var f faults
		r.setFault(f.fault)
		refusing := true
		n := notices{refuse: func(worker.Notice) error {
			if refusing {
				return errors.New("not now")
			}
			return nil
		}}
		stop := r.watch(t, &worker.Watcher{OnExit: n.take})
		r.launch(t, spec("w1", "exit", "3"))
		rest(time.Second)
		f.set("run", &runnertest.Fault{Delay: 2 * time.Minute,
			Reply: &runnertest.Reply{Stderr: "docker: Error response from daemon: no.\n", Code: 125}})
		n.mu.Lock()
		refusing = false
		n.mu.Unlock()
		if _, err := r.Launch(t.Context(), spec("w1", "exit", "4")); err == nil {
			t.Error("got no error")
		}
		rest(5 * time.Minute)
		stop()
		stop = r.watch(t, &worker.Watcher{OnExit: n.take})
		rest(time.Minute)
		stop()
		wantList(t, n.list(), []string{"w1 exit code 3"})
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		r.wantNothingLeft(t)
	})
}

// TestWaitOutlivesTheWatcher checks that a Wait is served by a Watcher that comes and goes, and may be given up at any time.
func TestWaitOutlivesTheWatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		waited := make(chan error, 1)
		w := &worker.Watcher{}
		stop := r.watch(t, w)
		go func() {
			_, err := r.Wait(t.Context(), "w1")
			waited <- err
		}()
		for range 50 {
			soon, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := r.Wait(soon, "w1"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			cancel()
			rest(time.Millisecond)
		}
		if got := w.Held()["waiters"]; got != 1 {
			t.Errorf("%d wait, want 1", got)
		}
		stop()
		rest(time.Second)
		if err := r.docker().Kill(t.Context(), dockercmd.Kill{Containers: []string{"w1"}}); err != nil {
			t.Error(err)
		}
		if err := <-waited; err != nil {
			t.Error(err)
		}
	})
}

// TestHungListeners checks that calls of OnExit that do not return show in the Watcher's health, hold up others only when there are
// MaxDeliveries of them, and do not hold up the end of Run.
func TestHungListeners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		release := make(chan struct{})
		var n notices
		w := &worker.Watcher{Manager: r.Manager, MaxDeliveries: 3, OnExit: func(ctx context.Context, e worker.Notice) error {
			if strings.HasPrefix(e.Worker, "hung") {
				<-release
			}
			return n.take(ctx, e)
		}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		began := time.Now()
		for _, id := range []string{"hung1", "hung2", "well"} {
			r.launch(t, spec(id, "exit", "1"))
		}
		rest(time.Minute)
		wantList(t, n.list(), []string{"well exit code 1"})
		h := w.Health()
		if h.Deliveries != 2 || h.PendingExits != 2 || h.OldestDelivery.Sub(began) > 10*time.Second || !strings.Contains(h.String(),
			"2 handed over since") {
			t.Errorf("got %+v, %v", h, h)
		}
		ended := time.Now()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || time.Since(ended) > 10*time.Second {
			t.Errorf("got %v after %v", err, time.Since(ended))
		}
		close(release)
		synctest.Wait()
	})
}

// TestTwoEndsOfOneNumber checks that the end of a worker's second life is handed over, although its checkpoint was lost with the
// first end, which had not been acknowledged, and the second one has the number of the first for that.
func TestTwoEndsOfOneNumber(t *testing.T) {
	t.Parallel()
	for name, cleanup := range map[string]bool{"in its checkpoint": false, "kept": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				r.launch(t, spec("w1", "serve"))
				var ready atomic.Bool
				n := notices{refuse: func(worker.Notice) error {
					if !ready.Load() {
						return errors.New("not yet")
					}
					return nil
				}}
				stop := r.watch(t, &worker.Watcher{OnExit: n.take, Relist: time.Second})
				rest(10 * time.Second)
				r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
				rest(10 * time.Second)
				if err := os.WriteFile(filepath.Join(r.Root, "workers", "w1", "worker.json"), []byte("damaged"), 0o600); err != nil {
					t.Fatal(err)
				}
				r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
				rest(time.Minute)
				r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
				rest(time.Minute)
				if cleanup {
					if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
						t.Error(err)
					}
				}
				ready.Store(true)
				rest(10 * time.Minute)
				wantList(t, n.list(), []string{"w1 exit code 137 (killed)", "w1 exit code 137 (killed)"})
				stop()
			})
		})
	}
}

// TestOneEndOfTwoStarts checks that one end is handed over once, although docker events and inspect differ by some milliseconds in
// when the container started, and the checkpoint was written anew in between.
func TestOneEndOfTwoStarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		started := regexp.MustCompile(`"StartedAt": ?"([^"]*)"`)
		earlier := func(out []byte) []byte {
			return started.ReplaceAllFunc(out, func(field []byte) []byte {
				at, err := time.Parse(time.RFC3339Nano, string(started.FindSubmatch(field)[1]))
				if err != nil {
					t.Error(err)
				}
				return []byte(`"StartedAt": "` + at.Add(-3*time.Millisecond).Format(time.RFC3339Nano) + `"`)
			})
		}
		var ready atomic.Bool
		n := notices{refuse: func(worker.Notice) error {
			if !ready.Load() {
				return errors.New("not yet")
			}
			return nil
		}}
		a := away{as: on("inspect", &runnertest.Fault{Lie: earlier})}
		r.setFault(a.fault)
		stop := r.watch(t, &worker.Watcher{OnExit: n.take, Relist: time.Second})
		r.launch(t, spec("w1", "serve"))
		rest(10 * time.Second)
		r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
		rest(10 * time.Second)
		a.goes()
		if err := os.WriteFile(filepath.Join(r.Root, "workers", "w1", "worker.json"), []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		rest(time.Minute)
		ready.Store(true)
		rest(10 * time.Minute)
		stop()
		wantList(t, n.list(), []string{"w1 exit code 137 (killed)"})
		r.setFault(nil)
	})
}

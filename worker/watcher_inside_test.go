package worker

import (
	"context"
	"os"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/pidwatch"
)

// TestRecentEvents checks that what a new stream tells again is known, and what is remembered does not grow, not even when the
// engine's clock is set back.
func TestRecentEvents(t *testing.T) {
	t.Parallel()
	var h recentEvents
	clock := time.Now()
	for i := range 20_000 {
		clock = clock.Add(100 * time.Millisecond)
		if i%7000 == 6999 {
			clock = clock.Add(-time.Hour)
		}
		if e := (output.Event{Time: clock, Action: "die", ActorID: "a"}); !h.add(e) || h.add(e) {
			t.Fatalf("event %d is not new once", i)
		}
		if i > 100 && i%7000 < 6900 && i%7000 > 30 {
			if h.add(output.Event{Time: clock.Add(-eventsOverlap - time.Second), Action: "die", ActorID: "a"}) {
				t.Fatalf("event %d: what came 3 seconds ago is new", i)
			}
		}
		if n := len(h.now) + len(h.then); n > 100 {
			t.Fatalf("%d events are remembered", n)
		}
	}
}

// TestRecheckInTime checks that further deaths do not put off the look at those before.
func TestRecheckInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c rechecks
		c.start()
		defer c.timer.Stop()
		began := time.Now()
		for i := range 4 {
			c.add(&track{cp: &checkpoint{ID: strconv.Itoa(i)}}, time.Now().Add(confirmTime))
			time.Sleep(confirmTime / 5)
		}
		<-c.timer.C
		if took := time.Since(began); took != confirmTime {
			t.Errorf("got %v", took)
		}
	})
}

// TestAwaitUnheard checks that a Wait which begins at the moment when the loop ends is not forgotten.
func TestAwaitUnheard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &Watcher{Manager: &Manager{Root: t.TempDir()}}
		r := newReconciler(t.Context(), w.Manager, &w.health)
		w.run = r
		back := make(chan bool, 1)
		go func() { back <- w.await(nil, "w1", "launch") }()
		synctest.Wait()
		r.loop.close() // and what was posted is never called
		if <-back {
			t.Error("it was watched")
		}
	})
}

// TestRelisterKeepsWishes checks that a list which is asked for while another one is answered is not put off to the usual time.
func TestRelisterKeepsWishes(t *testing.T) {
	t.Parallel()
	for name, wishes := range map[string][]time.Duration{"at once": {0}, "soon": {300 * time.Millisecond},
		"soon, and again later": {0, 2 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				l := newLoop(ctx)
				began := time.Now()
				var asked []time.Duration
				r := relister[int]{loop: l, every: time.Hour}
				r.ask = func() func(context.Context) int {
					asked = append(asked, time.Since(began))
					return func(ctx context.Context) int { time.Sleep(100 * time.Millisecond); return 0 }
				}
				r.answered = func(int) { r.next(nil, true) }
				r.start()
				<-r.timer.C
				r.begin()
				time.Sleep(50 * time.Millisecond)
				for _, d := range wishes {
					r.soon(d)
				}
				for end := time.After(time.Minute); ctx.Err() == nil; {
					select {
					case <-r.timer.C:
						r.begin()
					case <-l.wake:
						l.runPosted()
					case <-end:
						cancel()
					}
				}
				last := 50*time.Millisecond + wishes[len(wishes)-1]
				if got := asked[len(asked)-1]; len(asked) < 2 || got < last || got > last+50*time.Millisecond {
					t.Errorf("asked at %v, want the last time at %v", asked, last)
				}
			})
		})
	}
}

// TestWatchProcessAgain checks that a process which could not be watched for lack of descriptors is watched when there are some. It
// is not parallel: the limit is the test process's own.
func TestWatchProcessAgain(t *testing.T) {
	group, err := (cgroupread.Host{}).ByPID(os.Getpid())
	if err != nil {
		t.Skipf("NOT TESTED: no cgroup: %v", err)
	}
	set, err := pidwatch.New()
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	set.Close()
	var health healthKeeper
	r := newReconciler(t.Context(), &Manager{Root: t.TempDir()}, &health)
	defer func() {
		r.processes.close()
		r.loop.close()
	}()
	for _, name := range []string{"no set", "a set"} {
		tr := &track{cp: &checkpoint{ID: name, Container: group.String()}}
		withoutDescriptors(t, func() { r.watchProcess(tr, os.Getpid()) })
		if tr.pid != 0 || tr.hasGroup || tr.obs.pidWatched || r.processes.off {
			t.Errorf("%s, no descriptor: got %+v, off %v", name, tr, r.processes.off)
		}
		r.watchProcess(tr, os.Getpid())
		if tr.pid != os.Getpid() || !tr.hasGroup || !tr.obs.pidWatched {
			t.Errorf("%s, again: got %+v", name, tr)
		}
	}
}

// withoutDescriptors calls f while this process cannot open anything.
func withoutDescriptors(t *testing.T, f func()) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}

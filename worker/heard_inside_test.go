package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// TestHeardEvents: what a new stream tells again is known, and what is remembered does not grow, not even when the engine's clock is set back.
func TestHeardEvents(t *testing.T) {
	t.Parallel()
	var h heardEvents
	clock := time.Now()
	for i := range 20_000 {
		clock = clock.Add(100 * time.Millisecond)
		if i%7000 == 6999 {
			clock = clock.Add(-time.Hour)
		}
		if e := (output.Event{Time: clock, Action: "die", ActorID: "a"}); !h.isNew(e) || h.isNew(e) {
			t.Fatalf("event %d is not new once", i)
		}
		if i > 100 && i%7000 < 6900 && i%7000 > 30 {
			if h.isNew(output.Event{Time: clock.Add(-eventsOverlap - time.Second), Action: "die", ActorID: "a"}) {
				t.Fatalf("event %d: what came 3 seconds ago is new", i)
			}
		}
		if n := len(h.now) + len(h.then); n > 100 {
			t.Fatalf("%d events are remembered", n)
		}
	}
}

// TestSettleInTime: further deaths do not put off the look at those before.
func TestSettleInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &watch{settleTimer: time.NewTimer(time.Hour)}
		defer r.settleTimer.Stop()
		began := time.Now()
		for range 4 {
			r.settleIn(confirmTime)
			time.Sleep(confirmTime / 5)
		}
		<-r.settleTimer.C
		if took := time.Since(began); took != confirmTime {
			t.Errorf("got %v", took)
		}
	})
}

// TestAwaitUnheard: who begins to wait at the moment when the loop ends is not forgotten.
func TestAwaitUnheard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &Watcher{Manager: &Manager{Root: t.TempDir()}}
		r := newWatch(t.Context(), w)
		w.run = r
		back := make(chan bool, 1)
		go func() { back <- w.await(nil, "w1", "launch") }()
		synctest.Wait()
		close(r.over) // and nobody has looked into the queue
		if <-back {
			t.Error("it was watched")
		}
	})
}

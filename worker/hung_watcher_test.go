package worker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/worker"
)

// TestHungWatcher checks that a Watcher under which docker hangs reports no end, learns of ends as soon as something answers, ends
// when it is told to, and leaves nothing.
func TestHungWatcher(t *testing.T) {
	enginetest.Slow(t)
	for _, by := range []string{"ps", "inspect", "events", "ps inspect events"} {
		for _, how := range []string{hangPolite, hangStubborn, hangHalfway} {
			if how == hangHalfway && strings.Contains(by, "events") {
				how = hangStubborn // a stream has no half
				if testing.Short() {
					continue
				}
			}
			t.Run(strings.ReplaceAll(by, " ", "-")+"/"+how, func(t *testing.T) { hungWatcher(t, how, strings.Fields(by)) })
		}
	}
}

func hungWatcher(t *testing.T, how string, by []string) {
	h := newHungRig(t)
	direct := h.another(h.Root)
	for _, id := range []string{"w-run", "w-end"} {
		if _, err := direct.Launch(t.Context(), hungSpec(id, "serve")); err != nil {
			t.Fatal(err)
		}
	}
	before := h.counted(t)
	h.hang(how, by...)
	var n notices
	w := &worker.Watcher{Manager: h.Manager, OnExit: n.take, Relist: 300 * time.Millisecond}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	sick := func() bool { h := w.Health(); return !h.Engine && h.Err != nil }
	if by[0] != "ps" {
		sick = func() bool { return w.Health().Engine }
	}
	eventually(t, "the Watcher has a view of the engine", sick)
	if err := h.docker().Kill(t.Context(), dockercmd.Kill{Containers: []string{"w-end"}}); err != nil {
		t.Fatal(err)
	}
	if by[0] == "events" { // the relist tells of it
		eventually(t, "the exit is delivered", func() bool { return len(n.list()) == 1 })
	}
	h.heal()
	eventually(t, "the exit is delivered", func() bool { return len(n.list()) == 1 })
	wantList(t, n.list(), []string{"w-end exit code 137 (killed)"})
	h.hang(how, by...)
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the Watcher has not ended")
	}
	wantList(t, n.list(), []string{"w-end exit code 137 (killed)"})
	wantNoMore(t, before)
	h.heal()
	h.tidy(t, direct)
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if so() {
			return
		}
		<-time.After(2 * time.Millisecond)
	}
	t.Fatalf("it never came to be that %s", what)
}

package runnertest_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// eventsOf reads what docker events prints for a time that has passed.
func eventsOf(t *testing.T, d *runnertest.Docker, flags string) []output.Event {
	t.Helper()
	events, err := output.ParseEvents([]byte(must(t, d, "events --format json "+flags)))
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestEventsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": nil}}
		defer d.Close()
		begin := time.Now()
		for range 100 {
			must(t, d, "run --rm --network=none img") // seven events each
		}
		time.Sleep(time.Second)
		events := eventsOf(t, d, fmt.Sprintf("--since %d --until 0s", begin.Unix()))
		if len(events) != 256 {
			t.Errorf("got %d events, want the last 256 of 700", len(events))
		}
		for i := range events[1:] {
			if !events[i+1].Time.After(events[i].Time) {
				t.Fatalf("event %d has the time %v, the one before it %v", i+1, events[i+1].Time, events[i].Time)
			}
		}
	})
}

// TestEventsWithoutAGap starts a client with --since while containers come and go: it shows each event once.
func TestEventsWithoutAGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}}
		defer d.Close()
		for i := range 10 {
			must(t, d, fmt.Sprintf("run -d --name=w%d img", i))
		}
		p, out := begin(t, d, "events --since 0.0 --filter event=start --format {{.Actor.Attributes.name}}")
		for i := range 10 {
			must(t, d, fmt.Sprintf("run -d --name=w%d img", 10+i))
		}
		synctest.Wait()
		got := strings.Fields(out.stdout.String())
		for i, name := range got {
			if want := fmt.Sprintf("w%d", i); name != want {
				t.Errorf("event %d is of %s, want %s", i, name, want)
			}
		}
		if len(got) != 20 {
			t.Errorf("got %d events, want 20", len(got))
		}
		if err := p.Signal(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		if p.Wait() == nil {
			t.Error("the client has ended without an error, want its signal")
		}
	})
}

func TestEventFilterThatIsNotThere(t *testing.T) {
	t.Parallel()
	d := fake(t, patient)
	out, code := ask(t, d, "events --filter volume=x --until 0s")
	if want := "runnertest: the fake docker has no filter volume for events\n"; out != want || code != 125 {
		t.Errorf("got %q and exit code %d, want %q and 125", out, code, want)
	}
}

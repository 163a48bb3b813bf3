package worker_test

import (
	"os"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/worker"
)

// TestEngineProcesses counts the docker processes of workers' lives under a Watcher: launched, ended with a code, handed over,
// cleaned up. By a Lane there are two for each, beside the Lane's own. By lines alone there is also an inspect before the
// removal, and perhaps one when the event of the start comes after docker run's answer; who the engine is, it is asked once.
func TestEngineProcesses(t *testing.T) {
	t.Parallel()
	const lives = 5
	for name, lane := range map[string]*client.Lane{"lines": nil, "a lane": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newOnEngine(t)
			m.Docker.Lane = lane
			t.Cleanup(func() { lane.Close() })
			w, exit := m.watch(t)
			until(t, "the stream of events has lasted", func() bool { return w.Health().Events })
			<-time.After(6 * time.Second)
			before := len(m.calls.Records())
			for range lives {
				l := m.launch(t, m.spec(t, "until [ -e /worker/go ]; do sleep 0.1; done; exit 7"))
				until(t, "it runs", func() bool { return w.Health().Workers[worker.Running] == 1 })
				if err := os.WriteFile(m.own(l.ID, "go"), nil, 0o644); err != nil {
					t.Fatal(err)
				}
				if n := exit(l.ID); n.Exit.Code != 7 || !n.Exit.Known || n.Exit.StartedAt.IsZero() {
					t.Errorf("got %+v", n.Exit)
				}
				m.cleanup(t, l)
			}
			ran := map[string]int{}
			for _, r := range m.calls.Records()[before:] {
				ran[r.Argv[1]]++
			}
			t.Logf("%d lives: %v", lives, ran)
			most := map[string]int{"run": lives, "rm": lives}
			if lane == nil {
				// On a slow machine, a list is due now and then, and has some inspected.
				most["inspect"], most["info"], most["ps"] = 3*lives, 1, lives
			} else {
				most["system"] = lives - 1 // clients that have been idle
			}
			for subcommand, n := range ran {
				if n > most[subcommand] {
					t.Errorf("docker %s ran %d times, want %d at most", subcommand, n, most[subcommand])
				}
			}
		})
	}
}

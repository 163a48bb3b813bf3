package runnertest_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// ending returns how a client has ended.
func ending(p runner.Process, out *streams) string {
	code := 0
	if err := p.Wait(); err != nil {
		code = err.(*runner.ExitError).Code
	}
	text := out.stdout.String() + out.stderr.String()
	if i := strings.Index(text, "level=error"); i >= 0 {
		text = text[i:] // without the time
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, text))
}

// five ends after five seconds, with 5.
func five(ctx context.Context, _ *runnertest.Container) int {
	select {
	case <-time.After(5 * time.Second):
	case <-ctx.Done():
	}
	return 5
}

const cannotConnect = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"

// TestOutages compares the fake with what was seen on a 20.10.24 engine of the test's own, with client 28.2.2: clients that wait,
// and containers with an init (w1), without one (deaf), that end meanwhile (short), with a policy (always) and with --rm (rm).
func TestOutages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		how     runnertest.Outage
		clients map[string]string // how they end
		states  map[string]string // afterwards
		events  string            // of deaf and short, afterwards
		stop    time.Duration     // how long StopEngine takes
		start   time.Duration
	}{
		{runnertest.Killed,
			map[string]string{
				"run --init --name=fg img sleep inf": `125 level=error msg="error waiting for container: unexpected EOF"`,
				"start -a created":                   `125 level=error msg="error waiting for container: unexpected EOF"`,
				"wait w1":                            "1 unexpected EOF",
				"wait w1 short":                      "1 unexpected EOF\n" + cannotConnect,
				"events --filter type=volume":        "1 unexpected EOF",
				"logs -f w1":                         "1 unexpected EOF",
				"exec w1 sleep inf":                  "255",
				"stop -t 100 deaf":                   "1 " + runnertest.Broken().Engine,
			},
			map[string]string{"w1": "exited 143", "deaf": "exited 137", "short": "exited 5", "always": "running 0", "rm": "",
				"fg": "exited 143"},
			"deaf kill\ndeaf kill\ndeaf die\ndeaf stop\n", 0, 10 * time.Second},
		{runnertest.Stopped,
			map[string]string{
				"run --init --name=fg img sleep inf": "143",
				"start -a created":                   "143",
				"wait w1":                            "0 143",
				"wait w1 short":                      "0 143\n5",
				"events --filter type=volume":        "1 unexpected EOF",
				"logs -f w1":                         "0",
				"exec w1 sleep inf":                  "137",
				"stop -t 100 deaf":                   "0 deaf",
			},
			map[string]string{"w1": "exited 143", "deaf": "exited 137", "short": "exited 5", "always": "running 0", "rm": "",
				"fg": "exited 143"},
			"", 10 * time.Second, 0},
		{runnertest.LiveRestore,
			map[string]string{"wait w1": "1 unexpected EOF", "stop -t 100 deaf": "1 " + runnertest.Broken().Engine},
			map[string]string{"w1": "running 0", "deaf": "running 0", "short": "exited 5", "always": "running 0", "rm": ""},
			"", 0, 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.how), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": runnertest.Busybox, "five": five}}
				defer d.Close()
				must(t, d, "run -d --init --name=w1 img sleep inf")
				must(t, d, "run -d --name=deaf img sleep inf")
				must(t, d, "run -d --name=short five")
				must(t, d, "run -d --init --restart=always --name=always img sleep inf")
				must(t, d, "run -d --init --rm --name=rm img sleep inf")
				must(t, d, "run -d --init --name=created img sleep inf")
				must(t, d, "stop created")
				type client struct {
					p   runner.Process
					out *streams
				}
				clients := map[string]client{}
				for line := range tt.clients {
					p, out := begin(t, d, line)
					clients[line] = client{p, out}
				}
				synctest.Wait()
				begun := time.Now()
				d.StopEngine(tt.how)
				if got := time.Since(begun); got != tt.stop {
					t.Errorf("StopEngine took %v, want %v", got, tt.stop)
				}
				for line, want := range tt.clients {
					if got := ending(clients[line].p, clients[line].out); got != want {
						t.Errorf("%s: got %q, want %q", line, got, want)
					}
				}
				if got, code := ask(t, d, "ps"); got != cannotConnect+"\n" || code != 1 {
					t.Errorf("ps of an engine that is gone: got %q and exit code %d", got, code)
				}
				if got, code := ask(t, d, "run img true"); !strings.HasPrefix(got, "docker: "+cannotConnect) || code != 125 {
					t.Errorf("run of an engine that is gone: got %q and exit code %d", got, code)
				}
				time.Sleep(7 * time.Second) // short ends
				begun = time.Now()
				d.StartEngine()
				if got := time.Since(begun); got != tt.start {
					t.Errorf("StartEngine took %v, want %v", got, tt.start)
				}
				for name, want := range tt.states {
					got, _, err := runner.Output(t.Context(), d,
						runner.Cmd{Argv: argv("docker inspect --type container --format {{.State.Status}}|{{.State.ExitCode}} " + name)},
						runner.Limits{})
					if state := strings.ReplaceAll(strings.TrimSpace(string(got)), "|", " "); state != want {
						t.Errorf("%s: got %q (%v), want %q", name, state, err, want)
					}
				}
				time.Sleep(time.Second)
				got := must(t, d, "events --since 1h --until 0s --filter container=deaf --filter container=short --format {{.Actor.Attributes.name}}|{{.Action}}")
				if got = strings.ReplaceAll(got, "|", " "); got != strings.TrimSpace(tt.events) {
					t.Errorf("got the events %q, want %q", got, tt.events)
				}
				must(t, d, "rm -f w1 deaf")
			})
		})
	}
}

// TestOwnContainerd checks what an engine says of an end that it has missed: a later one whose containerd was away as well makes a code
// up. On engines, enginetest holds the same.
func TestOwnContainerd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		engine   string
		own      bool
		code     string
		finished time.Duration // after the start of the outage
	}{
		{"20.10", false, "5", 5 * time.Second},
		{"20.10", true, "5", 5 * time.Second},
		{"28.5", false, "5", 5 * time.Second},
		{"28.5", true, "255", 7 * time.Second},
	} {
		for _, how := range []runnertest.Outage{runnertest.Killed, runnertest.LiveRestore} {
			t.Run(fmt.Sprintf("%s, own containerd %v, %v", tt.engine, tt.own, how), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					d := &runnertest.Docker{Engine: tt.engine, OwnContainerd: tt.own, Images: map[string]runnertest.Program{"five": five}}
					defer d.Close()
					must(t, d, "run -d --name=short five")
					began := time.Now()
					d.StopEngine(how)
					time.Sleep(7 * time.Second)
					d.StartEngine()
					got := must(t, d, "inspect --type=container --format {{.State.ExitCode}} short")
					if got != tt.code {
						t.Errorf("got %s, want %s", got, tt.code)
					}
					at, err := time.Parse(time.RFC3339Nano, must(t, d, "inspect --type=container --format {{.State.FinishedAt}} short"))
					if err != nil || at.Sub(began) != tt.finished {
						t.Errorf("it finished after %v (%v), want %v", at.Sub(began), err, tt.finished)
					}
				})
			})
		}
	}
}

// TestFrozenEngine freezes the engine: nothing is answered, a client can be stopped, and what happened is told afterwards.
func TestFrozenEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": runnertest.Busybox, "five": five}}
		defer d.Close()
		must(t, d, "run -d --name=w1 five")
		must(t, d, "run -d --name=deaf img sleep inf")
		wait, waitOut := begin(t, d, "wait w1")
		events, eventsOut := begin(t, d, "events --format {{.Action}}|{{.Actor.Attributes.exitCode}} --filter type=container")
		synctest.Wait()
		stop, stopOut := begin(t, d, "stop -t 2 deaf")
		synctest.Wait()
		d.Freeze()
		ps, psOut := begin(t, d, "ps -a --format {{.Status}} --filter name=w1")
		hangs, _ := begin(t, d, "version")
		time.Sleep(20 * time.Second)
		if got := waitOut.stdout.String() + psOut.stdout.String() + stopOut.stdout.String(); got != "" {
			t.Errorf("the frozen engine has answered %q", got)
		}
		if got := eventsOut.stdout.String(); got != "kill|<no value>\n" {
			t.Errorf("the frozen engine tells of %q", got)
		}
		if err := hangs.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := hangs.Wait(); err == nil || err.Error() != "exit status 143" {
			t.Errorf("a client that hangs: got %v, want exit status 143", err)
		}
		d.Thaw()
		for _, tt := range []struct{ got, want string }{
			{ending(wait, waitOut), "0 5"},
			{ending(ps, psOut), "0 Exited (5) 15 seconds ago"},
			{ending(stop, stopOut), "0 deaf"},
		} {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		}
		synctest.Wait()
		if got := eventsOut.stdout.String(); !strings.Contains(got, "die|5\n") || !strings.HasSuffix(got, "die|137\nstop|<no value>\n") {
			t.Errorf("got the events %q", got)
		}
		d.StopEngine(runnertest.Killed)
		if got := ending(events, eventsOut); !strings.HasPrefix(got, "1 ") || !strings.HasSuffix(got, "unexpected EOF") {
			t.Errorf("got %q, want unexpected EOF", got)
		}
	})
}

// TestCloseOfASickEngine closes fakes whose engine is away or hangs.
func TestCloseOfASickEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, harm := range []func(*runnertest.Docker){
			(*runnertest.Docker).Freeze,
			func(d *runnertest.Docker) { d.StopEngine(runnertest.Killed) },
			func(d *runnertest.Docker) { d.StopEngine(runnertest.LiveRestore) },
		} {
			d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": runnertest.Busybox, "five": five}}
			must(t, d, "run -d --restart=always img sleep 1")
			must(t, d, "run -d img sleep inf")
			p, _ := begin(t, d, "stop -t 1 nosuch")
			_ = p.Wait()
			harm(d)
			time.Sleep(5 * time.Second)
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

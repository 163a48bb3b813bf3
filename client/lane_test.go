package client_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// withLane runs test in virtual time, in which a sleep costs none, with a fake that has a container up, and a Docker that asks it
// by a Lane.
func withLane(t *testing.T, fault func(dockercmd.Command) *runnertest.Fault, test func(t *testing.T, w *laneWorld)) {
	synctest.Test(t, func(t *testing.T) {
		fake := &runnertest.Docker{Images: map[string]runnertest.Program{"busybox": runnertest.Busybox}, Fault: fault, Grace: -1}
		calls := &runner.Recorder{Runner: fake}
		d := client.Docker{Runner: calls, Lane: new(client.Lane), Env: []string{"HOME=/nonexistent"}}
		w := &laneWorld{Docker: d, fake: fake, calls: calls}
		defer func() {
			if err := errors.Join(w.Lane.Close(), fake.Close()); err != nil {
				t.Error(err)
			}
		}()
		if _, err := w.Run(t.Context(), dockercmd.Run{Name: "up", Image: "busybox", Command: []string{"sleep", "1000000"}}); err != nil {
			t.Fatal(err)
		}
		w.ran() // not docker run
		test(t, w)
	})
}

type laneWorld struct {
	client.Docker
	fake  *runnertest.Docker
	calls *runner.Recorder
	seen  int
}

// ran returns the commands that were run since it was last called, in one text.
func (w *laneWorld) ran() string {
	all := subcommands(w.calls)
	fresh := all[w.seen:]
	w.seen = len(all)
	return strings.Join(fresh, ", ")
}

// ps lists all containers, of which there is one.
func (w *laneWorld) ps(t *testing.T) {
	t.Helper()
	rows, err := w.Ps(t.Context(), dockercmd.Ps{})
	if err != nil || len(rows) != 1 || !slices.Equal(rows[0].Names, []string{"up"}) {
		t.Errorf("got %+v, %v", rows, err)
	}
}

func (w *laneWorld) wantRan(t *testing.T, want string) {
	t.Helper()
	if got := w.ran(); got != want {
		t.Errorf("ran %q, want %q", got, want)
	}
}

func onDialStdio(f *runnertest.Fault) func(dockercmd.Command) *runnertest.Fault {
	return func(c dockercmd.Command) *runnertest.Fault {
		if _, is := c.(*dockercmd.SystemDialStdio); is {
			return f
		}
		return nil
	}
}

// TestLaneFallsBack checks that a question is asked by a line where docker system dial-stdio is not to be had, that the Lane is
// then left alone for a while, longer each time, and that its health says why.
func TestLaneFallsBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault *runnertest.Fault
		why   string // what the health says; the client may have ended before it is asked
		takes time.Duration
	}{
		"it ends":          {&runnertest.Fault{Reply: &runnertest.Reply{Stderr: "not allowed\n", Code: 1}}, "not allowed", 0},
		"it ends well":     {&runnertest.Fault{Reply: &runnertest.Reply{}}, "EOF", 0},
		"it prints a text": {&runnertest.Fault{Reply: &runnertest.Reply{Stdout: "Welcome to the launcher!\n"}}, "malformed HTTP|EOF", 0},
		"another server": {&runnertest.Fault{Reply: &runnertest.Reply{Stdout: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"}},
			"no version of an engine's API|EOF", 0},
		"a header without end": {
			&runnertest.Fault{Reply: &runnertest.Reply{Stdout: "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 1<<20)}},
			"headers exceeded|EOF", 0,
		},
		"it says nothing": {&runnertest.Fault{Release: make(chan struct{})}, "not answered within 5s", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withLane(t, onDialStdio(tt.fault), func(t *testing.T, w *laneWorld) {
				if tt.fault.Release != nil {
					tt.fault.Release = make(chan struct{}) // of this world
				}
				for _, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
					began := time.Now()
					w.ps(t)
					if took := time.Since(began); took != tt.takes {
						t.Errorf("it took %v", took)
					}
					w.wantRan(t, "system dial-stdio, ps")
					h := w.Lane.Health()
					if h.Up || h.Err == nil || !regexp.MustCompile(tt.why).MatchString(h.Err.Error()) || strings.Contains(h.String(), "\n") {
						t.Errorf("got %v, want %q", h, tt.why)
					}
					time.Sleep(pause - time.Millisecond)
					w.ps(t)
					w.wantRan(t, "ps")
					time.Sleep(time.Millisecond)
				}
				if h := w.Lane.Health(); h.Lines != 6 || h.Answered != 0 {
					t.Errorf("got %+v", h)
				}
				w.fake.Fault = nil
				w.ps(t)
				w.wantRan(t, "system dial-stdio")
				if h := w.Lane.Health(); !h.Up || h.Answered != 1 || h.Err != nil {
					t.Errorf("got %v", h)
				}
			})
		})
	}
}

// TestLaneDoubtfulAnswers checks that an answer that is cut off, or no answer to the question, is asked for by a line.
func TestLaneDoubtfulAnswers(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func([]byte) []byte{
		"nothing":       func([]byte) []byte { return nil },
		"cut off":       func(b []byte) []byte { return b[:len(b)-3] },
		"another form":  func([]byte) []byte { return []byte(`{"containers":[]}`) },
		"no id":         func([]byte) []byte { return []byte(`[{"Names":["/up"]}]`) },
		"a text":        func([]byte) []byte { return []byte(`<html>`) },
		"nested deeply": func([]byte) []byte { return []byte(strings.Repeat("[", 100_000)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lying := true
			withLane(t, func(c dockercmd.Command) *runnertest.Fault {
				if ps, is := c.(*dockercmd.Ps); is && ps.Format == "" && lying { // the API's
					return &runnertest.Fault{Lie: lie}
				}
				return nil
			}, func(t *testing.T, w *laneWorld) {
				w.ps(t)
				w.wantRan(t, "system dial-stdio, ps")
				if h := w.Lane.Health(); h.Up {
					t.Errorf("got %v", h)
				}
				lying = false
				time.Sleep(2 * time.Second)
				w.ps(t)
				w.wantRan(t, "system dial-stdio")
			})
		})
	}
}

// TestLaneEngineRestarts checks that the Lane finds an engine that was away again, and says meanwhile what lines say.
func TestLaneEngineRestarts(t *testing.T) {
	t.Parallel()
	withLane(t, nil, func(t *testing.T, w *laneWorld) {
		w.ps(t)
		w.fake.StopEngine(runnertest.LiveRestore)
		if _, err := w.Ps(t.Context(), dockercmd.Ps{}); !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		w.fake.StartEngine()
		w.ps(t)
		if h := w.Lane.Health(); h.Up {
			t.Errorf("got %v", h)
		}
		time.Sleep(2 * time.Second)
		w.ran()
		w.ps(t)
		w.wantRan(t, "system dial-stdio")
		w.fake.StopEngine(runnertest.LiveRestore)
		w.fake.StartEngine()
		w.ps(t) // the client has ended meanwhile, and another one takes its place at once
		w.wantRan(t, "system dial-stdio")
	})
}

// inspectHangs hangs the API's inspect, not that of a line.
func inspectHangs(c dockercmd.Command) *runnertest.Fault {
	if i, is := c.(*dockercmd.Inspect); is && i.Format == output.JSONFormat {
		return &runnertest.Fault{Release: make(chan struct{})}
	}
	return nil
}

// TestLaneHangs checks that a question that is not answered is asked by a line when half of its time is over, that it does not end
// others, and that the next one is asked by a line.
func TestLaneHangs(t *testing.T) {
	t.Parallel()
	withLane(t, inspectHangs, func(t *testing.T, w *laneWorld) {
		w.Short = 3 * time.Second
		w.ps(t)
		began := time.Now()
		inspected := make(chan error)
		go func() { _, err := w.Inspect(t.Context(), "up"); inspected <- err }()
		synctest.Wait()
		w.ps(t)
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("the other question took %v", took)
		}
		if err := <-inspected; err != nil || time.Since(began) != w.Short/2 {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		w.ran()
		if _, err := w.Inspect(t.Context(), "up"); err != nil {
			t.Error(err)
		}
		w.wantRan(t, "inspect")

		giveUp, stop := context.WithCancel(t.Context()) // a caller that gives up says nothing of the Lane
		time.Sleep(2 * time.Second)
		go func() { _, err := w.Inspect(giveUp, "up"); inspected <- err }()
		synctest.Wait()
		stop()
		if err := <-inspected; !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrTimeout) {
			t.Errorf("got %v", err)
		}
		w.ran()
		w.ps(t)
		w.wantRan(t, "system dial-stdio")
	})
}

// TestLaneFull checks that a question does not wait for others that hang.
func TestLaneFull(t *testing.T) {
	t.Parallel()
	withLane(t, inspectHangs, func(t *testing.T, w *laneWorld) {
		w.ps(t)
		var hung sync.WaitGroup
		for range 4 {
			hung.Go(func() { _, _ = w.Inspect(t.Context(), "up") })
		}
		time.Sleep(100 * time.Millisecond) // each has a client of its own by then
		began := time.Now()
		w.ran()
		w.ps(t)
		w.wantRan(t, "ps")
		if took := time.Since(began); took != time.Second {
			t.Errorf("ps took %v", took)
		}
		if h := w.Lane.Health(); !h.Up {
			t.Errorf("got %v", h)
		}
		hung.Wait()
	})
}

// TestLaneShares checks that questions that are asked at once share one client when each is answered soon.
func TestLaneShares(t *testing.T) {
	t.Parallel()
	const delay = 10 * time.Millisecond
	slowly := func(c dockercmd.Command) *runnertest.Fault {
		if _, is := c.(*dockercmd.Inspect); !is {
			return nil
		}
		released := make(chan struct{})
		time.AfterFunc(delay, func() { close(released) })
		return &runnertest.Fault{Release: released}
	}
	withLane(t, slowly, func(t *testing.T, w *laneWorld) {
		w.ps(t)
		w.ran()
		began := time.Now()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := w.Inspect(t.Context(), "up"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w.wantRan(t, "")
		if took := time.Since(began); took != 3*delay {
			t.Errorf("three questions took %v", took)
		}
	})
}

// TestLaneLeavesTime checks that an engine that is well is asked by a line in time, however short the deadline, when the Lane's
// client hangs, and that nobody waits for another one's greeting.
func TestLaneLeavesTime(t *testing.T) {
	t.Parallel()
	for _, short := range []time.Duration{100 * time.Millisecond, 5 * time.Second} {
		withLane(t, func(c dockercmd.Command) *runnertest.Fault {
			if _, is := c.(*dockercmd.SystemDialStdio); is {
				return &runnertest.Fault{Release: make(chan struct{})}
			}
			return nil
		}, func(t *testing.T, w *laneWorld) {
			w.Breaker = new(client.Breaker)
			patient := make(chan struct{})
			go func() { w.ps(t); close(patient) }()
			synctest.Wait()
			w.Short = short
			for range 4 {
				began := time.Now()
				w.ps(t)
				if took := time.Since(began); took > short/2 {
					t.Errorf("with %v it took %v", short, took)
				}
				time.Sleep(2 * time.Minute)
			}
			<-patient
			if h := w.Breaker.Health(); h.Failures > 0 {
				t.Errorf("got %v", h)
			}
		})
	}
}

// TestLaneStartWaits checks that a Runner that does not start a client holds nobody up beyond a deadline.
func TestLaneStartWaits(t *testing.T) {
	t.Parallel()
	withLane(t, nil, func(t *testing.T, w *laneWorld) {
		w.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			if c.Argv[1] == "system" {
				<-ctx.Done()
				return nil, &runner.StartError{Program: "docker", Err: ctx.Err()}
			}
			return w.calls.Start(ctx, c)
		})
		w.Short = 3 * time.Second
		began := time.Now()
		w.ps(t)
		if took := time.Since(began); took != w.Short/2 {
			t.Errorf("it took %v", took)
		}
		if h := w.Lane.Health(); h.Up || h.Err == nil {
			t.Errorf("got %v", h)
		}
	})
}

// TestLaneIdle checks that the client ends when nothing is asked.
func TestLaneIdle(t *testing.T) {
	t.Parallel()
	withLane(t, nil, func(t *testing.T, w *laneWorld) {
		for range 3 {
			w.ps(t)
			time.Sleep(59 * time.Second)
		}
		w.wantRan(t, "system dial-stdio")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if r := w.calls.Records(); !r[len(r)-1].Ended {
			t.Error("the client is still there")
		}
		w.ps(t)
		w.wantRan(t, "system dial-stdio")
		w.Lane.Close()
		w.ps(t)
		w.wantRan(t, "ps")
	})
}

// TestLaneMany checks that many questions at once share four clients, of which one stays, and that those that have no turn within a
// second are asked by lines.
func TestLaneMany(t *testing.T) {
	t.Parallel()
	slow := func(c dockercmd.Command) *runnertest.Fault {
		if _, is := c.(*dockercmd.Ps); is {
			return &runnertest.Fault{Delay: time.Second}
		}
		return nil
	}
	withLane(t, slow, func(t *testing.T, w *laneWorld) {
		began := time.Now()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { w.ps(t) })
		}
		wg.Wait()
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %v", took)
		}
		ran := map[string]int{}
		for _, subcommand := range strings.Split(w.ran(), ", ") {
			ran[subcommand]++
		}
		if ran["system dial-stdio"] < 4 || ran["ps"] == 0 || ran["ps"] > 16 {
			t.Errorf("ran %v", ran)
		}
		synctest.Wait()
		left := 0
		for _, r := range w.calls.Records() {
			if !r.Ended {
				left++
			}
		}
		if left != 1 {
			t.Errorf("%d clients are left", left)
		}
	})
}

// TestLaneTarget checks that another client takes the Lane's place when another engine may be asked.
func TestLaneTarget(t *testing.T) {
	t.Parallel()
	withLane(t, nil, func(t *testing.T, w *laneWorld) {
		w.ps(t)
		w.ps(t)
		w.wantRan(t, "system dial-stdio")
		w.Env = []string{"DOCKER_HOST=tcp://elsewhere:2375"}
		w.ps(t)
		synctest.Wait()
		if r := w.calls.Records(); !r[len(r)-2].Ended {
			t.Error("the client of the former target is still there")
		}
		w.wantRan(t, "system dial-stdio")
		w.Engine.Dialect = dockercmd.Podman
		_, _ = w.Inspect(t.Context(), "up") // the fake is no podman
		w.wantRan(t, "inspect")
	})
}

// TestLaneVersion checks that the client's own version comes from a line, again when the engine is another one.
func TestLaneVersion(t *testing.T) {
	t.Parallel()
	withLane(t, nil, func(t *testing.T, w *laneWorld) {
		for i, want := range []string{"version", "system dial-stdio", ""} {
			v, err := w.Version(t.Context())
			if err != nil || v.Client.Version != runnertest.ClientVersion || v.Server.Version != runnertest.EngineVersion {
				t.Errorf("question %d: got %+v, %v", i, v, err)
			}
			w.wantRan(t, want)
		}
		newer := &runnertest.Docker{Engine: "28.5"}
		defer newer.Close()
		w.fake.StopEngine(runnertest.LiveRestore) // another engine answers at its address
		w.calls.Runner, w.seen = newer, len(w.calls.Records())
		v, err := w.Version(t.Context())
		if err != nil || !strings.HasPrefix(v.Server.Version, "28.5") {
			t.Errorf("got %+v, %v", v, err)
		}
		w.wantRan(t, "system dial-stdio, version")
	})
}

// TestTarget checks what tells one engine from another.
func TestTarget(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]string{}
	differs := func(what string, env ...string) {
		t.Helper()
		d := client.Docker{Env: append([]string{"HOME=" + dir}, env...)}
		target := d.Target()
		if before, is := seen[target]; is {
			t.Errorf("%s and %s are one target", what, before)
		}
		if d.Target() != target {
			t.Errorf("%s: the target changes by itself", what)
		}
		seen[target] = what
	}
	differs("nothing")
	differs("a host", "DOCKER_HOST=tcp://a:1")
	differs("another host", "DOCKER_HOST=tcp://b:1")
	differs("the last of a name", "DOCKER_HOST=tcp://b:1", "DOCKER_HOST=tcp://c:1")
	differs("another API", "DOCKER_API_VERSION=1.40")
	write(".docker/config.json", "{}")
	differs("a configuration")
	write(".docker/config.json", `{"currentContext": "prod"}`)
	differs("a context")
	write(".docker/contexts/meta/"+contextID("other")+"/meta.json", "{}")
	before := client.Docker{Env: []string{"HOME=" + dir}}.Target()
	if seen[before] != "a context" {
		t.Error("a file of another context changes the target")
	}
	socket := filepath.Join(dir, "docker.sock")
	write("docker.sock", "1")
	differs("a socket", "DOCKER_HOST=unix://"+socket)
	if err := os.Remove(socket); err != nil {
		t.Fatal(err)
	}
	write("docker.sock", "22")
	differs("a socket that was made anew", "DOCKER_HOST=unix://"+socket)
	write(".docker/contexts/meta/"+contextID("prod")+"/meta.json",
		fmt.Sprintf(`{"Name":"prod","Endpoints":{"docker":{"Host":"unix://%s"}}}`, socket))
	differs("a context's host")
	if err := os.Remove(socket); err != nil {
		t.Fatal(err)
	}
	differs("without its socket")
	differs("a context by its name", "DOCKER_CONTEXT=prod2")
	for _, name := range []string{"one", "two"} { // of one time and one size, as in an image that is built the same each time
		write(".docker/contexts/meta/"+contextID(name)+"/meta.json", `{"Endpoints":{"docker":{"Host":"tcp://`+name+`:1"}}}`)
		write(".docker/config.json", `{"currentContext": "`+name+`"}`)
		for _, path := range []string{"contexts/meta/" + contextID(name) + "/meta.json", "config.json"} {
			if err := os.Chtimes(filepath.Join(dir, ".docker", path), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
		}
		differs("context " + name)
		if got := (client.Docker{Env: []string{"HOME=" + dir}}).Host(); got != "tcp://"+name+":1" {
			t.Errorf("got %s", got)
		}
	}
}

// contextID returns the name of a context's directory.
func contextID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// TestLaneCloseEndsAll checks that Close ends what is being asked, which is then asked by a line, and waits for the clients.
func TestLaneCloseEndsAll(t *testing.T) {
	t.Parallel()
	withLane(t, inspectHangs, func(t *testing.T, w *laneWorld) {
		ended := make(chan error)
		go func() { _, err := w.Inspect(t.Context(), "up"); ended <- err }()
		synctest.Wait()
		w.ran()
		w.Lane.Close()
		if err := <-ended; err != nil {
			t.Errorf("got %v", err)
		}
		w.wantRan(t, "inspect")
		for _, r := range w.calls.Records() {
			if !r.Ended {
				t.Errorf("%q has not ended", r.Argv)
			}
		}
	})
}

// TestLaneHastyCaller checks that a caller with little time is answered by a line, and neither takes the Lane from others nor
// ends what they ask.
func TestLaneHastyCaller(t *testing.T) {
	t.Parallel()
	slow := func(c dockercmd.Command) *runnertest.Fault {
		switch c := c.(type) {
		case *dockercmd.SystemDialStdio:
			return &runnertest.Fault{Delay: time.Second}
		case *dockercmd.Ps:
			if c.Format == "" { // the API's
				return &runnertest.Fault{Delay: 500 * time.Millisecond}
			}
		case *dockercmd.Info:
			return &runnertest.Fault{Delay: 2 * time.Second}
		}
		return nil
	}
	withLane(t, slow, func(t *testing.T, w *laneWorld) {
		began := time.Now()
		patient := make(chan error)
		go func() { _, err := w.Info(t.Context()); patient <- err }()
		synctest.Wait()
		hasty := laneWorld{Docker: w.Docker, calls: w.calls}
		hasty.Short = 900 * time.Millisecond
		hasty.ps(t) // while the client starts
		time.Sleep(time.Second)
		hasty.ps(t) // while it answers slowly
		if err := <-patient; err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("info: %v after %v", err, time.Since(began))
		}
		if h := w.Lane.Health(); !h.Up || h.Lines != 2 {
			t.Errorf("got %v, %+v", h, h)
		}
	})
}

// TestLaneSlowEngine checks that an engine that takes most of a deadline is asked by a line in time.
func TestLaneSlowEngine(t *testing.T) {
	t.Parallel()
	withLane(t, nil, func(t *testing.T, w *laneWorld) {
		w.ps(t)
		w.fake.Fault = func(c dockercmd.Command) *runnertest.Fault {
			switch c := c.(type) {
			case *dockercmd.Ps:
				return &runnertest.Fault{Delay: 20 * time.Second}
			case *dockercmd.Inspect:
				return &runnertest.Fault{Delay: time.Duration(len(c.Names)) * 200 * time.Millisecond}
			}
			return nil
		}
		for range 10 {
			w.ps(t)
			time.Sleep(5 * time.Second)
		}
		time.Sleep(2 * time.Minute)
		all, err := w.Inspect(t.Context(), append(slices.Repeat([]string{"up"}, 99), "gone")...)
		if !errors.Is(err, client.ErrNotFound) || len(all) != 99 {
			t.Errorf("got %d, %v", len(all), err)
		}
	})
}

// TestLaneEvents checks which events are asked for by the Lane: those of a time that has passed. What the engine does not tell in
// time is asked by a line, and does not count against the Lane.
func TestLaneEvents(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) string {
		return fmt.Sprintf("%d.%09d", time.Now().Add(d).Unix(), time.Now().Nanosecond())
	}
	var slow *runnertest.Fault
	withLane(t, func(c dockercmd.Command) *runnertest.Fault {
		if _, is := c.(*dockercmd.Events); is {
			return slow
		}
		return nil
	}, func(t *testing.T, w *laneWorld) {
		w.ps(t)
		time.Sleep(10 * time.Second)
		for _, tt := range []struct {
			name, since, until string
			filters            []dockercmd.Filter
			slow               time.Duration
			want               int
			ran                string
		}{
			{name: "all", since: "1", until: at(0), want: 3, ran: "system dial-stdio"},
			{name: "before the start", since: "1", until: at(-10 * time.Minute)},
			{name: "of no container", since: "1", until: at(0), filters: []dockercmd.Filter{{Key: "container", Value: "nosuch"}}},
			{name: "still to come", since: "1", until: at(10 * time.Second), want: 3, ran: "events"},
			{name: "a date", since: "2000-01-01", until: at(0), want: 3, ran: "events"},
			{name: "from the first on", until: at(0), want: 3, ran: "events"},
			{name: "an odd time", since: "1.0000000001", until: at(0), ran: "events", want: -1},
			{name: "late", since: "1", until: at(0), slow: 20 * time.Second, want: 3, ran: "events"},
		} {
			w.ran()
			slow = nil
			if tt.slow > 0 {
				slow = &runnertest.Fault{Delay: tt.slow}
			}
			if tt.name == "all" {
				w.Lane.Reset()
			}
			n := 0
			err := w.Events(t.Context(), dockercmd.Events{Since: tt.since, Until: tt.until, Filters: tt.filters},
				func(output.Event) { n++ })
			if tt.want >= 0 && (err != nil || n != tt.want) {
				t.Errorf("%s: got %d events, %v; want %d", tt.name, n, err, tt.want)
			}
			if got := w.ran(); got != tt.ran {
				t.Errorf("%s: ran %q, want %q", tt.name, got, tt.ran)
			}
			if h := w.Lane.Health(); !h.Up {
				t.Errorf("%s: %v", tt.name, h)
			}
		}
	})
}

// TestLaneEventsEnough checks that a handler which ends ctx is told no more, and that ctx's error is returned, as by a line.
func TestLaneEventsEnough(t *testing.T) {
	t.Parallel()
	withLane(t, nil, func(t *testing.T, w *laneWorld) {
		w.ps(t)
		time.Sleep(10 * time.Second)
		until := fmt.Sprintf("%d.5", time.Now().Unix()-1)
		for _, d := range []client.Docker{{Runner: w.Runner}, w.Docker} {
			ctx, cancel := context.WithCancel(t.Context())
			n := 0
			err := d.Events(ctx, dockercmd.Events{Since: "1", Until: until}, func(output.Event) {
				n++
				cancel()
				time.Sleep(time.Second)
			})
			if n != 1 || !errors.Is(err, context.Canceled) {
				t.Errorf("by a lane %t: %d events, %v", d.Lane != nil, n, err)
			}
		}
	})
}

// TestLaneGarbageBacksOff checks that the Lane is left alone longer each time that its answers cannot be read.
func TestLaneGarbageBacksOff(t *testing.T) {
	t.Parallel()
	withLane(t, func(c dockercmd.Command) *runnertest.Fault {
		if ps, is := c.(*dockercmd.Ps); is && ps.Format == "" {
			return &runnertest.Fault{Lie: func([]byte) []byte { return []byte("[") }}
		}
		return nil
	}, func(t *testing.T, w *laneWorld) {
		for _, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
			w.ps(t)
			w.wantRan(t, "system dial-stdio, ps")
			time.Sleep(pause - time.Millisecond)
			w.ps(t)
			w.wantRan(t, "ps")
			time.Sleep(time.Millisecond)
		}
	})
}

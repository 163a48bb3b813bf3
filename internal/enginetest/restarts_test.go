package enginetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// told is a container that ends when its test says so.
type told struct {
	id, name string
	pid      int
}

// tell starts a container that runs script once its test calls release.
func (p *PrivateEngine) tell(t *testing.T, name, script string, flags ...string) told {
	t.Helper()
	dir := filepath.Join(p.Dir, "told")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"run", "-d", "--network=none", "--volume=" + dir + ":/told", "--name=" + Prefix + name}, flags...)
	id := p.Run(t, append(args, p.Image, "sh", "-c", "until test -e /told/"+name+"; do sleep 0.02; done; "+script)...)
	pid, err := strconv.Atoi(p.Run(t, "inspect", "--format={{.State.Pid}}", id))
	if err != nil {
		t.Fatal(err)
	}
	return told{id: id, name: name, pid: pid}
}

// release makes the containers run their scripts.
func (p *PrivateEngine) release(t *testing.T, containers ...told) {
	t.Helper()
	for _, c := range containers {
		if err := os.WriteFile(filepath.Join(p.Dir, "told", c.name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitDead waits until the processes of containers are dead.
func (p *PrivateEngine) awaitDead(t *testing.T, containers ...told) {
	t.Helper()
	for _, c := range containers {
		p.await(t, c.name+" to die", func() bool { return dead(c.pid) })
	}
}

type containerState struct {
	Status     string
	ExitCode   int
	OOMKilled  bool
	FinishedAt time.Time
}

func (p *PrivateEngine) state(t *testing.T, c told) (s containerState) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Run(t, "inspect", "--format={{json .State}}", c.id)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// events returns what the engine remembers of a container, such as "die 7".
func (p *PrivateEngine) events(t *testing.T, c told) string {
	t.Helper()
	until := strconv.FormatInt(time.Now().Unix()+1, 10)
	return strings.Join(strings.Fields(p.Run(t, "events", "--since=1", "--until="+until, "--filter=type=container",
		"--filter=container="+c.id,
		"--format={{.Action}} {{.Actor.Attributes.exitCode}}")), " ")
}

// loading returns when the engine last began to load the containers that it found. What finished before had told its shim; the
// shim writes the time down a moment after the death.
func (p *PrivateEngine) loading(t *testing.T) time.Time {
	t.Helper()
	log := p.Log()
	line := log[strings.LastIndex(log[:max(0, strings.LastIndex(log, "Loading containers: start."))], "\n")+1:]
	text, _, _ := strings.Cut(strings.TrimPrefix(line, `time="`), `"`)
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatalf("no start in the engine's log: %v\n%s", err, tail(log))
	}
	return at
}

// is2010 reports whether the engine is of version 20.10. What is said of later ones was seen with 26.1.5 and 28.5.2.
func (p *PrivateEngine) is2010() bool { return strings.HasPrefix(p.Version, "20.10.") }

// separateContainerd starts a containerd that does not end with the engine, as one that is a service of its own, and returns the
// engine's flag for it.
func (p *PrivateEngine) separateContainerd(t *testing.T) string {
	t.Helper()
	socket := filepath.Join(p.Dir, "containerd.sock")
	cmd := p.program("containerd", "--address="+socket, "--log-level=warn",
		"--root="+filepath.Join(p.Dir, "data/containerd/daemon"), "--state="+filepath.Join(p.Dir, "exec/containerd/daemon"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p.await(t, "containerd to listen", func() bool {
		_, err := os.Stat(socket)
		return err == nil
	})
	return "--containerd=" + socket
}

// TestEngineRestarts checks docs/engine-restarts.md: a container exits with 7 while the engine is away, another runs on.
func TestEngineRestarts(t *testing.T) {
	kill := func(p *PrivateEngine, t *testing.T) { p.Kill(t) }
	shims := func(p *PrivateEngine, t *testing.T) { p.Kill(t); p.KillShims(t) }
	stop := func(p *PrivateEngine, t *testing.T) { p.Stop(t) }
	live := []string{"--live-restore"}
	const own, madeUp, before = "while the engine was away", "made up by the new engine", "before the engine went"
	tests := []struct {
		name   string
		leave  func(*PrivateEngine, *testing.T)
		flags  []string
		code   int    // of the one that is told to exit with 7
		when   string // it finished
		onward string // what became of the other

		containerd bool // is not the engine's own, and stays
		later      int  // what a later engine than 20.10 has in place of code, made up; 0 is no difference
	}{
		{"stopped", stop, nil, 143, before, "exited 143", false, 0},
		{"stopped, live-restore", stop, live, 7, own, "running 0", false, 255},
		{"stopped, live-restore, containerd stays", stop, live, 7, own, "running 0", true, 0},
		{"killed", kill, nil, 7, own, "exited 143", false, 255},
		{"killed, containerd stays", kill, nil, 7, own, "exited 143", true, 0},
		{"killed, live-restore", kill, live, 7, own, "running 0", false, 255},
		{"killed, live-restore, containerd stays", kill, live, 7, own, "running 0", true, 0},
		{"killed with its shims", shims, nil, 255, madeUp, "exited 255", false, 0},
		{"killed with its shims, live-restore", shims, live, 255, madeUp, "exited 255", false, 0},
	}
	EachEngine(t, func(t *testing.T, release string) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				p := PrivateOf(t, release)
				p.Stop(t)
				flags := tt.flags
				if tt.containerd {
					flags = append([]string{p.separateContainerd(t)}, flags...)
				}
				p.Start(t, flags...)
				if tt.later != 0 && !p.is2010() {
					tt.code, tt.when = tt.later, madeUp
				}
				seven := p.tell(t, "seven", "exit 7", "--init")
				onward := p.tell(t, "onward", "exit 3", "--init")
				tt.leave(p, t)
				away := time.Now()
				p.release(t, seven)
				p.awaitDead(t, seven)
				p.Start(t, flags...)
				back := p.loading(t)

				got := p.state(t, seven)
				if got.Status != "exited" || got.ExitCode != tt.code {
					t.Errorf("got %s with %d, want exited with %d", got.Status, got.ExitCode, tt.code)
				}
				when := own
				switch {
				case got.FinishedAt.Before(away):
					when = before
				case got.FinishedAt.After(back):
					when = madeUp
				}
				if when != tt.when {
					t.Errorf("finished at %v, %s, want %s (from %v to %v)", got.FinishedAt, when, tt.when, away, back)
				}
				if got := p.status(t, onward.id); got != tt.onward {
					t.Errorf("the one that ran on is %q, want %q", got, tt.onward)
				}
				if got := p.events(t, seven); got != "" {
					t.Errorf("got events %q for the exit, want none", got)
				}
				if tt.onward != "running 0" {
					return
				}
				p.release(t, onward)
				p.await(t, "the adopted container to exit", func() bool { return p.status(t, onward.id) == "exited 3" })
				if got := p.events(t, onward); got != "die 3" {
					t.Errorf("got events %q of the adopted container, want its die", got)
				}
			})
		}
	})
}

// TestMemoryKills checks what docs/engine-restarts.md says of OOMKilled, with the engine there and away.
func TestMemoryKills(t *testing.T) {
	EachEngine(t, func(t *testing.T, release string) { memoryKills(t, PrivateOf(t, release)) })
}

func memoryKills(t *testing.T, p *PrivateEngine) {
	t.Helper()
	p.Stop(t)
	p.Start(t, "--live-restore")
	const child = "tail /dev/zero; until test -e /told/go-on; do sleep 0.02; done; exit 3"
	there := p.tell(t, "there", child, "--memory=64m")
	away := p.tell(t, "away", "exec tail /dev/zero", "--memory=64m")

	p.release(t, there)
	p.await(t, "the oom event", func() bool { return strings.Contains(p.events(t, there), "oom") })
	// Later engines than 20.10 say so at once.
	if got, want := p.state(t, there), !p.is2010(); got.Status != "running" || got.OOMKilled != want {
		t.Errorf("got %+v after a child was killed, want running and OOMKilled %t", got, want)
	}
	p.release(t, told{name: "go-on"})
	p.await(t, "the container to exit", func() bool { return p.state(t, there).Status == "exited" })
	if got := p.state(t, there); got.ExitCode != 3 || !got.OOMKilled {
		t.Errorf("got %+v after the main process exited, want 3 and OOMKilled", got)
	}

	p.Kill(t)
	p.release(t, away)
	p.awaitDead(t, away)
	if got := oomKills(t, p, away); got < 1 {
		t.Errorf("the kernel counts %d kills while the engine is away, want at least one", got)
	}
	p.Start(t, "--live-restore")
	want := 137
	if !p.is2010() {
		want = 255 // made up, as in TestEngineRestarts
	}
	if got := p.state(t, away); got.ExitCode != want || got.OOMKilled {
		t.Errorf("got %+v for a kill that the engine did not see, want %d and not OOMKilled", got, want)
	}
}

// oomKills returns the kernel's count for a container's cgroup, on v1 or v2.
func oomKills(t *testing.T, p *PrivateEngine, c told) int {
	t.Helper()
	for _, pattern := range []string{"/sys/fs/cgroup/memory/%/memory.oom_control", "/sys/fs/cgroup/%/memory.events"} {
		text, err := os.ReadFile(strings.Replace(pattern, "%", filepath.Base(p.Dir)+"/"+c.id, 1))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if count, ok := strings.CutPrefix(line, "oom_kill "); ok {
				n, err := strconv.Atoi(strings.TrimSpace(count))
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
	}
	t.Fatal("no cgroup of the container can be read")
	return 0
}

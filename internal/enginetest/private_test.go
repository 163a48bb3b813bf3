package enginetest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/child"
)

// holdGone fails the test if anything is left of the private engine in dir.
func holdGone(t *testing.T, dir string) {
	t.Helper()
	name := filepath.Base(dir)
	if left := processes(name); len(left) > 0 {
		t.Errorf("processes are left: %d", left)
	}
	if left := groups(name); len(left) > 0 {
		t.Errorf("cgroups are left: %q", left)
	}
	if table, err := os.ReadFile("/proc/self/mountinfo"); err != nil || strings.Contains(string(table), name) {
		t.Errorf("mounts are left (%v):\n%s", err, table)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", dir, err)
	}
}

// sleeper runs a container that ends by itself only after ten minutes, and returns its name.
func (p *PrivateEngine) sleeper(t *testing.T) string {
	t.Helper()
	name := Prefix + "sleeper"
	p.Run(t, "run", "-d", "--init", "--network=none", "--name="+name, p.Image, "sh", "-c", "echo ready; exec tail -f /dev/null")
	// A signal that comes before its init has asked for signals is lost.
	p.await(t, "the sleeper to run", func() bool { return p.Run(t, "logs", name) == "ready" })
	return name
}

func (p *PrivateEngine) status(t *testing.T, name string) string {
	t.Helper()
	return p.Run(t, "inspect", "--format={{.State.Status}} {{.State.ExitCode}}", name)
}

func TestPrivateIsRemoved(t *testing.T) {
	tests := map[string]func(t *testing.T, p *PrivateEngine){
		"running":            func(*testing.T, *PrivateEngine) {},
		"with a container":   func(t *testing.T, p *PrivateEngine) { p.sleeper(t) },
		"a paused container": func(t *testing.T, p *PrivateEngine) { p.Run(t, "pause", p.sleeper(t)) },
		"stopped":            func(t *testing.T, p *PrivateEngine) { p.sleeper(t); p.Stop(t) },
		"killed":             func(t *testing.T, p *PrivateEngine) { p.sleeper(t); p.Kill(t) },
		"killed with shims":  func(t *testing.T, p *PrivateEngine) { p.sleeper(t); p.Kill(t); p.KillShims(t) },
		"shims killed and the engine started": func(t *testing.T, p *PrivateEngine) {
			p.sleeper(t)
			p.Kill(t)
			p.KillShims(t)
			p.Start(t)
			if len(shimSockets(p.Dir)) != 1 {
				t.Errorf("got sockets %q, want the killed shim's", shimSockets(p.Dir))
			}
		},
		"frozen": func(t *testing.T, p *PrivateEngine) { p.sleeper(t); p.Freeze(t) },
		"a parent of its own": func(t *testing.T, p *PrivateEngine) {
			p.Run(t, "run", "-d", "--network=none", "--cgroup-parent=/"+filepath.Base(p.Dir)+"/deeper", p.Image,
				"tail", "-f", "/dev/null")
		},
	}
	EachEngine(t, func(t *testing.T, release string) {
		for name, damage := range tests {
			t.Run(name, func(t *testing.T) {
				var dir string
				var sockets []string
				t.Run("scope", func(t *testing.T) {
					p := PrivateOf(t, release)
					dir = p.Dir
					// Runs before the engine is removed.
					t.Cleanup(func() { sockets = shimSockets(dir) })
					damage(t, p)
				})
				if dir == "" {
					t.SkipNow() // the inner test says why
				}
				holdGone(t, dir)
				for _, socket := range sockets {
					if _, err := os.Stat(socket); !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("%s is left: %v", socket, err)
					}
				}
			})
		}
	})
}

func TestMain(m *testing.M) {
	child.Guard(map[string]child.Role{"victim": func([]string) int { return m.Run() }})
	os.Exit(m.Run())
}

// TestPrivateGuard kills a test binary that has a private engine, and waits until its guard has removed it.
func TestPrivateGuard(t *testing.T) {
	const inside, ofRelease = "DOCKERCMD_ENGINETEST_VICTIM", "DOCKERCMD_ENGINETEST_RELEASE"
	if file := os.Getenv(inside); file != "" {
		p := PrivateOf(t, os.Getenv(ofRelease))
		p.sleeper(t)
		if err := os.WriteFile(file+".new", []byte(p.Dir), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
		select {} // until it is killed
	}
	EachEngine(t, func(t *testing.T, release string) {
		file := filepath.Join(t.TempDir(), "dir")
		cmd := exec.Command(os.Args[0], "-test.run=^TestPrivateGuard$")
		cmd.Env = append(os.Environ(), child.As("victim"), inside+"="+file, ofRelease+"="+release)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		dir := ""
		for tick, deadline := time.NewTicker(10*time.Millisecond), time.After(startDeadline); dir == ""; {
			select {
			case <-tick.C:
				text, _ := os.ReadFile(file)
				dir = string(text)
			case err := <-ended:
				if err == nil {
					Missing(t, "the inner test could not start an engine")
				}
				t.Fatalf("the inner test ended: %v", err)
			case <-deadline:
				_ = cmd.Process.Kill()
				t.Fatal("the inner test has no engine")
			}
		}
		if len(processes(filepath.Base(dir))) < 4 {
			t.Errorf("got processes %d, want an engine, a containerd, a shim, a container", processes(filepath.Base(dir)))
		}
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-ended
		tick, deadline := time.NewTicker(10*time.Millisecond), time.After(startDeadline)
		defer tick.Stop()
		for {
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
				break
			}
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("%s is still there", dir)
			}
		}
		holdGone(t, dir)
	})
}

func TestPrivateEnginesAreApart(t *testing.T) {
	EachEngine(t, func(t *testing.T, release string) { areApart(t, PrivateOf(t, Own), PrivateOf(t, release)) })
}

func areApart(t *testing.T, one, two *PrivateEngine) {
	t.Helper()
	name := one.sleeper(t)
	if got := two.Run(t, "ps", "--all", "--quiet"); got != "" {
		t.Errorf("the second engine has containers of the first: %s", got)
	}
	if got := two.sleeper(t); got != name {
		t.Errorf("got %s, want the same name on both", got)
	}
	two.Kill(t)
	if got := one.status(t, name); got != "running 0" {
		t.Errorf("got %q after the other engine was killed, want it running", got)
	}
	if rows, err := one.Docker().Ps(t.Context(), dockercmd.Ps{All: true}); err != nil || len(rows) != 1 {
		t.Errorf("got %v, %v from Docker, want one container", rows, err)
	}
	if engine, err := found(); err == nil {
		if got := engine.Run(t, "ps", "--all", "--quiet", "--filter=name=^/"+name+"$"); got != "" {
			t.Errorf("the machine's engine has a container of the private one: %s", got)
		}
	}
}

func TestPrivateRestarts(t *testing.T) {
	EachEngine(t, func(t *testing.T, release string) { restarts(t, PrivateOf(t, release)) })
}

func restarts(t *testing.T, p *PrivateEngine) {
	t.Helper()
	name := p.sleeper(t)

	p.Stop(t)
	if _, err := p.try(pingDeadline, nil, "version"); err == nil {
		t.Error("a stopped engine answers")
	}
	p.Start(t, "--live-restore")
	if got := p.status(t, name); got != "exited 143" {
		t.Errorf("got %q after a stop without live-restore, want exited 143", got)
	}

	p.Run(t, "start", name)
	p.Stop(t)
	p.Start(t, "--live-restore")
	if got := p.status(t, name); got != "running 0" {
		t.Errorf("got %q after a stop with live-restore, want running 0", got)
	}

	p.Freeze(t)
	if _, err := p.try(200*time.Millisecond, nil, "version"); err == nil {
		t.Error("a frozen engine answers")
	}
	p.Thaw(t)
	if got := p.status(t, name); got != "running 0" {
		t.Errorf("got %q after a freeze, want running 0", got)
	}

	p.Kill(t)
	if state := processes(filepath.Base(p.Dir)); len(state) < 2 {
		t.Errorf("got processes %d after the engine was killed, want the shim and the container", state)
	}
	p.Start(t, "--live-restore")
	if got := p.status(t, name); got != "running 0" {
		t.Errorf("got %q after a kill with live-restore, want running 0", got)
	}
}

// TestReleases tells when a release has got another engine than the one whose ways are known here.
func TestReleases(t *testing.T) {
	t.Parallel()
	for _, r := range Releases {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			r.Need(t)
			if p := PrivateOf(t, r.Name); !strings.HasPrefix(p.Version, r.Engine) {
				t.Skipf("NOT TESTED, engine %s: %s has %s now; see what is different and say so in Releases", r.Engine, r.Name, p.Version)
			}
		})
	}
}

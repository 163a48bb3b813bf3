package worker_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/worker"
)

// TestEngineLife plays the whole life, by each way in which it may end, with each docker client.
func TestEngineLife(t *testing.T) {
	t.Parallel()
	enginetest.Require(t)
	const serve = `trap 'exit 3' TERM; echo up >/worker/up; while :; do sleep 0.1; done`
	const deaf = `trap '' TERM; echo up >/worker/up; while :; do sleep 0.1; done`
	for _, c := range enginetest.Clients(t) {
		for _, tt := range []struct {
			name, script string
			grace        time.Duration
			end          func(*worker.Manager, context.Context, string) (worker.Exit, error)
			code         int
		}{
			{"exits by itself", "echo up >/worker/up; exit 7", time.Second, (*worker.Manager).Wait, 7},
			{"stops when asked", serve, 20 * time.Second, (*worker.Manager).Stop, 3},
			{"is deaf", deaf, time.Second, (*worker.Manager).Stop, 137},
		} {
			t.Run(c.Version+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				m := newOnEngine(t)
				m.Docker.Program = c.Path
				s := m.spec(t, tt.script)
				s.StopGrace = &tt.grace
				l := m.launch(t, s)
				await(t, m.own(l.ID, "up"))
				other := &worker.Manager{Root: m.Root, Docker: m.Docker} // as another process would, it waits all the while
				var heard worker.Exit
				var waited sync.WaitGroup
				waited.Go(func() { heard, _ = other.Wait(t.Context(), l.ID) })
				exit, err := tt.end(m.Manager, t.Context(), l.ID)
				waited.Wait()
				if err != nil || !exit.Known || exit.Code != tt.code || exit.OOM ||
					exit.FinishedAt.Before(exit.StartedAt.Add(-time.Second)) || exit.StartedAt.IsZero() {
					t.Errorf("got %+v, %v, want %d", exit, err, tt.code)
				}
				if took := exit.FinishedAt.Sub(exit.StartedAt); tt.name == "is deaf" && took < tt.grace || tt.name != "is deaf" &&
					took > 15*time.Second {
					t.Errorf("it ran for %v", took)
				}
				if heard.Reason != exit.Reason || !heard.FinishedAt.Equal(exit.FinishedAt) {
					t.Errorf("another process heard %+v, want %+v", heard, exit)
				}
				m.cleanup(t, l)
			})
		}
	}
}

// TestEngineOutOfMemory checks that a kill for lack of memory is reported as such.
func TestEngineOutOfMemory(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "exec tail /dev/zero")
	s.Resources = worker.Resources{Memory: 16 * dockercmd.MiB, MemorySwap: 16 * dockercmd.MiB}
	l := m.launch(t, s)
	exit, err := m.Wait(t.Context(), l.ID)
	if err != nil || !exit.OOM || exit.Code != 137 || exit.Reason != "out of memory, exit code 137" {
		t.Errorf("got %+v, %v", exit, err)
	}
	m.cleanup(t, l)
}

// TestEngineLaunchFails checks that nothing is left on the engine, whatever went wrong.
func TestEngineLaunchFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		edit func(*worker.Spec)
		kind error
	}{
		{"no image", func(s *worker.Spec) { s.Image = "dockercmd-test-nosuch:1" }, client.ErrImageNotFound},
		{"no shell", func(s *worker.Spec) { s.Shell, s.Init = "/bin/nosuch", new(false) }, client.ErrCommandNotFound},
		{"a directory for a shell", func(s *worker.Spec) { s.Shell, s.Init = "/bin", new(false) }, client.ErrNotExecutable},
		{"no network", func(s *worker.Spec) { s.Network = "dockercmd-test-nosuch" }, client.ErrNetworkNotFound},
		{"an unknown capability", func(s *worker.Spec) { s.CapAdd = []string{"FLYING"} }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newOnEngine(t)
			s := m.spec(t, "sleep 1000000")
			tt.edit(&s)
			_, err := m.Launch(t.Context(), s)
			if err == nil || tt.kind != nil && !errors.Is(err, tt.kind) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %v", err, tt.kind)
			}
			if got := m.e.Run(t, "ps", "--all", "--quiet", "--filter=name=^/"+s.ID+"$"); got != "" {
				t.Errorf("a container is left: %s", got)
			}
			if got := files(t, m.Root); len(got) > 0 {
				t.Errorf("files are left: %q", got)
			}
		})
	}
}

// TestEngineInitFindsNoProgram checks that with the init in front, the engine takes a program that is not there for started, and
// the init ends with 127 (20.10).
func TestEngineInitFindsNoProgram(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "")
	s.Shell = "/bin/nosuch"
	l := m.launch(t, s)
	if exit, err := m.Wait(t.Context(), l.ID); err != nil || exit.Code != 127 {
		t.Errorf("got %+v, %v", exit, err)
	}
	m.cleanup(t, l)
}

// TestEngineNoEngine checks that the real client before no engine at all leaves nothing, and says why.
func TestEngineNoEngine(t *testing.T) {
	t.Parallel()
	enginetest.Require(t)
	for _, c := range enginetest.Clients(t) {
		m := newOnEngine(t)
		m.Docker.Program = c.Path
		m.Docker.Env = []string{"DOCKER_HOST=unix://" + t.TempDir() + "/nosuch.sock", "HOME=" + t.TempDir()}
		_, err := m.Launch(t.Context(), m.spec(t, "sleep 1000000"))
		if !errors.Is(err, client.ErrUnavailable) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", c.Version, err)
		}
		if got := files(t, m.Root); len(got) > 0 {
			t.Errorf("%s: files are left: %q", c.Version, got)
		}
	}
}

// TestEngineLeftovers checks that a stranger's container is not touched, an ended one of ours gives way, also when its files are
// lost.
func TestEngineLeftovers(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "exit 3")
	stranger := m.e.Run(t, "run", "--detach", "--network=none", "--name="+s.ID, m.e.Image, "sleep", "1000000")
	_, err := m.Launch(t.Context(), s)
	wantLine(t, err,
		"worker "+s.ID+": the container "+stranger[:12]+" has its name, but is not this supervisor's; rename or remove it")
	if state := m.e.Run(t, "inspect", "--format={{.State.Status}}", stranger); !errors.Is(err, worker.ErrForeign) ||
		state != "running" {
		t.Errorf("got %v; the stranger is %s", err, state)
	}
	if got := files(t, m.Root); len(got) > 0 {
		t.Errorf("files are left: %q", got)
	}
	m.e.Run(t, "rm", "--force", stranger)

	first := m.launch(t, s)
	m.e.Run(t, "wait", s.ID)
	second := m.launch(t, s)
	if exit, err := m.Wait(t.Context(), s.ID); err != nil || exit.Code != 3 || first.Container == second.Container {
		t.Errorf("got %+v, %v", exit, err)
	}
	if err := os.RemoveAll(filepath.Join(m.Root, "workers", s.ID)); err != nil {
		t.Fatal(err)
	}
	s.Command = []string{"sleep", "1000000"}
	third := m.launch(t, s)
	if again, err := m.Launch(t.Context(), s); err != nil || !again.Adopted || again.Container != third.Container {
		t.Errorf("got %+v, %v, want it adopted", again, err)
	}
	if _, err := m.Cleanup(t.Context(), s.ID); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("got %v, want alive", err)
	}
	if _, err := m.Kill(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
	m.cleanup(t, third)
}

// TestEngineStatuses checks that one docker ps tells of all, with an inspect for those that have ended, info and events for one
// that is gone; a paused worker is alive and can be killed.
func TestEngineStatuses(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	running := m.launch(t, m.spec(t, "sleep 1000000"))
	paused := m.launch(t, m.spec(t, "sleep 1000000"))
	exited := m.launch(t, m.spec(t, "exit 7"))
	removed := m.launch(t, m.spec(t, "sleep 1000000"))
	m.e.Run(t, "pause", paused.ID)
	m.e.Run(t, "wait", exited.ID)
	m.e.Run(t, "rm", "--force", removed.ID)
	before := len(m.calls.Records())
	statuses, err := m.Statuses(t.Context())
	if n := len(m.calls.Records()) - before; n != 6 && m.Docker.Lane == nil || err != nil || len(statuses) != 4 {
		t.Fatalf("docker was run %d times, got %+v, %v", n, statuses, err)
	}
	for _, s := range statuses {
		want := map[string]worker.State{running.ID: worker.Running, paused.ID: worker.Paused, exited.ID: worker.Exited,
			removed.ID: worker.Exited}[s.ID] // of the last, the engine remembers the end
		if s.State != want || s.State.Alive() != (want == worker.Running || want == worker.Paused) {
			t.Errorf("got %+v, want %s", s, want)
		}
		if s.ID == exited.ID && (s.Exit == nil || s.Exit.Code != 7) {
			t.Errorf("got %+v", s)
		}
	}
	if _, err := m.Cleanup(t.Context(), paused.ID); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("got %v, want alive", err)
	}
	if exit, err := m.Kill(t.Context(), paused.ID); err != nil || exit.Code != 137 {
		t.Errorf("kill of a paused worker: %+v, %v", exit, err)
	}
	if _, err := m.Kill(t.Context(), running.ID); err != nil {
		t.Error(err)
	}
	if exit, err := m.Wait(t.Context(), removed.ID); err != nil || exit.Code != 137 || exit.Source != worker.FromEvents {
		t.Errorf("got %+v, %v", exit, err)
	}
	for _, l := range []*worker.Launched{running, paused, exited} {
		if _, err := m.Cleanup(t.Context(), l.ID); err != nil {
			t.Error(err)
		}
	}
	m.cleanup(t, removed)
}

// TestEngineProfile runs commands in a worker, by docker and beside it.
func TestEngineProfile(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	l := m.launch(t, m.spec(t, "touch /tmp/mark; echo up >/worker/up; exec sleep 1000000"))
	await(t, m.own(l.ID, "up"))
	for _, via := range []worker.Via{worker.ViaExec, worker.ViaNsenter} {
		if _, err := exec.LookPath("nsenter"); via == worker.ViaNsenter && err != nil {
			t.Fatal("nsenter is needed: apt-get install util-linux")
		}
		var out, problem buffer
		code, err := m.Profile(t.Context(), l.ID, via,
			[]string{"sh", "-c",
				`id -u; id -g; id -G; ls /tmp; cat /proc/1/comm; env | grep -v -E '^(PATH|PWD|SHLVL|HOME|HOSTNAME|OLDPWD|_)='; echo oops >&2; exit 5`},
			client.Streams{Stdout: &out, Stderr: &problem})
		if got, want := out.String(), "65534\n65534\n65534\nmark\ndocker-init\n"; err != nil || code != 5 || got != want ||
			problem.String() != "oops\n" {
			t.Errorf("%s: got %d, %v, %q, %q, want %q", via, code, err, got, problem.String(), want)
		}
		code, err = m.Profile(t.Context(), l.ID, via, []string{"/bin/nosuch"}, client.Streams{})
		if err == nil && code != 126 && code != 127 {
			t.Errorf("%s: a program that is not there: %d, %v", via, code, err)
		}
		code, err = m.Profile(t.Context(), l.ID, via, []string{"cat"}, client.Streams{Stdin: strings.NewReader("in"), Stdout: &out})
		if err != nil || code != 0 || !strings.HasSuffix(out.String(), "in") {
			t.Errorf("%s: standard input: %d, %v, %q", via, code, err, out.String())
		}
	}
	if _, err := m.Kill(t.Context(), l.ID); err != nil {
		t.Error(err)
	}
	m.cleanup(t, l)
}

// TestEngineNoUser checks that a user who does not exist launches nothing.
func TestEngineNoUser(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "sleep 1000000")
	s.User = "dockercmd-nosuch"
	_, err := m.Launch(t.Context(), s)
	if !errors.Is(err, worker.ErrUser) || !strings.HasPrefix(err.Error(),
		"worker "+s.ID+`: user: the machine has no user "dockercmd-nosuch"`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	if len(m.calls.Records()) > 0 {
		t.Errorf("docker was run: %v", m.calls.Records())
	}
}

package runnertest_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// served returns a fake with busybox that is served until the test ends.
func served(t *testing.T) (*runnertest.Docker, runnertest.Remote) {
	t.Helper()
	d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": runnertest.Busybox}, Lookup: runnertest.BusyboxLookup}
	return d, serve(t, d)
}

func serve(t *testing.T, d *runnertest.Docker) runnertest.Remote {
	t.Helper()
	socket := filepath.Join(folder(t), "sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- d.Serve(l) }()
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return runnertest.Remote{Socket: socket}
}

// TestContractRemote plays the scenarios through a socket: nothing may be different there.
func TestContractRemote(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			const image = "dockercmd-test-busybox:local"
			r := serve(t, &runnertest.Docker{Images: map[string]runnertest.Program{image: runnertest.Busybox},
				Lookup: runnertest.BusyboxLookup})
			w := newWorld(t, r, "docker", image, enginetest.Prefix)
			compare(t, s.file(), w.play(t, s.lines))
		})
	}
}

func TestRemoteKeepsTheLawsOfRunners(t *testing.T) {
	t.Parallel()
	_, r := served(t)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := r.Start(ctx, runner.Cmd{Argv: argv("docker run --name=w1 --init img sleep inf")})
	if err != nil {
		t.Fatal(err)
	}
	awaitState(t, r, "w1", "running")
	cancel()
	exit, ok := errors.AsType[*runner.ExitError](p.Wait())
	if !ok || exit.Code != 143 || !errors.Is(exit, context.Canceled) {
		t.Errorf("got %v, want exit status 143 of a client that passed the signal on, and context.Canceled", exit)
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal afterwards: got %v, want os.ErrProcessDone", err)
	}
	if _, err := r.Start(ctx, runner.Cmd{Argv: argv("docker ps")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a start afterwards: got %v, want context.Canceled", err)
	}
	if _, err := r.Start(t.Context(), runner.Cmd{Argv: argv("podman ps")}); err == nil {
		t.Error("podman was started")
	}
}

// TestRemoteWhoseSupervisorIsKilled breaks the connection of a client: it is gone, and its container lives on.
func TestRemoteWhoseSupervisorIsKilled(t *testing.T) {
	t.Parallel()
	d, r := served(t)
	p, err := r.Start(t.Context(), runner.Cmd{Argv: argv("docker run --name=w1 --init img sleep inf")})
	if err != nil {
		t.Fatal(err)
	}
	awaitState(t, r, "w1", "running")
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	exit, ok := errors.AsType[*runner.ExitError](p.Wait())
	if !ok || exit.Signal != syscall.SIGKILL {
		t.Errorf("got %v, want an end by SIGKILL", exit)
	}
	if got := must(t, d, "inspect --format {{.State.Status}} w1"); got != "running" {
		t.Errorf("the container is %s, want running", got)
	}
}

func TestRemoteInput(t *testing.T) {
	t.Parallel()
	_, r := served(t)
	text := strings.Repeat("0123456789abcdef", 10_000)
	stdout, _, err := runner.Output(t.Context(), r, runner.Cmd{Argv: argv("docker run -i img cat"), Stdin: strings.NewReader(text)},
		runner.Limits{})
	if err != nil || string(stdout) != text {
		t.Errorf("got %d bytes and %v, want the %d of standard input", len(stdout), err, len(text))
	}
	// What nobody reads stays where it is.
	rest := strings.NewReader("for somebody else")
	if _, _, err := runner.Output(t.Context(), r, runner.Cmd{Argv: argv("docker run img true"), Stdin: rest},
		runner.Limits{}); err != nil || rest.Len() != 17 {
		t.Errorf("got %v with %d bytes left, want all 17", err, rest.Len())
	}
}

func TestRemoteFilesLieInItsFolder(t *testing.T) {
	t.Parallel()
	_, r := served(t)
	dir := folder(t)
	if err := os.WriteFile(filepath.Join(dir, "env"), []byte("A=b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := runner.Cmd{Argv: argv("docker run -d --cidfile=cid --env-file=env --env=FROM_CLIENT img sleep inf"), Dir: dir,
		Env: []string{"FROM_CLIENT=c"}}
	stdout, stderr, err := runner.Output(t.Context(), r, c, runner.Limits{})
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	id := strings.TrimSpace(string(stdout))
	if cid, err := os.ReadFile(filepath.Join(dir, "cid")); err != nil || string(cid) != id {
		t.Errorf("the cid file has %q (%v), want %s", cid, err, id)
	}
	if got := must(t, r, "inspect --format {{.Config.Env}} "+id); got != "[A=b FROM_CLIENT=c]" {
		t.Errorf("got the environment %s", got)
	}
}

func TestRemoteWithoutServer(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(folder(t), "sock")
	r := runnertest.Remote{Socket: socket}
	down := "Cannot connect to the Docker daemon at unix://" + socket + ". Is the docker daemon running?\n"
	tests := []struct {
		line, want string
		code       int
	}{
		{"ps", down, 1},
		{"run img", "docker: " + down + "\nRun 'docker run --help' for more information\n", 125},
		{"nosuch", "docker: unknown command: docker nosuch\n\nRun 'docker --help' for more information\n", 1},
	}
	for _, tt := range tests {
		if got, code := ask(t, r, tt.line); got != tt.want || code != tt.code {
			t.Errorf("%s: got %q and exit code %d, want %q and %d", tt.line, got, code, tt.want, tt.code)
		}
	}
}

// TestRemoteBeforeAnotherServer connects to something that answers like a real engine.
func TestRemoteBeforeAnotherServer(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(folder(t), "sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			c.Close()
		}
	}()
	got, code := ask(t, runnertest.Remote{Socket: socket}, "ps")
	if !strings.Contains(got, "no fake docker") || code != 125 {
		t.Errorf("got %q and exit code %d, want a refusal and 125", got, code)
	}
}

func TestServerThatGoesAway(t *testing.T) {
	t.Parallel()
	d, r := served(t)
	must(t, r, "run -d --name=w1 img sleep inf")
	p, out := begin(t, r, "wait w1")
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	exit, ok := errors.AsType[*runner.ExitError](p.Wait())
	if !ok {
		t.Errorf("got %v and %q, want a failure", exit, out.stderr.String())
	}
}

// awaitState waits until a container has a state.
func awaitState(t *testing.T, r runner.Runner, name, state string) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		if got, _ := ask(t, r, "inspect --format {{.State.Status}} "+name); strings.TrimSpace(got) == state {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%s has not become %s", name, state)
		}
	}
}

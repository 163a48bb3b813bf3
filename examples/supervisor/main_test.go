package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/scripts"
	"github.com/dockercmd/toolkit/worker"
)

// logged is what supervise says in this process, of all tests: each looks for its own workers' ids.
var logged logBuffer

func TestMain(m *testing.M) {
	child.Guard(map[string]child.Role{"supervisor": func([]string) int { main(); return 0 }})
	log.SetOutput(&logged)
	os.Exit(m.Run())
}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// batch returns examples/batch.yaml with ids that begin with prefix, an image, and a user whom this process may make directories for.
func batch(t testing.TB, prefix, image string) string {
	t.Helper()
	data, err := os.ReadFile("../batch.yaml")
	if err != nil {
		t.Fatal(err)
	}
	user := "1000:1000"
	if os.Geteuid() != 0 {
		user = fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid())
	}
	return strings.NewReplacer("id: batch-", "id: "+prefix, "busybox:1.36", image, "1000:1000", user).Replace(string(data))
}

// newFake is a manager on a fake docker with one image, which understands "exit N" at the end of a command, and otherwise
// works until it is asked to end.
func newFake(t testing.TB) *worker.Manager {
	t.Helper()
	cgroups := t.TempDir()
	docker := &runnertest.Docker{CgroupRoot: cgroups,
		Images: map[string]runnertest.Program{"fake": func(killed context.Context, c *runnertest.Container) int {
			path, _ := c.Path(c.Args[1])
			data, err := os.ReadFile(path)
			if err != nil {
				return 127
			}
			w, err := scripts.ParseWorker(data)
			if err != nil {
				return 127
			}
			command := w.Argv[len(w.Argv)-1]
			if _, code, ok := strings.Cut(command, "exit "); ok {
				n, err := strconv.Atoi(code)
				if err != nil {
					return 127
				}
				return n
			}
			select {
			case <-c.Notify(syscall.SIGTERM):
				return 0
			case <-killed.Done():
				return 137
			}
		}}}
	t.Cleanup(func() {
		if err := docker.Close(); err != nil {
			t.Error(err)
		}
	})
	return &worker.Manager{
		Root: filepath.Join(t.TempDir(), "root"), Docker: client.Docker{Runner: docker}, Cgroups: cgroupread.Host{Root: cgroups},
		Machine: &worker.Machine{CPUs: 2, Memory: 1 << 30, Zones: map[string]worker.Zone{"0": {CPUs: "0-1", Mems: "0"}}},
	}
}

func specs(t testing.TB, text string) []worker.Spec {
	t.Helper()
	all, err := worker.ReadSpecs(strings.NewReader(text), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantNothingLeft fails the test unless a manager's directory holds no worker.
func wantNothingLeft(t testing.TB, root string) {
	t.Helper()
	for _, dir := range []string{"workers", "work"} {
		left, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range left {
			t.Errorf("left behind: %s/%s", dir, e.Name())
		}
	}
}

func TestFake(t *testing.T) {
	t.Parallel()
	m := newFake(t)
	text := strings.ReplaceAll(batch(t, "end-", "fake"), "echo done", "exit 0")
	if err := supervise(t.Context(), m, specs(t, text)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"worker end-good: exit code 0\n", "worker end-bad: exit code 7\n"} {
		if !strings.Contains(logged.String(), want) {
			t.Errorf("got %q, want it to contain %q", logged.String(), want)
		}
	}
	wantNothingLeft(t, m.Root)
}

func TestFakeOneCannotBeLaunched(t *testing.T) {
	t.Parallel()
	m := newFake(t)
	text := strings.ReplaceAll(batch(t, "half-", "fake"), "echo done", "exit 0")
	text = strings.Replace(text, "memory: 32m", "memory: 64g", 1)
	err := supervise(t.Context(), m, specs(t, text))
	if !errors.Is(err, worker.ErrReserve) {
		t.Errorf("got %v, want %v", err, worker.ErrReserve)
	}
	if want := "worker half-bad: exit code 7\n"; !strings.Contains(logged.String(), want) {
		t.Errorf("got %q, want it to contain %q", logged.String(), want)
	}
	wantNothingLeft(t, m.Root)
}

func TestFakeCancelled(t *testing.T) {
	t.Parallel()
	m := newFake(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error)
	text := strings.ReplaceAll(batch(t, "stop-", "fake"), "exit 7", "sleep 60")
	go func() { ended <- supervise(ctx, m, specs(t, text)) }()
	for running := 0; running < 2; {
		select {
		case err := <-ended:
			t.Fatalf("ended before it was cancelled: %v", err)
		default:
		}
		statuses, err := m.Statuses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		running = 0
		for _, s := range statuses {
			if s.State == worker.Running {
				running++
			}
		}
	}
	over := errors.New("that is enough")
	cancel(over)
	if err := <-ended; !errors.Is(err, over) {
		t.Errorf("got %v, want %v", err, over)
	}
	wantNothingLeft(t, m.Root)
}

// program returns this test binary as the supervisor, on the machine's own docker.
func program(t testing.TB, root, text string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, root)
	cmd.Env = append(os.Environ(), child.As("supervisor"), "GORACE=atexit_sleep_ms=0")
	cmd.Stdin = strings.NewReader(text)
	stderr := new(bytes.Buffer)
	cmd.Stderr = stderr
	return cmd, stderr
}

// begin starts a program and returns a channel that tells of its end.
func begin(t testing.TB, cmd *exec.Cmd) <-chan error {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return ended
}

// until waits for what a program that runs brings about; the program's own deadline bounds it.
func until(t testing.TB, ended <-chan error, said fmt.Stringer, is func() bool) {
	t.Helper()
	for !is() {
		select {
		case err := <-ended:
			t.Fatalf("ended too soon: %v\n%s", err, said)
		default:
		}
	}
}

func isRunning(t testing.TB, e *enginetest.Engine, name string) bool {
	t.Helper()
	return e.Run(t, "ps", "--quiet", "--filter=name="+name) != ""
}

// renamed gives the two workers of a batch names that are removed when the test fails midway.
func renamed(t testing.TB, e *enginetest.Engine, text string) (_, good, bad string) {
	t.Helper()
	good, bad = e.Name(t), e.Name(t)
	return strings.NewReplacer("id: x-good", "id: "+good, "id: x-bad", "id: "+bad).Replace(text), good, bad
}

func TestEngine(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	root := filepath.Join(t.TempDir(), "root")
	text, good, bad := renamed(t, e, batch(t, "x-", e.Image))
	cmd, stderr := program(t, root, text)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, want := range []string{"worker " + good + ": exit code 0\n", "worker " + bad + ": exit code 7\n"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("got %q, want it to contain %q", stderr, want)
		}
	}
	wantNothingLeft(t, root)
	wantNoContainers(t, e, good, bad)
}

func TestEngineInterrupted(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	root := filepath.Join(t.TempDir(), "root")
	text, good, bad := renamed(t, e, batch(t, "x-", e.Image))
	text = regexp.MustCompile(`sleep 1; [a-z0-9 ]+`).ReplaceAllString(text, `trap "exit 0" TERM; while :; do sleep 0.1; done`)
	cmd, stderr := program(t, root, text)
	ended := begin(t, cmd)
	until(t, ended, stderr, func() bool { return isRunning(t, e, good) && isRunning(t, e, bad) })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := <-ended
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 ||
		!strings.Contains(stderr.String(), "interrupt") {
		t.Errorf("got %v and %q, want exit status 1 and a word about the interrupt", err, stderr)
	}
	wantNothingLeft(t, root)
	wantNoContainers(t, e, good, bad)
}

// TestEngineKilled kills a supervisor; the next one adopts its workers, and says once how each has ended.
func TestEngineKilled(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	root := filepath.Join(t.TempDir(), "root")
	text, good, bad := renamed(t, e, batch(t, "x-", e.Image))
	text = strings.ReplaceAll(text, "sleep 1; ", "while [ ! -e /worker/go ]; do sleep 0.1; done; ")
	first, stderr := program(t, root, text)
	ended := begin(t, first)
	until(t, ended, stderr, func() bool { return isRunning(t, e, good) && isRunning(t, e, bad) })
	before := e.Run(t, "inspect", "--format={{.Id}}", good, bad)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	second, stderr := program(t, root, text)
	said := new(logBuffer)
	second.Stderr = io.MultiWriter(stderr, said)
	ended = begin(t, second)
	until(t, ended, stderr, func() bool { return strings.Count(said.String(), "adopted: true") == 2 })
	if after := e.Run(t, "inspect", "--format={{.Id}}", good, bad); after != before {
		t.Errorf("other containers than before: %s, want %s", after, before)
	}
	for _, id := range []string{good, bad} {
		if err := os.WriteFile(filepath.Join(root, "work", id, "work/go"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, want := range []string{"worker " + good + ": exit code 0\n", "worker " + bad + ": exit code 7\n"} {
		if n := strings.Count(stderr.String(), want); n != 1 {
			t.Errorf("got %q %d times in %q, want it once", want, n, stderr)
		}
	}
	wantNothingLeft(t, root)
	wantNoContainers(t, e, good, bad)
}

func wantNoContainers(t testing.TB, e *enginetest.Engine, names ...string) {
	t.Helper()
	for _, name := range names {
		if id := e.Run(t, "ps", "--all", "--quiet", "--filter=name="+name); id != "" {
			t.Errorf("the container %s is left", name)
		}
	}
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, spec, want string }{
		{"no worker", "", "no worker in it"},
		{"unknown key", "id: x\nimges: y\n", `standard input:2:1: unknown key "imges"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), "root")
			cmd, stderr := program(t, root, tt.spec)
			err := cmd.Run()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || !strings.Contains(stderr.String(), tt.want) {
				t.Errorf("got %v and %q, want exit status 1 and %q", err, stderr, tt.want)
			}
			if _, err := os.Stat(root); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the directory was made: %v", err)
			}
		})
	}
}

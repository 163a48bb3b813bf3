package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// hungName is the name under which the test binary is a docker client, of the fake that is served in its own folder. A subcommand
// for which there is a file hang-NAME hangs, as the file's content says.
const hungName = "docker"

// The ways to hang: until SIGTERM, until SIGKILL, and until SIGTERM behind half an answer.
const (
	hangPolite   = "polite"
	hangStubborn = "stubborn"
	hangHalfway  = "halfway"
)

// hungDocker plays that client.
func hungDocker(program string, words []string) int {
	dir := filepath.Dir(program)
	how, err := os.ReadFile(filepath.Join(dir, "hang-"+words[0]))
	out := new(bytes.Buffer)
	cmd := runner.Cmd{Argv: append([]string{"docker"}, words...), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	switch {
	case err != nil:
		how = nil
	case string(how) == hangHalfway:
		cmd.Stdout = out
	case string(how) == hangStubborn:
		signal.Ignore(syscall.SIGTERM)
		fallthrough
	default:
		select {} // SIGTERM ends it, unless it is ignored
	}
	p, err := runnertest.Remote{Socket: filepath.Join(dir, "sock")}.Start(context.Background(), cmd)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 125
	}
	if how == nil {
		signals := make(chan os.Signal, 4)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
		go func() {
			for s := range signals {
				_ = p.Signal(s) // the only failure is that it has ended
			}
		}()
	}
	err = p.Wait()
	if how != nil {
		_, _ = os.Stdout.Write(out.Bytes()[:out.Len()/2])
		select {}
	}
	if exit, ok := errors.AsType[*runner.ExitError](err); ok {
		return exit.Code
	}
	return 0
}

// hungRig is a Manager that starts docker clients as processes of their own, and waits fractions of a second for them.
type hungRig struct {
	*rig
	dir         string
	t           *testing.T
	short, long time.Duration // the deadlines of one call
}

// hungGrace is how long a client has between SIGTERM and SIGKILL.
const hungGrace = 150 * time.Millisecond

func newHungRig(t *testing.T) *hungRig {
	t.Helper()
	dir, err := os.MkdirTemp("", "dockercmd-hung-") // short, for the socket
	if err != nil {
		t.Fatal(err)
	}
	h := &hungRig{rig: newRig(t), dir: dir, t: t}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, hungName)); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	go h.fake.Serve(l)
	h.measure()
	h.Docker = h.client()
	return h
}

// measure sets the deadlines so that a client which does not hang comes well within them: a test binary with the race detector on a
// busy machine takes a while to start.
func (h *hungRig) measure() {
	h.t.Helper()
	slowest := time.Duration(0)
	for range 3 {
		began := time.Now()
		d := h.client()
		d.Short = time.Minute
		if _, err := d.Ps(h.t.Context(), dockercmd.Ps{All: true}); err != nil {
			h.t.Fatal(err)
		}
		slowest = max(slowest, time.Since(began))
	}
	h.short = max(400*time.Millisecond, 5*slowest)
	h.long = h.short * 3 / 2
}

func (h *hungRig) client() client.Docker {
	return client.Docker{
		Env:     append(os.Environ(), "GORACE=atexit_sleep_ms=0"), // with the race detector a process ends a second late
		Program: filepath.Join(h.dir, hungName), Runner: runner.Exec{Grace: hungGrace, WaitDelay: hungGrace}, Short: h.short,
		Long: h.long,
	}
}

func (h *hungRig) hang(how string, subcommands ...string) {
	h.t.Helper()
	for _, s := range subcommands {
		if err := os.WriteFile(filepath.Join(h.dir, "hang-"+s), []byte(how), 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *hungRig) heal() {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "hang-*"))
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// belongings are what a process has that a call may leave behind.
type belongings struct{ goroutines, files, children int }

func counted(t *testing.T) belongings {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	children := 0
	for _, task := range tasks {
		data, _ := os.ReadFile(task) // a thread that has ended has none
		children += len(strings.Fields(string(data)))
	}
	return belongings{runtime.NumGoroutine(), len(files), children}
}

// counted is what there is when the Manager has taken the lock on its root once, whose file stays open.
func (h *hungRig) counted(t *testing.T) belongings {
	t.Helper()
	if _, err := h.Status(t.Context(), "no-such"); !errors.Is(err, worker.ErrUnknownID) {
		t.Fatal(err)
	}
	return counted(t)
}

// wantNoMore waits until there is no more than before, and fails the test when that does not come to be.
func wantNoMore(t *testing.T, before belongings) {
	t.Helper()
	var now belongings
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		now = counted(t)
		if now.goroutines <= before.goroutines && now.files <= before.files && now.children <= before.children {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	var stacks bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
	t.Errorf("left behind: %+v, and before there were %+v\n%s", now, before, stacks.String())
}

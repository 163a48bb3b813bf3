package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/worker"
)

// handed are the exits that a Watcher has handed over, in order.
type handed struct {
	mu  sync.Mutex
	all []worker.Notice
}

func (h *handed) list() []worker.Notice {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

// of returns the exits of a worker.
func (h *handed) of(id string) []worker.Notice {
	return slices.DeleteFunc(h.list(), func(n worker.Notice) bool { return n.Worker != id })
}

// watchInto runs a Watcher until the test ends.
func (m *onEngine) watchInto(t *testing.T, h *handed) *worker.Watcher {
	t.Helper()
	m.LockDir = filepath.Join(t.TempDir(), "locks")
	w := &worker.Watcher{Manager: m.Manager, OnExit: func(_ context.Context, n worker.Notice) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.all = append(h.all, n)
		return nil
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return w
}

// watchAll runs a Watcher until the test ends, and returns, when it hears the engine's events, what it hands over.
func (m *onEngine) watchAll(t *testing.T) (*worker.Watcher, *handed) {
	t.Helper()
	h := new(handed)
	w := m.watchInto(t, h)
	until(t, "there are events", func() bool { return w.Health().Events })
	return w, h
}

// watch runs a Watcher until the test ends, and returns what waits for the exit of a worker, of which there is one.
func (m *onEngine) watch(t *testing.T) (w *worker.Watcher, exit func(id string) worker.Notice) {
	t.Helper()
	h := new(handed)
	t.Cleanup(func() {
		for _, n := range h.list() {
			if all := h.of(n.Worker); len(all) > 1 {
				t.Errorf("%d exits: %+v", len(all), all)
			}
		}
	})
	return m.watchInto(t, h), func(id string) worker.Notice {
		t.Helper()
		until(t, "the exit of "+id, func() bool { return len(h.of(id)) > 0 })
		return h.of(id)[0]
	}
}

// TestEngineWatcher checks exits on a real engine, and who told them. Where the kernel tells how a process ended, it must be among
// them.
func TestEngineWatcher(t *testing.T) {
	t.Parallel()
	kernelTells := kernelTellsExits(t)
	const onGo = "until [ -e /worker/go ]; do sleep 0.1; done; "
	goOn := func(t *testing.T, m *onEngine, id string) {
		if err := os.WriteFile(m.own(id, "go"), nil, 0o644); err != nil {
			t.Error(err)
		}
	}
	for _, tt := range []struct {
		name, script string
		memory       dockercmd.Bytes
		end          func(t *testing.T, m *onEngine, id string)
		code         int
		oom          bool
	}{
		{"by itself", onGo + "exit 7", 0, goOn, 7, false},
		{"at once", "exit 8", 0, nil, 8, false},
		{"stopped", "trap 'exit 5' TERM; echo up >/worker/up; while :; do sleep 0.1; done", 0,
			func(t *testing.T, m *onEngine, id string) {
				await(t, m.own(id, "up"))
				if _, err := m.Stop(t.Context(), id); err != nil {
					t.Error(err)
				}
			}, 5, false},
		{"killed from outside", "echo up >/worker/up; sleep 1000000", 0, func(t *testing.T, m *onEngine, id string) {
			await(t, m.own(id, "up"))
			if err := syscall.Kill(m.inspect(t, id).State.Pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}, 137, false},
		{"out of memory", onGo + "exec tail /dev/zero", 16 * dockercmd.MiB, goOn, 137, true},
		{"a child out of memory", onGo + "tail /dev/zero; exit 3", 16 * dockercmd.MiB, goOn, 3, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newOnEngine(t)
			w, exit := m.watch(t)
			s := m.spec(t, tt.script)
			s.Memory, s.MemorySwap = tt.memory, tt.memory
			l := m.launch(t, s)
			if tt.end != nil {
				until(t, "the worker's process is watched", func() bool { return w.Health().Pids == 1 })
				tt.end(t, m, l.ID)
			}
			n := exit(l.ID)
			if !n.Exit.Known || n.Exit.Code != tt.code || n.Exit.OOM != tt.oom || (n.Exit.OOMSource != "") != tt.oom ||
				n.Container != l.Container {
				t.Errorf("got %+v", n)
			}
			if n.Exit.Stopped != (tt.name == "stopped") {
				t.Errorf("got %+v", n.Exit)
			}
			if kernelTells && tt.name != "at once" && n.Exit.Source != worker.FromBoth {
				t.Errorf("the code was told by %q", n.Exit.Source)
			}
			t.Logf("%s, told by %s; out of memory told by %q", n.Exit.Reason, n.Exit.Source, n.Exit.OOMSource)
			m.cleanup(t, l)
		})
	}
}

// kernelTellsExits reports whether Linux is 6.15 or later.
func kernelTellsExits(t *testing.T) bool {
	t.Helper()
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(data), "%d.%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	return major > 6 || major == 6 && minor >= 15
}

// TestEngineKillDirectly checks that what docker is not there to end, the Manager ends itself, if it may.
func TestEngineKillDirectly(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "trap '' TERM; echo up >/worker/up; while :; do sleep 0.1; done")
	l := m.launch(t, s)
	await(t, m.own(l.ID, "up"))
	program := m.Docker.Program
	m.Docker.Program = hangingDocker(t)
	m.Docker.Short, m.KillDirectly = 300*time.Millisecond, true
	exit, err := m.Kill(t.Context(), l.ID)
	if err != nil || !exit.Known || exit.Code != 137 || !exit.Stopped {
		t.Errorf("got %+v, %v", exit, err)
	}
	m.Docker.Program, m.Docker.Short = program, 0
	until(t, "the engine notices", func() bool { return !m.inspect(t, l.ID).State.Running })
	m.cleanup(t, l)
}

func (m *onEngine) inspect(t *testing.T, id string) output.Container {
	t.Helper()
	found, err := m.Docker.Inspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return found[0]
}

// hangingDocker returns a docker that never answers.
func hangingDocker(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "docker")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec sleep 1000000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

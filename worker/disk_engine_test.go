package worker_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/worker"
)

// TestEngineFullDisk checks that a full disk keeps nobody from ending a worker, that an exit which cannot be recorded is told, and
// that it is recorded and handed over when there is room again.
func TestEngineFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv("DOCKERCMD_ENGINE") != "" {
		t.Skip("NOT TESTED: an engine in a root file system of its own does not see what is mounted later")
	}
	m := newOnEngine(t)
	dir := t.TempDir()
	mountSmall(t, dir)
	m.Root = filepath.Join(dir, "root")
	w, h := m.watchAll(t)
	var launched []*worker.Launched
	for range 2 {
		s := m.spec(t, "trap 'exit 5' TERM; echo up >/worker/up; while :; do sleep 0.05; done")
		launched = append(launched, m.launch(t, s))
		await(t, m.own(s.ID, "up"))
	}
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, bytes.Repeat([]byte{1}, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	for i, end := range []func() (worker.Exit, error){
		func() (worker.Exit, error) { return m.Stop(t.Context(), launched[0].ID) },
		func() (worker.Exit, error) { return m.Kill(t.Context(), launched[1].ID) },
	} {
		want := []string{"exit code 5", "exit code 137"}[i]
		if _, err := end(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("got %v, want %s", err, want)
		}
		if got := m.e.Run(t, "inspect", "--format={{.State.Status}}", launched[i].Container); got != "exited" {
			t.Errorf("it is %s", got)
		}
	}
	until(t, "the Watcher tells of exits that it cannot record", func() bool {
		return w.Health().Unrecorded == 2 && strings.Contains(w.Health().String(), "2 exits known and not recorded since")
	})
	if got := h.list(); len(got) > 0 {
		t.Errorf("handed over, and not recorded: %+v", got)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	until(t, "both exits", func() bool { return len(h.list()) == 2 })
	if w.Health().Unrecorded != 0 {
		t.Errorf("got %v", w.Health())
	}
	for i, want := range []int{5, 137} {
		if e, err := m.Wait(t.Context(), launched[i].ID); err != nil || e.Code != want {
			t.Errorf("got %+v, %v", e, err)
		}
		if _, err := m.Cleanup(t.Context(), launched[i].ID); err != nil {
			t.Error(err)
		}
	}
}

// TestEngineDamagedMeanwhile checks that a checkpoint which is damaged while the Watcher runs is set aside by the Watcher and
// written anew, and the exit handed over.
func TestEngineDamagedMeanwhile(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	w, h := m.watchAll(t)
	s := m.spec(t, "echo up >/worker/up; until [ -e /worker/go ]; do sleep 0.05; done; exit 7")
	l := m.launch(t, s)
	await(t, m.own(s.ID, "up"))
	until(t, "it is watched", func() bool { return w.Health().Pids == 1 })
	if err := os.WriteFile(filepath.Join(m.Root, "workers", s.ID, "worker.json"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.own(s.ID, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	until(t, "its exit", func() bool { return len(h.list()) == 1 })
	if n := h.list()[0]; n.Exit.Code != 7 || w.Health().SetAside != 1 {
		t.Errorf("got %+v, %v", n, w.Health())
	}
	m.cleanup(t, l)
}

// TestEngineStopUnreached checks that a stop which did not reach the engine leaves no trace.
func TestEngineStopUnreached(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "echo up >/worker/up; while :; do sleep 0.05; done")
	l := m.launch(t, s)
	await(t, m.own(s.ID, "up"))
	away := &worker.Manager{Root: m.Root, Docker: m.Docker}
	away.Docker.Env = append(os.Environ(), "DOCKER_HOST=unix:///nonexistent/docker.sock")
	for name, end := range map[string]func() error{
		"stop": func() error { return errorOf(away.Stop(t.Context(), s.ID)) },
		"kill": func() error { return errorOf(away.Kill(t.Context(), s.ID)) },
	} {
		if err := end(); !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("%s: got %v", name, err)
		}
		if st, err := m.Status(t.Context(), s.ID); err != nil || st.State != worker.Running {
			t.Errorf("%s: got %+v, %v", name, st, err)
		}
	}
	if e, err := m.Kill(t.Context(), s.ID); err != nil || !e.Stopped {
		t.Errorf("got %+v, %v", e, err)
	}
	m.cleanup(t, l)
}

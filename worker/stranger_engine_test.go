package worker_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/worker"
)

// wantRevived holds what may be done with a worker whose container runs although its exit was recorded.
func (m *onEngine) wantRevived(t *testing.T, s worker.Spec) {
	t.Helper()
	until(t, s.ID+" is known to run again", func() bool {
		st, err := m.Status(t.Context(), s.ID)
		return err == nil && st.State == worker.Revived
	})
	if live, err := m.Alive(t.Context(), s.ID); err != nil || !live.Alive {
		t.Errorf("alive: got %+v, %v", live, err)
	}
	all, err := m.Statuses(t.Context())
	if err != nil || len(all) != 1 || all[0].State != worker.Revived {
		t.Errorf("statuses: got %+v, %v", all, err)
	}
	if _, err := m.Launch(t.Context(), s); !errors.Is(err, worker.ErrAlive) || !strings.Contains(err.Error(), "runs again") {
		t.Errorf("launch: got %v", err)
	}
	if _, err := m.Cleanup(t.Context(), s.ID); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("cleanup: got %v", err)
	}
}

// TestEngineRevived checks what becomes of a worker whose container somebody starts again after its exit was recorded: it has a
// state of its own, Stop ends it, and its next exit is an exit of its own.
func TestEngineRevived(t *testing.T) {
	t.Parallel()
	// The first life ends with 3, the next with 5 when it is stopped.
	const script = `if [ -e /worker/once ]; then trap 'exit 5' TERM; echo up >/worker/again; while :; do sleep 0.05; done; fi
touch /worker/once; exit 3`
	t.Run("watched", func(t *testing.T) {
		t.Parallel()
		m := newOnEngine(t)
		_, h := m.watchAll(t)
		s := m.spec(t, script)
		l := m.launch(t, s)
		until(t, "its exit", func() bool { return len(h.list()) == 1 })
		m.e.Run(t, "start", s.ID)
		await(t, m.own(s.ID, "again"))
		m.wantRevived(t, s)
		if e, err := m.Stop(t.Context(), s.ID); err != nil || e.Code != 5 || !e.Stopped {
			t.Errorf("stop: got %+v, %v", e, err)
		}
		until(t, "its second exit", func() bool { return len(h.list()) == 2 })
		first, second := h.list()[0], h.list()[1]
		if first.Exit.Code != 3 || second.Exit.Code != 5 || first.Launch != second.Launch || first.Life != 0 || second.Life != 1 {
			t.Errorf("got %+v and %+v", first, second)
		}
		m.cleanup(t, l)
	})
	t.Run("not watched", func(t *testing.T) {
		t.Parallel()
		m := newOnEngine(t)
		s := m.spec(t, script)
		l := m.launch(t, s)
		if e, err := m.Wait(t.Context(), s.ID); err != nil || e.Code != 3 {
			t.Errorf("wait: got %+v, %v", e, err)
		}
		m.e.Run(t, "start", s.ID)
		await(t, m.own(s.ID, "again"))
		m.wantRevived(t, s)
		for _, o := range m.StopAll(t.Context(), s.ID) {
			if o.Err != nil || o.Exit == nil || o.Exit.Code != 5 {
				t.Errorf("stop: got %+v", o)
			}
		}
		m.cleanup(t, l)
	})
	t.Run("restarted while it runs", func(t *testing.T) {
		t.Parallel()
		m := newOnEngine(t)
		w, h := m.watchAll(t)
		s := m.spec(t, `trap 'exit 4' TERM; echo up >/worker/up$(ls /worker | grep -c up); while :; do sleep 0.05; done`)
		l := m.launch(t, s)
		await(t, m.own(s.ID, "up0"))
		until(t, "its process is watched", func() bool { return w.Health().Pids == 1 })
		m.e.Run(t, "restart", s.ID)
		await(t, m.own(s.ID, "up1"))
		m.wantRevived(t, s)
		if _, err := m.Kill(t.Context(), s.ID); err != nil {
			t.Error(err)
		}
		until(t, "both exits", func() bool { return len(h.list()) == 2 })
		if got := h.list(); got[0].Exit.Code != 4 || got[0].Exit.Stopped || got[1].Exit.Code != 137 || !got[1].Exit.Stopped {
			t.Errorf("got %+v", got)
		}
		m.cleanup(t, l)
	})
}

// TestEngineSwappedNames checks that two workers whose containers have swapped their names are themselves: what is told of one, and
// done to it, is told of and done to its own container.
func TestEngineSwappedNames(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	w, h := m.watchAll(t)
	var specs [2]worker.Spec
	var launched [2]*worker.Launched
	for i := range specs {
		specs[i] = m.spec(t, "echo up >/worker/up; trap 'exit 6' TERM; until [ -e /worker/go ]; do sleep 0.05; done; exit 7")
		launched[i] = m.launch(t, specs[i])
		await(t, m.own(specs[i].ID, "up"))
	}
	spare := m.e.Name(t)
	a, b := specs[0].ID, specs[1].ID
	for _, r := range [][2]string{{a, spare}, {b, a}, {spare, b}} {
		m.e.Run(t, "rename", r[0], r[1])
	}
	if _, err := m.Stop(t.Context(), a); err != nil {
		t.Error(err)
	}
	until(t, "its exit", func() bool { return len(h.list()) == 1 })
	if n := h.list()[0]; n.Worker != a || n.Container != launched[0].Container || n.Exit.Code != 6 {
		t.Errorf("got %+v", n)
	}
	all, err := m.Statuses(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("got %+v, %v", all, err)
	}
	for _, s := range all {
		if want := map[string]worker.State{a: worker.Exited, b: worker.Running}[s.ID]; s.State != want {
			t.Errorf("%s is %s, want %s", s.ID, s.State, want)
		}
		if one, err := m.Status(t.Context(), s.ID); err != nil || one.State != s.State {
			t.Errorf("%s alone: got %s, %v", s.ID, one.State, err)
		}
	}
	if _, err := m.Cleanup(t.Context(), a); err != nil {
		t.Error(err)
	}
	if n := w.Health().Workers[worker.Running]; n != 1 {
		t.Errorf("health: %v", w.Health())
	}
	if err := os.WriteFile(m.own(b, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	until(t, "the other exit", func() bool { return len(h.list()) == 2 })
	if n := h.list()[1]; n.Worker != b || n.Container != launched[1].Container || n.Exit.Code != 7 {
		t.Errorf("got %+v", n)
	}
	m.cleanup(t, launched[1])
}

// TestEngineCopiedLabels checks that a container which has a worker's labels by docker commit is not taken for the worker's,
// neither while that is there nor when its checkpoint is damaged, and that Reap leaves it.
func TestEngineCopiedLabels(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "echo up >/worker/up; until [ -e /worker/go ]; do sleep 0.05; done; exit 7")
	m.launch(t, s)
	await(t, m.own(s.ID, "up"))
	image := "dockercmd-test-copied:" + strings.ToLower(filepath.Base(t.TempDir()))
	m.e.Run(t, "commit", s.ID, image)
	t.Cleanup(func() { m.e.Run(t, "rmi", "--force", image) })
	copied := m.e.Name(t)
	m.e.Run(t, "run", "--detach", "--network=none", "--name="+copied, "--entrypoint=sleep", image, "1000000")
	if err := os.WriteFile(m.own(s.ID, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if e, err := m.Wait(t.Context(), s.ID); err != nil || e.Code != 7 {
		t.Errorf("got %+v, %v", e, err)
	}
	if st, err := m.Status(t.Context(), s.ID); err != nil || st.State != worker.Exited {
		t.Errorf("got %+v, %v", st, err)
	}
	m.e.Run(t, "rm", "--force", s.ID)
	file := filepath.Join(m.Root, "workers", s.ID, "worker.json")
	if err := os.WriteFile(file, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := m.Recover(t.Context())
	if err != nil || len(r.SetAside) != 1 || len(r.Alive) != 0 {
		t.Errorf("recover: got %+v, %v", r, err)
	}
	for range 2 {
		reaped, err := m.Reap(t.Context(), worker.Reaper{Grace: time.Nanosecond})
		if err != nil || len(reaped.Containers) > 0 || len(reaped.Foreign) != 1 {
			t.Errorf("reap: got %+v, %v", reaped, err)
		}
	}
	if got := m.e.Run(t, "inspect", "--format={{.State.Running}}", copied); got != "true" {
		t.Errorf("the stranger's container runs: %s", got)
	}
}

// TestEnginePruned checks that the exit of a worker whose container was removed while no supervisor was there is known when the
// engine remembers it.
func TestEnginePruned(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	s := m.spec(t, "exit 3")
	l := m.launch(t, s)
	m.e.Run(t, "wait", s.ID)
	m.e.Run(t, "rm", s.ID)
	_, h := m.watchAll(t)
	until(t, "its exit", func() bool { return len(h.list()) == 1 })
	if n := h.list()[0]; n.Exit.Code != 3 || n.Exit.Source != worker.FromEvents || n.Container != l.Container {
		t.Errorf("got %+v", n)
	}
	m.cleanup(t, l)
}

package worker_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/worker"
)

// onPrivateEngine is a Manager on an engine that the test may break.
type onPrivateEngine struct {
	*onEngine
	engine *enginetest.PrivateEngine
}

func newOnPrivateEngine(t *testing.T) *onPrivateEngine {
	t.Helper()
	p := enginetest.Private(t)
	d := p.Docker()
	m := &onEngine{e: p.Engine, calls: &runner.Recorder{Runner: runner.Exec{}}}
	d.Runner = m.calls
	m.Manager = &worker.Manager{Root: filepath.Join(t.TempDir(), "root"), Docker: d, LockDir: filepath.Join(t.TempDir(), "locks")}
	m.useLane(t)
	return &onPrivateEngine{m, p}
}

// onGo is a script that waits for the file go in the worker's own directory, and then exits with 7.
const onGo = "echo up >/worker/up; until [ -e /worker/go ]; do sleep 0.05; done; exit 7"

func (m *onPrivateEngine) goOn(t *testing.T, id string) {
	t.Helper()
	if err := os.WriteFile(m.own(id, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// wantInDoubt holds that a living worker is taken for nothing else, and that nothing is done to it, for a while; want is the error
// of who would.
func (m *onPrivateEngine) wantInDoubt(t *testing.T, s worker.Spec, want error) {
	t.Helper()
	until(t, s.ID+" is in doubt", func() bool {
		st, err := m.Status(t.Context(), s.ID)
		return err == nil && st.State == worker.InDoubt
	})
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); <-time.After(300 * time.Millisecond) {
		if l, err := m.Alive(t.Context(), s.ID); err != nil || !l.Alive || l.Source != worker.FromCgroup {
			t.Fatalf("alive: got %+v, %v", l, err)
		}
		all, err := m.Statuses(t.Context())
		if err != nil || len(all) == 0 || all[0].State != worker.InDoubt || all[0].Exit != nil {
			t.Fatalf("statuses: got %+v, %v", all, err)
		}
		if _, err := m.Cleanup(t.Context(), s.ID); !errors.Is(err, want) {
			t.Fatalf("cleanup: got %v", err)
		}
		if _, err := m.Launch(t.Context(), s); !errors.Is(err, want) {
			t.Fatalf("launch: got %v", err)
		}
		if pending, err := m.PendingExits(); err != nil || len(pending) > 0 {
			t.Fatalf("pending exits: got %+v, %v", pending, err)
		}
	}
}

// TestEngineOtherData checks that a worker which lives is not taken for ended because the engine was started with other data and
// knows no container, and that its exit is known when the engine has its own data again. One that is killed meanwhile is killed by
// its cgroup.
func TestEngineOtherData(t *testing.T) {
	t.Parallel()
	m := newOnPrivateEngine(t)
	w, exit := m.watch(t)
	s := m.spec(t, onGo)
	doomed := m.spec(t, "trap '' TERM; "+onGo)
	for _, s := range []worker.Spec{s, doomed} {
		m.launch(t, s)
		await(t, m.own(s.ID, "up"))
	}
	other := filepath.Join(m.engine.Dir, "other")
	m.engine.Kill(t)
	m.engine.Start(t, "--live-restore", "--data-root="+other)
	m.wantInDoubt(t, s, worker.ErrOtherEngine)
	until(t, "health says so", func() bool { return errors.Is(w.Health().Err, worker.ErrOtherEngine) })
	if _, err := m.Launch(t.Context(), m.spec(t, "exit 0")); !errors.Is(err, worker.ErrOtherEngine) {
		t.Errorf("launch of another: got %v", err)
	}
	if err := m.AcceptEngine(t.Context()); err != nil {
		t.Error(err)
	}
	m.wantInDoubt(t, s, worker.ErrAlive) // it is still there
	until(t, "health counts them", func() bool { return w.Health().Workers[worker.InDoubt] == 2 })
	_, err := m.Kill(t.Context(), doomed.ID)
	var unkillable *worker.UnkillableError
	if !errors.As(err, &unkillable) || len(unkillable.Processes) == 0 || strings.Contains(err.Error(), "No such container") {
		t.Errorf("kill without permission: got %v", err)
	}
	m.KillDirectly = true
	if e, err := m.Kill(t.Context(), doomed.ID); err != nil || e.Code != 137 {
		t.Errorf("kill: got %+v, %v", e, err)
	}
	if n := exit(doomed.ID); n.Exit.Code != 137 {
		t.Errorf("got %+v", n)
	}
	m.engine.Kill(t)
	m.engine.Start(t, "--live-restore")
	until(t, "its own engine is another one now", func() bool { return errors.Is(w.Health().Err, worker.ErrOtherEngine) })
	if err := m.AcceptEngine(t.Context()); err != nil {
		t.Error(err)
	}
	until(t, "it is known to run", func() bool { return w.Health().Workers[worker.Running] == 1 })
	m.goOn(t, s.ID)
	if n := exit(s.ID); n.Exit.Code != 7 || !n.Exit.Known || n.Exit.EngineAlone {
		t.Errorf("got %+v", n)
	}
	for _, s := range []worker.Spec{s, doomed} {
		if _, err := m.Cleanup(t.Context(), s.ID); err != nil {
			t.Error(err)
		}
	}
}

// TestEngineForgotStart checks that a worker whose engine was killed in the moment of its start, and takes it for created, is not
// taken for one that was never started, while it lives and when it has ended: the engine's file is set back to what it was then.
func TestEngineForgotStart(t *testing.T) {
	t.Parallel()
	m := newOnPrivateEngine(t)
	ends := m.spec(t, onGo)
	m.forgetStart(t, ends)
	m.goOn(t, ends.ID)
	until(t, "it has ended", func() bool { return !m.populated(ends.ID) })
	if e, err := m.Wait(t.Context(), ends.ID); err != nil || e.Reason != unknownStart && e.Reason != "exit code 7" { // 28.5 tells
		t.Errorf("got %v, code %d, known %t, %v", e, e.Code, e.Known, err)
	}
	if _, err := m.Cleanup(t.Context(), ends.ID); err != nil {
		t.Error(err)
	}
	s := m.spec(t, onGo)
	m.forgetStart(t, s)
	m.watch(t)
	m.wantInDoubt(t, s, worker.ErrAlive)
	m.KillDirectly = true
	if e, err := m.Kill(t.Context(), s.ID); err != nil || e.Code != 137 {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, err := m.Cleanup(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
}

// forgetStart launches a worker and has the engine forget that it has started it.
func (m *onPrivateEngine) forgetStart(t *testing.T, s worker.Spec) {
	t.Helper()
	l := m.launch(t, s)
	await(t, m.own(s.ID, "up"))
	m.engine.Kill(t)
	file := filepath.Join(m.engine.Dir, "data", "containers", l.Container, "config.v2.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	state := config["State"].(map[string]any)
	state["Running"], state["Pid"], state["StartedAt"] = false, 0, "0001-01-01T00:00:00Z"
	if data, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	m.engine.Start(t, "--live-restore")
	if got := m.e.Run(t, "inspect", "--format={{.State.Status}}", l.Container); got != "created" {
		t.Fatalf("the engine takes it for %s", got)
	}
}

// TestEngineClientLies checks that a docker client which says that there is no such container, tells nothing and exits with 0, or
// tells of another container, does not end a worker.
func TestEngineClientLies(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	m.Docker.Lane = nil // which asks no line that could lie
	stranger := m.e.Name(t)
	m.e.Run(t, "run", "--detach", "--network=none", "--name="+stranger, m.e.Image, "sleep", "1000000")
	m.LockDir = filepath.Join(t.TempDir(), "locks")
	s := m.spec(t, "echo up >/worker/up; until [ -e /worker/go ]; do sleep 0.05; done; exit 7")
	l := m.launch(t, s)
	await(t, m.own(s.ID, "up"))
	honest := m.Docker.Program
	for name, script := range map[string]string{
		"no such container": `case $1 in inspect) echo "[]"; echo "Error: No such container: $3" >&2; exit 1;; ps) exit 0;; esac`,
		"nothing":           `case $1 in inspect|ps) exit 0;; esac`,
		"an empty list":     `case $1 in inspect) echo "[]"; exit 0;; ps) exit 0;; esac`,
		"another's":         `case $1 in inspect) exec ` + honest + ` inspect --type=container ` + stranger + `;; ps) exit 0;; esac`,
	} {
		t.Run(name, func(t *testing.T) {
			liar := filepath.Join(t.TempDir(), "docker")
			script = "#!/bin/sh\n" + script + "\nexec " + honest + " \"$@\"\n"
			if err := os.WriteFile(liar, []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(liar, "ps").CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%s, %v", out, err)
			}
			defer func(d string) { m.Docker.Program = d }(m.Docker.Program)
			m.Docker.Program = liar
			for range 2 {
				if live, err := m.Alive(t.Context(), s.ID); err == nil && !live.Alive {
					t.Errorf("alive: got %+v", live)
				}
				if _, err := m.Cleanup(t.Context(), s.ID); err == nil {
					t.Error("cleanup: got no error")
				}
				if _, err := m.Launch(t.Context(), s); err == nil {
					t.Error("launch: got no error")
				}
				if r, err := m.Recover(t.Context()); len(r.Alive) != 1 || r.Alive[0].ID != s.ID || !r.Alive[0].State.Alive() {
					t.Errorf("recover: got %+v, %v", r, err)
				}
				if pending, err := m.PendingExits(); err != nil || len(pending) > 0 {
					t.Errorf("pending exits: got %+v, %v", pending, err)
				}
			}
		})
	}
	if err := os.WriteFile(m.own(s.ID, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if e, err := m.Wait(t.Context(), s.ID); err != nil || e.Code != 7 {
		t.Errorf("got %+v, %v", e, err)
	}
	m.cleanup(t, l)
}

// eventsTake returns how long a client takes to tell of events: on a machine that is emulated it is many times as long as
// elsewhere.
func (m *onEngine) eventsTake(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	m.e.Run(t, "events", "--since=1", "--until=2")
	return time.Since(began)
}

// TestEngineInvents255 checks that a code of 255 is known when an event or the kernel has told of it, and that the 255 that an
// engine makes up for an end that it has missed is not: with the kernel's word for codes and without, with a Watcher and without.
func TestEngineInvents255(t *testing.T) {
	t.Parallel()
	for _, host := range []cgroupread.Host{{}, {Root: "/"}} { // with a root, no process is watched
		name := "the kernel tells"
		if host.Root != "" {
			name = "the kernel does not tell"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newOnPrivateEngine(t)
			m.Cgroups = host
			// Nobody watches: the engine remembers, until it is started anew.
			honest, missed := m.spec(t, "exit 255"), m.spec(t, onGo)
			m.launch(t, honest)
			if e, err := m.Wait(t.Context(), honest.ID); err != nil || !e.Known || e.Code != 255 {
				t.Errorf("got %+v, %v", e, err)
			}
			watched := m.spec(t, "echo up >/worker/up; until [ -e /worker/go ]; do sleep 0.05; done; exit 255")
			m.launch(t, watched)
			m.launch(t, missed)
			await(t, m.own(watched.ID, "up"))
			await(t, m.own(missed.ID, "up"))
			w, exit := m.watch(t)
			until(t, "the Watcher has events", func() bool { return w.Health().Events })
			m.goOn(t, watched.ID)
			switch n := exit(watched.ID); {
			case n.Exit.Known && n.Exit.Code == 255:
			case n.Exit.Known || m.eventsTake(t) < 2*time.Second:
				t.Errorf("watched: got %+v", n.Exit)
			default:
				t.Logf("docker takes %s to tell of events here, longer than anybody waits: %s", m.eventsTake(t), n.Exit.Reason)
			}
			// Its shim and the engine are gone when it ends, and the engine is started twice: its second start is not that of the
			// end.
			m.engine.Kill(t)
			m.engine.KillShims(t)
			m.goOn(t, missed.ID)
			until(t, "it has ended", func() bool { return !m.populated(missed.ID) })
			m.engine.Start(t, "--live-restore")
			m.engine.Stop(t)
			m.engine.Start(t, "--live-restore")
			n := exit(missed.ID)
			if n.Exit.Known && n.Exit.Code != 7 {
				t.Errorf("missed: got %+v", n.Exit)
			}
			t.Logf("missed: %s, %s", n.Exit.Reason, n.Exit.Source)
			for _, id := range []string{honest.ID, watched.ID, missed.ID} {
				if _, err := m.Cleanup(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// populated reports whether a worker's cgroup holds processes.
func (m *onPrivateEngine) populated(id string) bool {
	s, _ := m.Status(context.Background(), id)
	g, err := (cgroupread.Host{}).ByID(s.Container, "")
	if err != nil {
		return false
	}
	live, err := g.Populated()
	return err == nil && live
}

// TestEngineSiblingsOOM checks that a worker which ends by itself is not called out of memory because another one below the same
// limited cgroup was: the kernel's own count stands.
func TestEngineSiblingsOOM(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	parent, limit := m.limitedParent(t, 48<<20)
	w, exit := m.watch(t)
	play := func() (late bool) {
		hog, sibling := m.spec(t, "echo up >/worker/up; until [ -e /worker/go ]; do sleep 0.05; done; exec tail /dev/zero"),
			m.spec(t, "echo up >/worker/up; until [ -e /worker/go ]; do sleep 0.05; done; exit 137")
		for _, s := range []*worker.Spec{&hog, &sibling} {
			s.CgroupParent = parent
			m.launch(t, *s)
			await(t, m.own(s.ID, "up"))
		}
		until(t, "both are watched", func() bool { return w.Health().Pids == 2 })
		for _, s := range []worker.Spec{hog, sibling} {
			if err := os.WriteFile(m.own(s.ID, "go"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			n := exit(s.ID)
			late = s.ID == sibling.ID && n.Exit.OOM && n.Exit.OOMSource != worker.FromCgroup
			if n.Exit.Code != 137 || n.Exit.OOM != (s.ID == hog.ID) && !late {
				t.Errorf("limit %s: got %+v", limit, n.Exit)
			}
			// Whoever asks is told the same.
			if st, err := m.Status(t.Context(), s.ID); err != nil || st.Exit == nil || st.Exit.OOM != n.Exit.OOM {
				t.Errorf("status: got %+v, %v", st, err)
			}
			if _, err := m.Cleanup(t.Context(), s.ID); err != nil {
				t.Error(err)
			}
		}
		return late
	}
	for range 5 {
		if !play() {
			return
		}
		t.Log("the cgroup had gone before it was read, on a machine under load: docker's word counts then; once more")
	}
	t.Error("the cgroup was never read in time")
}

// limitedParent makes a cgroup with a limit of memory, which the test removes, and returns it as docker's --cgroup-parent. Where
// systemd makes cgroups it is a slice.
func (m *onEngine) limitedParent(t *testing.T, bytes int) (parent, limit string) {
	t.Helper()
	if m.isSystemd(t) {
		slice := "dockercmdtest" + strings.ToLower(rand.Text()[:8]) + ".slice"
		systemctl := func(args ...string) {
			if out, err := exec.Command("systemctl", args...).CombinedOutput(); err != nil {
				t.Errorf("systemctl %q: %v\n%s", args, err, out)
			}
		}
		limit = fmt.Sprintf("MemoryMax=%d", bytes)
		systemctl("set-property", "--runtime", slice, limit)
		systemctl("start", slice)
		t.Cleanup(func() {
			systemctl("stop", slice)
			systemctl("revert", slice)
		})
		return slice, limit
	}
	parent = "/dockercmd-test-parent-" + strings.ToLower(filepath.Base(filepath.Dir(t.TempDir())))
	v1, v2 := "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
	base, file := v2, "memory.max"
	if _, err := os.Stat(filepath.Join(v1, "memory.limit_in_bytes")); err == nil {
		base, file = v1, "memory.limit_in_bytes"
	} else if err := os.WriteFile(filepath.Join(v2, "cgroup.subtree_control"), []byte("+memory"), 0); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(base, parent)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeCgroup(t, parent) })
	if base == v2 {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+memory"), 0); err != nil {
			t.Fatal(err)
		}
	}
	limit = filepath.Join(dir, file)
	if err := os.WriteFile(limit, []byte(strconv.Itoa(bytes)), 0); err != nil {
		t.Fatal(err)
	}
	return parent, limit
}

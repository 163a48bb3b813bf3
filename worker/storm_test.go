package worker_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/scripts"
	"github.com/dockercmd/toolkit/worker"
)

// newStorm returns a Manager that runs docker through a worker-launcher.
func newStorm(t *testing.T) *onEngine {
	t.Helper()
	m := newOnEngine(t)
	m.Docker.Engine = dockercmd.Engine{Dialect: dockercmd.Storm}
	launcher := worker.StormLauncher(newLauncher(t, m.e.Docker))
	m.RunnerFor = func(target worker.Target) runner.Runner {
		m.calls.Runner = launcher(target)
		return m.calls
	}
	return m
}

// TestStorm plays the whole life through a worker-launcher, on a real engine.
func TestStorm(t *testing.T) {
	t.Parallel()
	m := newStorm(t)
	s := m.spec(t, `printf '%s|' "$VALUE" "$(umask)" "$(id -u)" "$(grep CapEff /proc/self/status)" >/worker/facts; ln -s / "/worker/x
command: docker
`+strings.Repeat("0", 64)+`"; exit 7`)
	who := hostUser(t)
	s.User, s.Env = who.Name, map[string]string{"VALUE": "a 'b'\n$HOME"}
	l := m.launch(t, s)
	if !dockercmd.ValidID(l.Container) {
		t.Errorf("got container %q", l.Container)
	}
	exit, err := m.Wait(t.Context(), l.ID)
	if err != nil || !exit.Known || exit.Code != 7 {
		t.Errorf("got %+v, %v", exit, err)
	}
	if got, want := await(t, m.own(l.ID, "facts")), "a 'b'\n$HOME|0027|"; !strings.HasPrefix(got, want) ||
		!strings.Contains(got, "CapEff:\t0000000000000000|") {
		t.Errorf("got %q, want %q", got, want)
	}
	checkStormLaw(t, m, l)

	// The launcher has given the worker's directory away, and prints the names of the links in it, one of which looks like docker's
	// answer.
	s.Command = []string{"sh", "-c", `trap 'exit 3' TERM; echo up >/worker/up; while :; do sleep 0.1; done`}
	l = m.launch(t, s)
	await(t, m.own(l.ID, "up"))
	before := len(m.calls.Records())
	statuses, err := m.Statuses(t.Context())
	if err != nil || len(statuses) != 1 || statuses[0].State != worker.Running || statuses[0].Container != l.Container {
		t.Errorf("got %+v, %v", statuses, err)
	}
	if n := len(m.calls.Records()) - before; n != 1 {
		t.Errorf("the launcher was run %d times", n)
	}
	if st, err := m.Status(t.Context(), l.ID); err != nil || st.State != worker.Running {
		t.Errorf("got %+v, %v", st, err)
	}
	if again, err := m.Launch(t.Context(), s); err != nil || !again.Adopted || again.Container != l.Container {
		t.Errorf("got %+v, %v, want it adopted", again, err)
	}
	// It loses its checkpoint, and is itself again, as the user that its line names.
	if err := os.Remove(filepath.Join(m.Root, "workers", l.ID, "worker.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Cleanup(t.Context(), l.ID); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("cleanup: got %v", err)
	}
	if st, err := m.Status(t.Context(), l.ID); err != nil || st.State != worker.Running || st.Container != l.Container {
		t.Errorf("got %+v, %v", st, err)
	}
	if exit, err := m.Stop(t.Context(), l.ID); err != nil || exit.Code != 3 {
		t.Errorf("got %+v, %v", exit, err)
	}
	s.Command = []string{"sleep", "1000000"}
	l = m.launch(t, s)
	if exit, err := m.Kill(t.Context(), l.ID); err != nil || exit.Code != 137 {
		t.Errorf("got %+v, %v", exit, err)
	}
	if names := stateFiles(t, m, l.ID); slices.ContainsFunc(names, func(n string) bool { return strings.Count(n, "-") > 1 }) {
		t.Errorf("command files of the launcher's are left: %q", names)
	}
	if _, err := m.Cleanup(t.Context(), l.ID); err != nil {
		t.Error(err)
	}
	if got := m.e.Run(t, "ps", "--all", "--quiet", "--filter=name=^/"+l.ID+"$"); got != "" || len(files(t, m.Root)) > 0 {
		t.Errorf("left: container %q, files %q", got, files(t, m.Root))
	}
}

func stateFiles(t *testing.T, m *onEngine, id string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(m.Root, "workers", id))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// checkStormLaw holds that each line came with its command file, and that the file says the line.
func checkStormLaw(t *testing.T, m *onEngine, l *worker.Launched) {
	t.Helper()
	for _, record := range m.calls.Records() {
		data, err := os.ReadFile(record.Script)
		if err != nil {
			t.Errorf("%q: %v", record.Argv, err)
			continue
		}
		file, err := scripts.ParseCommand(data)
		if err != nil || !slices.Equal(file.Argv[1:], record.Argv[1:]) {
			t.Errorf("run %q, file %q, %v", record.Argv, data, err)
		}
	}
	if len(m.calls.Records()) == 0 {
		t.Errorf("nothing was recorded of worker %s", l.ID)
	}
}

func TestStormRefuses(t *testing.T) {
	t.Parallel()
	m := newStorm(t)
	who := hostUser(t)
	for _, tt := range []struct {
		name string
		edit func(*worker.Spec)
		kind error
		want string
	}{
		{"memory", func(s *worker.Spec) { s.Memory = dockercmd.GiB }, worker.ErrSpec,
			"memory: run: --memory is not for storm: the worker-launcher refuses it (exit 39); leave it out"},
		{"a user in numbers", func(s *worker.Spec) { s.User = nobody }, nil, "docker run: start "},
		{"root", func(s *worker.Spec) { s.User = "root" }, client.ErrLauncher,
			`docker run: launcher failed before docker ran: status 255 (no name): "User root not found or may not be used"`},
		{"no shell in the image", func(s *worker.Spec) { s.Shell = "/bin/nosuch" }, client.ErrCommandNotFound, ""},
		{"no image", func(s *worker.Spec) { s.Image = "dockercmd-test-nosuch:1" }, nil, ""},
	} {
		s := m.spec(t, "sleep 1000000")
		s.User = who.Name
		tt.edit(&s)
		_, err := m.Launch(t.Context(), s)
		if err == nil || tt.kind != nil && !errors.Is(err, tt.kind) ||
			!strings.HasPrefix(err.Error(), "worker "+s.ID+": "+tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if tt.name == "a user in numbers" && err != nil &&
			!strings.HasSuffix(err.Error(),
				"it becomes users by name: give worker "+s.ID+" a user that this machine has, instead of the numbers "+nobody) {
			t.Errorf("got %v", err)
		}
		if got := m.e.Run(t, "ps", "--all", "--quiet", "--filter=name=^/"+s.ID+"$"); got != "" || len(files(t, m.Root)) > 0 {
			t.Errorf("%s: left: container %q, files %q", tt.name, got, files(t, m.Root))
		}
	}
	s := m.spec(t, "sleep 1000000")
	s.User = who.Name
	stranger := m.e.Run(t, "run", "--detach", "--network=none", "--name="+s.ID, m.e.Image, "sleep", "1000000")
	if _, err := m.Launch(t.Context(), s); !errors.Is(err, worker.ErrForeign) {
		t.Errorf("got %v, want a stranger's", err)
	}
	if state := m.e.Run(t, "inspect", "--format={{.State.Status}}", stranger); state != "running" || len(files(t, m.Root)) > 0 {
		t.Errorf("the stranger is %s, files %q", state, files(t, m.Root))
	}
}

// TestStormDialectOnTheFake checks that without labels, a container is known by the id that docker run has printed and by the
// directory that is mounted in it.
func TestStormDialectOnTheFake(t *testing.T) {
	t.Parallel()
	storm := func(t *testing.T) *rig {
		r := newRig(t)
		r.Docker.Engine = dockercmd.Engine{Dialect: dockercmd.Storm}
		return r
	}
	t.Run("the start fails", func(t *testing.T) {
		t.Parallel()
		r := storm(t)
		r.fake.Lookup = func(*runnertest.Container) error { return exec.ErrNotFound }
		if _, err := r.Launch(t.Context(), spec("w1", "serve")); !errors.Is(err, client.ErrCommandNotFound) {
			t.Errorf("got %v", err)
		}
		r.wantNothingLeft(t)
	})
	t.Run("a stranger", func(t *testing.T) {
		t.Parallel()
		r := storm(t)
		id, err := r.docker().Run(t.Context(), dockercmd.Run{Name: "w1", Image: image, Command: []string{"serve"}})
		if err != nil {
			t.Fatal(err)
		}
		lost := runnertest.Broken()
		for _, f := range []*runnertest.Fault{nil, lost} {
			r.setFault(onRun(f))
			if _, err := r.Launch(t.Context(), spec("w1", "serve")); err == nil || f == nil && !errors.Is(err, worker.ErrForeign) {
				t.Errorf("got %v", err)
			}
			if got := containerIDs(t, r); !slices.Equal(got, []string{id}) || len(files(t, r.Root)) > 0 {
				t.Errorf("got containers %q, files %q", got, files(t, r.Root))
			}
		}
	})
	t.Run("a forgotten one", func(t *testing.T) {
		t.Parallel()
		r := storm(t)
		first := r.launch(t, spec("w1", "exit", "3"))
		waitOnFake(t, r, "w1")
		if err := os.RemoveAll(filepath.Join(r.Root, "workers/w1")); err != nil {
			t.Fatal(err)
		}
		second := r.launch(t, spec("w1", "serve"))
		if got := containerIDs(t, r); !slices.Equal(got, []string{second.Container}) || first.Container == second.Container {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a launch that was cut off", func(t *testing.T) {
		t.Parallel()
		r := storm(t)
		r.fake.Lookup = func(*runnertest.Container) error { return errors.New("not now") }
		cutOff(t, r, true)
		if exit, err := r.Wait(t.Context(), "w1"); err != nil || !strings.HasPrefix(exit.Reason, "never started") {
			t.Errorf("got %+v, %v", exit, err)
		}
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		r.wantNothingLeft(t)
	})
	t.Run("its life", func(t *testing.T) {
		t.Parallel()
		r := storm(t)
		l := r.launch(t, spec("w1", "exit", "7"))
		if exit, err := r.Wait(t.Context(), "w1"); err != nil || exit.Code != 7 || !exit.Known {
			t.Errorf("got %+v, %v", exit, err)
		}
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		r.wantNothingLeft(t)
		checkLaw(t, r, l)
	})
}

// TestStormIsLookedAt follows and dissects a worker that a worker-launcher has started: what its dialect cannot ask is missing, and
// said to be.
func TestStormIsLookedAt(t *testing.T) {
	t.Parallel()
	m := newStorm(t)
	m.RunnerFor = worker.StormLauncher(newLauncher(t, m.e.Docker)) // for several questions at once, unlike newStorm's
	s := m.spec(t, "echo up >/worker/up; exec sleep 1000000")
	s.User, s.Env = hostUser(t).Name, map[string]string{"PASSWORD": password}
	l := m.launch(t, s)
	defer m.cleanup(t, l)
	await(t, m.own(l.ID, "up"))
	changes := follow(t, m.Manager)
	wantChanges(t, changes, l.ID+" running")
	var got map[string]string
	var missing []worker.Missing
	until(t, "the worker sleeps", func() bool {
		got, missing = bundle(t, m.Manager, l.ID, worker.Bundle{})
		return strings.Contains(got["summary.txt"], "(sleep) S")
	})
	wantWords(t, got["summary.txt"], "state", "running, says docker inspect", "processes", "(sleep) S")
	for _, part := range missing {
		if !errors.Is(part.Err, client.ErrUnsupported) {
			t.Errorf("%s is missing: %v", part.Part, part.Err)
		}
	}
	if !strings.Contains(got["files/worker.sh"], "PASSWORD=...") || got["inspect.json"] == "" {
		t.Errorf("got %q", got)
	}
	if _, err := m.Kill(t.Context(), l.ID); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, changes, l.ID+" exited exit code 137 (killed)")
}

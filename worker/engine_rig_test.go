package worker_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/worker"
)

// onEngine is a Manager on the machine's engine.
type onEngine struct {
	*worker.Manager
	e     *enginetest.Engine
	calls *runner.Recorder
}

// nobody is who workers run as.
const nobody = "65534:65534"

func newOnEngine(t *testing.T) *onEngine {
	t.Helper()
	e := enginetest.Require(t)
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: giving files to another user takes root")
	}
	// The engine must reach the directory: the test's own lies below one that root alone can enter, as a supervisor's does.
	m := &onEngine{e: e, calls: &runner.Recorder{Runner: runner.Exec{}}}
	m.Manager = &worker.Manager{Root: filepath.Join(t.TempDir(), "root"), Docker: client.Docker{Runner: m.calls, Program: e.Docker}}
	m.useLane(t)
	return m
}

// useLane has the Manager ask by a Lane where DOCKERCMD_TEST_LANE says so.
func (m *onEngine) useLane(t *testing.T) {
	if os.Getenv("DOCKERCMD_TEST_LANE") != "" {
		m.Docker.Lane = new(client.Lane)
		t.Cleanup(func() { m.Docker.Lane.Close() })
	}
}

// spec returns a worker that runs a shell script.
func (m *onEngine) spec(t *testing.T, script string) worker.Spec {
	t.Helper()
	return worker.Spec{ID: m.e.Name(t), Image: m.e.Image, Command: []string{"sh", "-c", script}, User: nobody, Network: "none",
		StopGrace: new(5 * time.Second)}
}

func (m *onEngine) launch(t *testing.T, s worker.Spec) *worker.Launched {
	t.Helper()
	l, err := m.Launch(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// own returns a file in a worker's own directory.
func (m *onEngine) own(id, name string) string {
	return filepath.Join(m.Root, "work", id, "work", name)
}

// await waits until a file is there, and returns what it holds.
func await(t *testing.T, path string) string {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		data, err := os.ReadFile(path)
		if err == nil && len(data) > 0 {
			return string(data)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come: %v", path, err)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// cleanup removes a worker and holds that nothing is left of it.
func (m *onEngine) cleanup(t *testing.T, l *worker.Launched) {
	t.Helper()
	if _, err := m.Cleanup(t.Context(), l.ID); err != nil {
		t.Error(err)
	}
	if got := m.e.Run(t, "ps", "--all", "--quiet", "--filter=label="+worker.LabelLaunch+"="+l.Plan.Setting.Launch); got != "" {
		t.Errorf("the container is left: %s", got)
	}
	if got := files(t, m.Root); len(got) > 0 {
		t.Errorf("files are left: %q", got)
	}
	if _, err := (cgroupread.Host{}).ByID(l.Container, l.Plan.CgroupParent); !errors.Is(err, cgroupread.ErrGone) {
		t.Errorf("the cgroup is left: %v", err)
	}
}

// isSystemd reports whether the engine has systemd make its cgroups.
func (m *onEngine) isSystemd(t *testing.T) bool {
	return m.e.Run(t, "info", "--format={{.CgroupDriver}}") == "systemd"
}

// removeCgroup removes the empty cgroup that a test has made docker make.
func removeCgroup(t *testing.T, parent string) {
	for _, pattern := range []string{"/sys/fs/cgroup" + parent, "/sys/fs/cgroup/*" + parent} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			t.Error(err)
		}
		for _, dir := range dirs {
			if err := os.Remove(dir); err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
		}
	}
}

// hostUser returns a user of this machine, by name, that is not root.
func hostUser(t *testing.T) worker.Identity {
	t.Helper()
	for _, name := range []string{"worker", "nobody"} {
		if who, err := worker.LookupIdentity(t.Context(), runner.Exec{}, name); err == nil {
			return who
		}
	}
	t.Fatal("the machine has neither a user worker nor nobody")
	return worker.Identity{}
}

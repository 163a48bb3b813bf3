package worker_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/scripts"
	"github.com/dockercmd/toolkit/worker"
)

// TestMain lets the test binary be Storm's worker-launcher or a docker client when it is started under that name, and a supervisor
// that is to be killed.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == launcherName {
		os.Exit(stormLauncher(os.Args[1:]))
	}
	if filepath.Base(os.Args[0]) == hungName {
		os.Exit(hungDocker(os.Args[0], os.Args[1:]))
	}
	child.Guard(map[string]child.Role{
		"crash": func([]string) int { return crashSupervisor(os.Getenv(crashDir)) },
		"chaos": func([]string) int { return chaosSupervisor(theRole()) },
		"scale": func([]string) int { return scaleSupervisor() },
	})
	var err error
	if examples, err = os.MkdirTemp("", "dockercmd-examples-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(examples)
	os.Exit(code)
}

// examples is where the examples' files are.
var examples string

// rig is a Manager on a fake docker.
type rig struct {
	*worker.Manager
	fake  *runnertest.Docker
	calls *runner.Recorder // all that the Manager has run
	log   *buffer
	locks string // where its Managers' supervisors see each other
	fault atomic.Pointer[func(dockercmd.Command) *runnertest.Fault]
}

// setFault has the fake ask from now on what goes wrong with a command, also while it is being asked; nil is nothing.
func (r *rig) setFault(fault func(dockercmd.Command) *runnertest.Fault) { r.fault.Store(&fault) }

// faultOf returns what goes wrong with a command.
func (r *rig) faultOf(c dockercmd.Command) *runnertest.Fault {
	if fault := r.fault.Load(); fault != nil && *fault != nil {
		return (*fault)(c)
	}
	return nil
}

// image is the fake's image. What it runs, see app.
const image = "app:1"

// someone is who fake workers run as: nobody, or whoever runs the tests when that is not root.
var someone = func() worker.Identity {
	if os.Geteuid() == 0 {
		return worker.Identity{Name: "someone", UID: 65534, GID: 65534, Groups: []int{}}
	}
	return worker.Identity{Name: "someone", UID: os.Geteuid(), GID: os.Getegid(), Groups: []int{}}
}()

// newRig makes a Manager whose machine has 4 CPUs and 8 GiB in two zones.
func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{fake: &runnertest.Docker{Images: map[string]runnertest.Program{image: app}}, log: new(buffer)}
	r.locks = filepath.Join(t.TempDir(), "locks") // directories of the test outlive the fake, which may write to some
	t.Cleanup(func() {
		if err := r.fake.Close(); err != nil {
			t.Error(err)
		}
	})
	r.fake.Fault = r.faultOf
	r.calls = &runner.Recorder{Runner: r.fake}
	r.Manager = r.another(filepath.Join(t.TempDir(), "root"))
	return r
}

// another returns a second Manager on the same fake: another process, when root is the same.
func (r *rig) another(root string) *worker.Manager {
	return &worker.Manager{
		Root: root, Docker: client.Docker{Runner: r.calls}, LockDir: r.locks,
		Machine: &worker.Machine{CPUs: 4, Memory: 8 * dockercmd.GiB, Zones: map[string]worker.Zone{
			"0": {CPUs: "0-1", Mems: "0", Memory: 4 * dockercmd.GiB},
			"1": {CPUs: "2-3", Mems: "1", Memory: 4 * dockercmd.GiB},
		}},
		Users: func(context.Context, string) (worker.Identity, error) { return someone, nil },
		Log:   slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// seeCgroups has the fake keep cgroups, and the Manager see them.
func (r *rig) seeCgroups(t testing.TB) {
	t.Helper()
	r.fake.CgroupRoot = t.TempDir()
	r.Cgroups.Root = r.fake.CgroupRoot
}

// docker returns the fake without the Manager, for strangers.
func (r *rig) docker() client.Docker { return client.Docker{Runner: r.fake} }

// names returns the containers that the fake has.
func (r *rig) names(t testing.TB) []string {
	t.Helper()
	rows, err := r.docker().Ps(context.Background(), dockercmd.Ps{All: true})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, row := range rows {
		names = append(names, row.Names...)
	}
	return names
}

// files returns the paths below a directory that belong to some worker.
func files(t testing.TB, root string) []string {
	t.Helper()
	found := []string{}
	for _, dir := range []string{"workers", "work", "busy"} {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, e := range entries {
			found = append(found, dir+"/"+e.Name())
		}
	}
	return found
}

// wantNothingLeft fails the test when there is a container or a file of a worker.
func (r *rig) wantNothingLeft(t testing.TB) {
	t.Helper()
	if got := r.names(t); len(got) > 0 {
		t.Errorf("containers are left: %q", got)
	}
	if got := files(t, r.Root); len(got) > 0 {
		t.Errorf("files are left: %q", got)
	}
}

// spec returns a worker of the fake that runs a command of app's.
func spec(id string, command ...string) worker.Spec {
	return worker.Spec{ID: id, Image: image, User: "someone", Command: command}
}

func (r *rig) launch(t testing.TB, s worker.Spec) *worker.Launched {
	t.Helper()
	l, err := r.Launch(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// app runs the program of the fake's image. It runs the worker script as far as it understands it: exit N, serve (until SIGTERM),
// stubborn (until SIGKILL), hog N (uses N MiB and serves), print (its environment).
func app(ctx context.Context, c *runnertest.Container) int {
	term := c.Notify(syscall.SIGTERM)
	argv, env := c.Args, c.Env
	if len(argv) == 2 && argv[0] == scripts.DefaultShell {
		path, _ := c.Path(argv[1])
		data, err := os.ReadFile(path)
		if err != nil {
			return 2
		}
		w, err := scripts.ParseWorker(data)
		if err != nil {
			return 2
		}
		argv = w.Argv
		for k, v := range w.Env {
			env = append(env, k+"="+v)
		}
	}
	if len(argv) == 0 {
		argv = []string{"serve"}
	}
	number := func() int {
		n, _ := strconv.Atoi(argv[1])
		return n
	}
	switch argv[0] {
	case "exit":
		return number()
	case "print":
		_, _ = c.Stdout.Write([]byte(strings.Join(env, "\n")))
		return 0
	case "stubborn":
		<-ctx.Done()
		return 0
	case "hog":
		c.SetMemory(int64(number()) << 20)
	}
	select {
	case <-term:
		return 0
	case <-ctx.Done():
		return 0
	}
}

// buffer is what a log is written to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// wantLine fails the test unless an error is one line of exactly this text.
func wantLine(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("got no error, want %q", want)
		return
	}
	if got := err.Error(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// exampleDir returns a directory below the one that TestMain removes.
func exampleDir() string {
	dir, err := os.MkdirTemp(examples, "")
	if err != nil {
		panic(err)
	}
	return dir
}

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// onRun makes a fault of docker run alone.
func onRun(f *runnertest.Fault) func(dockercmd.Command) *runnertest.Fault {
	return func(c dockercmd.Command) *runnertest.Fault {
		if _, ok := c.(*dockercmd.Run); ok {
			return f
		}
		return nil
	}
}

// always makes a fault of every command.
func always(f *runnertest.Fault) func(dockercmd.Command) *runnertest.Fault {
	return func(dockercmd.Command) *runnertest.Fault { return f }
}

// TestLaunchFails checks that whatever is wrong, the error says so on one line, and nothing is left.
func TestLaunchFails(t *testing.T) {
	t.Parallel()
	const refused = "the engine's words"
	for _, tt := range []struct {
		name string
		edit func(*rig, *worker.Spec)
		kind error
		runs bool // docker run is tried
		want string
	}{
		{"a bad spec", func(_ *rig, s *worker.Spec) { s.Image = "" }, worker.ErrSpec, false,
			"worker w1: image: no image; give a reference such as busybox:1.36 or an image's id"},
		{"a path for an id", func(_ *rig, s *worker.Spec) { s.ID = "../w1" }, worker.ErrSpec, false,
			`worker "../w1": id: "../w1" begins with '.'; begin with a letter or a digit`},
		{"no such user", func(r *rig, _ *worker.Spec) {
			r.Users = func(context.Context, string) (worker.Identity, error) {
				return worker.Identity{}, errors.New(`the machine has no user "someone"`)
			}
		}, worker.ErrUser, false, `worker w1: user: the machine has no user "someone"`},
		{"no such zone", func(_ *rig, s *worker.Spec) { s.NUMA = "2" }, worker.ErrReserve, false,
			`worker w1: numa: the machine has no zone "2"; it has 0, 1`},
		{"too much CPU", func(_ *rig, s *worker.Spec) { s.CPUPercent = 401 }, worker.ErrReserve, false,
			"worker w1: cpu-percent: 401 with 0 set aside for others is above the machine's 400 (4 CPUs)"},
		{"too much memory", func(_ *rig, s *worker.Spec) { s.Memory = 1 << 62 }, worker.ErrReserve, false,
			"worker w1: memory: 4096p with 0 set aside for others is above the machine's 8g"},
		{"too much memory for its zone", func(_ *rig, s *worker.Spec) { s.NUMA, s.Memory = "1", 5*dockercmd.GiB },
			worker.ErrReserve, false,
			"worker w1: memory: 5g with 0 set aside for others is above the 4g of zone 1"},
		{"no mount source", func(_ *rig, s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "/nonexistent/data", Target: "/data"}}
		}, worker.ErrMountSource, false, "worker w1: mounts: /nonexistent/data does not exist; make it, or leave it out"},
		{"no seccomp profile", func(_ *rig, s *worker.Spec) { s.Seccomp = "/nonexistent/p.json" }, worker.ErrMountSource, false,
			"worker w1: seccomp: /nonexistent/p.json does not exist; make it, or leave it out"},
		{"no docker", func(r *rig, _ *worker.Spec) {
			r.Docker.Runner, r.Docker.Program = nil, "docker-that-is-not-there"
		}, client.ErrNoClient, false,
			"worker w1: docker run: start docker-that-is-not-there: executable file not found in $PATH: install it, add its folder to PATH, or give its full path"},
		{"docker is no program", func(r *rig, _ *worker.Spec) {
			r.Docker.Runner, r.Docker.Program = nil, "/dev/null"
		}, fs.ErrPermission, false,
			"worker w1: docker run: start /dev/null: permission denied: make it executable for this user (chmod +x), or give the path of another"},
		{"the daemon is down", func(r *rig, _ *worker.Spec) { r.setFault(always(runnertest.Down())) }, client.ErrUnavailable,
			true,
			"worker w1: find out on which engine it would be launched: docker info: " +
				"Cannot connect to the Docker daemon at unix:///var/run/docker.sock. " +
				"Is the docker daemon running?; start the docker engine, or set DOCKER_HOST to one that runs"},
		{"the socket is not ours", func(r *rig, _ *worker.Spec) { r.setFault(always(runnertest.Denied())) },
			client.ErrPermission, true,
			"worker w1: docker run: permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: " +
				`Get "http://%2Fvar%2Frun%2Fdocker.sock/_ping": dial unix /var/run/docker.sock: connect: permission denied; run as root, as a member of the group docker, or through a launcher`},
		{"no such image", func(_ *rig, s *worker.Spec) { s.Image = "other:1" }, client.ErrImageNotFound, true,
			"worker w1: docker run: No such image: other:1; build or pull the image first"},
		{"no such program", func(r *rig, _ *worker.Spec) {
			r.fake.Lookup = func(*runnertest.Container) error { return exec.ErrNotFound }
		}, client.ErrCommandNotFound, true,
			`worker w1: docker run: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/bin/sh": ` +
				"stat /bin/sh: no such file or directory: unknown"},
		{"no program at all", func(r *rig, _ *worker.Spec) {
			r.fake.Lookup = func(*runnertest.Container) error { return fs.ErrPermission }
		}, client.ErrNotExecutable, true,
			`worker w1: docker run: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/bin/sh": ` +
				"permission denied: unknown"},
		{"the engine refuses", func(r *rig, _ *worker.Spec) {
			r.fake.Lookup = func(*runnertest.Container) error { return errors.New(refused) }
		}, nil, true, "worker w1: docker run: " + refused},
		{"the connection broke before", func(r *rig, _ *worker.Spec) { r.setFault(onRun(runnertest.Broken())) },
			client.ErrUnavailable, true,
			`worker w1: docker run: error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers": EOF; start the docker engine, or set DOCKER_HOST to one that runs; the launch was undone`},
		{"the answer is no id", func(r *rig, _ *worker.Spec) {
			r.setFault(onRun(&runnertest.Fault{Lost: true, Reply: &runnertest.Reply{Stdout: "hello\n"}}))
		}, nil, true, `worker w1: docker run: docker printed "hello", which is not a container's id`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			s := spec("w1", "serve")
			s.Env = map[string]string{"TOKEN": secret}
			tt.edit(r, &s)
			l, err := r.Launch(t.Context(), s)
			wantLine(t, err, tt.want)
			if l != nil || tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Errorf("got %v, %v, want the kind %v", l, err, tt.kind)
			}
			if strings.Contains(r.log.String()+fmt.Sprint(err), "hunter2") {
				t.Error("the environment is shown")
			}
			if got := len(r.calls.Records()) > 0; got != tt.runs {
				t.Errorf("docker was run: %v", got)
			}
			r.setFault(nil)
			r.wantNothingLeft(t)
			if _, err := os.Stat(r.Root); !tt.runs && tt.kind != client.ErrNoClient && tt.kind != fs.ErrPermission &&
				tt.kind != worker.ErrReserve && !os.IsNotExist(err) {
				t.Errorf("the root was made: %v", err)
			}
			if _, err := r.Status(t.Context(), "w1"); !errors.Is(err, worker.ErrUnknownID) {
				t.Errorf("the worker is known: %v", err)
			}
		})
	}
}

// TestLostAnswer checks that, when the engine has started the container and the answer to docker run is lost, the launch is found
// by its label; so it is in the worker-launcher's dialect, by the directory that is mounted.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for _, dialect := range []dockercmd.Dialect{dockercmd.Docker, dockercmd.Storm} {
		r := newRig(t)
		r.Docker.Engine.Dialect = dialect
		lost := runnertest.Broken()
		lost.Lost = true
		r.setFault(onRun(lost))
		l, err := r.Launch(t.Context(), spec("w1", "serve"))
		if err != nil {
			t.Fatal(err)
		}
		if ids := containerIDs(t, r); len(ids) != 1 || ids[0] != l.Container || l.Adopted {
			t.Errorf("%s: got %+v, containers %q", dialect, l, ids)
		}
		if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Running {
			t.Errorf("%s: got %+v, %v", dialect, s, err)
		}
	}
}

// TestLostAnswerAndALie checks that a launch whose docker run has not answered is not undone on one word: while ps or the kernel knows
// of a container, or ps does not answer, the worker stays, and is itself when the engine is well again.
func TestLostAnswerAndALie(t *testing.T) {
	t.Parallel()
	nothing := &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "[]\n", Stderr: "Error: No such object: w1\n", Code: 1}}
	lost := runnertest.Broken()
	lost.Lost = true
	silent := &runnertest.Fault{Lost: true, Reply: &runnertest.Reply{}}
	for name, tt := range map[string]struct{ run, ps *runnertest.Fault }{
		"ps": {lost, nil}, "no ps": {lost, runnertest.Down()}, "the kernel": {lost, silent}, "a run that said nothing": {silent, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.seeCgroups(t)
			r.setFault(func(c dockercmd.Command) *runnertest.Fault {
				return map[string]*runnertest.Fault{"run": tt.run, "inspect": nothing, "ps": tt.ps}[c.Subcommand()]
			})
			if _, err := r.Launch(t.Context(), spec("w1", "serve")); !errors.Is(err, worker.ErrState) {
				t.Errorf("got %v", err)
			}
			r.setFault(nil)
			if _, err := r.Recover(t.Context()); err != nil {
				t.Error(err)
			}
			if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Running || s.Container != containerIDs(t, r)[0] {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

// TestLaunchTwice checks that a worker that runs by the same spec is adopted, one that runs by another is alive.
func TestLaunchTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := r.Reserve("w1", worker.Resources{Memory: dockercmd.GiB}); err != nil {
		t.Fatal(err)
	}
	first := r.launch(t, spec("w1", "serve"))
	for _, m := range []*worker.Manager{r.Manager, r.another(r.Root)} {
		again, err := m.Launch(t.Context(), spec("w1", "serve"))
		if err != nil || !again.Adopted || again.Container != first.Container || again.Launch != first.Launch {
			t.Errorf("got %+v, %v", again, err)
		}
	}
	other := spec("w1", "serve")
	other.Env = map[string]string{"A": "b"}
	if _, err := r.Launch(t.Context(), other); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("got %v", err)
	}
	if got := r.names(t); len(got) != 1 {
		t.Errorf("got containers %q", got)
	}
}

// TestLaunchWithoutKnowing loses the answer to docker run, and the engine does not come back. The container may be there, so the
// worker stays known until Cleanup can look.
func TestLaunchWithoutKnowing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var down atomic.Bool
	r.setFault(func(c dockercmd.Command) *runnertest.Fault {
		if _, isRun := c.(*dockercmd.Run); isRun {
			down.Store(true)
			lost := runnertest.Broken()
			lost.Lost = true
			return lost
		}
		if down.Load() {
			return runnertest.Down()
		}
		return nil
	})
	_, err := r.Launch(t.Context(), spec("w1", "stubborn"))
	if !errors.Is(err, client.ErrUnavailable) || !errors.Is(err, worker.ErrState) ||
		!strings.Contains(err.Error(), "clean the worker up later") {
		t.Fatalf("got %v", err)
	}
	if s, err := r.Status(t.Context(), "w1"); s.State != worker.Unknown || !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("got %+v, %v, want unknown", s, err)
	}
	if _, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("cleanup without an engine: %v", err)
	}
	down.Store(false)
	if s, err := r.Status(t.Context(), "w1"); s.State != worker.Running || err != nil {
		t.Errorf("got %+v, %v, want running", s, err)
	}
	if _, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, worker.ErrAlive) {
		t.Errorf("cleanup of a live worker: %v", err)
	}
	if exit, err := r.Kill(t.Context(), "w1"); err != nil || exit.Code != 137 {
		t.Errorf("kill: %+v, %v", exit, err)
	}
	if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
	r.wantNothingLeft(t)
}

// TestLaunchCancelled checks that docker run is never cut in half, and what it has made is removed.
func TestLaunchCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.setFault(onRun(&runnertest.Fault{Delay: time.Minute}))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("shutting down"))
		defer cancel()
		began := time.Now()
		_, err := r.Launch(ctx, spec("w1", "serve"))
		if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took < time.Minute {
			t.Errorf("docker run was cut in half after %v", took)
		}
		r.wantNothingLeft(t)
		_, err = r.Launch(ctx, spec("w1", "serve"))
		wantLine(t, err, "worker w1: launch: context deadline exceeded: shutting down")
	})
}

// TestLaunchTimeout checks that a daemon that hangs in docker run is given up after the long deadline.
func TestLaunchTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.setFault(onRun(&runnertest.Fault{Release: make(chan struct{})}))
		began := time.Now()
		_, err := r.Launch(t.Context(), spec("w1", "serve"))
		if !errors.Is(err, client.ErrTimeout) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took < client.DefaultLong || took > client.DefaultLong+5*time.Second {
			t.Errorf("took %v", took)
		}
		r.wantNothingLeft(t)
	})
}

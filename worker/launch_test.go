package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
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

// TestLaunchFails: whatever is wrong, the error says so on one line, and nothing is left.
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
		{"too much memory for its zone", func(_ *rig, s *worker.Spec) { s.NUMA, s.Memory = "1", 5*dockercmd.GiB }, worker.ErrReserve, false,
			"worker w1: memory: 5g with 0 set aside for others is above the 4g of zone 1"},
		{"no mount source", func(_ *rig, s *worker.Spec) {
			s.Mounts = []dockercmd.Mount{{Type: "bind", Source: "/nonexistent/data", Target: "/data"}}
		}, worker.ErrMountSource, false, "worker w1: mounts: /nonexistent/data does not exist; make it, or leave it out"},
		{"no seccomp profile", func(_ *rig, s *worker.Spec) { s.Seccomp = "/nonexistent/p.json" }, worker.ErrMountSource, false,
			"worker w1: seccomp: /nonexistent/p.json does not exist; make it, or leave it out"},
		{"no docker", func(r *rig, _ *worker.Spec) {
			r.Docker.Runner, r.Docker.Program = nil, "docker-that-is-not-there"
		}, runner.ErrNoClient, false,
			"worker w1: docker run: start docker-that-is-not-there: executable file not found in $PATH: install it, add its folder to PATH, or give its full path"},
		{"docker is no program", func(r *rig, _ *worker.Spec) {
			r.Docker.Runner, r.Docker.Program = nil, "/dev/null"
		}, fs.ErrPermission, false,
			"worker w1: docker run: start /dev/null: permission denied: make it executable for this user (chmod +x), or give the path of another"},
		{"the daemon is down", func(r *rig, _ *worker.Spec) { r.fake.Fault = always(runnertest.Down()) }, runner.ErrUnavailable, true,
			"worker w1: docker run: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?; " +
				"start the docker engine, or set DOCKER_HOST to one that runs"},
		{"the socket is not ours", func(r *rig, _ *worker.Spec) { r.fake.Fault = always(runnertest.Denied()) }, runner.ErrPermission, true,
			"worker w1: docker run: permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: " +
				`Get "http://%2Fvar%2Frun%2Fdocker.sock/_ping": dial unix /var/run/docker.sock: connect: permission denied; run as root, as a member of the group docker, or through a launcher`},
		{"no such image", func(_ *rig, s *worker.Spec) { s.Image = "other:1" }, runner.ErrImageNotFound, true,
			"worker w1: docker run: No such image: other:1; build or pull the image first"},
		{"no such program", func(r *rig, _ *worker.Spec) {
			r.fake.Lookup = func(*runnertest.Container) error { return exec.ErrNotFound }
		}, runner.ErrCommandNotFound, true,
			`worker w1: docker run: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/bin/sh": ` +
				"stat /bin/sh: no such file or directory: unknown"},
		{"no program at all", func(r *rig, _ *worker.Spec) {
			r.fake.Lookup = func(*runnertest.Container) error { return fs.ErrPermission }
		}, runner.ErrNotExecutable, true,
			`worker w1: docker run: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/bin/sh": ` +
				"permission denied: unknown"},
		{"the engine refuses", func(r *rig, _ *worker.Spec) {
			r.fake.Lookup = func(*runnertest.Container) error { return errors.New(refused) }
		}, nil, true, "worker w1: docker run: " + refused},
		{"the answer is lost", func(r *rig, _ *worker.Spec) {
			lost := runnertest.Broken()
			lost.Lost = true
			r.fake.Fault = onRun(lost)
		}, runner.ErrUnavailable, true, `worker w1: docker run: error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers": EOF; start the docker engine, or set DOCKER_HOST to one that runs`},
		{"the connection broke before", func(r *rig, _ *worker.Spec) { r.fake.Fault = onRun(runnertest.Broken()) }, runner.ErrUnavailable, true,
			`worker w1: docker run: error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers": EOF; start the docker engine, or set DOCKER_HOST to one that runs`},
		{"the answer is no id", func(r *rig, _ *worker.Spec) {
			r.fake.Fault = onRun(&runnertest.Fault{Lost: true, Reply: &runnertest.Reply{Stdout: "hello\n"}})
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
			r.fake.Fault = nil
			r.wantNothingLeft(t)
			if _, err := os.Stat(r.Root); !tt.runs && tt.kind != runner.ErrNoClient && tt.kind != fs.ErrPermission && tt.kind != worker.ErrReserve && !os.IsNotExist(err) {
				t.Errorf("the root was made: %v", err)
			}
			if _, err := r.Status(t.Context(), "w1"); !errors.Is(err, worker.ErrUnknownID) {
				t.Errorf("the worker is known: %v", err)
			}
		})
	}
}

// TestLaunchWithoutKnowing: the answer to docker run is lost, and the engine does not come back. The container may be there, so
// the worker stays known until Cleanup can look.
func TestLaunchWithoutKnowing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var down atomic.Bool
	r.fake.Fault = func(c dockercmd.Command) *runnertest.Fault {
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
	}
	_, err := r.Launch(t.Context(), spec("w1", "stubborn"))
	if !errors.Is(err, runner.ErrUnavailable) || !errors.Is(err, worker.ErrState) || !strings.Contains(err.Error(), "clean the worker up later") {
		t.Fatalf("got %v", err)
	}
	if s, err := r.Status(t.Context(), "w1"); s.State != worker.Unknown || !errors.Is(err, runner.ErrUnavailable) {
		t.Errorf("got %+v, %v, want unknown", s, err)
	}
	if _, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, runner.ErrUnavailable) {
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

// TestLaunchCancelled: docker run is never cut in half, and what it has made is removed.
func TestLaunchCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.fake.Fault = onRun(&runnertest.Fault{Delay: time.Minute})
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

// TestLaunchTimeout: a daemon that hangs in docker run is given up after the long deadline.
func TestLaunchTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.fake.Fault = onRun(&runnertest.Fault{Release: make(chan struct{})})
		began := time.Now()
		_, err := r.Launch(t.Context(), spec("w1", "serve"))
		if !errors.Is(err, runner.ErrTimeout) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != runner.DefaultLong {
			t.Errorf("took %v", took)
		}
		r.wantNothingLeft(t)
	})
}

// TestLeftovers: what a container of the worker's name means for a launch.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	stranger := dockercmd.Run{Name: "w1", Image: image, Command: []string{"serve"}, Labels: map[string]string{worker.LabelWorker: "w1"}}
	forget := func(t *testing.T, r *rig) {
		if err := os.RemoveAll(filepath.Join(r.Root, "workers/w1")); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		before func(*testing.T, *rig)
		want   error
		left   int // containers afterwards
	}{
		{"ours, and it has ended", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "exit", "3"))
			waitOnFake(t, r, "w1")
		}, nil, 1},
		{"ours, and its exit is known", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "exit", "3"))
			if _, err := r.Wait(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
		}, nil, 1},
		{"ours, and it was removed", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "serve"))
			if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
				t.Fatal(err)
			}
		}, nil, 1},
		{"ours, and it is alive", func(t *testing.T, r *rig) { r.launch(t, spec("w1", "serve")) }, worker.ErrAlive, 1},
		{"ours and forgotten, and it has ended", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "exit", "3"))
			waitOnFake(t, r, "w1")
			forget(t, r)
		}, nil, 1},
		{"ours and forgotten, and it is alive", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "serve"))
			forget(t, r)
		}, worker.ErrAlive, 1},
		{"a stranger's", func(t *testing.T, r *rig) {
			if _, err := r.docker().Run(t.Context(), stranger); err != nil {
				t.Fatal(err)
			}
		}, worker.ErrForeign, 1},
		{"another supervisor's", func(t *testing.T, r *rig) {
			if _, err := r.another(filepath.Join(t.TempDir(), "other")).Launch(t.Context(), spec("w1", "serve")); err != nil {
				t.Fatal(err)
			}
		}, worker.ErrForeign, 1},
		{"a stranger's in the place of ours", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "exit", "3"))
			if _, err := r.Wait(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
			if err := r.docker().Rm(t.Context(), dockercmd.Rm{Containers: []string{"w1"}}); err != nil {
				t.Fatal(err)
			}
			if _, err := r.docker().Run(t.Context(), stranger); err != nil {
				t.Fatal(err)
			}
		}, worker.ErrForeign, 1},
		{"a stranger's with all our labels in the place of ours", func(t *testing.T, r *rig) {
			l := r.launch(t, spec("w1", "exit", "3"))
			waitOnFake(t, r, "w1")
			if err := r.docker().Rm(t.Context(), dockercmd.Rm{Containers: []string{"w1"}}); err != nil {
				t.Fatal(err)
			}
			copied := stranger
			copied.Labels = l.Plan.Step(worker.StepRun).Command.(*dockercmd.Run).Labels
			if _, err := r.docker().Run(t.Context(), copied); err != nil {
				t.Fatal(err)
			}
		}, worker.ErrForeign, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			tt.before(t, r)
			before := containerIDs(t, r)
			known := files(t, r.Root)
			l, err := r.Launch(t.Context(), spec("w1", "serve"))
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			after := containerIDs(t, r)
			if len(after) != tt.left {
				t.Errorf("got containers %q, want %d", after, tt.left)
			}
			if tt.want != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("the error has several lines: %v", err)
				}
				if !slices.Equal(after, before) {
					t.Errorf("the container was touched: %q, before %q", after, before)
				}
				if got := files(t, r.Root); !slices.Equal(got, known) {
					t.Errorf("files were %q and are %q", known, got)
				}
				return
			}
			if l == nil || !slices.Equal(after, []string{l.Container}) {
				t.Errorf("got %v and containers %q", l, after)
			}
			if s, err := r.Status(t.Context(), "w1"); s.State != worker.Running || s.Container != l.Container || err != nil {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

// waitOnFake waits for a container's end without the Manager's knowing.
func waitOnFake(t *testing.T, r *rig, name string) {
	t.Helper()
	if _, err := r.docker().Wait(t.Context(), name); err != nil {
		t.Fatal(err)
	}
}

func containerIDs(t *testing.T, r *rig) []string {
	t.Helper()
	rows, err := r.docker().Ps(t.Context(), dockercmd.Ps{All: true})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

// TestStaleFiles: a cid file and temporary files of a crash are no hindrance.
func TestStaleFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.launch(t, spec("w1", "exit", "3"))
	waitOnFake(t, r, "w1")
	for _, name := range []string{"container.cid", "docker-run.sh", ".dockercmd-crash.tmp"} {
		if err := os.WriteFile(filepath.Join(r.Root, "workers/w1", name), []byte("stale"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := r.launch(t, spec("w1", "serve"))
	cid, err := os.ReadFile(filepath.Join(r.Root, "workers/w1/container.cid"))
	if err != nil || string(cid) != again.Container || again.Container == l.Container {
		t.Errorf("the cid file holds %q (%v), want %s", cid, err, again.Container)
	}
}

// TestFailedRelaunch: how the earlier launch ended, what the worker left in its own directory and what is reserved all survive
// a relaunch that fails, and nothing of the failed one stays.
func TestFailedRelaunch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := spec("w1", "exit", "7")
	s.Memory = dockercmd.GiB
	r.launch(t, s)
	exit, err := r.Wait(t.Context(), "w1")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Reserve("w1", worker.Resources{CPUPercent: 100}); err != nil {
		t.Fatal(err)
	}
	result := filepath.Join(r.Root, "work/w1/work/result")
	if err := os.WriteFile(result, []byte("42"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Image, s.Env = "other:1", map[string]string{"TOKEN": secret}
	if _, err := r.Launch(t.Context(), s); !errors.Is(err, runner.ErrImageNotFound) {
		t.Fatalf("got %v", err)
	}
	if got, err := os.ReadFile(result); string(got) != "42" {
		t.Errorf("the worker's result is lost: %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(r.Root, "work/w1/work/worker.sh")); !os.IsNotExist(err) {
		t.Errorf("the failed launch's environment is still there: %v", err)
	}
	if again, err := r.Wait(t.Context(), "w1"); err != nil || again != exit {
		t.Errorf("the exit is %+v, %v, want %+v", again, err, exit)
	}
	if st, err := r.Status(t.Context(), "w1"); err != nil || st.State != worker.Exited {
		t.Errorf("got %+v, %v", st, err)
	}
	// The memory of the launch that has ended is free, the reserved CPU is not.
	if err := r.Reserve("w2", worker.Resources{Memory: 8 * dockercmd.GiB, CPUPercent: 300}); err != nil {
		t.Error(err)
	}
	if err := r.Reserve("w3", worker.Resources{CPUPercent: 1}); !errors.Is(err, worker.ErrReserve) {
		t.Errorf("the reserved CPU was given away: %v", err)
	}
	r.fake.Fault = always(runnertest.Down())
	if last, err := r.Cleanup(t.Context(), "w1"); err != nil || last == nil || *last != exit {
		t.Errorf("cleanup of a worker without a container: %+v, %v", last, err)
	}
}

// TestManyLaunches: many workers at once, and one id many times.
func TestManyLaunches(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	managers := []*worker.Manager{r.Manager, r.another(r.Root)}
	const workers, tries = 12, 4
	var launched, alive atomic.Int64
	var all sync.WaitGroup
	for i := range workers {
		for try := range tries {
			all.Go(func() {
				_, err := managers[try%2].Launch(t.Context(), spec(fmt.Sprintf("w-%d", i), "serve"))
				switch {
				case err == nil:
					launched.Add(1)
				case errors.Is(err, worker.ErrAlive):
					alive.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if launched.Load() != workers || alive.Load() != workers*(tries-1) {
		t.Errorf("%d launches succeeded, %d found a live worker", launched.Load(), alive.Load())
	}
	if got := len(r.names(t)); got != workers {
		t.Errorf("got %d containers", got)
	}
	for i := range workers {
		all.Go(func() {
			id := fmt.Sprintf("w-%d", i)
			if _, err := managers[i%2].Stop(t.Context(), id); err != nil {
				t.Error(err)
			}
			if _, err := managers[1-i%2].Cleanup(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r.wantNothingLeft(t)
}

// TestRaceForTheLastCPU: of many launches by two processes, as many succeed as there are CPUs.
func TestRaceForTheLastCPU(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	managers := []*worker.Manager{r.Manager, r.another(r.Root)}
	var launched, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			s := spec(fmt.Sprintf("w-%d", i), "serve")
			s.CPUPercent = 100
			_, err := managers[i%2].Launch(t.Context(), s)
			switch {
			case err == nil:
				launched.Add(1)
			case errors.Is(err, worker.ErrReserve):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if launched.Load() != 4 || refused.Load() != 6 {
		t.Errorf("%d launches succeeded, %d were refused", launched.Load(), refused.Load())
	}
}

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// In each of these tests docker denies a container that there is: another engine has answered, or the answer was about another
// container. The kernel cannot be asked.

// ages is a grace that lets Reap take what was made just now, on the virtual clock too.
const ages = -40 * 365 * 24 * time.Hour

// wantKept holds that a worker's own directory is there, beneath its living container.
func (r *rig) wantKept(t *testing.T, id string, err error) {
	t.Helper()
	if _, statErr := os.Stat(filepath.Join(r.Root, "work", id)); statErr != nil {
		t.Errorf("removed beneath a living worker: %v; %v, containers %q", statErr, err, r.names(t))
	}
}

// away is a fault from the moment on that goes is called, until comes is: while others ask.
type away struct {
	gone atomic.Bool
	as   func(dockercmd.Command) *runnertest.Fault
}

func (a *away) goes()  { a.gone.Store(true) }
func (a *away) comes() { a.gone.Store(false) }

func (a *away) fault(c dockercmd.Command) *runnertest.Fault {
	if a.gone.Load() {
		return a.as(c)
	}
	return nil
}

// states are what a Watcher has told of.
type states struct {
	mu   sync.Mutex
	told []string
}

func (s *states) add(x worker.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, x.ID+" "+string(x.State))
}

func (s *states) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.told, ", ")
}

// TestWipedWhileAnotherEngineIsAsked checks that the only worker, whose directory is deleted while another engine is asked, is not
// told gone for that: nobody is left on disk whom the engine's mark could be held for.
func TestWipedWhileAnotherEngineIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		var taken notices
		var told states
		a := away{as: otherEngine(nil)}
		r.setFault(a.fault)
		stop := r.watch(t, &worker.Watcher{OnExit: taken.take, OnChange: told.add, Relist: time.Second})
		rest(10 * time.Second)
		a.goes()
		removeAll(t, filepath.Join(r.Root, "workers", "w1"))
		rest(time.Minute)
		a.comes()
		rest(time.Minute)
		if strings.Contains(told.String(), "gone") {
			t.Errorf("told: %s", &told)
		}
		if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Running {
			t.Errorf("got %+v, %v", s, err)
		}
		r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
		rest(time.Minute)
		wantList(t, taken.list(), []string{"w1 exit code 137 (killed)"})
		stop()
	})
}

// TestLostLineOnAnotherEngine checks that a worker which has lost checkpoint and docker-run.sh keeps its directories while another
// engine is asked, and is not launched there.
func TestLostLineOnAnotherEngine(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(context.Context, *worker.Manager) error{
		"cleanup": func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Cleanup(ctx, "w1")) },
		"recover": func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Recover(ctx)) },
		"reap": func(ctx context.Context, m *worker.Manager) error {
			return errorOf(m.Reap(ctx, worker.Reaper{Grace: ages}))
		},
		"launch": func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Launch(ctx, spec("w1", "serve"))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, other := newRig(t), fakeEngine("NEXT")
				defer r.fake.Close()
				defer other.Close()
				at := &address{to: r.fake}
				r.calls.Runner = at
				l := r.launch(t, spec("w1", "serve"))
				rest(10 * time.Second)
				for _, file := range []string{"worker.json", "docker-run.sh"} {
					removeAll(t, filepath.Join(r.Root, "workers", "w1", file))
				}
				at.set(other)
				err := ask(t.Context(), r.Manager)
				at.set(r.fake)
				r.wantKept(t, "w1", err)
				r.wantState(t, l.Container, "running")
				if name != "recover" && !errors.Is(err, worker.ErrOtherEngine) { // which tells of it in its log
					t.Errorf("got %v, want ErrOtherEngine", err)
				}
			})
		})
	}
}

// TestReapOfWorkAlone checks that Reap leaves the directory of a living worker whose supervisor's directory is gone, when another
// engine answers after the workers' own has said who it is, or did not.
func TestReapOfWorkAlone(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]*runnertest.Fault{"its own has said so": nil, "nobody has": runnertest.Down()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				r.launch(t, spec("w1", "serve"))
				r.launch(t, spec("w2", "serve"))
				rest(10 * time.Second)
				removeAll(t, filepath.Join(r.Root, "workers", "w1"))
				a := away{as: otherEngine(nil)}
				r.setFault(func(c dockercmd.Command) *runnertest.Fault {
					if _, is := c.(*dockercmd.Info); is && !a.gone.Load() {
						a.goes()
						return first
					}
					return a.fault(c)
				})
				_, err := r.Reap(t.Context(), worker.Reaper{Grace: ages})
				r.setFault(nil)
				r.wantKept(t, "w1", err)
				if err == nil {
					t.Error("got no error")
				}
			})
		})
	}
}

// TestReapOfTheLastWork checks that Reap leaves the directory of the only worker, of which nothing else is left, when it cannot
// tell whether that lives.
func TestReapOfTheLastWork(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(dockercmd.Command) *runnertest.Fault{
		"another engine is asked": otherEngine(nil),
		"inspect is down": func(c dockercmd.Command) *runnertest.Fault {
			switch c.(type) {
			case *dockercmd.Inspect:
				return runnertest.Down()
			case *dockercmd.Ps:
				return &runnertest.Fault{Reply: &runnertest.Reply{}}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				r.launch(t, spec("w1", "serve"))
				rest(10 * time.Second)
				removeAll(t, filepath.Join(r.Root, "workers", "w1"))
				r.setFault(fault)
				_, err := r.Reap(t.Context(), worker.Reaper{Grace: ages})
				r.setFault(nil)
				r.wantKept(t, "w1", err)
				if err == nil {
					t.Error("got no error")
				}
			})
		})
	}
}

// TestLostWorkerKeepsTheMark checks that nothing is launched on another engine while there is a worker that has lost what was known
// of it: the root would be that engine's from then on.
func TestLostWorkerKeepsTheMark(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]string{"its line": {"worker.json", "docker-run.sh"}, "all": {""}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, other := newRig(t), fakeEngine("NEXT")
				defer r.fake.Close()
				defer other.Close()
				at := &address{to: r.fake}
				r.calls.Runner = at
				r.launch(t, spec("w1", "serve"))
				rest(10 * time.Second)
				for _, file := range files {
					removeAll(t, filepath.Join(r.Root, "workers", "w1", file))
				}
				at.set(other)
				for _, id := range []string{"w2", "w1"} {
					if _, err := r.Launch(t.Context(), spec(id, "serve")); !errors.Is(err, worker.ErrOtherEngine) {
						t.Errorf("%s: got %v, want ErrOtherEngine", id, err)
					}
				}
				_, err := r.Recover(t.Context())
				_, reapErr := r.Reap(t.Context(), worker.Reaper{Grace: ages})
				at.set(r.fake)
				r.wantKept(t, "w1", errors.Join(err, reapErr))
			})
		})
	}
}

// TestUndoIsDenied checks that a launch whose answer was lost is not undone because another engine denies the container by the time
// it is to be removed: its files stay, for Cleanup.
func TestUndoIsDenied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w0", "serve"))
		rest(10 * time.Second)
		lost := runnertest.Broken()
		lost.Lost = true
		a := away{as: otherEngine(nil)}
		ctx, cancel := context.WithCancel(t.Context())
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			switch c := c.(type) {
			case *dockercmd.Run:
				if c.Name == "w1" {
					cancel()
					return lost
				}
			case *dockercmd.Rm:
				a.goes()
				return noSuch
			}
			return a.fault(c)
		})
		_, err := r.Launch(ctx, spec("w1", "serve"))
		r.setFault(nil)
		if !errors.Is(err, worker.ErrOtherEngine) || strings.Contains(err.Error(), "the launch was undone") {
			t.Errorf("got %v", err)
		}
		if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Running {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

// TestInspectOfSeveralThings checks that a docker inspect of many which denies one container, and fails on another one in some
// other way, is no denial of that.
func TestInspectOfSeveralThings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		second string
		marked bool
	}{
		"the engine cannot tell":              {"Error response from daemon: layer does not exist", true},
		"the engine cannot tell, not marked":  {"Error response from daemon: layer does not exist", false},
		"the engine ends meanwhile":           {"Cannot connect to the Docker daemon at unix:///s. Is the docker daemon running?", true},
		"the engine ends meanwhile, unmarked": {"Cannot connect to the Docker daemon at unix:///s. Is the docker daemon running?", false},
	} {
		several := func(t *testing.T, ask func(*testing.T, *rig)) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				l := r.launch(t, spec("w1", "serve"))
				r.launch(t, spec("w2", "serve"))
				rest(10 * time.Second)
				if !tt.marked {
					removeAll(t, filepath.Join(r.Root, "engine"))
				}
				r.act(t, &dockercmd.Rm{Force: true, Containers: []string{"w1"}})
				stderr := "Error: No such container: " + l.Container + "\n" + tt.second + "\n"
				reply := &runnertest.Reply{Stdout: "[]\n", Stderr: stderr, Code: 1}
				r.setFault(func(c dockercmd.Command) *runnertest.Fault {
					if inspect, is := c.(*dockercmd.Inspect); is && len(inspect.Names) > 1 {
						return &runnertest.Fault{Reply: reply}
					}
					return nil
				})
				ask(t, r)
				r.setFault(nil)
				if s, err := r.Status(t.Context(), "w2"); err != nil || s.State != worker.Running {
					t.Errorf("got %+v, %v; containers %q", s, err, r.names(t))
				}
			})
		}
		t.Run(name+", cleanup all", func(t *testing.T) {
			t.Parallel()
			several(t, func(t *testing.T, r *rig) {
				for _, o := range r.CleanupAll(t.Context(), "w1", "w2") {
					if o.ID == "w2" && !errors.Is(o.Err, worker.ErrAlive) && !errors.Is(o.Err, client.ErrUnavailable) {
						t.Errorf("got %+v", o)
					}
				}
			})
		})
		t.Run(name+", a Watcher", func(t *testing.T) {
			t.Parallel()
			several(t, func(t *testing.T, r *rig) {
				var taken notices
				stop := r.watch(t, &worker.Watcher{OnExit: taken.take, Relist: time.Second})
				rest(time.Minute)
				if slices.ContainsFunc(taken.list(), func(exit string) bool { return strings.HasPrefix(exit, "w2") }) {
					t.Errorf("got %q", taken.list())
				}
				stop()
			})
		})
	}
}

// TestNoiseBesideADenial checks that a container which is gone is known to be, although the client's wrapper has something to say
// too.
func TestNoiseBesideADenial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		for _, id := range []string{"w1", "w2"} {
			r.launch(t, spec(id, "serve"))
		}
		rest(10 * time.Second)
		r.act(t, &dockercmd.Rm{Force: true, Containers: []string{"w1", "w2"}})
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			inspect, is := c.(*dockercmd.Inspect)
			if !is {
				return nil
			}
			stderr := "sudo: unable to resolve host h: Name or service not known\n"
			for _, name := range inspect.Names {
				stderr += "Error: No such object: " + name + "\n"
			}
			return &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "[]\n", Stderr: stderr, Code: 1}}
		})
		var taken notices
		stop := r.watch(t, &worker.Watcher{OnExit: taken.take, Relist: time.Second})
		rest(2 * time.Minute)
		if len(taken.list()) != 2 {
			t.Errorf("got %q", taken.list())
		}
		stop()
		r.setFault(nil)
	})
}

// TestSickAfterSeveralThings checks that an engine which hangs when it is asked for each container by itself is not waited for as
// often as there are containers.
func TestSickAfterSeveralThings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var ids []string
		for i := range 40 {
			ids = append(ids, fmt.Sprintf("w%d", i))
			s := spec(ids[i], "serve")
			s.Resources = worker.Resources{CPUPercent: 1, Memory: 64 * dockercmd.MiB}
			r.launch(t, s)
		}
		rest(10 * time.Second)
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			inspect, is := c.(*dockercmd.Inspect)
			switch {
			case is && len(inspect.Names) > 1:
				return &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "[]\n", Code: 1,
					Stderr: "Error: No such object: " + inspect.Names[0] + "\nError response from daemon: layer does not exist\n"}}
			case is:
				return &runnertest.Fault{Delay: 24 * time.Hour}
			}
			return nil
		})
		began := time.Now()
		o := r.CleanupAll(t.Context(), ids...)[0]
		r.setFault(nil)
		if took := time.Since(began); took > 3*time.Minute || o.Err == nil {
			t.Errorf("took %v: %+v", took, o)
		}
	})
}

// TestStopIsDenied checks that a worker gets its stop signal and its grace although another engine has denied it once.
func TestStopIsDenied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		rest(10 * time.Second)
		var once atomic.Bool
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			if _, is := c.(*dockercmd.Stop); is && !once.Swap(true) {
				return noSuch
			}
			return nil
		})
		e, err := r.Stop(t.Context(), "w1")
		if err != nil || e.Code != 0 || r.count("kill") > 0 || r.count("stop") != 2 {
			t.Errorf("got %+v, %v; stop %d times, kill %d times", e, err, r.count("stop"), r.count("kill"))
		}
	})
}

// TestRemovedWhileInfoIsSlow checks that a worker which only docker rm has ended is not said to outlive that because the questions
// that make sure take their time.
func TestRemovedWhileInfoIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		rest(10 * time.Second)
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			switch c.(type) {
			case *dockercmd.Stop, *dockercmd.Kill:
				return &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "w1\n"}}
			case *dockercmd.Info:
				return &runnertest.Fault{Delay: 2600 * time.Millisecond}
			}
			return nil
		})
		if e, err := r.Stop(t.Context(), "w1"); err != nil {
			t.Errorf("got %+v, %v; containers %q", e, err, r.names(t))
		}
		r.setFault(nil)
	})
}

// returning is a Runner that has a volume as soon as docker info is asked: until then another engine has answered.
type returning struct{ *volumes }

func (r returning) Start(ctx context.Context, c runner.Cmd) (runner.Process, error) {
	if len(c.Argv) > 1 && c.Argv[1] == "info" {
		r.mu.Lock()
		r.names = []string{"data"}
		r.mu.Unlock()
	}
	return r.volumes.Start(ctx, c)
}

// TestVolumeIsDenied checks that a failed launch does not remove a volume that was there before, although another engine had denied
// it.
func TestVolumeIsDenied(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := &volumes{Runner: r.calls, names: []string{}}
	r.Docker.Runner = returning{v}
	r.launch(t, spec("w0", "serve"))
	v.names = []string{}
	r.setFault(func(c dockercmd.Command) *runnertest.Fault {
		if run, is := c.(*dockercmd.Run); is && run.Name == "w1" {
			return &runnertest.Fault{Reply: &runnertest.Reply{Stderr: "docker: Error response from daemon: no\n", Code: 125}}
		}
		return nil
	})
	s := spec("w1", "serve")
	s.Mounts = append(s.Mounts, volume("data"))
	if _, err := r.Launch(t.Context(), s); err == nil {
		t.Error("launched")
	}
	if len(v.names) != 1 {
		t.Errorf("volumes %q", v.names)
	}
}

// TestInDoubtAtRest checks that a worker whose container an engine denies, and whose processes live, is asked for less and less
// often.
func TestInDoubtAtRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.seeCgroups(t)
		r.launch(t, spec("w1", "serve"))
		r.setFault(on("inspect", notFound()))
		w := &worker.Watcher{}
		stop := r.watch(t, w)
		rest(time.Minute)
		before := r.count("inspect")
		rest(10 * time.Minute)
		if n := r.count("inspect") - before; n > 300 || n < 20 { // two each time
			t.Errorf("inspected %d times in 10 minutes", n)
		}
		if n := w.Health().Workers[worker.InDoubt]; n != 1 {
			t.Errorf("%d are in doubt", n)
		}
		r.setFault(nil)
		rest(time.Minute)
		r.wantState(t, "w1", "running")
		stop()
	})
}

// TestSickContainers checks that containers which the engine cannot describe, or hangs on, withhold nobody else's end.
func TestSickContainers(t *testing.T) {
	t.Parallel()
	const others = 20
	fault := map[string]*runnertest.Fault{
		"undescribed": {Reply: &runnertest.Reply{Stdout: "[]\n", Code: 1, Stderr: "Error response from daemon: layer does not exist\n"}},
		"hung":        {Delay: 24 * time.Hour},
	}
	for _, how := range []string{"undescribed watcher", "undescribed cleanup", "undescribed recover", "hung watcher", "hung cleanup",
		"hung recover"} {
		as, by, _ := strings.Cut(how, " ")
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				first := r.launch(t, spec("w00", "serve"))
				var ids, told []string
				for i := range others {
					id := fmt.Sprintf("w%02d", i+1)
					r.launch(t, spec(id, "serve"))
					ids, told = append(ids, id), append(told, id+" exit code 137 (killed)")
				}
				last := r.launch(t, spec("w99", "serve"))
				rest(10 * time.Second)
				r.act(t, &dockercmd.Kill{Containers: ids})
				rest(time.Minute)
				r.setFault(func(c dockercmd.Command) *runnertest.Fault {
					if i, is := c.(*dockercmd.Inspect); is && slices.ContainsFunc(i.Names, func(name string) bool {
						return name == first.Container || name == last.Container
					}) {
						return fault[as]
					}
					return nil
				})
				asked := len(r.calls.Records())
				switch by {
				case "recover":
					report, err := r.Recover(t.Context())
					if err == nil || len(report.PendingExits) != others {
						t.Errorf("got %d, %v", len(report.PendingExits), err)
					}
				case "cleanup":
					for _, o := range r.CleanupAll(t.Context(), append(ids, "w00", "w99")...) {
						if (o.ID == "w00" || o.ID == "w99") == (o.Err == nil) {
							t.Errorf("got %+v", o)
						}
					}
				default:
					var taken notices
					stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
					rest(2 * time.Minute)
					wantList(t, slices.Sorted(slices.Values(taken.list())), told)
					stop()
				}
				if n := len(r.calls.Records()) - asked; n > 300 {
					t.Errorf("ran %d commands", n)
				}
			})
		})
	}
}

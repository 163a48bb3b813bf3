package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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

// TestNextEngine checks that a root whose workers are all cleaned up is of any engine again.
func TestNextEngine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "exit", "0"))
	if _, err := r.Wait(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	r.setFault(on("info", &runnertest.Fault{Lie: nextEngine}))
	m := r.another(r.Root)
	if _, err := m.Launch(t.Context(), spec("w1", "serve")); err != nil {
		t.Error(err)
	}
	r.setFault(nil)
	if _, err := r.another(r.Root).Launch(t.Context(), spec("w2", "serve")); !errors.Is(err, worker.ErrOtherEngine) {
		t.Errorf("back on the first engine: got %v", err)
	}
}

// nextEngine makes what docker info says that of another engine.
func nextEngine(out []byte) []byte { return bytes.Replace(out, []byte("FAKE"), []byte("NEXT"), 1) }

// TestEngineAskedAtLaunch checks when a launch asks the engine who it is: each time, unless a stream of events that has lasted
// since it last said so vouches for it.
func TestEngineAskedAtLaunch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		n := 0
		asks := func(when string, want int) {
			t.Helper()
			before := r.count("info")
			n++
			r.launch(t, spec(fmt.Sprintf("w%d", n), "serve"))
			if got := r.count("info") - before; got != want {
				t.Errorf("%s: a launch asked %d times, want %d", when, got, want)
			}
		}
		asks("without a Watcher", 1)
		asks("without a Watcher, again", 1)
		stop := r.watch(t, &worker.Watcher{})
		rest(time.Second)
		asks("while the stream is new", 1)
		rest(10 * time.Second)
		asks("the first by a stream that has lasted", 1)
		asks("the second", 0)
		rest(10 * time.Minute)
		asks("much later", 0)

		r.fake.StopEngine(runnertest.LiveRestore)
		r.fake.StartEngine()
		synctest.Wait()
		asks("when the stream has just broken", 1)
		rest(time.Minute)
		asks("by the next stream", 1)
		asks("by that, again", 0)

		r.fake.StopEngine(runnertest.LiveRestore)
		r.setFault(on("info", &runnertest.Fault{Lie: nextEngine})) // another one comes back at the same address
		r.fake.StartEngine()
		rest(time.Minute)
		if _, err := r.Launch(t.Context(), spec("other", "serve")); !errors.Is(err, worker.ErrOtherEngine) {
			t.Errorf("got %v, want ErrOtherEngine", err)
		}
		r.setFault(nil)
		stop()
		asks("when the Watcher has ended", 1)
		asks("when the Watcher has ended, again", 1)
	})
}

// address is what new clients reach; those that are connected stay where they are.
type address struct {
	mu sync.Mutex
	to runner.Runner
}

func (a *address) set(r runner.Runner) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.to = r
}

// Start starts a client of the engine that the address means now.
func (a *address) Start(ctx context.Context, c runner.Cmd) (runner.Process, error) {
	a.mu.Lock()
	to := a.to
	a.mu.Unlock()
	return to.Start(ctx, c)
}

// fakeEngine returns another engine than the rig's.
func fakeEngine(id string) *runnertest.Docker {
	lie := func(out []byte) []byte { return bytes.Replace(out, []byte("FAKE"), []byte(id), 1) }
	return &runnertest.Docker{Images: map[string]runnertest.Program{image: app}, Fault: on("info", &runnertest.Fault{Lie: lie})}
}

// TestAddressMoves checks that a launch notices at once when another machine's address, or a socket of this one, has come to mean
// another engine, while what is connected stays on the former one.
func TestAddressMoves(t *testing.T) {
	t.Parallel()
	for name, lane := range map[string]*client.Lane{"lines": nil, "a lane": {}, "a socket, lines": nil, "a socket, a lane": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, other := newRig(t), fakeEngine("NEXT")
				defer r.fake.Close()
				defer other.Close()
				at := &address{to: r.fake}
				r.calls.Runner = at
				r.Docker.Env, r.Docker.Lane = []string{"DOCKER_HOST=tcp://vip:2375"}, lane
				move := func() {}
				if strings.Contains(name, "socket") {
					path := filepath.Join(t.TempDir(), "docker.sock")
					bind := func() {
						if err := os.WriteFile(path+".new", nil, 0o600); err != nil {
							t.Fatal(err)
						}
						if err := os.Rename(path+".new", path); err != nil {
							t.Fatal(err)
						}
					}
					bind()
					r.Docker.Env, move = []string{"DOCKER_HOST=unix://" + path}, bind
				}
				defer lane.Close()
				defer r.watch(t, &worker.Watcher{})()
				rest(time.Minute)
				r.launch(t, spec("w1", "serve"))
				rest(20 * time.Second)
				r.launch(t, spec("w0", "serve")) // by what vouches for it
				rest(time.Second)
				at.set(other)
				move()
				for _, id := range []string{"w2", "w3"} {
					if _, err := r.Launch(t.Context(), spec(id, "serve")); !errors.Is(err, worker.ErrOtherEngine) {
						t.Errorf("got %v, want ErrOtherEngine", err)
					}
					rest(time.Minute)
				}
			})
		})
	}
}

// makesRoom answers as an engine that knows nothing of the workers, and that makes room for their own as soon as that is asked who
// it is.
func makesRoom() func(dockercmd.Command) *runnertest.Fault {
	var back atomic.Bool
	other := otherEngine(nil)
	return func(c dockercmd.Command) *runnertest.Fault {
		switch c.(type) {
		case *dockercmd.Info:
			back.Store(true)
		case *dockercmd.Stop, *dockercmd.Kill, *dockercmd.Rm, *dockercmd.Wait:
			if !back.Load() {
				return noSuch
			}
		}
		if back.Load() {
			return nil
		}
		return other(c)
	}
}

// TestAnotherEngineMakesRoom checks that an engine which denies a worker's container is not taken for the workers' own because that
// one answers by the time it is asked who it is: the container is asked for again, and nobody is told that it is gone.
func TestAnotherEngineMakesRoom(t *testing.T) {
	t.Parallel()
	wiped := func(t *testing.T, r *rig, path string) {
		removeAll(t, filepath.Join(r.Root, "workers", "w1", path))
	}
	for name, ask := range map[string]func(t *testing.T, r *rig){
		"stop": func(t *testing.T, r *rig) {
			if e, err := r.Stop(t.Context(), "w1"); err != nil || e.EngineAlone != true || !e.Known {
				t.Errorf("got %+v, %v", e, err)
			}
		},
		"stop all": func(t *testing.T, r *rig) {
			if o := r.StopAll(t.Context(), "w1")[0]; o.Err != nil || !o.Exit.Known {
				t.Errorf("got %+v", o)
			}
		},
		"cleanup": func(t *testing.T, r *rig) {
			if e, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, worker.ErrAlive) {
				t.Errorf("got %+v, %v", e, err)
			}
		},
		"status": func(t *testing.T, r *rig) {
			if s, err := r.Statuses(t.Context()); err != nil || s[0].State != worker.Running {
				t.Errorf("got %+v, %v", s, err)
			}
		},
		"a Watcher": func(t *testing.T, r *rig) {
			var taken notices
			stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
			rest(time.Minute)
			stop()
			wantList(t, taken.list(), []string{})
		},
		"a launch before": func(t *testing.T, r *rig) {
			r.setFault(nil)
			if _, err := r.Kill(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
			rest(time.Minute)
			r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
			r.setFault(makesRoom())
			if e, err := r.Stop(t.Context(), "w1"); err != nil || e.StartedAt.Before(time.Now().Add(-time.Minute)) {
				t.Errorf("got the end of an earlier life: %+v, %v", e, err)
			}
		},
		"no checkpoint": func(t *testing.T, r *rig) {
			wiped(t, r, "worker.json")
			if e, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, worker.ErrAlive) {
				t.Errorf("got %+v, %v", e, err)
			}
		},
		"no files": func(t *testing.T, r *rig) {
			var taken notices
			a := away{as: makesRoom()}
			r.setFault(a.fault)
			stop := r.watch(t, &worker.Watcher{OnExit: taken.take, Relist: time.Second})
			rest(time.Minute)
			a.goes()
			wiped(t, r, "")
			rest(time.Minute)
			stop()
			wantList(t, taken.list(), []string{})
			if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Running {
				t.Errorf("got %+v, %v", s, err)
			}
		},
		"a launch without an answer": func(t *testing.T, r *rig) {
			lost := runnertest.Broken()
			lost.Lost = true
			room := makesRoom()
			r.setFault(func(c dockercmd.Command) *runnertest.Fault {
				if run, is := c.(*dockercmd.Run); is && run.Name == "w2" {
					room = makesRoom()
					return lost
				}
				return room(c)
			})
			_, err := r.Launch(t.Context(), spec("w2", "serve"))
			if s, statusErr := r.Status(t.Context(), "w2"); statusErr != nil || s.State != worker.Running {
				t.Errorf("got %+v, %v after %v", s, statusErr, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				r.launch(t, spec("w1", "serve"))
				rest(10 * time.Second)
				r.setFault(makesRoom())
				ask(t, r)
				r.setFault(nil)
			})
		})
	}
}

// TestUndoneUnderAnOldMark checks that a launch is refused when nobody says which engine it would be on and the mark is of one that
// has no workers any more, and that its worker does not haunt the Watcher.
func TestUndoneUnderAnOldMark(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, other := newRig(t), fakeEngine("NEXT")
		defer r.fake.Close()
		defer other.Close()
		at := &address{to: r.fake}
		r.calls.Runner = at
		r.launch(t, spec("w0", "serve"))
		if _, err := r.Kill(t.Context(), "w0"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Cleanup(t.Context(), "w0"); err != nil {
			t.Fatal(err)
		}
		at.set(other)
		lie := other.Fault
		a := away{as: func(dockercmd.Command) *runnertest.Fault {
			down := runnertest.Down()
			down.Delay = 5 * time.Second // the Watcher takes the worker up meanwhile
			return down
		}}
		other.Fault = func(c dockercmd.Command) *runnertest.Fault {
			if _, is := c.(*dockercmd.Info); is && a.gone.Load() {
				return a.fault(c)
			}
			return lie(c)
		}
		w := &worker.Watcher{Relist: time.Second}
		stop := r.watch(t, w)
		rest(10 * time.Second)
		a.goes()
		if _, err := r.Launch(t.Context(), spec("w1", "serve")); err == nil || r.count("run") != 1 {
			t.Errorf("got %v; docker run %d times", err, r.count("run"))
		}
		a.comes()
		rest(5 * time.Minute)
		for state, n := range w.Health().Workers {
			if n > 0 {
				t.Errorf("%d workers are %s", n, state)
			}
		}
		stop()
	})
}

// slowLog takes its time for the record that a stream of events has ended.
type slowLog struct{ slog.Handler }

// Handle handles a record.
func (h slowLog) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "docker events ended") {
		time.Sleep(3 * time.Second)
	}
	return h.Handler.Handle(ctx, r)
}

// TestStreamThatHasEnded checks that a stream vouches for nothing any more when it has ended, although the Watcher has not come to
// that yet.
func TestStreamThatHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.Log = slog.New(slowLog{r.Log.Handler()})
		defer r.watch(t, &worker.Watcher{})()
		rest(20 * time.Second)
		r.launch(t, spec("w1", "serve"))
		r.launch(t, spec("w2", "serve"))
		r.fake.StopEngine(runnertest.LiveRestore)
		r.setFault(on("info", &runnertest.Fault{Lie: nextEngine}))
		r.fake.StartEngine()
		rest(time.Second)
		if _, err := r.Launch(t.Context(), spec("w3", "serve")); !errors.Is(err, worker.ErrOtherEngine) {
			t.Errorf("got %v, want ErrOtherEngine", err)
		}
		r.setFault(nil)
	})
}

// TestStreamOfAnotherTarget checks that a stream from one engine vouches for no other one.
func TestStreamOfAnotherTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, b, c := newRig(t), fakeEngine("BBBB"), fakeEngine("CCCC")
		defer r.fake.Close()
		defer b.Close()
		defer c.Close()
		at := &address{to: r.fake}
		r.calls.Runner = at
		home := t.TempDir()
		r.Docker.Env = []string{"HOME=" + home}
		defer r.watch(t, &worker.Watcher{Relist: time.Hour})()
		rest(20 * time.Second)
		if err := errors.Join(os.Mkdir(filepath.Join(home, ".docker"), 0o700), // docker context use b
			os.WriteFile(filepath.Join(home, ".docker", "config.json"), []byte(`{"currentContext":"b"}`), 0o600)); err != nil {
			t.Fatal(err)
		}
		at.set(b)
		r.launch(t, spec("w1", "serve"))
		rest(20 * time.Second)
		b.StopEngine(runnertest.LiveRestore)
		at.set(c)
		rest(time.Second)
		if _, err := r.Launch(t.Context(), spec("w2", "serve")); !errors.Is(err, worker.ErrOtherEngine) {
			t.Errorf("got %v, want ErrOtherEngine", err)
		}
		b.StartEngine()
	})
}

// TestLaneThatHangsLeavesEvents checks that the end of a removed worker is still asked of docker events when the Lane takes its
// time.
func TestLaneThatHangsLeavesEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		l := r.launch(t, spec("w1", "exit", "7"))
		rest(time.Second)
		r.act(t, &dockercmd.Rm{Containers: []string{l.Container}})
		m := r.another(r.Root)
		m.Docker.Lane = new(client.Lane)
		defer m.Docker.Lane.Close()
		hang := make(chan struct{})
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			switch c.(type) {
			case *dockercmd.SystemDialStdio: // a wrapper that hands no standard input on
				return &runnertest.Fault{Release: hang}
			case *dockercmd.Inspect: // a busy engine
				return &runnertest.Fault{Delay: 2500 * time.Millisecond}
			}
			return nil
		})
		if e, err := m.Wait(t.Context(), "w1"); err != nil || e.Code != 7 || !e.Known {
			t.Errorf("got %+v, %v", e, err)
		}
		r.setFault(nil)
	})
}

package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// In each of these tests one witness says what is not so, or is asked too early, or has lost its memory.

// noSuch is inspect's answer about a container that the engine does not know.
var noSuch = &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "[]\n", Stderr: "Error: No such container: it\n", Code: 1}}

// runAs starts a container of a stranger's.
func (r *rig) runAs(t *testing.T, name string) (id string) {
	t.Helper()
	id, err := r.docker().Run(t.Context(), dockercmd.Run{Name: name, Image: image, Command: []string{"serve"}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// act runs a stranger's docker line.
func (r *rig) act(t *testing.T, c dockercmd.Command) {
	t.Helper()
	if _, err := r.docker().Do(t.Context(), c, client.Call{}); err != nil {
		t.Fatal(err)
	}
}

// tellsOf is a lie of inspect: it is asked for one container, and tells of another, by whatever name.
func (r *rig) tellsOf(t *testing.T, container, name string) *runnertest.Fault {
	t.Helper()
	found, err := r.docker().Inspect(t.Context(), container)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal([]json.RawMessage{json.RawMessage(found[0].Raw)})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), `"/`+container+`"`, `"/`+name+`"`)
	return &runnertest.Fault{Reply: &runnertest.Reply{Stdout: text}}
}

// wantState holds a container's state by the engine's word.
func (r *rig) wantState(t *testing.T, container, want string) {
	t.Helper()
	found, err := r.docker().Inspect(t.Context(), container)
	if err != nil || string(found[0].State.Status) != want {
		t.Errorf("container %.12s: got %+v, %v, want it %s", container, found, err, want)
	}
}

// TestAllLeaveTheRevived checks that CleanupAll leaves a container that runs again, and that StopAll ends it.
func TestAllLeaveTheRevived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		l := r.launch(t, spec("w1", "serve"))
		if _, err := r.Kill(t.Context(), "w1"); err != nil {
			t.Fatal(err)
		}
		rest(time.Minute)
		r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
		if o := r.CleanupAll(t.Context(), "w1")[0]; !errors.Is(o.Err, worker.ErrAlive) {
			t.Errorf("got %+v", o)
		}
		r.wantState(t, l.Container, "running")
		if o := r.StopAll(t.Context(), "w1")[0]; o.Err != nil || o.Exit.StartedAt.IsZero() {
			t.Errorf("got %+v", o)
		}
		r.wantState(t, l.Container, "exited")
	})
}

// TestStopOfTheRevived checks that Stop of a worker that runs again does not pass off its recorded exit as its end on inspect's
// word, nor on another engine's.
func TestStopOfTheRevived(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  func(dockercmd.Command) *runnertest.Fault
		kernel bool
		want   error
	}{
		"a lie":          {on("inspect", noSuch), true, worker.ErrAlive},
		"another engine": {otherEngine(nil), false, worker.ErrOtherEngine},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				if tt.kernel {
					r.seeCgroups(t)
				}
				r.launch(t, spec("w1", "serve"))
				if _, err := r.Kill(t.Context(), "w1"); err != nil {
					t.Fatal(err)
				}
				rest(time.Minute)
				r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
				r.setFault(tt.fault)
				if e, err := r.Stop(t.Context(), "w1"); !errors.Is(err, tt.want) {
					t.Errorf("got %v, %v", e, err)
				}
				if o := r.StopAll(t.Context(), "w1")[0]; !errors.Is(o.Err, tt.want) {
					t.Errorf("got %+v", o)
				}
				r.setFault(nil)
			})
		})
	}
}

// otherEngine answers as an engine that knows nothing of the workers; its answer to an inspect by name may be another.
func otherEngine(byName *runnertest.Fault) func(dockercmd.Command) *runnertest.Fault {
	return func(c dockercmd.Command) *runnertest.Fault {
		switch c := c.(type) {
		case *dockercmd.Info:
			return &runnertest.Fault{Lie: nextEngine}
		case *dockercmd.Ps:
			return &runnertest.Fault{Reply: &runnertest.Reply{}}
		case *dockercmd.Inspect:
			if byName != nil && len(c.Names[0]) < 64 {
				return byName
			}
			return noSuch
		}
		return nil
	}
}

// TestItsNameOnAnotherEngine checks that a worker is not gone because another engine has somebody's container of its name.
func TestItsNameOnAnotherEngine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.launch(t, spec("w1", "serve"))
	r.runAs(t, "stranger")
	r.setFault(otherEngine(r.tellsOf(t, "stranger", "w1")))
	if e, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, worker.ErrOtherEngine) {
		t.Errorf("got %v, %v", e, err)
	}
	if e, err := r.Stop(t.Context(), "w1"); !errors.Is(err, worker.ErrOtherEngine) {
		t.Errorf("got %v, %v", e, err)
	}
	r.setFault(nil)
	if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != worker.Running || s.Container != l.Container {
		t.Errorf("got %+v, %v", s, err)
	}
}

// TestDamagedEngineMark checks that a root that has forgotten on which engine its workers are takes no engine's word for their
// ends, and launches none beside them, until it is told.
func TestDamagedEngineMark(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.launch(t, spec("w1", "serve"))
	mark := filepath.Join(r.Root, "engine")
	if err := os.WriteFile(mark, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.setFault(otherEngine(nil))
	m := r.another(r.Root)
	if report, err := m.Recover(t.Context()); !errors.Is(err, worker.ErrState) || len(report.PendingExits) > 0 {
		t.Errorf("recover: got %+v, %v", report, err)
	}
	if _, err := m.Cleanup(t.Context(), "w1"); !errors.Is(err, worker.ErrState) {
		t.Errorf("cleanup: got %v", err)
	}
	if _, err := m.Reap(t.Context(), worker.Reaper{}); !errors.Is(err, worker.ErrState) {
		t.Errorf("reap: got %v", err)
	}
	if _, err := m.Launch(t.Context(), spec("w2", "serve")); !errors.Is(err, worker.ErrState) {
		t.Errorf("launch: got %v", err)
	}
	r.setFault(nil)
	if err := m.AcceptEngine(t.Context()); err != nil {
		t.Error(err)
	}
	if s, err := m.Status(t.Context(), "w1"); err != nil || s.Container != l.Container || s.State != worker.Running {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := m.Kill(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
	if _, err := m.Cleanup(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(mark, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Launch(t.Context(), spec("w2", "serve")); err != nil { // nothing is left that it could be wrong about
		t.Error(err)
	}
}

// TestActsOnWhatWasFound checks that a container which was found by what docker's client has written down is stopped, killed and
// removed by its id, while somebody else's has the name.
func TestActsOnWhatWasFound(t *testing.T) {
	t.Parallel()
	swap := func(t *testing.T, r *rig) (stranger string) {
		r.act(t, &dockercmd.Rename{Container: "w1", NewName: "moved"})
		return r.runAs(t, "w1")
	}
	t.Run("stop", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		lost := runnertest.Broken() // of the answer that names the container
		lost.Lost = true
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			return map[string]*runnertest.Fault{"run": lost, "inspect": runnertest.Down(), "ps": runnertest.Down()}[c.Subcommand()]
		})
		if _, err := r.Launch(t.Context(), spec("w1", "serve")); err == nil {
			t.Fatal("launched")
		}
		r.setFault(nil)
		own := containerIDs(t, r)[0]
		stranger := swap(t, r)
		if e, err := r.Stop(t.Context(), "w1"); err != nil || !e.Stopped {
			t.Errorf("got %+v, %v", e, err)
		}
		r.wantState(t, own, "exited")
		r.wantState(t, stranger, "running")
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		if got := containerIDs(t, r); !slices.Equal(got, []string{stranger}) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("undo", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			defer r.fake.Close()
			ctx, cancel := context.WithCancel(t.Context())
			stranger := ""
			var once sync.Once
			r.setFault(func(c dockercmd.Command) *runnertest.Fault {
				if run, is := c.(*dockercmd.Run); is && run.CIDFile != "" {
					return &runnertest.Fault{Lost: true, Engine: runnertest.Broken().Engine}
				}
				if c.Subcommand() != "inspect" {
					return nil
				}
				once.Do(func() {
					cancel() // the caller gives up
					go func() { stranger = swap(t, r) }()
				})
				return &runnertest.Fault{Delay: time.Second}
			})
			if _, err := r.Launch(ctx, spec("w1", "serve")); err == nil {
				t.Error("launched")
			}
			r.setFault(nil)
			synctest.Wait()
			if got := containerIDs(t, r); !slices.Equal(got, []string{stranger}) {
				t.Errorf("got %q, want the stranger's %q alone", got, stranger)
			}
		})
	})
}

// TestInspectOfAnother checks that a lost worker whose container inspect takes for another, once, is not launched a second time.
func TestInspectOfAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.launch(t, spec("w1", "serve"))
	if err := os.Remove(filepath.Join(r.Root, "workers", "w1", "worker.json")); err != nil {
		t.Fatal(err)
	}
	r.act(t, &dockercmd.Rename{Container: "w1", NewName: "moved"})
	r.runAs(t, "other")
	lie, once := r.tellsOf(t, "other", "other"), sync.Once{}
	r.setFault(func(c dockercmd.Command) (f *runnertest.Fault) {
		if i, is := c.(*dockercmd.Inspect); is && i.Names[0] == l.Container {
			once.Do(func() { f = lie })
		}
		return f
	})
	m := r.another(r.Root)
	for range 2 {
		if _, err := m.Launch(t.Context(), spec("w1", "serve")); !errors.Is(err, worker.ErrAlive) {
			t.Errorf("got %v", err)
		}
	}
	if s, err := m.Status(t.Context(), "w1"); err != nil || s.Container != l.Container {
		t.Errorf("got %+v, %v", s, err)
	}
}

// TestRunThatCannotBeNoted checks that a launch whose container was printed and could not be noted is not undone on inspect's word.
func TestRunThatCannotBeNoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.seeCgroups(t)
		var once sync.Once
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			switch c.Subcommand() {
			case "run":
				once.Do(func() {
					f, err := os.OpenFile(filepath.Join(r.Root, "lock"), os.O_RDWR, 0)
					if err != nil {
						t.Fatal(err)
					}
					if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
						t.Error(err)
					}
					time.AfterFunc(31*time.Second, func() { f.Close() })
				})
			case "inspect":
				return noSuch
			}
			return nil
		})
		if _, err := r.Launch(t.Context(), spec("w1", "serve")); !errors.Is(err, worker.ErrState) {
			t.Errorf("got %v", err)
		}
		r.setFault(nil)
		if s, err := r.Status(t.Context(), "w1"); err != nil || s.Container != containerIDs(t, r)[0] {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

// TestEndOfAnEarlierLife checks that one who has looked at a container before it was started again does not record what it saw as
// the end of its next life, nor begins a life that somebody else has begun.
func TestEndOfAnEarlierLife(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(*worker.Manager, context.Context, string) (worker.Exit, error){
		"wait": (*worker.Manager).Wait, "stop": (*worker.Manager).Stop,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				l := r.launch(t, spec("w1", "serve"))
				r.Docker.Runner = late(r.calls, map[string]time.Duration{"inspect": time.Second})
				var taken notices
				stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
				rest(time.Minute)
				slow := r.another(r.Root)
				slow.Docker.Runner = late(r.calls, map[string]time.Duration{"inspect": 5 * time.Second})
				begin := func() {
					go func() {
						_, _ = look(slow, t.Context(), "w1") // it may be told to ask again
					}()
				}
				if name == "wait" { // it is told of the first end, and comes late with it
					begin()
					rest(time.Minute)
				}
				r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
				rest(2500 * time.Millisecond)
				r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
				if name == "stop" { // it is told of the second life, and comes late with it
					begin()
					rest(2 * time.Second)
				} else {
					rest(10 * time.Second)
					if n := taken.list(); len(n) != 1 {
						t.Errorf("got %q", n)
					}
					r.wantState(t, l.Container, "running")
				}
				r.act(t, &dockercmd.Kill{Signal: "TERM", Containers: []string{"w1"}})
				rest(2 * time.Minute)
				if n := taken.list(); len(n) != 2 {
					t.Errorf("got %q", n)
				}
				stop()
			})
		})
	}
}

// TestLivesAfterDamage checks that a worker whose checkpoint is rebuilt goes on with a life of its own, beside exits that are yet to
// be taken: the next is not taken for one of them.
func TestLivesAfterDamage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		var taken notices
		var takes atomic.Bool
		onExit := func(ctx context.Context, n worker.Notice) error {
			if !takes.Load() {
				return errors.New("not now")
			}
			return taken.take(ctx, n)
		}
		stop := r.watch(t, &worker.Watcher{OnExit: onExit})
		rest(time.Minute)
		r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
		rest(time.Minute)
		r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
		rest(time.Minute)
		stop()
		damage(t, r, "w1", "damaged")
		stop = r.watch(t, &worker.Watcher{Manager: r.another(r.Root), OnExit: onExit})
		rest(time.Minute)
		r.act(t, &dockercmd.Kill{Signal: "TERM", Containers: []string{"w1"}})
		rest(time.Minute)
		takes.Store(true)
		rest(3 * time.Minute)
		wantList(t, taken.list(), []string{"w1 exit code 0", "w1 exit code 137 (killed)"})
		stop()
	})
}

// TestOneThatCannotBeOpened checks that a worker's directory that cannot be opened keeps nobody from watching the others, and that
// asking for it again and again does not keep the Watcher busy.
func TestOneThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		r.launch(t, spec("w2", "serve"))
		if err := os.Chmod(filepath.Join(r.Root, "workers", "w2"), 0o755); err != nil {
			t.Fatal(err)
		}
		m := r.another(r.Root)
		if report, err := m.Recover(t.Context()); !errors.Is(err, worker.ErrState) || len(report.Alive) != 1 {
			t.Errorf("got %+v, %v", report, err)
		}
		var taken notices
		w := &worker.Watcher{Manager: m, OnExit: taken.take}
		stop := r.watch(t, w)
		rest(time.Minute)
		if h := w.Health(); h.RepairErr == nil || h.Workers[worker.Running] != 1 {
			t.Errorf("got %v", h)
		}
		before := strings.Count(r.log.String(), "\n")
		for range 500 {
			if _, err := m.Status(t.Context(), "w2"); !errors.Is(err, worker.ErrState) {
				t.Fatal(err)
			}
		}
		rest(time.Second)
		if grown := strings.Count(r.log.String(), "\n") - before; grown > 50 {
			t.Errorf("the log has grown by %d lines", grown)
		}
		r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
		rest(time.Minute)
		wantList(t, taken.list(), []string{"w1 exit code 137 (killed)"})
		stop()
	})
}

// TestCopiedDirectory checks that a copy of a worker's directory is no worker, and its exit is handed over once.
func TestCopiedDirectory(t *testing.T) {
	t.Parallel()
	for _, cleaned := range []bool{false, true} {
		testCopiedDirectory(t, cleaned)
	}
}

func testCopiedDirectory(t *testing.T, cleaned bool) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		if _, err := r.Kill(t.Context(), "w1"); err != nil {
			t.Fatal(err)
		}
		state := filepath.Join(r.Root, "workers", "w1")
		if out, err := exec.Command("cp", "-r", state, state+".bak").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if _, err := r.another(r.Root).Launch(t.Context(), spec("w2", "serve")); err != nil { // it is in nobody's way
			t.Error(err)
		}
		if cleaned {
			if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
		}
		var taken notices
		w := &worker.Watcher{OnExit: taken.take}
		stop := r.watch(t, w)
		rest(5 * time.Minute)
		if !cleaned { // before there was a Watcher
			wantList(t, taken.list(), []string{"w1 exit code 137 (killed)"})
		} else {
			wantList(t, taken.list(), []string{})
		}
		if w.Health().SetAside != 1 {
			t.Errorf("got %v", w.Health())
		}
		if _, err := r.Cleanup(t.Context(), "w1.bak"); !errors.Is(err, worker.ErrUnknownID) {
			t.Errorf("got %v", err)
		}
		stop()
	})
}

// TestLateRun checks that a launch whose docker run answers late, when its container has ended and was started again, is a launch
// all the same, and not undone.
func TestLateRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		var taken notices
		stop := r.watch(t, &worker.Watcher{Manager: r.another(r.Root), OnExit: taken.take})
		rest(10 * time.Second)
		r.Docker.Runner = late(r.calls, map[string]time.Duration{"run": 20 * time.Second})
		done := make(chan error, 1)
		go func() { done <- errorOf(r.Launch(t.Context(), spec("w1", "serve"))) }()
		rest(3 * time.Second)
		r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
		rest(3 * time.Second)
		r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
		rest(time.Minute)
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.wantState(t, "w1", "running")
		wantList(t, taken.list(), []string{"w1 exit code 137 (killed)"})
		stop()
	})
}

// TestHalfBesideATrack checks that a Watcher does not take a directory that somebody's launch has left half made for the worker that
// it still tracks: that was cleaned up, or its launch was undone.
func TestHalfBesideATrack(t *testing.T) {
	t.Parallel()
	half := func(t *testing.T, r *rig) {
		if err := os.Mkdir(filepath.Join(r.Root, "workers", "w1"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, refused := range map[string]time.Duration{"cleaned up": 0, "cleaned up, its exit is refused": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				r.setFault(on("events", runnertest.Down()))
				r.launch(t, spec("w1", "serve"))
				began := time.Now()
				taken := notices{refuse: func(worker.Notice) error {
					if time.Since(began) < refused {
						return errors.New("not now")
					}
					return nil
				}}
				stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
				rest(time.Minute)
				other := r.another(r.Root)
				if _, err := other.Stop(t.Context(), "w1"); err != nil {
					t.Fatal(err)
				}
				if _, err := other.Cleanup(t.Context(), "w1"); err != nil {
					t.Fatal(err)
				}
				half(t, r)
				rest(15 * time.Minute)
				wantList(t, taken.list(), []string{"w1 exit code 0"})
				stop()
			})
		})
	}
	t.Run("undone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			defer r.fake.Close()
			var taken notices
			stop := r.watch(t, &worker.Watcher{OnExit: taken.take, Relist: time.Second})
			rest(10 * time.Second)
			half(t, r)
			refusal := &runnertest.Reply{Stderr: "docker: Error response from daemon: no such image\n", Code: 125}
			r.setFault(on("run", &runnertest.Fault{Delay: 5 * time.Second, Reply: refusal}))
			if _, err := r.another(r.Root).Launch(t.Context(), spec("w1", "serve")); err == nil {
				t.Error("launched")
			}
			rest(5 * time.Minute)
			wantList(t, taken.list(), []string{})
			stop()
		})
	})
}

// TestMarkDamagedBeneathAWatcher checks that a Watcher whose root forgets which engine its workers are on says so, and does not ask
// without a pause.
func TestMarkDamagedBeneathAWatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		var taken notices
		w := &worker.Watcher{OnExit: taken.take}
		stop := r.watch(t, w)
		rest(time.Minute)
		if err := os.WriteFile(filepath.Join(r.Root, "engine"), []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := len(r.calls.Records())
		r.act(t, &dockercmd.Rm{Force: true, Containers: []string{"w1"}})
		rest(10 * time.Minute)
		if n := len(r.calls.Records()) - before; n > 200 {
			t.Errorf("%d docker calls", n)
		}
		if h := w.Health(); h.Engine || !strings.Contains(h.String(), "accept it") {
			t.Errorf("got %v", h)
		}
		if err := r.AcceptEngine(t.Context()); err != nil {
			t.Error(err)
		}
		rest(time.Minute)
		wantList(t, taken.list(), []string{"w1 exit code 137 (killed)"})
		stop()
	})
}

// TestDamagedExitBesideALostWorker checks that an exit that cannot be read keeps no worker from being rebuilt.
func TestDamagedExitBesideALostWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		taken := notices{refuse: func(n worker.Notice) error {
			if n.Worker == "w2" {
				return errors.New("not now")
			}
			return nil
		}}
		stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
		r.launch(t, spec("w2", "exit", "1"))
		rest(time.Minute)
		if _, err := r.Cleanup(t.Context(), "w2"); err != nil {
			t.Fatal(err)
		}
		kept, err := filepath.Glob(filepath.Join(r.Root, "exits", "*.w2"))
		if err != nil || len(kept) != 1 {
			t.Fatalf("%q, %v", kept, err)
		}
		if err := os.WriteFile(kept[0], []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		removeAll(t, filepath.Join(r.Root, "workers", "w1", "worker.json"))
		rest(time.Minute)
		r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
		rest(time.Minute)
		wantList(t, taken.list(), []string{"w1 exit code 137 (killed)"})
		stop()
	})
}

// TestCleanupOfAThirdLife checks that a Cleanup which was told that the second life is over leaves the third, which has begun.
func TestCleanupOfAThirdLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		l := r.launch(t, spec("w1", "serve"))
		var taken notices
		stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
		rest(time.Minute)
		r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
		rest(time.Minute)
		slow := r.another(r.Root)
		slow.Docker.Runner = late(r.calls, map[string]time.Duration{"inspect": 20 * time.Second})
		r.Docker.Runner = late(r.calls, map[string]time.Duration{"inspect": 2 * time.Second})
		r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
		rest(100 * time.Millisecond)
		r.act(t, &dockercmd.Kill{Containers: []string{"w1"}})
		done := make(chan error, 1)
		go func() { done <- errorOf(slow.Cleanup(t.Context(), "w1")) }()
		rest(10 * time.Second)
		r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
		if err := <-done; !errors.Is(err, worker.ErrAlive) {
			t.Errorf("got %v", err)
		}
		r.wantState(t, l.Container, "running")
		stop()
	})
}

// TestCleanupOfOneWithoutAnID checks that a worker of whose container no id is known is not cleaned up on one inspect by name, be
// the name free or a stranger's.
func TestCleanupOfOneWithoutAnID(t *testing.T) {
	t.Parallel()
	for _, stranger := range []bool{false, true} {
		r := newRig(t)
		l := r.launch(t, spec("w1", "serve"))
		if err := worker.ForgetContainer(r.Manager, "w1"); err != nil {
			t.Fatal(err)
		}
		removeAll(t, filepath.Join(r.Root, "workers", "w1", "container.cid"))
		r.act(t, &dockercmd.Rename{Container: "w1", NewName: "moved"})
		if stranger {
			r.runAs(t, "w1")
		}
		if e, err := r.Cleanup(t.Context(), "w1"); !errors.Is(err, worker.ErrAlive) || len(files(t, r.Root)) == 0 {
			t.Errorf("a stranger has the name: %v: got %v, %v; files %q", stranger, e, err, files(t, r.Root))
		}
		r.wantState(t, l.Container, "running")
	}
}

// TestStopAllOfThePruned checks that workers whose containers were removed long ago cost StopAll four docker calls (inspect, and
// again between two questions who the engine is), and not so many each.
func TestStopAllOfThePruned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := []string{"w1", "w2", "w3", "w4", "w5"}
	for _, id := range ids {
		r.launch(t, spec(id, "exit", "0"))
	}
	r.StopAll(t.Context(), ids...)
	r.act(t, &dockercmd.Rm{Force: true, Containers: ids})
	before := len(r.calls.Records())
	for _, o := range r.StopAll(t.Context(), ids...) {
		if o.Err != nil || o.Exit == nil {
			t.Errorf("got %+v", o)
		}
	}
	if n := len(r.calls.Records()) - before; n > 4 {
		t.Errorf("%d docker calls", n)
	}
}

// TestStartedBeforeItsRemoval checks that a container which somebody starts after it was found to be over, and before docker is told
// to remove it, is not removed: docker itself refuses that.
func TestStartedBeforeItsRemoval(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *worker.Manager) error{
		"cleanup":    func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Cleanup(ctx, "w1")) },
		"cleanupall": func(ctx context.Context, m *worker.Manager) error { return m.CleanupAll(ctx, "w1")[0].Err },
		"launch":     func(ctx context.Context, m *worker.Manager) error { return errorOf(m.Launch(ctx, spec("w1", "serve"))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			l := r.launch(t, spec("w1", "serve"))
			if _, err := r.Kill(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
			r.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
				if c.Argv[1] == "rm" {
					r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
				}
				return r.calls.Start(ctx, c)
			})
			if err := call(t.Context(), r.Manager); !errors.Is(err, worker.ErrAlive) {
				t.Errorf("got %v", err)
			}
			r.wantState(t, l.Container, "running")
			r.Docker.Runner = r.calls
			if e, err := r.Stop(t.Context(), "w1"); err != nil || e.StartedAt.IsZero() {
				t.Errorf("got %+v, %v", e, err)
			}
			if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
				t.Error(err)
			}
		})
	}
}

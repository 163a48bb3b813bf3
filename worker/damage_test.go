package worker_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// damage overwrites a worker's checkpoint.
func damage(t *testing.T, r *rig, id, text string) string {
	t.Helper()
	path := filepath.Join(r.Root, "workers", id, "worker.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDamagedCheckpoint checks that a worker whose state on disk is damaged is reported, left alone, and counted as unknown
// resources: no other worker is launched beside it.
func TestDamagedCheckpoint(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": "", "cut off": "0123\n{", "changed": strings.Repeat("0", 64) + "\n{\"id\": \"w1\"}\n",
		"no JSON": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.launch(t, spec("w1", "serve"))
			r.launch(t, spec("w2", "serve"))
			damage(t, r, "w1", text)
			known := files(t, r.Root)
			ctx := t.Context()
			afresh := r.another(r.Root) // the Manager that has launched w1 knows what it has set aside
			for what, call := range map[string]func() error{
				"wait":    func() error { _, err := r.Wait(ctx, "w1"); return err },
				"stop":    func() error { _, err := r.Stop(ctx, "w1"); return err },
				"kill":    func() error { _, err := r.Kill(ctx, "w1"); return err },
				"status":  func() error { _, err := r.Status(ctx, "w1"); return err },
				"cleanup": func() error { _, err := r.Cleanup(ctx, "w1"); return err },
				"launch":  func() error { _, err := r.Launch(ctx, spec("w1", "serve")); return err },
				"another": func() error { _, err := afresh.Launch(ctx, spec("w3", "serve")); return err },
				"reserve": func() error { return r.Reserve("w1", worker.Resources{}) },
			} {
				err := call()
				if !errors.Is(err, worker.ErrState) || !strings.Contains(err.Error(), "workers/w1/worker.json") ||
					strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: got %v", what, err)
				}
			}
			statuses, err := r.Statuses(ctx)
			if !errors.Is(err, worker.ErrState) || len(statuses) != 1 || statuses[0].ID != "w2" ||
				statuses[0].State != worker.Running {
				t.Errorf("got %+v, %v", statuses, err)
			}
			if got := files(t, r.Root); !slices.Equal(got, known) {
				t.Errorf("files were %q and are %q", known, got)
			}
			if got := len(r.names(t)); got != 2 {
				t.Errorf("got %d containers", got)
			}
		})
	}
}

// TestDamagedCommandFile checks that a command file that somebody has edited into another command is not run as what it should be.
func TestDamagedCommandFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"another command": "#!/bin/sh\nexec docker ps\n", "a substitution": "#!/bin/sh\nexec docker inspect $(reboot)\n",
		"nothing": "",
	} {
		r := newRig(t)
		r.launch(t, spec("w1", "serve"))
		if err := os.WriteFile(filepath.Join(r.Root, "workers/w1/docker-inspect.sh"), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		before := len(r.calls.Records())
		for _, end := range []func(context.Context, string) (worker.Exit, error){r.Wait, r.Stop, r.Kill} {
			if _, err := end(t.Context(), "w1"); !errors.Is(err, worker.ErrState) ||
				!strings.Contains(err.Error(), "docker-inspect") {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if len(r.calls.Records()) != before {
			t.Errorf("%s: something was run", name)
		}
	}
}

// TestEmptiedCommandFiles checks that a worker whose command files a power cut has emptied or taken away is ended and removed as
// any other after Recover: Launch does not wait until they are on the disk.
func TestEmptiedCommandFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := spec("w1", "serve")
	s.StopGrace = new(17 * time.Second)
	r.launch(t, s)
	stop, err := os.ReadFile(filepath.Join(r.Root, "workers", "w1", "docker-stop.sh"))
	if err != nil || !bytes.Contains(stop, []byte("17")) {
		t.Fatalf("%s, %v", stop, err)
	}
	steps, err := filepath.Glob(filepath.Join(r.Root, "workers", "w1", "docker-*.sh"))
	if err != nil || len(steps) < 7 {
		t.Fatal(steps, err)
	}
	for i, path := range steps {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if err := os.WriteFile(path, nil, 0o500); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := r.Stop(t.Context(), "w1"); !errors.Is(err, worker.ErrState) {
		t.Errorf("stop before Recover: got %v", err)
	}
	m := r.another(r.Root)
	if _, err := m.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(r.Root, "workers", "w1", "docker-stop.sh")); !bytes.Equal(got, stop) {
		t.Errorf("got %s, %v, want %s", got, err, stop)
	}
	if e, err := m.Stop(t.Context(), "w1"); err != nil || !e.Known || e.Code != 0 {
		t.Errorf("stop: got %+v, %v", e, err)
	}
	if _, err := m.Cleanup(t.Context(), "w1"); err != nil {
		t.Error(err)
	}
	r.wantNothingLeft(t)
}

// TestStartOnAFullDisk checks that a supervisor that finds damaged files on a disk without room says so, and watches all the same.
func TestStartOnAFullDisk(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: mounting a small disk takes root")
	}
	r := newRig(t)
	mountSmall(t, r.Root)
	r.launch(t, spec("w1", "serve"))
	r.launch(t, spec("w2", "serve"))
	rm := filepath.Join(r.Root, "workers", "w2", "docker-rm.sh")
	if err := os.Truncate(rm, 0); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(r.Root, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	m := r.another(r.Root)
	if found, err := m.Recover(t.Context()); !errors.Is(err, syscall.ENOSPC) || len(found.Alive) != 2 {
		t.Errorf("recover: got %+v, %v", found, err)
	}
	exits := make(chan worker.Notice, 2)
	w := &worker.Watcher{Manager: m, OnExit: func(_ context.Context, n worker.Notice) error {
		exits <- n
		return nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- w.Run(ctx) }()
	until(t, "the Watcher says what it could not do, and watches", func() bool {
		h := w.Health()
		return errors.Is(h.RepairErr, syscall.ENOSPC) && h.Workers[worker.Running] == 2 &&
			strings.Contains(h.String(), "files not put in order: worker w2: ")
	})
	if _, err := r.docker().Do(t.Context(), &dockercmd.Kill{Containers: []string{"w1"}}, client.Call{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the Watcher knows of the exit", func() bool { return w.Health().Unrecorded == 1 })
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	select {
	case n := <-exits:
		if n.Worker != "w1" || n.Exit.Code != 137 {
			t.Errorf("got %+v", n)
		}
	case <-time.After(time.Minute):
		t.Error("the exit is not handed over")
	}
	cancel()
	<-over
	if _, err := m.Recover(t.Context()); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(rm); err != nil || info.Size() == 0 {
		t.Errorf("not written anew: %v, %v", info, err)
	}
}

// TestDamageThatStays checks that a Watcher that finds a damaged file and cannot set it aside says so, and does not ask the engine
// without a pause.
func TestDamageThatStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		w := &worker.Watcher{Manager: r.Manager, Relist: 10 * time.Second}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- w.Run(ctx) }()
		rest(time.Second)
		if err := os.WriteFile(filepath.Join(r.Root, "quarantine"), nil, 0o600); err != nil { // in the place of the folder
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(r.Root, "workers", "w2"), 0o700); err != nil {
			t.Fatal(err)
		}
		damage(t, r, "w2", "damaged")
		r.setFault(on("ps", &runnertest.Fault{Delay: 10 * time.Millisecond}))
		before := r.count("ps")
		rest(time.Minute)
		if n := r.count("ps") - before; n > 12 {
			t.Errorf("docker ps was asked %d times in a minute", n)
		}
		if h := w.Health(); h.RepairErr == nil || h.Workers[worker.Running] != 1 {
			t.Errorf("got %v", h)
		}
		cancel()
		<-over
	})
}

// removeAll removes what a pattern names.
func removeAll(t *testing.T, pattern string) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWipedAndRemoved checks that the Watcher, which knows of a container, hands over its exit when the worker's files were deleted
// and the container was removed behind its back.
func TestWipedAndRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		var taken notices
		stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
		rest(time.Minute)
		removeAll(t, filepath.Join(r.Root, "workers", "w1", "*"))
		if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
			t.Fatal(err)
		}
		rest(2 * time.Minute)
		wantList(t, taken.list(), []string{"w1 exit code 137 (killed)"})
		stop()
	})
}

// TestDamageBeneathAWatcher checks that a Watcher notices by itself that the checkpoint of a worker that runs was damaged or has
// gone, writes it anew with all that it knew, whether the engine answers or not, and never says that the worker has gone.
func TestDamageBeneathAWatcher(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		gone []string // what is lost, below the worker's directory
		down bool     // the engine does not answer
	}{
		"damaged": {}, "gone": {gone: []string{"worker.json"}}, "gone with its line": {gone: []string{"worker.json", "docker-run.sh"}},
		"all files": {gone: []string{"*"}}, "the directory": {gone: []string{""}},
		"damaged, no engine": {down: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				l := r.launch(t, spec("w1", "serve"))
				states := make(chan worker.Status, 100)
				w := &worker.Watcher{Manager: r.Manager, OnChange: func(s worker.Status) { states <- s }}
				ctx, cancel := context.WithCancel(t.Context())
				over := make(chan error, 1)
				go func() { over <- w.Run(ctx) }()
				rest(time.Minute)
				damage(t, r, "w1", "damaged")
				for _, pattern := range tt.gone {
					removeAll(t, filepath.Join(r.Root, "workers", "w1", pattern))
				}
				if tt.down {
					r.setFault(always(runnertest.Down()))
					if _, err := r.Stop(t.Context(), "w1"); !errors.Is(err, worker.ErrState) { // which tells the Watcher
						t.Error(err)
					}
				}
				rest(2 * time.Minute)
				m := r.another(r.Root)
				r.setFault(nil)
				if s, err := m.Status(t.Context(), "w1"); err != nil || s.State != worker.Running || s.Container != l.Container {
					t.Errorf("got %+v, %v", s, err)
				}
				if h := w.Health(); h.Workers[worker.Running]+h.Workers[worker.Unknown] != 1 {
					t.Errorf("got %v", h)
				}
				if _, err := r.Kill(t.Context(), "w1"); err != nil {
					t.Error(err)
				}
				cancel()
				<-over
				close(states)
				for s := range states {
					if s.State == worker.Gone {
						t.Errorf("got %+v", s)
					}
				}
			})
		})
	}
}

// TestLostCommandFiles checks that a worker whose command files are gone can be stopped and cleaned up: a launch that has failed
// takes those of the one before it along.
func TestLostCommandFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := spec("w1", "serve")
	s.StopGrace = new(3 * time.Second)
	r.launch(t, s)
	for _, name := range []string{"docker-ps", "docker-inspect", "docker-wait", "docker-stop", "docker-kill", "docker-rm"} {
		if err := os.Remove(filepath.Join(r.Root, "workers/w1", name+".sh")); err != nil {
			t.Fatal(err)
		}
	}
	if st, err := r.Status(t.Context(), "w1"); err != nil || st.State != worker.Running {
		t.Errorf("got %+v, %v", st, err)
	}
	if e, err := r.Stop(t.Context(), "w1"); err != nil || !e.Known {
		t.Errorf("got %+v, %v", e, err)
	}
	stops := 0
	for _, c := range r.calls.Records() {
		if c.Argv[1] == "stop" {
			if stops++; c.Argv[2] != "-t=3" {
				t.Errorf("ran %q", c.Argv)
			}
		}
	}
	if _, err := r.Cleanup(t.Context(), "w1"); err != nil || stops != 1 {
		t.Errorf("%d stops, %v", stops, err)
	}
	r.wantNothingLeft(t)
}

// TestMadeAnewThenRemoved checks that the exit of a worker whose directory was made anew, and whose checkpoint could not be written
// yet, is not lost when its container ends and is removed.
func TestMadeAnewThenRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		l := r.launch(t, spec("w1", "serve"))
		var n notices
		stop := r.watch(t, &worker.Watcher{OnExit: n.take, Relist: time.Minute})
		rest(55 * time.Second)
		lock, err := os.OpenFile(filepath.Join(r.Root, "busy", "w1"), os.O_CREATE|os.O_RDWR, 0o600)
		if err == nil {
			err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
		if err != nil {
			t.Fatal(err)
		}
		removeAll(t, filepath.Join(r.Root, "workers", "w1"))
		rest(2 * time.Minute)
		if _, err := os.Stat(filepath.Join(r.Root, "workers", "w1")); err != nil {
			t.Errorf("not made anew: %v", err)
		}
		r.act(t, &dockercmd.Kill{Containers: []string{l.Container}})
		rest(2 * time.Second)
		r.act(t, &dockercmd.Rm{Force: true, Containers: []string{l.Container}})
		rest(3 * time.Second)
		lock.Close()
		rest(10 * time.Minute)
		wantList(t, n.list(), []string{"w1 exit code 137 (killed)"})
		stop()
	})
}

// TestUndoneThoughItRan checks that a launch that was undone on false answers, of which a Watcher has heard that it ran, becomes a
// worker again when the engine tells the truth, with all that was known of it, and that the engine is not asked about it without
// pause.
func TestUndoneThoughItRan(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{"ended": {"exit", "3"}, "runs": {"serve"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				var n notices
				stop := r.watch(t, &worker.Watcher{OnExit: n.take, Relist: time.Minute})
				rest(50 * time.Second)
				denied := notFound()
				denied.Delay = 100 * time.Millisecond // the Watcher hears of the start meanwhile
				var lies faults
				lies.set("run", half("run"))
				lies.set("ps", half("ps"))
				lies.set("inspect", denied)
				state := filepath.Join(r.Root, "workers", "w1")
				asked, tooMuch := make(chan struct{}, 300), make(chan struct{})
				var once sync.Once
				r.setFault(func(c dockercmd.Command) *runnertest.Fault {
					if _, err := os.Stat(state); err == nil && len(asked) == 0 {
						return lies.fault(c)
					}
					select {
					case asked <- struct{}{}:
					default:
						once.Do(func() { close(tooMuch) })
					}
					return nil
				})
				s := spec("w1", command...)
				if l, err := r.Launch(t.Context(), s); err == nil {
					t.Fatalf("launched: %+v", l)
				}
				select {
				case <-time.After(10 * time.Minute):
				case <-tooMuch:
					t.Errorf("docker was asked more than %d times", cap(asked))
				}
				switch name {
				case "ended":
					wantList(t, n.list(), []string{"w1 exit code 3"})
				case "runs":
					wantList(t, n.list(), nil)
					if l, err := r.Launch(t.Context(), s); err != nil || !l.Adopted {
						t.Errorf("launched again: got %+v, %v", l, err)
					}
				}
				stop()
			})
		})
	}
}

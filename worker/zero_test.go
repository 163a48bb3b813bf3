package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
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

// An exit code of 0 that nobody but docker inspect tells, or one of 255, may be an engine's invention. These tests hold when it is
// believed.

const unheardZero = "unknown: docker says 0, which an engine also says of ends that it has missed"

// saysZero is a lie of inspect: an end with code is one with 0.
func saysZero(code int) *runnertest.Fault {
	return &runnertest.Fault{Lie: func(out []byte) []byte {
		return bytes.ReplaceAll(out, fmt.Appendf(nil, `"ExitCode": %d`, code), []byte(`"ExitCode": 0`))
	}}
}

// saysEarlier is a lie of inspect: ends were earlier. An engine notes when a process has ended, and logs that when all is closed.
func saysEarlier(d time.Duration) *runnertest.Fault {
	at := regexp.MustCompile(`"FinishedAt": "([^"]*)"`)
	return &runnertest.Fault{Lie: func(out []byte) []byte {
		return at.ReplaceAllFunc(out, func(m []byte) []byte {
			t, err := time.Parse(time.RFC3339Nano, string(at.FindSubmatch(m)[1]))
			if err != nil || t.Year() < 1900 {
				return m
			}
			return fmt.Appendf(nil, `"FinishedAt": %q`, t.Add(-d).UTC().Format(time.RFC3339Nano))
		})
	}}
}

// eitherFault returns the first fault that there is.
func eitherFault(faults ...func(dockercmd.Command) *runnertest.Fault) func(dockercmd.Command) *runnertest.Fault {
	return func(c dockercmd.Command) *runnertest.Fault {
		for _, fault := range faults {
			if f := fault(c); f != nil {
				return f
			}
		}
		return nil
	}
}

// busy has the engine log n events about another container, which is made if need be.
func (r *rig) busy(t *testing.T, n int) {
	t.Helper()
	if _, err := r.docker().Inspect(t.Context(), "busy"); errors.Is(err, client.ErrNotFound) {
		r.runAs(t, "busy")
	}
	for range n / 2 {
		r.act(t, &dockercmd.Pause{Containers: []string{"busy"}})
		r.act(t, &dockercmd.Unpause{Containers: []string{"busy"}})
	}
}

// engineAhead has the engine's clock ahead of this machine's, as far as its memory and its own word for it go.
func engineAhead(t *testing.T, r *rig, d time.Duration) {
	until, said := regexp.MustCompile(`^--until=(\d+)\.(\d+)$`), regexp.MustCompile(`"SystemTime":"([^"]*)"`)
	r.setFault(on("info", &runnertest.Fault{Lie: func(out []byte) []byte {
		return said.ReplaceAllFunc(out, func(m []byte) []byte {
			at, err := time.Parse(time.RFC3339Nano, string(said.FindSubmatch(m)[1]))
			if err != nil {
				t.Error(err)
			}
			return fmt.Appendf(nil, `"SystemTime":%q`, at.Add(d).Format(time.RFC3339Nano))
		})
	}}))
	r.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		argv := append([]string(nil), c.Argv...)
		for i, a := range argv {
			var seconds, nanos int64
			if m := until.FindStringSubmatch(a); m != nil && !strings.Contains(strings.Join(argv, " "), "container=") {
				if _, err := fmt.Sscan(m[1]+" "+m[2], &seconds, &nanos); err != nil {
					t.Error(err)
				}
				at := time.Unix(seconds, nanos).Add(-d)
				argv[i] = fmt.Sprintf("--until=%d.%09d", at.Unix(), at.Nanosecond())
			}
		}
		c.Argv = argv
		return r.calls.Start(ctx, c)
	})
}

// TestZeroThatNobodySaw checks that an exit with 0 is known when the engine remembers it, or cannot be expected to, and unknown
// when the engine was started after the end, or remembers what was before it and not the end: an engine that has lost an end notes
// 0.
func TestZeroThatNobodySaw(t *testing.T) {
	t.Parallel()
	const known = "exit code 0"
	for name, tt := range map[string]struct {
		command string
		then    func(*testing.T, *rig)
		want    string
	}{
		"the engine remembers":   {"exit 0", func(*testing.T, *rig) {}, known},
		"it has seen much since": {"exit 0", func(t *testing.T, r *rig) { r.busy(t, 300) }, known},
		"it has seen much since, and the client is slow while it goes on": {"exit 0", func(t *testing.T, r *rig) {
			r.busy(t, 300)
			rest(time.Second)
			r.setFault(on("events", &runnertest.Fault{Delay: 2 * time.Second}))
			for at := range 60 {
				time.AfterFunc(time.Duration(at)*100*time.Millisecond, func() { r.busy(t, 2) })
			}
		}, known},
		"it has seen much since, and its clock is ahead": {"exit 0", func(t *testing.T, r *rig) {
			r.busy(t, 300)
			rest(5 * time.Second)
			engineAhead(t, r, 30*time.Second)
		}, known},
		"it has told of it late": {"serve", func(t *testing.T, r *rig) {
			rest(10 * time.Second)
			r.act(t, &dockercmd.Kill{Signal: "TERM", Containers: []string{"w1"}})
			r.setFault(on("inspect", saysEarlier(3*time.Second)))
		}, known},
		"it tells of no events": {"exit 0", func(_ *testing.T, r *rig) { r.setFault(on("events", runnertest.Down())) }, known},
		"it refuses to say who it is": {"exit 0", func(t *testing.T, r *rig) {
			r.busy(t, 300)
			if err := os.Remove(filepath.Join(r.Root, "engine")); err != nil { // it never has
				t.Error(err)
			}
			r.setFault(on("info", &runnertest.Fault{Reply: &runnertest.Reply{Code: 1, Stderr: "Error response from daemon: " +
				"<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n"}}))
		}, known},
		"it tells once what it remembers": {"exit 7", func(_ *testing.T, r *rig) {
			r.fake.StopEngine(runnertest.LiveRestore)
			rest(5 * time.Second)
			r.fake.StartEngine()
			asked, zero := 0, saysZero(7)
			r.setFault(func(c dockercmd.Command) *runnertest.Fault {
				switch c := c.(type) {
				case *dockercmd.Inspect:
					return zero
				case *dockercmd.Events:
					if c.Since == "1.000000000" {
						if asked++; asked > 1 {
							return runnertest.Broken()
						}
					}
				}
				return nil
			})
		}, unheardZero},
		"it hangs when asked for events": {"exit 0", func(_ *testing.T, r *rig) {
			r.setFault(on("events", &runnertest.Fault{Delay: time.Hour}))
		}, unheardZero},
		"it goes away when asked for events": {"exit 0", func(_ *testing.T, r *rig) {
			gone := &away{as: func(c dockercmd.Command) *runnertest.Fault {
				if _, is := c.(*dockercmd.Inspect); is {
					return nil
				}
				return runnertest.Down()
			}}
			r.setFault(gone.fault)
			gone.goes()
			time.AfterFunc(20*time.Second, gone.comes)
		}, known},
		"it was away at the end": {"exit 7", func(_ *testing.T, r *rig) {
			r.fake.StopEngine(runnertest.LiveRestore)
			rest(5 * time.Second)
			r.fake.StartEngine()
			r.setFault(on("inspect", saysZero(7)))
		}, unheardZero},
		"it remembers what was before": {"exit 7", func(t *testing.T, r *rig) { // one that writes its memory down, and was away
			hide := func(out []byte) []byte {
				lines := bytes.SplitAfter(out, []byte("\n"))
				ends := func(line []byte) bool { return bytes.Contains(line, []byte(`"Action":"die"`)) }
				return bytes.Join(slices.DeleteFunc(lines, ends), nil)
			}
			r.setFault(eitherFault(on("inspect", saysZero(7)), on("events", &runnertest.Fault{Lie: hide})))
		}, unheardZero},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, by := range []string{"wait", "cleanup", "watcher"} {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t)
					defer r.fake.Close()
					r.launch(t, spec("w1", strings.Fields(tt.command)...))
					rest(time.Second)
					tt.then(t, r)
					rest(time.Second)
					switch by {
					case "wait":
						e, err := r.Wait(t.Context(), "w1")
						if err != nil || e.Reason != tt.want {
							t.Errorf("wait: got %+v, %v, want %q", e, err, tt.want)
						}
					case "cleanup":
						o := r.CleanupAll(t.Context(), "w1")[0]
						if errors.Is(o.Err, client.ErrUnavailable) { // it does not wait for the engine
							rest(time.Minute)
							o = r.CleanupAll(t.Context(), "w1")[0]
						}
						if o.Err != nil || o.Exit.Reason != tt.want {
							t.Errorf("cleanup: got %+v, want %q", o, tt.want)
						}
					case "watcher":
						var taken notices
						stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
						rest(2 * time.Minute)
						wantList(t, taken.list(), []string{"w1 " + tt.want})
						stop()
					}
					rest(time.Minute)
				})
			}
		})
	}
}

// TestZeroOfAStopWithoutAnswer checks that an exit with 0 is unknown when the engine was killed while it stopped the worker: that
// somebody told the worker to end makes no witness, nor that docker stop succeeds afterwards.
func TestZeroOfAStopWithoutAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		rest(10 * time.Second)
		zero := saysZero(137)
		stops := 0
		r.setFault(func(c dockercmd.Command) *runnertest.Fault {
			switch c.(type) {
			case *dockercmd.Stop:
				if stops++; stops == 1 {
					return runnertest.Broken()
				}
			case *dockercmd.Inspect:
				return zero
			}
			return nil
		})
		var once sync.Once
		r.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			if c.Argv[1] == "stop" {
				once.Do(func() {
					r.act(t, &dockercmd.Kill{Signal: "KILL", Containers: []string{"w1"}})
					r.fake.StopEngine(runnertest.LiveRestore)
					r.fake.StartEngine()
				})
			}
			return r.calls.Start(ctx, c)
		})
		if e, err := r.Stop(t.Context(), "w1"); err != nil || e.Known {
			t.Errorf("got %+v, %v; the worker was killed, and nobody but inspect has told of 0", e, err)
		}
	})
}

// TestZeroOfAnotherLife checks that the event of one life's end is no witness for the next: each is told by what is known of it.
func TestZeroOfAnotherLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		rest(10 * time.Second)
		down := away{as: on("inspect", runnertest.Down())}
		lies := away{as: on("inspect", saysZero(137))}
		r.setFault(eitherFault(down.fault, lies.fault))
		var taken notices
		stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
		rest(20 * time.Second)
		down.goes()
		r.act(t, &dockercmd.Kill{Signal: "TERM", Containers: []string{"w1"}}) // it ends with 0
		rest(3 * time.Second)
		r.fake.StopEngine(runnertest.LiveRestore)
		r.fake.StartEngine()
		r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
		rest(10 * time.Millisecond)
		r.act(t, &dockercmd.Kill{Signal: "KILL", Containers: []string{"w1"}})
		r.fake.StopEngine(runnertest.LiveRestore)
		rest(10 * time.Second)
		r.fake.StartEngine()
		lies.goes()
		down.comes()
		rest(2 * time.Minute)
		wantList(t, taken.list(), []string{"w1 exit code 0", "w1 " + unheardZero})
		stop()
	})
}

// TestZeroAfterAnEvent checks that a 0 of a later time than an event of another code is doubted: the engine was killed before it
// had written the end down. The event's code may be a label's.
func TestZeroAfterAnEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "serve"))
		rest(10 * time.Second)
		down := away{as: on("inspect", runnertest.Down())}
		zero, later := saysZero(137), saysEarlier(-time.Second)
		lies := away{as: on("inspect", &runnertest.Fault{Lie: func(out []byte) []byte { return later.Lie(zero.Lie(out)) }})}
		r.setFault(eitherFault(down.fault, lies.fault))
		var taken notices
		stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
		rest(20 * time.Second)
		down.goes()
		r.act(t, &dockercmd.Kill{Signal: "KILL", Containers: []string{"w1"}})
		rest(10 * time.Millisecond)
		r.fake.StopEngine(runnertest.LiveRestore)
		r.fake.StartEngine()
		lies.goes()
		down.comes()
		rest(2 * time.Minute)
		wantList(t, taken.list(), []string{"w1 " + unheardZero})
		stop()
	})
}

// TestZeroInHaste checks that a caller whose own time is up has not recorded that a code is unknown.
func TestZeroInHaste(t *testing.T) {
	t.Parallel()
	for by, ask := range map[string]func(context.Context, *rig) (worker.Exit, error){
		"wait": func(ctx context.Context, r *rig) (worker.Exit, error) { return r.Wait(ctx, "w1") },
		"stop": func(ctx context.Context, r *rig) (worker.Exit, error) { return r.Stop(ctx, "w1") },
		"recover": func(ctx context.Context, r *rig) (worker.Exit, error) {
			_, err := r.Recover(ctx)
			return worker.Exit{}, err
		},
		"cleanup": func(ctx context.Context, r *rig) (worker.Exit, error) {
			o := r.CleanupAll(ctx, "w1")[0]
			return worker.Exit{}, o.Err
		},
	} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				r.launch(t, spec("w1", "exit", "0"))
				rest(time.Second)
				r.busy(t, 300)
				rest(time.Second)
				slow := away{as: on("events", &runnertest.Fault{Delay: time.Second})}
				r.setFault(slow.fault)
				slow.goes()
				for range 4 {
					ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
					if e, err := ask(ctx, r); err == nil && by != "recover" {
						t.Errorf("got %+v", e)
					}
					cancel()
				}
				slow.comes()
				if e, err := r.Wait(t.Context(), "w1"); err != nil || e.Reason != "exit code 0" {
					t.Errorf("got %+v, %v", e, err)
				}
			})
		})
	}
}

// TestZeroByAnotherMemory checks that what another engine remembers makes no 0 known.
func TestZeroByAnotherMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, other := newRig(t), fakeEngine("NEXT")
		defer r.fake.Close()
		defer other.Close()
		r.launch(t, spec("w1", "exit", "0"))
		rest(time.Second)
		r.busy(t, 300)
		rest(time.Second)
		r.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			if c.Argv[1] == "info" || c.Argv[1] == "events" {
				return other.Start(ctx, c)
			}
			return r.calls.Start(ctx, c)
		})
		if e, err := r.Wait(t.Context(), "w1"); err != nil || e.Reason != unheardZero {
			t.Errorf("got %+v, %v", e, err)
		}
	})
}

// TestZeroBesideADamagedMark checks that an end is told though the mark of the engine is damaged.
func TestZeroBesideADamagedMark(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "exit", "0"))
		rest(time.Second)
		r.busy(t, 300)
		if err := os.WriteFile(filepath.Join(r.Root, "engine"), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		var taken notices
		stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
		rest(2 * time.Minute)
		wantList(t, taken.list(), []string{"w1 exit code 0"})
		stop()
	})
}

// TestEveryLifeIsTold checks that each end of a container is told that is started again while the engine cannot tell of the one
// before: it is away for a while, or it is slow and all is over within half a second.
func TestEveryLifeIsTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault *runnertest.Fault // of inspect
		then  func(*rig, *away, func())
	}{
		"the engine is away": {runnertest.Down(), func(r *rig, inspect *away, start func()) {
			rest(3 * time.Second)
			r.fake.StopEngine(runnertest.LiveRestore)
			r.fake.StartEngine()
			start()
			r.fake.StopEngine(runnertest.LiveRestore)
			rest(10 * time.Second)
			r.fake.StartEngine()
			rest(time.Minute)
			inspect.comes()
		}},
		"the answer is of the first": {&runnertest.Fault{Lie: func(out []byte) []byte {
			time.Sleep(700 * time.Millisecond)
			return out
		}}, func(_ *rig, _ *away, start func()) {
			rest(50 * time.Millisecond)
			start()
		}},
		"half a second": {&runnertest.Fault{Delay: 200 * time.Millisecond}, func(_ *rig, _ *away, start func()) {
			rest(50 * time.Millisecond)
			start()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				r.launch(t, spec("w1", "serve"))
				rest(10 * time.Second)
				inspect := away{as: on("inspect", tt.fault)}
				r.setFault(inspect.fault)
				var taken notices
				stop := r.watch(t, &worker.Watcher{OnExit: taken.take})
				rest(20 * time.Second)
				inspect.goes()
				r.act(t, &dockercmd.Kill{Signal: "TERM", Containers: []string{"w1"}}) // it ends with 0
				tt.then(r, &inspect, func() {
					r.act(t, &dockercmd.Start{Containers: []string{"w1"}})
					rest(400 * time.Millisecond)
					r.act(t, &dockercmd.Kill{Signal: "KILL", Containers: []string{"w1"}})
				})
				rest(10 * time.Minute)
				wantList(t, taken.list(), []string{"w1 exit code 0", "w1 exit code 137 (killed)"})
				stop()
			})
		})
	}
}

// Test255OfTheStopped checks that a code of 255 is unknown when docker was told to end the container, though there is an event of
// it, and known when it was not: an engine that does not find the process logs such an event.
func Test255OfTheStopped(t *testing.T) {
	t.Parallel()
	const made = "unknown: docker says 255, which an engine also says of ends that it has missed"
	for name, tt := range map[string]struct {
		end  func(*testing.T, *rig)
		want string
	}{
		"by itself": {func(*testing.T, *rig) {}, "exit code 255"},
		"stopped": {func(t *testing.T, r *rig) {
			if _, err := r.Stop(t.Context(), "w1"); err != nil {
				t.Error(err)
			}
		}, made},
		"a stranger's signal": {func(t *testing.T, r *rig) {
			r.act(t, &dockercmd.Kill{Signal: "HUP", Containers: []string{"w1"}})
		}, made},
	} {
		for _, watched := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", watched ", watched), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t)
					defer r.fake.Close()
					r.fake.Images["minus:1"] = func(ctx context.Context, c *runnertest.Container) int {
						signals := c.Notify(syscall.SIGTERM, syscall.SIGHUP)
						select {
						case <-signals:
						case <-time.After(20 * time.Second):
						case <-ctx.Done():
						}
						return 255
					}
					s := spec("w1", "serve")
					s.Image = "minus:1"
					var taken notices
					stop := func() {}
					if watched {
						stop = r.watch(t, &worker.Watcher{OnExit: taken.take})
					}
					r.launch(t, s)
					rest(10 * time.Second)
					tt.end(t, r)
					e, err := r.Wait(t.Context(), "w1")
					if err != nil || e.Reason != tt.want {
						t.Errorf("got %+v, %v", e, err)
					}
					rest(time.Second)
					if watched {
						wantList(t, taken.list(), []string{"w1 " + tt.want})
					}
					stop()
				})
			})
		}
	}
}

// TestStatusOfAForgottenZero checks that Status waits for nothing that the engine has forgotten.
func TestStatusOfAForgottenZero(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.fake.Close()
		r.launch(t, spec("w1", "exit", "0"))
		rest(time.Hour)
		r.fake.StopEngine(runnertest.LiveRestore)
		r.fake.StartEngine()
		began := time.Now()
		s, err := r.Status(t.Context(), "w1")
		if took := time.Since(began); took > 100*time.Millisecond || err != nil || s.Detail != unheardZero {
			t.Errorf("got %+v, %v, in %v", s, err, took)
		}
	})
}

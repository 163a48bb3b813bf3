package worker_test

import (
	"context"
	"errors"
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
	"github.com/dockercmd/toolkit/quote"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/scripts"
	"github.com/dockercmd/toolkit/worker"
)

func TestLife(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		spec   worker.Spec
		end    func(*worker.Manager, context.Context, string) (worker.Exit, error)
		code   int
		oom    bool
		reason string
		takes  time.Duration
	}{
		{"ends well", spec("w1", "exit", "0"), (*worker.Manager).Wait, 0, false, "exit code 0", 0},
		{"ends badly", spec("w1", "exit", "7"), (*worker.Manager).Wait, 7, false, "exit code 7", 0},
		{"is stopped", spec("w1", "serve"), (*worker.Manager).Stop, 0, false, "exit code 0", 0},
		{"is killed", spec("w1", "stubborn"), (*worker.Manager).Kill, 137, false, "exit code 137 (killed)", 0},
		{"is stopped and does not listen", worker.Spec{ID: "w1", Image: image, User: "someone", Command: []string{"stubborn"},
			Init: new(false), StopGrace: new(90 * time.Second)},
			(*worker.Manager).Stop, 137, false, "exit code 137 (killed)", 90 * time.Second},
		{"is stopped without grace", worker.Spec{ID: "w1", Image: image, User: "someone", Command: []string{"stubborn"},
			Init: new(false), StopGrace: new(time.Duration)},
			(*worker.Manager).Stop, 137, false, "exit code 137 (killed)", 0},
		{"is out of memory", worker.Spec{ID: "w1", Image: image, User: "someone", Command: []string{"hog", "65"},
			Resources: worker.Resources{Memory: 64 * dockercmd.MiB}},
			(*worker.Manager).Wait, 137, true, "out of memory, exit code 137", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				defer r.fake.Close()
				l := r.launch(t, tt.spec)
				began := time.Now()
				exit, err := tt.end(r.Manager, t.Context(), "w1")
				if err != nil {
					t.Fatal(err)
				}
				if !exit.Known || exit.Code != tt.code || exit.OOM != tt.oom || exit.Reason != tt.reason ||
					exit.String() != tt.reason {
					t.Errorf("got %+v", exit)
				}
				if exit.StartedAt.IsZero() || exit.FinishedAt.Before(exit.StartedAt) {
					t.Errorf("it ran from %v to %v", exit.StartedAt, exit.FinishedAt)
				}
				if took := time.Since(began); took != tt.takes {
					t.Errorf("the end took %v, want %v", took, tt.takes)
				}
				// Every further question is answered from disk, by any process.
				before := len(r.calls.Records())
				other := r.another(r.Root)
				for name, end := range map[string]func(*worker.Manager, context.Context, string) (worker.Exit, error){
					"wait": (*worker.Manager).Wait, "stop": (*worker.Manager).Stop, "kill": (*worker.Manager).Kill,
				} {
					if again, err := end(other, t.Context(), "w1"); err != nil || again != exit {
						t.Errorf("%s again: got %+v, %v, want %+v", name, again, err, exit)
					}
				}
				if n := len(r.calls.Records()); n != before+2 { // whether its container runs again, for stop and kill
					t.Errorf("docker was asked %d times for what is on disk", n-before)
				}
				if got := r.names(t); !slices.Equal(got, []string{"w1"}) {
					t.Errorf("the container went before cleanup: %q", got)
				}
				last, err := other.Cleanup(t.Context(), "w1")
				if err != nil || last == nil || *last != exit {
					t.Errorf("cleanup: got %+v, %v, want %+v", last, err, exit)
				}
				r.wantNothingLeft(t)
				checkLaw(t, r, l)
			})
		})
	}
}

// checkLaw holds that every line that was run is one of the plan's, and that the command file that goes with it says the same.
func checkLaw(t *testing.T, r *rig, l *worker.Launched) {
	t.Helper()
	lines := map[string]string{}
	for _, s := range l.Plan.Steps {
		lines[quote.Line(l.Plan.Argv(s))] = s.Path
	}
	for _, record := range r.calls.Records() {
		if record.Argv[1] == "info" || record.Argv[1] == "events" { // what the engine is, and remembers
			continue
		}
		argv, byID := byName(record.Argv, l)
		path, planned := lines[quote.Line(argv)]
		if !planned {
			t.Errorf("was not planned: %q", record.Argv)
		} else if record.Script != path && !byID {
			t.Errorf("%q came with the command file %q, want %q", record.Argv, record.Script, path)
		}
	}
}

// byName returns a line with the worker's name in the place of its container's id, and reports whether it had that.
func byName(argv []string, l *worker.Launched) (named []string, byID bool) {
	named = slices.Clone(argv)
	for i, a := range named {
		if a == l.Container {
			named[i], byID = l.ID, true
		}
	}
	return named, byID
}

// TestLinesRunAreTheFiles reads each command file at the moment when its line is run.
func TestLinesRunAreTheFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var seen sync.Map
	var launched atomic.Pointer[worker.Launched]
	waiting := make(chan struct{}, 1)
	r.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		if c.Argv[1] == "info" || c.Argv[1] == "events" { // what the engine is, and remembers
			return r.fake.Start(ctx, c)
		}
		argv, path := c.Argv, c.Script
		if l := launched.Load(); path == "" && l != nil { // it names the container by its id
			argv, _ = byName(argv, l)
			path = filepath.Join(r.Root, "workers", "w1", "docker-"+argv[1]+".sh")
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		file, err := scripts.ParseCommand(data)
		if err != nil || !slices.Equal(file.Argv, argv) {
			t.Errorf("%q is run, and its file holds %q (%v)", c.Argv, file.Argv, err)
		}
		seen.Store(strings.TrimSuffix(filepath.Base(path), ".sh"), true)
		if c.Argv[1] == "wait" {
			waiting <- struct{}{}
		}
		return r.fake.Start(ctx, c)
	})
	var plan *worker.Plan
	for _, end := range []func(*worker.Manager, context.Context, string) (worker.Exit, error){(*worker.Manager).Kill,
		(*worker.Manager).Stop} {
		l := r.launch(t, spec("w1", "serve"))
		launched.Store(l)
		plan = l.Plan
		if alive, err := r.Alive(t.Context(), "w1"); !alive.Alive || err != nil {
			t.Errorf("alive: got %v, %v", alive, err)
		}
		var waited sync.WaitGroup
		waited.Go(func() {
			if _, err := r.Wait(t.Context(), "w1"); err != nil {
				t.Error(err)
			}
		})
		<-waiting
		if _, err := end(r.Manager, t.Context(), "w1"); err != nil {
			t.Error(err)
		}
		waited.Wait()
		if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
			t.Error(err)
		}
	}
	for _, s := range plan.Steps {
		if _, ok := seen.Load(s.Name); !ok {
			t.Errorf("%s was never run", s.Name)
		}
	}
}

// TestPreviewIsWhatRuns checks that Manager.Plan shows the very lines and files of a launch, but for the launch's name.
func TestPreviewIsWhatRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := spec("w1", "serve", "a b")
	s.Env = map[string]string{"TOKEN": secret}
	preview, err := r.Plan(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.calls.Records()) > 0 || len(files(t, r.Root)) > 0 {
		t.Error("a preview ran or wrote something")
	}
	if _, err := os.Stat(r.Root); !os.IsNotExist(err) {
		t.Errorf("a preview made the root: %v", err)
	}
	l := r.launch(t, s)
	show := func(p *worker.Plan) string {
		var b strings.Builder
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(b.String(), p.Setting.Launch, "LAUNCH")
	}
	if got, want := show(l.Plan), show(preview); got != want {
		t.Errorf("launched\n%s\npreviewed\n%s", got, want)
	}
	for _, f := range l.Plan.Files {
		data, err := os.ReadFile(f.Path)
		if err != nil || string(data) != string(f.Data) {
			t.Errorf("%s holds %q (%v), and was planned as %q", f.Path, data, err, f.Data)
		}
		info, err := os.Stat(f.Path)
		if err != nil || info.Mode().Perm() != f.Mode {
			t.Errorf("%s: got mode %v (%v), want %v", f.Path, info.Mode(), err, f.Mode)
		}
	}
}

// TestEnvironment checks that the worker gets its environment, by script and by file, and nobody else sees it.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"", worker.NoShell} {
		r := newRig(t)
		s := spec("w1", "print")
		s.Shell, s.Env = shell, map[string]string{"TOKEN": secret}
		r.launch(t, s)
		if _, err := r.Wait(t.Context(), "w1"); err != nil {
			t.Fatal(err)
		}
		var out buffer
		if err := r.docker().Logs(t.Context(), dockercmd.Logs{Container: "w1"}, client.Streams{Stdout: &out}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != "TOKEN="+secret {
			t.Errorf("shell %q: the worker got %q", shell, got)
		}
		for _, record := range r.calls.Records() {
			if strings.Contains(strings.Join(record.Argv, " "), "hunter2") {
				t.Errorf("shell %q: %q", shell, record.Argv)
			}
		}
		if strings.Contains(r.log.String(), "hunter2") {
			t.Errorf("shell %q: the log shows it: %s", shell, r.log)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch(t, spec("w1", "exit", "7"))
	_, err := r.Wait(t.Context(), "w1")
	_, cleanErr := r.Cleanup(t.Context(), "w1")
	if err := errors.Join(err, cleanErr); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`msg="worker launched" worker=w1 container=`, `msg="worker ended" worker=w1 reason="exit code 7"`,
		`msg="worker cleaned up" worker=w1`,
	} {
		if strings.Count(r.log.String(), want) != 1 {
			t.Errorf("got log %s, want once %q", r.log, want)
		}
	}
	r.Log = nil // silent, and no panic
	r.launch(t, spec("w2", "exit", "7"))
}

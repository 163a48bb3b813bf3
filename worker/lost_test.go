package worker_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// TestLostCheckpoint checks that a living worker whose checkpoint was set aside is neither launched again nor removed, whoever
// comes first: it is rebuilt, or left alone when the engine does not say that it is gone.
func TestLostCheckpoint(t *testing.T) {
	t.Parallel()
	reap := func(ctx context.Context, m *worker.Manager) error {
		_, err := m.Reap(ctx, worker.Reaper{Grace: 1})
		return err
	}
	launch := func(ctx context.Context, m *worker.Manager) error {
		_, err := m.Launch(ctx, spec("w1", "serve"))
		return err
	}
	cleanup := func(ctx context.Context, m *worker.Manager) error {
		_, err := m.Cleanup(ctx, "w1")
		return err
	}
	reserve := func(_ context.Context, m *worker.Manager) error {
		return m.Reserve("w1", worker.Resources{Memory: 1 << 24})
	}
	recover := func(ctx context.Context, m *worker.Manager) error {
		_, err := m.Recover(ctx)
		return err
	}
	lie := &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "[]\n", Stderr: "Error: No such object: w1\n", Code: 1}}
	// Another engine knows of no container, and has an id of its own.
	other := func(c dockercmd.Command) *runnertest.Fault {
		switch c.Subcommand() {
		case "info":
			return &runnertest.Fault{Lie: nextEngine}
		case "ps":
			return &runnertest.Fault{Reply: &runnertest.Reply{}}
		case "inspect":
			return lie
		}
		return nil
	}
	noRows := on("ps", &runnertest.Fault{Reply: &runnertest.Reply{}}) // a directory that has a container is nothing to Reap
	both := func(a, b func(dockercmd.Command) *runnertest.Fault) func(dockercmd.Command) *runnertest.Fault {
		return func(c dockercmd.Command) *runnertest.Fault { return cmp.Or(a(c), b(c)) }
	}
	for name, tt := range map[string]struct {
		call    func(context.Context, *worker.Manager) error
		lost    string // files that are lost as well
		renamed bool
		copied  bool // somebody has made a container of an image of it (docker commit), which has its labels
		fault   func(dockercmd.Command) *runnertest.Fault
		want    error
		later   bool // it is for the next Recover to rebuild the worker
	}{
		"launch":               {call: launch, want: worker.ErrAlive},
		"cleanup":              {call: cleanup, want: worker.ErrAlive},
		"recover":              {call: recover},
		"reap":                 {call: reap, fault: noRows},
		"launch, no cid file":  {call: launch, lost: "container.cid", want: worker.ErrAlive},
		"cleanup, no cid file": {call: cleanup, lost: "container.cid", want: worker.ErrAlive},
		"recover, no cid file": {call: recover, lost: "container.cid"},
		"reap, no cid file":    {call: reap, lost: "container.cid", fault: noRows},

		"launch, renamed":     {call: launch, lost: "container.cid", renamed: true, want: worker.ErrAlive},
		"cleanup, renamed":    {call: cleanup, lost: "container.cid", renamed: true, want: worker.ErrAlive},
		"recover, renamed":    {call: recover, lost: "container.cid", renamed: true},
		"launch, copied":      {call: launch, copied: true, want: worker.ErrAlive},
		"cleanup, copied":     {call: cleanup, copied: true, want: worker.ErrAlive},
		"recover, copied":     {call: recover, copied: true},
		"reap, copied":        {call: reap, copied: true, fault: noRows},
		"recover, both":       {call: recover, lost: "container.cid", renamed: true, copied: true},
		"cleanup, no files":   {call: cleanup, lost: "*", want: worker.ErrAlive},
		"recover, no files":   {call: recover, lost: "*"},
		"launch, empty line":  {call: launch, lost: "0 docker-run.sh", want: worker.ErrAlive},
		"recover, empty line": {call: recover, lost: "0 docker-run.sh"},
		"reserve":             {call: reserve, want: worker.ErrState, later: true},
		"launch, no engine":   {call: launch, fault: always(runnertest.Down()), want: client.ErrUnavailable, later: true},
		"cleanup, no engine":  {call: cleanup, fault: always(runnertest.Down()), want: client.ErrUnavailable, later: true},
		"recover, no engine":  {call: recover, fault: always(runnertest.Down()), want: client.ErrUnavailable, later: true},
		"reap, no inspect": {call: reap, fault: both(noRows, on("inspect", runnertest.Down())), want: client.ErrUnavailable,
			later: true},
		"launch, other engine":  {call: launch, fault: other, want: worker.ErrOtherEngine, later: true},
		"cleanup, other engine": {call: cleanup, fault: other, want: worker.ErrOtherEngine, later: true},
		"recover, other engine": {call: recover, fault: other, want: worker.ErrOtherEngine, later: true},
		"launch, a lie":         {call: launch, fault: on("inspect", lie), want: worker.ErrAlive, later: true},
		"cleanup, a lie":        {call: cleanup, fault: on("inspect", lie), want: worker.ErrAlive, later: true},
		"recover, a lie":        {call: recover, fault: on("inspect", lie), want: worker.ErrAlive, later: true},
		"launch, two lies":      {call: launch, fault: both(noRows, on("inspect", lie)), want: worker.ErrAlive},
		"cleanup, two lies":     {call: cleanup, fault: both(noRows, on("inspect", lie)), want: worker.ErrAlive},
		"recover, two lies":     {call: recover, fault: both(noRows, on("inspect", lie))},
		"reap, two lies":        {call: reap, fault: both(noRows, on("inspect", lie))},
		"cleanup, a lie, no id": {call: cleanup, lost: "container.cid", fault: on("inspect", lie), want: worker.ErrAlive, later: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.seeCgroups(t)
			l := r.launch(t, spec("w1", "serve"))
			state := filepath.Join(r.Root, "workers", "w1")
			if empty, is := strings.CutPrefix(tt.lost, "0 "); is {
				if err := os.Truncate(filepath.Join(state, empty), 0); err != nil {
					t.Fatal(err)
				}
			}
			for _, pattern := range []string{"worker.json", tt.lost} {
				paths, err := filepath.Glob(filepath.Join(state, pattern))
				if err != nil {
					t.Fatal(err)
				}
				for _, path := range paths {
					if err := os.Remove(path); path != state && err != nil {
						t.Fatal(err)
					}
				}
			}
			if tt.renamed {
				if _, err := r.docker().Do(t.Context(), &dockercmd.Rename{Container: "w1", NewName: "moved"}, client.Call{}); err != nil {
					t.Fatal(err)
				}
			}
			if tt.copied {
				run := &dockercmd.Run{Name: "copy", Image: image, Command: []string{"serve"}, Detach: true, Labels: map[string]string{
					worker.LabelInstance: r.instance(t), worker.LabelWorker: "w1", worker.LabelLaunch: l.Launch}}
				if _, err := r.docker().Do(t.Context(), run, client.Call{}); err != nil {
					t.Fatal(err)
				}
			}
			r.setFault(tt.fault)
			m := r.another(r.Root)
			m.Cgroups.Root = r.fake.CgroupRoot
			if err := tt.call(t.Context(), m); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if _, err := os.Stat(filepath.Join(state, "worker.json")); (err != nil) != tt.later {
				t.Errorf("the checkpoint: %v", err)
			}
			r.setFault(nil)
			if _, err := r.Recover(t.Context()); err != nil {
				t.Error(err)
			}
			want := worker.Running
			if tt.lost == "*" { // nothing says that no exit of it was handed over
				want = worker.Revived
			}
			if s, err := r.Status(t.Context(), "w1"); err != nil || s.State != want || s.Container != l.Container {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

// TestCutOffBesideAnOldContainer checks that a launch that was cut off is not taken for the worker of an earlier launch whose
// container is still there: its exit was handed over, and is not handed over again.
func TestCutOffBesideAnOldContainer(t *testing.T) {
	t.Parallel()
	for _, begun := range []bool{false, true} {
		t.Run(fmt.Sprint(begun), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			l := r.launch(t, spec("w1", "exit", "3"))
			if _, err := r.Wait(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
			state := filepath.Join(r.Root, "workers", "w1")
			run, err := os.ReadFile(filepath.Join(state, "docker-run.sh"))
			if err != nil {
				t.Fatal(err)
			}
			// What a cleanup leaves that was told that the container is gone, and a launch that comes to its second file.
			if err := os.RemoveAll(state); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(state, 0o700); err != nil {
				t.Fatal(err)
			}
			if begun {
				run = bytes.ReplaceAll(run, []byte(l.Launch), []byte("20260101T000000-01234567"))
				if err := os.WriteFile(filepath.Join(state, "docker-run.sh"), run, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			report, err := r.Recover(t.Context())
			if err != nil || len(report.PendingExits) > 0 || !slices.Equal(report.Half, []string{"w1"}) || len(report.Orphans) != 1 {
				t.Errorf("got %+v, %v", report, err)
			}
		})
	}
}

// TestLostWithItsLine checks that a worker that has lost its checkpoint and its docker-run.sh is known by what docker's client has
// written down: its exit, which may not have been handed over, is not thrown away.
func TestLostWithItsLine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.launch(t, spec("w1", "exit", "3"))
	if _, err := r.Wait(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"worker.json", "docker-run.sh"} {
		if err := os.Remove(filepath.Join(r.Root, "workers", "w1", name)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := r.Recover(t.Context())
	if err != nil || len(report.Half) > 0 || len(report.PendingExits) != 1 {
		t.Fatalf("got %+v, %v", report, err)
	}
	if n := report.PendingExits[0]; n.Launch != l.Launch || n.Container != l.Container || n.Exit.Code != 3 {
		t.Errorf("got %+v", n)
	}
}

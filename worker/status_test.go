package worker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

func TestStatuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if got, err := r.Statuses(t.Context()); len(got) > 0 || err != nil {
		t.Errorf("without workers: got %+v, %v", got, err)
	}
	if _, err := os.Stat(r.Root); !os.IsNotExist(err) {
		t.Errorf("looking made the root: %v", err)
	}
	r.launch(t, spec("w-1", "serve"))
	r.launch(t, spec("w-10", "exit", "7"))
	r.launch(t, spec("w-11", "exit", "3"))
	r.launch(t, spec("xw-1", "serve"))
	gone := r.launch(t, spec("w.1", "serve"))
	if err := r.Reserve("w-2", worker.Resources{Memory: dockercmd.GiB}); err != nil {
		t.Fatal(err)
	}
	waitOnFake(t, r, "w-10")
	if _, err := r.Wait(t.Context(), "w-11"); err != nil {
		t.Fatal(err)
	}
	if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w.1"}}); err != nil {
		t.Fatal(err)
	}
	// A stranger under our instance's label, and another supervisor's worker.
	if _, err := r.docker().Run(t.Context(), dockercmd.Run{Name: "xx", Image: image, Labels: map[string]string{
		worker.LabelInstance: gone.Plan.Setting.Instance, worker.LabelWorker: "w.1",
		worker.LabelLaunch: gone.Plan.Setting.Launch}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.another(filepath.Join(t.TempDir(), "other")).Launch(t.Context(), spec("zz", "serve")); err != nil {
		t.Fatal(err)
	}

	before := len(r.calls.Records())
	statuses, err := r.Statuses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.calls.Records()) - before; n != 6 {
		// Ps, inspect for those that have ended; for the one that is gone inspect again between two info, and events.
		t.Errorf("docker was run %d times for all workers", n)
	}
	var got []string
	for _, s := range statuses {
		text := fmt.Sprintf("%s %s", s.ID, s.State)
		if s.Exit != nil {
			text += " " + s.Exit.Reason
		}
		got = append(got, text)
		// Each worker by itself says the same.
		one, err := r.Status(t.Context(), s.ID)
		one.Detail, s.Detail = "", "" // "Up 1 second", which goes on
		if err != nil || one.State != s.State || one.Container != s.Container || (one.Exit == nil) != (s.Exit == nil) ||
			one.Exit != nil && *one.Exit != *s.Exit {
			t.Errorf("%s alone: got %+v, %v, want %+v", s.ID, one, err, s)
		}
	}
	want := []string{"w-1 running", "w-10 exited exit code 7", "w-11 exited exit code 3", "w-2 reserved", "w.1 exited exit code 137 (killed)",
		"xw-1 running"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if s := statuses[0]; !strings.HasPrefix(s.Detail, "Up ") || !dockercmd.ValidID(s.Container) ||
		time.Since(s.LaunchedAt) > time.Minute {
		t.Errorf("got %+v", s)
	}
	if s := statuses[3]; s.Resources.Memory != dockercmd.GiB {
		t.Errorf("got %+v", s)
	}
}

// TestStatusesAfterARename changes the host's name, which the instance is made of, while workers run.
func TestStatusesAfterARename(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Instance = "old"
	r.launch(t, spec("w1", "serve"))
	r.Instance = "new"
	r.launch(t, spec("w2", "serve"))
	statuses, err := r.Statuses(t.Context())
	if err != nil || len(statuses) != 2 || statuses[0].State != worker.Running || statuses[1].State != worker.Running {
		t.Errorf("got %+v, %v", statuses, err)
	}
	if exit, err := r.Stop(t.Context(), "w1"); err != nil || exit.Code != 0 {
		t.Errorf("got %+v, %v", exit, err)
	}
}

// TestStatusesBesideCleanup checks that a worker that is cleaned up between the look at the disk and the answer of the engine is
// not gone.
func TestStatusesBesideCleanup(t *testing.T) {
	t.Parallel()
	for _, relaunch := range []bool{false, true} {
		r := newRig(t)
		r.launch(t, spec("w1", "exit", "0"))
		r.launch(t, spec("w2", "serve"))
		watcher := r.another(r.Root)
		watcher.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			if _, err := r.Wait(ctx, "w1"); err != nil {
				t.Error(err)
			}
			if relaunch {
				r.launch(t, spec("w1", "serve"))
			} else if _, err := r.Cleanup(ctx, "w1"); err != nil {
				t.Error(err)
			}
			return r.fake.Start(ctx, c)
		})
		statuses, err := watcher.Statuses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range statuses {
			got = append(got, s.ID+" "+string(s.State))
		}
		want := []string{"w2 running"}
		if relaunch {
			want = []string{"w1 running", "w2 running"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("relaunch %v: got %q, want %q", relaunch, got, want)
		}
	}
}

// TestStatusesOfNonsense checks that what cannot be read is unknown, and never an end.
func TestStatusesOfNonsense(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*runnertest.Fault{
		"not JSON":          {Reply: &runnertest.Reply{Stdout: "WARNING: something\n"}},
		"an unknown state":  {Reply: &runnertest.Reply{Stdout: `{"ID":"abc","Names":"w1","State":"sleeping","Labels":{}}`}},
		"the word json":     {Reply: &runnertest.Reply{Stdout: "json\n"}},
		"half of an answer": {Reply: &runnertest.Reply{Stdout: `{"ID":"abc","Nam`}},
		"a refusal":         {Reply: &runnertest.Reply{Stderr: "Error response from daemon: no\n", Code: 1}},
	} {
		r := newRig(t)
		l := r.launch(t, spec("w1", "serve"))
		if name == "an unknown state" {
			labels := l.Plan.Step(worker.StepRun).Command.(*dockercmd.Run).Labels
			f.Reply.Stdout = fmt.Sprintf(`{"ID":%q,"Names":"w1","State":"sleeping","Labels":{%q:%q,%q:"w1",%q:%q}}`+"\n",
				l.Container,
				worker.LabelInstance, labels[worker.LabelInstance], worker.LabelWorker, worker.LabelLaunch,
				labels[worker.LabelLaunch])
		}
		r.setFault(always(f))
		statuses, err := r.Statuses(t.Context())
		if len(statuses) != 1 || statuses[0].State != worker.Unknown || (err == nil) != (name == "an unknown state") {
			t.Errorf("%s: got %+v, %v", name, statuses, err)
		}
		if s, err := r.Status(t.Context(), "w1"); s.State != worker.Unknown || (err == nil) != (name == "an unknown state") {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
	}
}

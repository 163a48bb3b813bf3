package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
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
		worker.LabelInstance: gone.Plan.Setting.Instance, worker.LabelWorker: "w.1", worker.LabelLaunch: gone.Plan.Setting.Launch}}); err != nil {
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
	if n := len(r.calls.Records()) - before; n != 1 {
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
		if err != nil || one.State != s.State || one.Container != s.Container || (one.Exit == nil) != (s.Exit == nil) {
			t.Errorf("%s alone: got %+v, %v, want %+v", s.ID, one, err, s)
		}
	}
	want := []string{"w-1 running", "w-10 exited exit code 7", "w-11 exited exit code 3", "w-2 reserved", "w.1 gone", "xw-1 running"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if s := statuses[0]; !strings.HasPrefix(s.Detail, "Up ") || !dockercmd.ValidID(s.Container) || time.Since(s.LaunchedAt) > time.Minute {
		t.Errorf("got %+v", s)
	}
	if s := statuses[3]; s.Resources.Memory != dockercmd.GiB {
		t.Errorf("got %+v", s)
	}
}

// TestStatusesAfterARename: the host's name, which the instance is made of, changes while workers run.
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

// TestStatusesBesideCleanup: a worker that is cleaned up between the look at the disk and the answer of the engine is not gone.
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

// TestStatusesOfNonsense: what cannot be read is unknown, and never an end.
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
			f.Reply.Stdout = fmt.Sprintf(`{"ID":%q,"Names":"w1","State":"sleeping","Labels":{%q:%q,%q:"w1",%q:%q}}`+"\n", l.Container,
				worker.LabelInstance, labels[worker.LabelInstance], worker.LabelWorker, worker.LabelLaunch, labels[worker.LabelLaunch])
		}
		r.fake.Fault = always(f)
		statuses, err := r.Statuses(t.Context())
		if len(statuses) != 1 || statuses[0].State != worker.Unknown || (err == nil) != (name == "an unknown state") {
			t.Errorf("%s: got %+v, %v", name, statuses, err)
		}
		if s, err := r.Status(t.Context(), "w1"); s.State != worker.Unknown || (err == nil) != (name == "an unknown state") {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
	}
}

// damage overwrites a worker's checkpoint.
func damage(t *testing.T, r *rig, id, text string) string {
	t.Helper()
	path := filepath.Join(r.Root, "workers", id, "worker.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDamagedCheckpoint: a worker whose state on disk is damaged is told of, left alone, and counted as unknown resources: no other
// worker is launched beside it.
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
			for what, call := range map[string]func() error{
				"wait":    func() error { _, err := r.Wait(ctx, "w1"); return err },
				"stop":    func() error { _, err := r.Stop(ctx, "w1"); return err },
				"kill":    func() error { _, err := r.Kill(ctx, "w1"); return err },
				"status":  func() error { _, err := r.Status(ctx, "w1"); return err },
				"cleanup": func() error { _, err := r.Cleanup(ctx, "w1"); return err },
				"launch":  func() error { _, err := r.Launch(ctx, spec("w1", "serve")); return err },
				"another": func() error { _, err := r.Launch(ctx, spec("w3", "serve")); return err },
				"reserve": func() error { return r.Reserve("w1", worker.Resources{}) },
			} {
				err := call()
				if !errors.Is(err, worker.ErrState) || !strings.Contains(err.Error(), "workers/w1/worker.json") || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: got %v", what, err)
				}
			}
			statuses, err := r.Statuses(ctx)
			if !errors.Is(err, worker.ErrState) || len(statuses) != 1 || statuses[0].ID != "w2" || statuses[0].State != worker.Running {
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

// TestDamagedCommandFile: a command file that somebody has edited into another command is not run as what it should be.
func TestDamagedCommandFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"another command": "#!/bin/sh\nexec docker ps\n", "a substitution": "#!/bin/sh\nexec docker inspect $(reboot)\n", "nothing": "",
	} {
		r := newRig(t)
		r.launch(t, spec("w1", "serve"))
		if err := os.WriteFile(filepath.Join(r.Root, "workers/w1/docker-inspect.sh"), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		before := len(r.calls.Records())
		for _, end := range []func(context.Context, string) (worker.Exit, error){r.Wait, r.Stop, r.Kill} {
			if _, err := end(t.Context(), "w1"); !errors.Is(err, worker.ErrState) || !strings.Contains(err.Error(), "docker-inspect") {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if len(r.calls.Records()) != before {
			t.Errorf("%s: something was run", name)
		}
	}
}

// TestUsage reads a worker's figures from the fake's cgroups.
func TestUsage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fake.CgroupRoot = t.TempDir()
	r.Cgroups = cgroupread.Host{Root: r.fake.CgroupRoot}
	s := spec("w1", "hog", "40")
	s.CgroupParent, s.Resources = "/storm", worker.Resources{Memory: 64 * dockercmd.MiB, CPUPercent: 150, Pids: 10}
	r.launch(t, s)
	r.fake.Fault = always(runnertest.Down()) // the kernel answers alone
	var m cgroupread.Memory
	for deadline := time.Now().Add(10 * time.Second); m.WorkingSet < 40<<20; {
		var err error
		if m, err = r.MemoryUsage(t.Context(), "w1"); err != nil || time.Now().After(deadline) {
			t.Fatalf("got %+v, %v", m, err)
		}
	}
	u, err := r.Usage(t.Context(), "w1")
	if limit, ok := u.Memory.Limit.Get(); err != nil || !ok || limit != 64<<20 {
		t.Errorf("got %+v, %v", u, err)
	}
	free, err := r.FreeMemory("/storm")
	if err != nil || free <= 0 || free > 16<<30 {
		t.Errorf("free: got %d, %v", free, err)
	}
	r.fake.Fault = nil
	if _, err := r.Kill(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	for _, read := range []func() error{
		func() error { _, err := r.MemoryUsage(t.Context(), "w1"); return err },
		func() error { _, err := r.Usage(t.Context(), "w1"); return err },
	} {
		err := read()
		wantLine(t, err, "worker w1: it has ended: exit code 137 (killed)")
		if !errors.Is(err, cgroupread.ErrGone) {
			t.Errorf("got %v", err)
		}
	}
	// One that has ended, and nobody has noticed.
	r.launch(t, spec("w2", "exit", "0"))
	waitOnFake(t, r, "w2")
	_, err = r.MemoryUsage(t.Context(), "w2")
	wantLine(t, err, "worker w2: its container is exited and has no process")
}

func TestProfileOnTheFake(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fake.Exec = func(_ context.Context, c *runnertest.Container) int {
		_, _ = c.Stdout.Write([]byte(strings.Join(c.Args, "|")))
		return len(c.Args)
	}
	r.launch(t, spec("w1", "serve"))
	var out buffer
	code, err := r.Profile(t.Context(), "w1", worker.ViaExec, []string{"jstack", "1", "a b"}, runner.Streams{Stdout: &out})
	if err != nil || code != 3 || out.String() != "jstack|1|a b" {
		t.Errorf("got %d, %v, %q", code, err, out.String())
	}
	_, err = r.Profile(t.Context(), "w1", worker.ViaExec, nil, runner.Streams{})
	wantLine(t, err, "worker w1: no command to profile with; give one")
	_, err = r.Profile(t.Context(), "w1", "magic", []string{"x"}, runner.Streams{})
	wantLine(t, err, `worker w1: "magic" is no way into a container; use exec or nsenter`)
	r.fake.Fault = always(runnertest.Down())
	if _, err = r.Profile(t.Context(), "w1", "", []string{"x"}, runner.Streams{}); !errors.Is(err, runner.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	r.fake.Fault = nil
	if _, err := r.Stop(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	_, err = r.Profile(t.Context(), "w1", worker.ViaExec, []string{"x"}, runner.Streams{})
	wantLine(t, err, "worker w1: it has ended: exit code 0")
}

package worker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// TestUsage reads a worker's figures from the fake's cgroups.
func TestUsage(t *testing.T) {
	t.Parallel()
	root := t.TempDir() // before the fake, which writes there until it is closed
	r := newRig(t)
	r.fake.CgroupRoot = root
	r.Cgroups = cgroupread.Host{Root: r.fake.CgroupRoot}
	s := spec("w1", "hog", "40")
	s.CgroupParent, s.Resources = "/storm", worker.Resources{Memory: 64 * dockercmd.MiB, CPUPercent: 150, Pids: 10}
	r.launch(t, s)
	r.setFault(always(runnertest.Down())) // the kernel answers alone
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
	r.setFault(nil)
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
	code, err := r.Profile(t.Context(), "w1", worker.ViaExec, []string{"jstack", "1", "a b"}, client.Streams{Stdout: &out})
	if err != nil || code != 3 || out.String() != "jstack|1|a b" {
		t.Errorf("got %d, %v, %q", code, err, out.String())
	}
	_, err = r.Profile(t.Context(), "w1", worker.ViaExec, nil, client.Streams{})
	wantLine(t, err, "worker w1: no command to profile with; give one")
	_, err = r.Profile(t.Context(), "w1", "magic", []string{"x"}, client.Streams{})
	wantLine(t, err, `worker w1: "magic" is no way into a container; use exec or nsenter`)
	r.setFault(always(runnertest.Down()))
	if _, err = r.Profile(t.Context(), "w1", "", []string{"x"}, client.Streams{}); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	r.setFault(nil)
	if _, err := r.Stop(t.Context(), "w1"); err != nil {
		t.Fatal(err)
	}
	_, err = r.Profile(t.Context(), "w1", worker.ViaExec, []string{"x"}, client.Streams{})
	wantLine(t, err, "worker w1: it has ended: exit code 0")
}

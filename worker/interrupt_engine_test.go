package worker_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// TestEngineLaunchInterrupted checks that a SIGTERM for the docker client of a launch, at any moment, does not end the worker: the
// launch is finished or undone. Such a signal comes when a service is stopped, whose processes all get it.
func TestEngineLaunchInterrupted(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	var after time.Duration
	m.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		p, err := runner.Exec{}.Start(ctx, c)
		if err == nil && len(c.Argv) > 1 && c.Argv[1] == "run" {
			time.AfterFunc(after, func() {
				// What has ended by then is not interrupted.
				if err := syscall.Kill(-p.PID(), syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
					t.Error(err)
				}
			})
		}
		return p, err
	})
	finished, undone := 0, 0
	const usual = 600 * time.Millisecond // a slow machine takes longer for a launch: then the time doubles
	for after = 0; after < usual || finished == 0 && after < time.Minute; after += max(30*time.Millisecond, after.Truncate(usual)) {
		s := m.spec(t, "trap 'exit 9' TERM; echo up >/worker/up; while :; do sleep 0.05; done")
		l, err := m.Launch(t.Context(), s)
		if err != nil {
			undone++
			if !errors.Is(err, client.ErrInterrupted) && !errors.Is(err, client.ErrUnavailable) || !strings.Contains(err.Error(), "undone") {
				t.Errorf("after %v: got %v", after, err)
			}
			if got := m.e.Run(t, "ps", "--all", "--quiet", "--filter=name="+s.ID); got != "" {
				t.Errorf("after %v: the container is left: %s", after, got)
			}
			if got := files(t, m.Root); len(got) > 0 {
				t.Errorf("after %v: files are left: %q", after, got)
			}
			continue
		}
		finished++
		await(t, m.own(s.ID, "up"))
		<-time.After(100 * time.Millisecond)
		if live, err := m.Alive(t.Context(), s.ID); err != nil || !live.Alive {
			t.Errorf("after %v: got %+v, %v", after, live, err)
		}
		if _, err := m.Kill(t.Context(), s.ID); err != nil {
			t.Error(err)
		}
		m.cleanup(t, l)
	}
	if finished == 0 || undone == 0 {
		t.Errorf("%d launches were finished, and %d undone", finished, undone)
	}
	t.Logf("%d launches were finished, and %d undone", finished, undone)
}

// TestEngineDeadline checks that our own deadline for docker run does not reach the worker, also where the line lets signals
// through.
func TestEngineDeadline(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	for _, proxied := range []bool{false, true} {
		run := &dockercmd.Run{Name: m.e.Name(t), Detach: true, Image: m.e.Image, Networks: []dockercmd.Network{{Name: "none"}},
			Init:    new(true),
			Command: []string{"sh", "-c", "trap 'echo term >/tmp/term' TERM; while :; do sleep 0.05; done"}}
		if !proxied {
			run.SigProxy = new(false)
		}
		if slices.Contains(m.Docker.Argv(run), "--sig-proxy=false") == proxied {
			t.Fatalf("got %q", m.Docker.Argv(run))
		}
		for long := 20 * time.Millisecond; ; long += 10 * time.Millisecond {
			d := m.Docker
			d.Long = long
			_, err := d.Run(t.Context(), *run)
			if got := m.e.Run(t, "ps", "--all", "--format={{.Status}}", "--filter=name=^"+run.Name+"$"); strings.HasPrefix(got, "Up") {
				break // it runs, whatever the client says
			}
			if err == nil {
				t.Fatal("it does not run")
			}
			m.e.Run(t, "rm", "--force", "--volumes", run.Name)
		}
		<-time.After(300 * time.Millisecond)
		if got := m.e.Run(t, "exec", run.Name, "sh", "-c", "ls /tmp"); got != "" {
			t.Errorf("proxied %v: it got a signal", proxied)
		}
	}
}

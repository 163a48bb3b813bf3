package worker_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// volumes is a docker that keeps named volumes beside the fake, which has none.
type volumes struct {
	runner.Runner
	mu    sync.Mutex
	names []string
	inUse string // which cannot be removed
	down  bool   // no question about volumes is answered
	lists int
}

func (v *volumes) Start(ctx context.Context, c runner.Cmd) (runner.Process, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fails := func(text string) (runner.Process, error) {
		return processtest.Writing(nil, []string{text + "\n"}, &runner.ExitError{Code: 1}).Start(ctx, c)
	}
	command, err := dockercmd.Parse(slices.Clone(c.Argv[1:]))
	if err != nil {
		return v.Runner.Start(ctx, c)
	}
	switch command := command.(type) {
	case *dockercmd.VolumeLs:
		v.lists++
		if v.down {
			return fails("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?")
		}
		return processtest.Writing([]string{strings.Join(append(v.names, ""), "\n")}, nil, nil).Start(ctx, c)
	case *dockercmd.VolumeRm:
		name := command.Volumes[0]
		if name == v.inUse {
			return fails("Error response from daemon: remove " + name + ": volume is in use - [0]")
		}
		v.names = slices.DeleteFunc(v.names, func(n string) bool { return n == name })
		return processtest.Writing([]string{name + "\n"}, nil, nil).Start(ctx, c)
	case *dockercmd.Run:
		for _, m := range command.Mounts {
			if m.Type == "volume" && !slices.Contains(v.names, m.Source) {
				v.names = append(v.names, m.Source)
			}
		}
	}
	return v.Runner.Start(ctx, c)
}

// volume returns a mount of a named volume.
func volume(name string) dockercmd.Mount {
	return dockercmd.Mount{Type: "volume", Source: name, Target: "/data/" + name}
}

// TestUndoVolumes checks that a launch which fails leaves no volume that it made, and all others.
func TestUndoVolumes(t *testing.T) {
	t.Parallel()
	refuse := func(r *rig) { r.fake.Lookup = func(*runnertest.Container) error { return errors.New("no") } }
	for _, tt := range []struct {
		name  string
		spoil func(*rig, *volumes)
		mount []string
		left  []string
		lists int
		log   string // a part of it
	}{
		{"it fails", func(r *rig, _ *volumes) { refuse(r) }, []string{"old", "va", "vb"}, []string{"old", "old-va"}, 2,
			"volume of a failed launch removed"},
		{"it does not fail", func(*rig, *volumes) {}, []string{"old", "va"}, []string{"old", "old-va", "va"}, 1, ""},
		{"all were there", func(r *rig, _ *volumes) { refuse(r) }, []string{"old"}, []string{"old", "old-va"}, 1, ""},
		{"no volume", func(r *rig, _ *volumes) { refuse(r) }, nil, []string{"old", "old-va"}, 0, ""},
		{"one is in use", func(r *rig, v *volumes) { refuse(r); v.inUse = "va" }, []string{"va", "vb"},
			[]string{"old", "old-va", "va"}, 2, "volume is in use"},
		{"nobody says which there were", func(r *rig, v *volumes) { refuse(r); v.down = true }, []string{"va"},
			[]string{"old", "old-va", "va"}, 1, "none is removed if the launch fails"},
		// This docker makes the volume all the same, which shows that nothing is removed.
		{"the engine was not reached", func(r *rig, v *volumes) {
			r.setFault(onRun(runnertest.Down()))
		}, []string{"va"}, []string{"old", "old-va", "va"}, 1, ""},
		{"the container is left", func(r *rig, v *volumes) {
			refuse(r)
			r.setFault(on("rm", &runnertest.Fault{Reply: &runnertest.Reply{Stderr: "no\n", Code: 1}}))
		}, []string{"va"}, []string{"old", "old-va", "va"}, 1, "failed launch not undone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			v := &volumes{Runner: r.calls, names: []string{"old", "old-va"}}
			r.Docker = client.Docker{Runner: v}
			tt.spoil(r, v)
			s := spec("w1", "serve")
			for _, name := range tt.mount {
				s.Mounts = append(s.Mounts, volume(name))
			}
			if _, err := r.Launch(t.Context(), s); (err == nil) != (tt.name == "it does not fail") {
				t.Errorf("got %v", err)
			}
			if !slices.Equal(v.names, tt.left) || v.lists != tt.lists {
				t.Errorf("left %q after %d lists, want %q after %d", v.names, v.lists, tt.left, tt.lists)
			}
			if !strings.Contains(r.log.String(), tt.log) {
				t.Errorf("%q is not in the log:\n%s", tt.log, r.log)
			}
		})
	}
}

// TestEngineUndoVolumes checks the same on a real engine, with a program that the image does not have.
func TestEngineUndoVolumes(t *testing.T) {
	t.Parallel()
	m := newOnEngine(t)
	old, made, used := m.e.Name(t), m.e.Name(t), m.e.Name(t)
	m.e.Run(t, "volume", "create", old)
	t.Cleanup(func() { m.e.Run(t, "volume", "rm", "--force", old, made) })
	s := m.spec(t, "true")
	s.Shell, s.Init = "/nonexistent/sh", new(false)
	s.Mounts = []dockercmd.Mount{volume(old), volume(made)}
	launch := func() {
		t.Helper()
		if _, err := m.Launch(t.Context(), s); !errors.Is(err, client.ErrCommandNotFound) {
			t.Errorf("got %v", err)
		}
		if got := m.e.Run(t, "ps", "--all", "--quiet", "--filter=name="+s.ID); got != "" {
			t.Errorf("the container is left: %s", got)
		}
	}
	launch()
	if got := m.e.Run(t, "volume", "ls", "--quiet", "--filter=name="+old, "--filter=name="+made); got != old {
		t.Errorf("the volumes are %q, want %q alone", got, old)
	}
	// A second worker takes the new volume while the launch fails.
	m.Docker.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		if c.Argv[1] == "rm" {
			m.e.Run(t, "create", "--name="+used, "--network=none", "--volume="+made+":/x", m.e.Image, "true")
		}
		return m.calls.Start(ctx, c)
	})
	launch()
	if got := m.e.Run(t, "volume", "ls", "--quiet", "--filter=name="+made); got != made {
		t.Errorf("a volume that is in use is gone: %q", got)
	}
	m.e.Run(t, "rm", used)
	if got := files(t, m.Root); !slices.Equal(got, []string{}) {
		t.Errorf("files are left: %q", got)
	}
}

package worker_test

import (
	"errors"
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

// TestLeftovers checks what a container of the worker's name means for a launch.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	stranger := dockercmd.Run{Name: "w1", Image: image, Command: []string{"serve"},
		Labels: map[string]string{worker.LabelWorker: "w1"}}
	forget := func(t *testing.T, r *rig) {
		if err := os.RemoveAll(filepath.Join(r.Root, "workers/w1")); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		before func(*testing.T, *rig)
		want   error
		left   int // containers afterwards
	}{
		{"ours, and it has ended", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "exit", "3"))
			waitOnFake(t, r, "w1")
		}, nil, 1},
		{"ours, and its exit is known", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "exit", "3"))
			if _, err := r.Wait(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
		}, nil, 1},
		{"ours, and it was removed", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "serve"))
			if err := r.docker().Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{"w1"}}); err != nil {
				t.Fatal(err)
			}
		}, nil, 1},
		{"ours, and it is alive", func(t *testing.T, r *rig) { r.launch(t, spec("w1", "serve")) }, worker.ErrAlive, 1},
		{"ours and forgotten, and it has ended", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "exit", "3"))
			waitOnFake(t, r, "w1")
			forget(t, r)
		}, nil, 1},
		{"ours and forgotten, and it is alive", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "serve"))
			forget(t, r)
		}, worker.ErrAlive, 1},
		{"a stranger's", func(t *testing.T, r *rig) {
			if _, err := r.docker().Run(t.Context(), stranger); err != nil {
				t.Fatal(err)
			}
		}, worker.ErrForeign, 1},
		{"another supervisor's", func(t *testing.T, r *rig) {
			if _, err := r.another(filepath.Join(t.TempDir(), "other")).Launch(t.Context(), spec("w1", "serve")); err != nil {
				t.Fatal(err)
			}
		}, worker.ErrForeign, 1},
		{"a stranger's in the place of ours", func(t *testing.T, r *rig) {
			r.launch(t, spec("w1", "exit", "3"))
			if _, err := r.Wait(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
			if err := r.docker().Rm(t.Context(), dockercmd.Rm{Containers: []string{"w1"}}); err != nil {
				t.Fatal(err)
			}
			if _, err := r.docker().Run(t.Context(), stranger); err != nil {
				t.Fatal(err)
			}
		}, worker.ErrForeign, 1},
		{"a stranger's with all our labels in the place of ours", func(t *testing.T, r *rig) {
			l := r.launch(t, spec("w1", "exit", "3"))
			waitOnFake(t, r, "w1")
			if err := r.docker().Rm(t.Context(), dockercmd.Rm{Containers: []string{"w1"}}); err != nil {
				t.Fatal(err)
			}
			copied := stranger
			copied.Labels = l.Plan.Step(worker.StepRun).Command.(*dockercmd.Run).Labels
			if _, err := r.docker().Run(t.Context(), copied); err != nil {
				t.Fatal(err)
			}
		}, worker.ErrForeign, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			tt.before(t, r)
			before := containerIDs(t, r)
			known := files(t, r.Root)
			l, err := r.Launch(t.Context(), spec("w1", "serve", "anew"))
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			after := containerIDs(t, r)
			if len(after) != tt.left {
				t.Errorf("got containers %q, want %d", after, tt.left)
			}
			if tt.want != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("the error has several lines: %v", err)
				}
				if !slices.Equal(after, before) {
					t.Errorf("the container was touched: %q, before %q", after, before)
				}
				if got := files(t, r.Root); !slices.Equal(got, known) {
					t.Errorf("files were %q and are %q", known, got)
				}
				return
			}
			if l == nil || !slices.Equal(after, []string{l.Container}) {
				t.Errorf("got %v and containers %q", l, after)
			}
			if s, err := r.Status(t.Context(), "w1"); s.State != worker.Running || s.Container != l.Container || err != nil {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

// waitOnFake waits for a container's end without the Manager's knowing.
func waitOnFake(t *testing.T, r *rig, name string) {
	t.Helper()
	if _, err := r.docker().Wait(t.Context(), name); err != nil {
		t.Fatal(err)
	}
}

func containerIDs(t *testing.T, r *rig) []string {
	t.Helper()
	rows, err := r.docker().Ps(t.Context(), dockercmd.Ps{All: true})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

// TestStaleFiles checks that a cid file and temporary files of a crash are no hindrance.
func TestStaleFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.launch(t, spec("w1", "exit", "3"))
	waitOnFake(t, r, "w1")
	for _, name := range []string{"container.cid", "docker-run.sh", ".dockercmd-crash.tmp"} {
		if err := os.WriteFile(filepath.Join(r.Root, "workers/w1", name), []byte("stale"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := r.launch(t, spec("w1", "serve"))
	cid, err := os.ReadFile(filepath.Join(r.Root, "workers/w1/container.cid"))
	if err != nil || string(cid) != again.Container || again.Container == l.Container {
		t.Errorf("the cid file holds %q (%v), want %s", cid, err, again.Container)
	}
}

// TestFailedRelaunch checks that how the earlier launch ended, what the worker left in its own directory and what is reserved all
// survive a relaunch that fails, and nothing of the failed one stays.
func TestFailedRelaunch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := spec("w1", "exit", "7")
	s.Memory = dockercmd.GiB
	r.launch(t, s)
	exit, err := r.Wait(t.Context(), "w1")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Reserve("w1", worker.Resources{CPUPercent: 100}); err != nil {
		t.Fatal(err)
	}
	result := filepath.Join(r.Root, "work/w1/work/result")
	if err := os.WriteFile(result, []byte("42"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Image, s.Env = "other:1", map[string]string{"TOKEN": secret}
	if _, err := r.Launch(t.Context(), s); !errors.Is(err, client.ErrImageNotFound) {
		t.Fatalf("got %v", err)
	}
	if got, err := os.ReadFile(result); string(got) != "42" {
		t.Errorf("the worker's result is lost: %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(r.Root, "work/w1/work/worker.sh")); !os.IsNotExist(err) {
		t.Errorf("the failed launch's environment is still there: %v", err)
	}
	if again, err := r.Wait(t.Context(), "w1"); err != nil || again != exit {
		t.Errorf("the exit is %+v, %v, want %+v", again, err, exit)
	}
	if st, err := r.Status(t.Context(), "w1"); err != nil || st.State != worker.Exited {
		t.Errorf("got %+v, %v", st, err)
	}
	// The memory of the launch that has ended is free, the reserved CPU is not.
	if err := r.Reserve("w2", worker.Resources{Memory: 8 * dockercmd.GiB, CPUPercent: 300}); err != nil {
		t.Error(err)
	}
	if err := r.Reserve("w3", worker.Resources{CPUPercent: 1}); !errors.Is(err, worker.ErrReserve) {
		t.Errorf("the reserved CPU was given away: %v", err)
	}
	r.setFault(always(runnertest.Down()))
	if last, err := r.Cleanup(t.Context(), "w1"); err != nil || last == nil || *last != exit {
		t.Errorf("cleanup of a worker without a container: %+v, %v", last, err)
	}
}

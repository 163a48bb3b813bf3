package worker_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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

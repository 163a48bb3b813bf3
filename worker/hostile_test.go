package worker_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dockercmd/toolkit/worker"
)

// plant makes what a hostile worker may make in its own directories: links out, pipes, a script that is not the manager's.
func plant(t *testing.T, r *rig, victim string) {
	t.Helper()
	for _, dir := range []string{"work", "tmp"} {
		dir = filepath.Join(r.Root, "work/w1", dir)
		if err := errors.Join(
			os.Symlink(victim, filepath.Join(dir, "link")),
			os.Symlink(filepath.Join(r.Root, "workers/w1"), filepath.Join(dir, "state")),
			os.Symlink("..", filepath.Join(dir, "up")),
			syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666),
			os.MkdirAll(filepath.Join(dir, "deep/er"), 0o700),
			os.Symlink(filepath.Dir(victim), filepath.Join(dir, "deep/er/out")),
		); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHostileWorker checks that whatever lies in a worker's own directories at a relaunch and at a cleanup, nothing outside is
// touched.
func TestHostileWorker(t *testing.T) {
	t.Parallel()
	script := func(r *rig) string { return filepath.Join(r.Root, "work/w1/work/worker.sh") }
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, r *rig, victim string) error
		fails bool // the relaunch
	}{
		{"links and pipes", func(*testing.T, *rig, string) error { return nil }, false},
		{"a link for the script", func(t *testing.T, r *rig, victim string) error {
			return errors.Join(os.Remove(script(r)), os.Symlink(victim, script(r)))
		}, false},
		{"a pipe for the script", func(t *testing.T, r *rig, _ string) error {
			return errors.Join(os.Remove(script(r)), syscall.Mkfifo(script(r), 0o666))
		}, false},
		{"a second name for the script", func(t *testing.T, r *rig, victim string) error {
			return errors.Join(os.Remove(script(r)), os.Link(victim, script(r)))
		}, false},
		{"a directory for the script", func(t *testing.T, r *rig, victim string) error {
			return errors.Join(os.Remove(script(r)), os.MkdirAll(filepath.Join(script(r), "full"), 0o700),
				os.Symlink(filepath.Dir(victim), filepath.Join(script(r), "out")))
		}, false},
		{"a link for the directory", func(t *testing.T, r *rig, victim string) error {
			work := filepath.Dir(script(r))
			return errors.Join(os.Rename(work, work+"-away"), os.Symlink(filepath.Dir(victim), work))
		}, true},
		{"a file for the directory", func(t *testing.T, r *rig, _ string) error {
			work := filepath.Dir(script(r))
			return errors.Join(os.RemoveAll(work), os.WriteFile(work, nil, 0o600))
		}, true},
		{"a directory for everybody", func(t *testing.T, r *rig, _ string) error {
			return errors.Join(os.Chmod(filepath.Dir(script(r)), 0o777),
				os.Chmod(filepath.Join(r.Root, "work/w1/tmp"), 0o777|fs.ModeSticky))
		}, false},
		{"a directory for nobody", func(t *testing.T, r *rig, _ string) error {
			if os.Geteuid() != 0 {
				t.Skip("NOT TESTED: entering it takes root")
			}
			return os.Chmod(filepath.Dir(script(r)), 0)
		}, false},
		{"a directory of someone else", func(t *testing.T, r *rig, _ string) error {
			if os.Geteuid() != 0 {
				t.Skip("NOT TESTED: giving files to another user takes root")
			}
			return os.Chown(filepath.Dir(script(r)), 54321, 54321)
		}, false},
		{"a link for /tmp", func(t *testing.T, r *rig, victim string) error {
			tmp := filepath.Join(r.Root, "work/w1/tmp")
			return errors.Join(os.RemoveAll(tmp), os.Symlink(filepath.Dir(victim), tmp))
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			victim := filepath.Join(t.TempDir(), "victim")
			if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			r.launch(t, spec("w1", "exit", "7"))
			if _, err := r.Wait(t.Context(), "w1"); err != nil {
				t.Fatal(err)
			}
			plant(t, r, victim)
			if err := tt.spoil(t, r, victim); err != nil {
				t.Fatal(err)
			}
			_, err := r.Launch(t.Context(), spec("w1", "serve"))
			if tt.fails != (err != nil) || err != nil && (!errors.Is(err, worker.ErrState) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("the relaunch: got %v", err)
			}
			if err == nil {
				for _, dir := range []string{"work", "tmp"} {
					if info, err := os.Stat(filepath.Join(r.Root, "work/w1", dir)); err != nil || info.Mode() != fs.ModeDir|0o700 ||
						int(info.Sys().(*syscall.Stat_t).Uid) != someone.UID {
						t.Errorf("%s: got %+v, %v", dir, info, err)
					}
				}
				if _, err := r.Stop(t.Context(), "w1"); err != nil {
					t.Error(err)
				}
			} else if exit, err := r.Wait(t.Context(), "w1"); err != nil || exit.Code != 7 {
				t.Errorf("the earlier exit is lost: %+v, %v", exit, err)
			}
			if _, err := r.Cleanup(t.Context(), "w1"); err != nil {
				t.Error(err)
			}
			r.wantNothingLeft(t)
			if data, err := os.ReadFile(victim); err != nil || string(data) != "precious" {
				t.Errorf("the victim holds %q, %v", data, err)
			}
			if entries, err := os.ReadDir(filepath.Dir(victim)); err != nil || len(entries) != 1 {
				t.Errorf("beside the victim: %v, %v", entries, err)
			}
		})
	}
}

// TestEngineHostileWorker checks on a real engine that a worker cannot keep itself from being launched again.
func TestEngineHostileWorker(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"a directory for the script": "rm /worker/worker.sh; mkdir -p /worker/worker.sh/deep/er; chmod 0 /worker/worker.sh",
		"directories for everybody":  "chmod 0777 /worker; chmod 1777 /tmp",
		"directories for nobody":     "chmod 0 /worker /tmp",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newOnEngine(t)
			s := m.spec(t, script)
			m.launch(t, s)
			if e, err := m.Wait(t.Context(), s.ID); err != nil || e.Code != 0 {
				t.Fatalf("got %+v, %v", e, err)
			}
			s.Command = []string{"sh", "-c", "echo again >/worker/again; exit 4"}
			l := m.launch(t, s)
			if e, err := m.Wait(t.Context(), s.ID); err != nil || e.Code != 4 {
				t.Errorf("got %+v, %v", e, err)
			}
			await(t, m.own(s.ID, "again"))
			m.cleanup(t, l)
			if left := dirNames(filepath.Join(m.Root, "trash")); len(left) > 0 {
				t.Errorf("the trash holds %q", left)
			}
		})
	}
}

// TestRootOfSomeoneElse checks that the supervisor's directory must be its own.
func TestRootOfSomeoneElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := os.Mkdir(r.Root, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Launch(t.Context(), spec("w1", "serve")); err == nil ||
		!strings.Contains(err.Error(), "lets others in: chmod it to 0700") {
		t.Errorf("got %v", err)
	}
	if err := os.Chmod(r.Root, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(r.Root, "lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Launch(t.Context(), spec("w1", "serve")); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a link for the lock: got %v", err)
	}
	if err := os.Remove(filepath.Join(r.Root, "lock")); err != nil {
		t.Fatal(err)
	}
	r.launch(t, spec("w1", "serve"))
	err := filepath.WalkDir(r.Root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 && !strings.HasSuffix(path, "container.cid") {
			t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

package runnertest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

func busybox() *runnertest.Docker {
	return &runnertest.Docker{Images: map[string]runnertest.Program{"img": runnertest.Busybox}, Lookup: runnertest.BusyboxLookup}
}

// TestBusyboxTime shows that a script waits in the time of its bubble, and that Close ends one that would not end.
func TestBusyboxTime(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.WriteFile(filepath.Join(dir, "work.sh"), []byte("sleep 2h | cat\nexit 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		d := busybox()
		begin := time.Now()
		_, _, err := runner.Output(t.Context(), d, runner.Cmd{Argv: []string{"docker", "run", "-v", dir + ":/worker", "img", "/bin/sh",
			"/worker/work.sh"}}, runner.Limits{})
		if got := time.Since(begin); text(err) != "exit status 3" || got != 2*time.Hour {
			t.Errorf("got %v after %v, want exit status 3 after two hours", err, got)
		}
		for _, script := range []string{"while :; do :; done", "yes | cat >/dev/null", "sleep 1000000000 & wait", "x=$(sleep inf)"} {
			if _, _, err := runner.Output(t.Context(), d, runner.Cmd{Argv: []string{"docker", "run", "-d", "img", "sh", "-c", script}},
				runner.Limits{}); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(10 * time.Millisecond)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestBusyboxWorker shows that a worker of package worker, which runs a script from a bind mount, ends as its command does, and has
// the environment and the files of its spec.
func TestBusyboxWorker(t *testing.T) {
	t.Parallel()
	d := busybox()
	root := t.TempDir()
	m := &worker.Manager{Root: filepath.Join(root, "root"), LockDir: filepath.Join(root, "locks"), Docker: client.Docker{Runner: d},
		Users: func(context.Context, string) (worker.Identity, error) {
			return worker.Identity{Name: "me", UID: max(os.Geteuid(), 1), GID: max(os.Getegid(), 1), Groups: []int{}}, nil
		}}
	for id, tt := range map[string]struct {
		command []string
		code    int
	}{
		"w0": {[]string{"true"}, 0},
		"w3": {[]string{"sh", "-c", `[ "$A" = "b c" ] && exit 3`}, 3},
		"w4": {[]string{"sh", "-c", "sleep 0.05; umask; exit 4"}, 4},
		"wx": {[]string{"/nosuch/program", "word"}, 127},
	} {
		if _, err := m.Launch(t.Context(), worker.Spec{ID: id, Image: "img", User: "me", Command: tt.command,
			Env: map[string]string{"A": "b c"}}); err != nil {
			t.Fatal(err)
		}
		e, err := m.Wait(t.Context(), id)
		if err != nil || !e.Known || e.Code != tt.code {
			t.Errorf("%s: got %+v, %v, want the code %d", id, e, err, tt.code)
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestBusyboxRefuses shows that what the fake cannot do fails, in the container and in Close.
func TestBusyboxRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		words []string
		want  string // of standard error and of Close
		err   string
	}{
		{[]string{"sh", "-c", "echo a | sed s/a/b/"}, "has no applet sed", "exit status 127"},
		{[]string{"sed", "s/a/b/"}, "has no applet sed", "exit status 125"},
		{[]string{"sh", "-c", "[[ a = a ]]"}, "has no [[", "exit status 2"},
		{[]string{"sh", "-c", "x=abc; echo ${x:1:1}"}, "has no slicing", "exit status 2"},
		{[]string{"sh", "-c", "cat /proc/self/status"}, "has no /proc/self/status, but only files in bind mounts", "exit status 1"},
		{[]string{"sh", "-c", "cat /etc/passwd"}, "has no /etc/passwd, but only files in bind mounts", "exit status 1"},
		{[]string{"sh", "-c", "echo x > /tmp/y"}, "has no /tmp/y: files can be made in bind mounts only", "exit status 1"},
		{[]string{"sh", "-c", "cat /w/out"}, "links that lead out of a bind mount", "exit status 1"},
		{[]string{"sh", "-c", "cat /w/up"}, "links that lead out of a bind mount", "exit status 1"},
		{[]string{"sh", "-c", "cat < /w/pipe"}, "pipes, sockets and devices", "exit status 1"},
		{[]string{"sh", "-c", "/w/program"}, "no program of the machine is started", "exit status 126"},
		{[]string{"/w/program"}, "no program of the machine is started", "exit status 126"},
	} {
		t.Run(strings.Join(tt.words, " "), func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			for name, target := range map[string]string{"out": "/etc/passwd", "up": "../../../../../etc/passwd"} {
				if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "program"), []byte("\x7fELF\x00\x00"), 0o755); err != nil {
				t.Fatal(err)
			}
			d := busybox()
			stdout, stderr, err := runner.Output(t.Context(), d, runner.Cmd{
				Argv: append([]string{"docker", "run", "-v", dir + ":/w", "img"}, tt.words...)}, runner.Limits{})
			if text(err) != tt.err || !strings.Contains(string(stderr), tt.want) || len(stdout) > 0 {
				t.Errorf("got %v, %q, %q, want %s and %q", err, stdout, stderr, tt.err, tt.want)
			}
			if err := d.Close(); !strings.Contains(text(err), tt.want) {
				t.Errorf("Close: got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestBusyboxWrites shows that files are made, changed and removed in bind mounts.
func TestBusyboxWrites(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	d := busybox()
	script := "cd /w; umask 077; mkdir -p a/b; echo x > a/b/c; mv a/b/c d; chmod 640 d; rm -r a; touch e; rm e; cat d"
	stdout, stderr, err := runner.Output(t.Context(), d, runner.Cmd{
		Argv: []string{"docker", "run", "-v", dir + ":/w", "img", "sh", "-c", script}}, runner.Limits{})
	if err != nil || string(stdout) != "x\n" || len(stderr) > 0 {
		t.Errorf("got %v, %q, %q", err, stdout, stderr)
	}
	info, err := os.Stat(filepath.Join(dir, "d"))
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("got %v, %v, want mode 640", info, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); err == nil {
		t.Error("rm -r has left a directory")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

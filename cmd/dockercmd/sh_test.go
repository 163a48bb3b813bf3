package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/scripts"
)

// TestWorkerShell holds the demo's own shell to what a real one does with the same worker script.
func TestWorkerShell(t *testing.T) {
	t.Parallel()
	const show = `umask; printf '<%s>\n' "$0" "$@" "$GREETING" "$LINES2"`
	tests := []struct {
		name string
		w    scripts.Worker
	}{
		{"words", scripts.Worker{Argv: []string{"/bin/sh", "-c", show, "it's", "a  b", "", "$HOME", "*", "\\", "--", "é"}}},
		{"environment", scripts.Worker{Env: map[string]string{"GREETING": "Hello, it's $me `id`", "LINES2": "one\ntwo\n"},
			Argv: []string{"/bin/sh", "-c", show}}},
		{"umask", scripts.Worker{Umask: new(fs.FileMode(0o137)), Argv: []string{"/bin/sh", "-c", show}}},
		{"program on PATH", scripts.Worker{Argv: []string{"sh", "-c", show, "x"}}},
		{"program on the script's own PATH", scripts.Worker{Env: map[string]string{"PATH": "/bin:/usr/bin"},
			Argv: []string{"sh", "-c", show}}},
		{"exit code", scripts.Worker{Argv: []string{"/bin/sh", "-c", "exit 7"}}},
		{"no such program", scripts.Worker{Argv: []string{"no-such-program"}}},
		{"no such file", scripts.Worker{Argv: []string{"/no/such/program"}}},
		{"not executable", scripts.Worker{Argv: []string{"/etc/passwd"}}},
		{"a directory", scripts.Worker{Argv: []string{"/etc"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, err := tt.w.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			script := filepath.Join(t.TempDir(), "worker.sh")
			if err := os.WriteFile(script, data, 0o600); err != nil {
				t.Fatal(err)
			}
			got, gotErr, gotCode := runShell(t, ownShell(t), script)
			want, _, wantCode := runShell(t, "/bin/sh", script)
			if got != want || gotCode != wantCode {
				t.Errorf("got exit code %d and %q (%s), want %d and %q", gotCode, got, gotErr, wantCode, want)
			}
			if failed := gotCode == 126 || gotCode == 127; failed &&
				(!strings.HasPrefix(gotErr, "sh: ") || !strings.Contains(gotErr, tt.w.Argv[0])) {
				t.Errorf("got %q, want an error that names %s", gotErr, tt.w.Argv[0])
			}
		})
	}
}

func TestWorkerShellRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no script", nil, exitUsage, "give its path"},
		{"a command", []string{"-c", "id"}, exitUsage, "give its path"},
		{"a missing file", []string{filepath.Join(dir, "missing")}, 127, "no such file"},
		{"another script", []string{file("other", "#!/bin/sh\necho $(id)\n")}, exitUsage, "worker script"},
		{"a bad value", []string{file("secret", "#!/bin/sh\nexport A=hunter2 B=x\nexec id\n")}, exitUsage, "worker script"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, stderr, code := runShell(t, ownShell(t), tt.args...)
			if code != tt.code || out != "" || !strings.Contains(stderr, tt.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("got exit code %d, %q and %q, want %d and one line with %q", code, out, stderr, tt.code, tt.want)
			}
			if strings.Contains(stderr, "hunter2") {
				t.Errorf("got %q, which shows a value", stderr)
			}
		})
	}
}

// ownShell runs this program under the name sh, which TestMain put on PATH.
func ownShell(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("dockercmd")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(filepath.Dir(path), "sh")
}

func runShell(t testing.TB, shell string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), shell, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "GORACE=atexit_sleep_ms=0"}
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), errs.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), 0
}

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
)

// supervisor runs "dockercmd worker" as processes of their own, which share nothing but a directory.
type supervisor struct {
	program, root string
}

func newSupervisor(t testing.TB) supervisor {
	t.Helper()
	program, err := exec.LookPath("dockercmd") // TestMain put it there
	if err != nil {
		t.Fatal(err)
	}
	return supervisor{program, filepath.Join(t.TempDir(), "root")}
}

// command returns one process; the words after the verb may be flags.
func (s supervisor) command(t testing.TB, stdin, verb string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, s.program, append([]string{"worker", verb, "--root=" + s.root}, args...)...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	cmd.Stdin = strings.NewReader(stdin)
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// want runs a process and holds it to an exit code, and to regular expressions of its whole output; "" is no output.
func (s supervisor) want(t testing.TB, code int, stdout, stderr, stdin, verb string, args ...string) {
	t.Helper()
	cmd, gotOut, gotErr := s.command(t, stdin, verb, args...)
	err := cmd.Run()
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case err != nil && !failed:
		t.Fatal(err)
	case failed && exit.ExitCode() != code || !failed && code != 0:
		t.Errorf("worker %s %q: got %v, want exit status %d", verb, args, err, code)
	}
	for _, o := range []struct{ name, got, want string }{{"output", gotOut.String(), stdout}, {"error", gotErr.String(), stderr}} {
		if !regexp.MustCompile(`\A(?:` + o.want + `)\z`).MatchString(o.got) {
			t.Errorf("worker %s %q: got %s %q, want %q", verb, args, o.name, o.got, o.want)
		}
	}
}

// adapted returns a file of examples/ for an image, for ids in their order, and for workerUser.
func adapted(t testing.TB, name, image string, ids ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../examples", name))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("busybox:1.36", image, "1000:1000", workerUser()).Replace(string(data))
	return regexp.MustCompile(`(?m)^id: .*$`).ReplaceAllStringFunc(text, func(string) string {
		id := ids[0]
		ids = ids[1:]
		return "id: " + id
	})
}

// TestEngineWorkerLife plays the life of examples/worker.yaml, each step by another process.
func TestEngineWorkerLife(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	s := newSupervisor(t)
	id := e.Name(t)
	spec := adapted(t, "worker.yaml", e.Image, id)
	const hash = `[0-9a-f]{64}`
	const head = `WORKER +STATE +EXIT +CONTAINER +DETAIL *\n`

	s.want(t, 0, head, "", "", "ps")
	s.want(t, 0, id+` `+hash+` launched\n`, "", spec, "launch", "-f", "-")
	s.want(t, 0, head+id+` +running +- +[0-9a-f]{12} +Up .*\n`, "", "", "ps")
	s.want(t, 0, id+` `+hash+` adopted\n`, "", spec, "launch", "-f", "-")
	s.want(t, 1, "", `dockercmd: worker `+id+`: .*(stop|alive|runs).*\n`, strings.Replace(spec, "team: search", "team: other", 1),
		"launch", "-f", "-")
	s.want(t, 0, `WORKER .*PIDS\n`+id+` +[0-9.]+[KM]iB +[0-9.]+[KM]iB +64MiB .*\n`, "", "", "stats")
	s.want(t, 0, `WORKER .*PIDS\n`+id+` .*\n`, "", "", "stats", id)

	// The profile's exit code, output and error are the command's own; its flags are not ours.
	uid, _, _ := strings.Cut(workerUser(), ":")
	s.want(t, 0, uid+`\n`, "", "", "profile", id, "id", "-u")
	s.want(t, 7, `out\n`, `err\n`, "", "profile", id, "sh", "-c", "echo out; echo err >&2; exit 7")
	s.want(t, 2, "", `dockercmd: worker `+id+`: "magic" is no way into a container; use exec or nsenter\n`, "", "profile",
		"--via=magic", id, "id")
	if os.Geteuid() == 0 {
		s.want(t, 7, `1000\n`, "", "", "profile", "--via=nsenter", id, "sh", "-c", "id -u; exit 7")
	}

	// Someone waits while it is stopped.
	wait, out, errs := s.command(t, "", "wait", id)
	if err := wait.Start(); err != nil {
		t.Fatal(err)
	}
	s.want(t, 1, "", `dockercmd: worker `+id+`: its container .* is running; stop or kill it first\n`, "", "cleanup", id)
	s.want(t, 0, id+`: exit code \d+.*\n`, "", "", "stop", id)
	if err := wait.Wait(); err != nil || !strings.HasPrefix(out.String(), id+": exit code ") {
		t.Errorf("worker wait: got %v, %q and %q, want how it ended", err, out, errs)
	}
	s.want(t, 0, head+id+` +exited +\d+ .*\n`, "", "", "ps")
	s.want(t, 1, "", `dockercmd: worker `+id+`: it has ended: .*\n`, "", "stats", id)
	s.want(t, 1, "", `dockercmd: worker `+id+`: it has ended: .*\n`, "", "profile", id, "id")
	s.want(t, 0, id+`: exit code \d+.*\n`, "", "", "stop", id)
	s.want(t, 0, id+`: cleaned up \(exit code \d+.*\)\n`, "", "", "cleanup", id)
	s.want(t, 2, "", `dockercmd: worker `+id+`: no such worker .*\n`, "", "cleanup", id)
	wantGone(t, e, s, id)
}

// TestEngineWorkersOfOneFile runs examples/batch.yaml.
func TestEngineWorkersOfOneFile(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	s := newSupervisor(t)
	good, bad := e.Name(t), e.Name(t)
	file := filepath.Join(t.TempDir(), "batch.yaml")
	if err := os.WriteFile(file, []byte(adapted(t, "batch.yaml", e.Image, good, bad)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.want(t, 0, good+` [0-9a-f]{64} launched\n`+bad+` [0-9a-f]{64} launched\n`, "", "", "launch", "-f", file)
	s.want(t, 2, good+`: exit code 0\n`+bad+`: exit code 7\n`, `dockercmd: worker nobody: no such worker .*\n`, "", "wait", good,
		"nobody", bad)
	s.want(t, 0, good+`: exit code 0\n`, "", "", "kill", good)
	s.want(t, 0, `(?s)WORKER.* exited +[07] .* exited +[07] .*`, "", "", "ps")
	// It can be launched again, and killed.
	again := strings.ReplaceAll(adapted(t, "batch.yaml", e.Image, good, bad), "sleep 1; ", "sleep 60; ")
	s.want(t, 0, good+` .*\n`+bad+` .*\n`, "", again, "launch", "-f", "-")
	s.want(t, 0, good+`: exit code 137 \(killed\)\n`+bad+`: exit code 137 \(killed\)\n`, "", "", "kill", good, bad)
	s.want(t, 0, good+`: cleaned up .*\n`+bad+`: cleaned up .*\n`, "", "", "cleanup", good, bad)
	wantGone(t, e, s, good, bad)
}

// TestEngineLaunchFails holds a failed launch to an error line, and to leaving nothing.
func TestEngineLaunchFails(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	for _, tt := range []struct {
		name, want string
		change     []string
	}{
		{"no such image", "no-such-image", []string{e.Image, "dockercmd-test-no-such-image:1"}},
		// With an init, it is the container that fails, and not docker run.
		{"no such shell", "no-such-shell", []string{"shell: /bin/sh", "shell: /bin/no-such-shell", "init: true", "init: false"}},
		{"no such network", "no-such-network", []string{"network: none", "network: no-such-network"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSupervisor(t)
			id := e.Name(t)
			spec := strings.NewReplacer(tt.change...).Replace(adapted(t, "worker.yaml", e.Image, id))
			s.want(t, 1, "", `dockercmd: worker `+id+`: docker run: [^\n]*`+tt.want+`[^\n]*\n`, spec, "launch", "-f", "-")
			wantGone(t, e, s, id)
		})
	}
}

// wantGone fails the test when workers have left a container or a file.
func wantGone(t testing.TB, e *enginetest.Engine, s supervisor, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if found := e.Run(t, "ps", "--all", "--quiet", "--filter=name="+id); found != "" {
			t.Errorf("the container of %s is left", id)
		}
		for _, dir := range []string{"workers", "work"} {
			if _, err := os.Lstat(filepath.Join(s.root, dir, id)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s/%s is left: %v", dir, id, err)
			}
		}
	}
}

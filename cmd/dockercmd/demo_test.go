package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
)

// build builds this program for the time of the test.
func build(t testing.TB, cgo string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dockercmd")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return path
}

// demoRun is a demo as a process of its own, with an empty directory for what it leaves.
type demoRun struct {
	cmd    *exec.Cmd
	tmp    string
	stderr bytes.Buffer
}

func newDemoRun(t testing.TB, program string, args ...string) *demoRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	r := &demoRun{cmd: exec.CommandContext(ctx, program, append([]string{"demo"}, args...)...), tmp: t.TempDir()}
	r.cmd.Env = append(os.Environ(), "TMPDIR="+r.tmp, "GORACE=atexit_sleep_ms=0")
	r.cmd.Stderr = &r.stderr
	return r
}

// interruptAt runs the demo until it prints a line that contains text, sends it a signal and returns how it ended.
func (r *demoRun) interruptAt(t testing.TB, text string, sig os.Signal) error {
	t.Helper()
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found || !strings.Contains(lines.Text(), text) {
			continue
		}
		found = true
		if err := r.cmd.Process.Signal(sig); err != nil {
			t.Error(err)
		}
	}
	if !found {
		t.Errorf("the demo did not print %q: %s", text, &r.stderr)
	}
	return r.cmd.Wait()
}

// wantNothingLeft fails the test when the demo left a file, or on e, unless that is nil, a container or an image.
func (r *demoRun) wantNothingLeft(t testing.TB, e *enginetest.Engine) {
	t.Helper()
	left, err := os.ReadDir(r.tmp)
	if err != nil {
		t.Error(err)
	}
	for _, f := range left {
		t.Errorf("left behind: %s", filepath.Join(r.tmp, f.Name()))
	}
	if e == nil {
		return
	}
	pid := r.cmd.Process.Pid
	if ids := e.Run(t, "ps", "--all", "--quiet", fmt.Sprintf("--filter=name=demo-%d-", pid)); ids != "" {
		t.Errorf("containers left behind: %s", ids)
	}
	if ids := e.Run(t, "images", "--quiet", fmt.Sprintf("dockercmd-demo:%d", pid)); ids != "" {
		t.Errorf("image left behind: %s", ids)
	}
}

// wantExit fails the test unless err is that very exit code.
func wantExit(t testing.TB, err error, code int, stderr string) {
	t.Helper()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != code {
		t.Errorf("got %v, want exit status %d\n%s", err, code, stderr)
	}
}

func TestDemoInterrupted(t *testing.T) {
	enginetest.Slow(t)
	t.Parallel()
	program, err := exec.LookPath("dockercmd") // TestMain put it there
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, at string
		sig      os.Signal
	}{
		{"at launch", "Launch three workers", os.Interrupt},
		{"in the middle", "Wait for", os.Interrupt},
		{"by SIGTERM", "Wait for", syscall.SIGTERM},
		{"by a closed terminal", "Wait for", syscall.SIGHUP},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newDemoRun(t, program, "--fake")
			err := r.interruptAt(t, tt.at, tt.sig)
			wantExit(t, err, exitFailed, r.stderr.String())
			if !strings.Contains(r.stderr.String(), "signal") {
				t.Errorf("got %q, want a word about the signal", &r.stderr)
			}
			r.wantNothingLeft(t, nil)
		})
	}
}

// TestDemoUnheard runs a demo whose output nobody reads to the end: dockercmd demo | head -1.
func TestDemoUnheard(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("dockercmd")
	if err != nil {
		t.Fatal(err)
	}
	r := newDemoRun(t, program, "--fake")
	unheard(t, r)
	r.wantNothingLeft(t, nil)
}

func unheard(t testing.TB, r *demoRun) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.cmd.Stdout = write
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	if _, err := bufio.NewReader(read).ReadString('\n'); err != nil {
		t.Error(err)
	}
	read.Close()
	wantExit(t, r.cmd.Wait(), exitFailed, r.stderr.String())
	if !strings.Contains(r.stderr.String(), "broken pipe") {
		t.Errorf("got %q, want a word about the broken pipe", &r.stderr)
	}
}

func TestEngineDemo(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	program := build(t, "0")
	t.Run("to its end", func(t *testing.T) {
		t.Parallel()
		r := newDemoRun(t, program)
		out, err := r.cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s%s", err, out, &r.stderr)
		}
		for _, want := range []string{
			"on the real docker engine " + e.Version,
			"-failing: exit code 7, from ",
			"-polite: exit code 0\n",
			"-polite said: Hello, it's me, this is the polite worker\n",
			"-polite said: terminated: my work is saved\n",
			"-stubborn: exit code 137 (killed)\n",
			"process 1: Name ",
			" of 128MiB; killed for lack of memory: 0\n",
			"\nNo container is left.\n",
		} {
			if !strings.Contains(string(out), want) {
				t.Errorf("got no %q in\n%s", want, out)
			}
		}
		r.wantNothingLeft(t, e)
	})
	for _, at := range []string{"Make an image", "Launch three workers", "-failing; its script", "Wait for"} {
		t.Run("interrupted at "+at, func(t *testing.T) {
			t.Parallel()
			r := newDemoRun(t, program)
			err := r.interruptAt(t, at, os.Interrupt)
			wantExit(t, err, exitFailed, r.stderr.String())
			r.wantNothingLeft(t, e)
		})
	}
	t.Run("unheard", func(t *testing.T) {
		t.Parallel()
		r := newDemoRun(t, program)
		unheard(t, r)
		r.wantNothingLeft(t, e)
	})
}

// TestEngineDemoDynamic runs the demo of a program that needs a C library, which its image lacks.
func TestEngineDemoDynamic(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skipf("NOT TESTED, a dynamic program cannot be built: %v", err)
	}
	r := newDemoRun(t, build(t, "1"))
	_, err := r.cmd.Output()
	wantExit(t, err, exitFailed, r.stderr.String())
	if want := "needs a C library that the image does not have; build it with CGO_ENABLED=0, or use make demo\n"; !strings.HasSuffix(r.stderr.String(), want) {
		t.Errorf("got %q, want %q at its end", &r.stderr, want)
	}
	r.wantNothingLeft(t, e)
}

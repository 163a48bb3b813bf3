package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/worker"
)

// openTerminal makes a terminal of a size, and a file that gets what is written to it.
func openTerminal(t *testing.T, width, height uint16) (tty *os.File, screen string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: width, Row: height}); err != nil {
		t.Fatal(err)
	}
	screen = filepath.Join(t.TempDir(), "screen")
	file, err := os.Create(screen)
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = file.ReadFrom(master) // ends with an error when the last user of the terminal is gone
		file.Close()
		master.Close()
	}()
	t.Cleanup(func() {
		tty.Close()
		<-read
	})
	return tty, screen
}

// TestEngineWatch watches a worker on terminals with and without colours, and on one that cannot move its cursor.
func TestEngineWatch(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	s := newSupervisor(t)
	id := e.Name(t)
	s.want(t, 0, id+` .* launched\n`, "", adapted(t, "worker.yaml", e.Image, id), "launch", "-f", "-")
	type watching struct {
		cmd    *exec.Cmd
		screen string
	}
	start := func(env ...string) watching {
		tty, screen := openTerminal(t, 120, 30)
		cmd, _, _ := s.command(t, "", "watch", "--interval=200ms")
		cmd.Env = append(cmd.Env, env...)
		cmd.Stdout = tty
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return watching{cmd, screen}
	}
	coloured, uncoloured, dumb := start("TERM=xterm", "NO_COLOR="), start("TERM=xterm", "NO_COLOR=1"), start("TERM=dumb")
	const figures = ` +\d+s +\d+\.\d% +[0-9.]+[KM]iB/64MiB  `
	for _, w := range []struct {
		screen, want string
	}{
		{coloured.screen, `(?s)\x1b\[\?25l.*1 worker: 1 running.*` + id + `  \x1b\[32mrunning\x1b\[0m` + figures +
			`\x1b\[32m\[#? +\]\x1b\[0m`},
		{uncoloured.screen, `(?s)\x1b\[\?25l.*1 worker: 1 running.*` + id + `  running` + figures + `\[#? +\]`},
		{dumb.screen, id + ` running, memory [0-9.]+[KM]iB/64MiB, pids \d+\r\n`},
	} {
		if err := awaitText(w.screen, w.want); err != nil {
			t.Fatal(err)
		}
	}
	s.want(t, 0, id+`: exit code \d+.*\n`, "", "", "stop", id)
	for _, w := range []watching{coloured, uncoloured, dumb} {
		if err := awaitText(w.screen, `(?s)exited.*exit code \d+`); err != nil {
			t.Fatal(err)
		}
		if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := w.cmd.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
	}
	for _, w := range []watching{coloured, uncoloured} {
		if err := awaitText(w.screen, `\x1b\[\?25h\z`); err != nil { // the cursor is back
			t.Error(err)
		}
	}
	if text, err := os.ReadFile(uncoloured.screen); err != nil || regexp.MustCompile(`\x1b\[\d*m`).Match(text) {
		t.Errorf("there are colours in spite of NO_COLOR (%v): %q", err, text)
	}
	if text, err := os.ReadFile(dumb.screen); err != nil || strings.Contains(string(text), "\x1b") {
		t.Errorf("a dumb terminal got (%v) %q", err, text)
	}
	s.want(t, 0, id+`: cleaned up .*\n`, "", "", "cleanup", id)
}

// TestEngineLaunchShowsProgress launches several workers before a terminal, which shows how far that has come and then nothing
// of it.
func TestEngineLaunchShowsProgress(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	s := newSupervisor(t)
	first, second := e.Name(t), e.Name(t)
	tty, screen := openTerminal(t, 120, 30)
	cmd, out, _ := s.command(t, adapted(t, "batch.yaml", e.Image, first, second), "launch", "-f", "-")
	cmd.Env = append(cmd.Env, "TERM=xterm")
	cmd.Stderr = tty
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	want := "\r1 of 2: launching " + first + "\x1b[K\r\x1b[K\r2 of 2: launching " + second + "\x1b[K\r\x1b[K"
	if err := awaitText(screen, regexp.QuoteMeta(want)); err != nil {
		t.Error(err)
	}
	if strings.Count(out.String(), " launched\n") != 2 {
		t.Errorf("got %q", out)
	}
	s.want(t, 0, `(?s).*`, "", "", "kill", first, second)
	s.want(t, 0, `(?s).*`, "", "", "cleanup", first, second)
}

// TestEnginePostmortemAndEvents has a bundle made and events told on a real engine, beside a supervisor that holds the root.
func TestEnginePostmortemAndEvents(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	s := newSupervisor(t)
	id := e.Name(t)
	locks := filepath.Join(t.TempDir(), "locks")
	ctx, cancel := context.WithCancel(t.Context())
	w := &worker.Watcher{Manager: &worker.Manager{Root: s.root, LockDir: locks, Docker: client.Docker{Program: e.Docker}}}
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	waiting, over := context.WithTimeout(t.Context(), 30*time.Second)
	defer over()
	for w.Health().LastRelist.IsZero() {
		if waiting.Err() != nil {
			t.Fatal("the supervisor does not come up")
		}
		runtime.Gosched()
	}
	s.want(t, 1, "", `dockercmd: hold the supervisor's place: another supervisor is at work: process \d+ has the directory .*\n`, "",
		"recover", "--lock-dir="+locks)

	events, err := os.Create(filepath.Join(t.TempDir(), "events"))
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	cmd, _, _ := s.command(t, "", "events")
	cmd.Stdout = events
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.want(t, 0, id+` .* launched\n`, "", adapted(t, "worker.yaml", e.Image, id), "launch", "-f", "-")
	if err := awaitText(events.Name(), `(?m) `+id+` running(: Up .*)?$`); err != nil {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	s.want(t, 0, regexp.QuoteMeta(file)+`\n`, "", "", "postmortem", id, "-o", file)
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 || info.Size() < 1000 {
		t.Errorf("got %v, %v", info, err)
	}
	s.want(t, 0, id+`: exit code 137 \(killed\)\n`, "", "", "kill", id)
	if err := awaitText(events.Name(), `(?m) `+id+` exited: exit code 137 \(killed\)$`); err != nil {
		t.Error(err)
	}
	s.want(t, 0, id+`: cleaned up .*\n`, "", "", "cleanup", id)
	if err := awaitText(events.Name(), `(?m) `+id+` gone: cleaned up$`); err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

package pidwatch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// conversation is a process that does its next step when it is told to.
type conversation struct {
	*exec.Cmd
	stdin io.WriteCloser
}

// talk starts a process in a role. Its end is collected at once, as docker's shims do.
func talk(t *testing.T, role string) conversation {
	t.Helper()
	c := conversation{Cmd: play(role)}
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin = stdin
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(over)
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill() // It may have ended.
		<-over
	})
	return c
}

func (c conversation) goOn(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(c.stdin, "\n"); err != nil {
		t.Fatal(err)
	}
}

func readLine() { _, _ = bufio.NewReader(os.Stdin).ReadString('\n') }

// TestLeaderless checks that a process whose first thread has ended is a zombie in /proc and lives on in its other threads.
//
// Code 0 here is the first thread's: some kernels from Linux 6.15 on take it for the process's.
func TestLeaderless(t *testing.T) {
	known := tellsExits(t)
	s, c := newSet(t), talk(t, "leaderless")
	awaitState(t, c.Process.Pid, "Z")
	add(t, s, "a", c.Process.Pid)
	none(t, s)
	c.goOn(t)
	if got := next(t, s); got.Known != known || known && got.Code != 7 {
		t.Errorf("got %+v, want exit code 7", got)
	}
}

// beLeaderless ends its first thread, and exits with 7 in another when told to.
func beLeaderless([]string) error {
	go func() {
		readLine()
		os.Exit(7)
	}()
	_, _, err := syscall.Syscall(unix.SYS_EXIT, 0, 0, 0)
	return err
}

// TestExec checks that a process that executes another program from a thread other than its first one gets a new first thread, and
// is the same process.
func TestExec(t *testing.T) {
	known := tellsExits(t)
	s, c := newSet(t), talk(t, "exec")
	add(t, s, "a", c.Process.Pid)
	none(t, s)
	c.goOn(t)
	comm := "/proc/" + strconv.Itoa(c.Process.Pid) + "/comm"
	await(t, "the process is a shell", func() bool {
		text, err := os.ReadFile(comm)
		return err == nil && strings.TrimSpace(string(text)) == "sh"
	})
	none(t, s)
	c.goOn(t)
	if got := next(t, s); got.PID != c.Process.Pid || got.Known != known || known && got.Code != 5 {
		t.Errorf("got %+v, want exit code 5", got)
	}
}

// beExecuted executes a shell, which exits with 5 when told to, from another thread than the first.
func beExecuted([]string) error {
	failed := make(chan error)
	go func() { // The first thread is this function's.
		readLine()
		failed <- syscall.Exec("/bin/sh", []string{"sh", "-c", "read line; exit 5"}, os.Environ())
	}()
	return <-failed
}

// TestNoDescriptorLeft uses up the descriptors of a process that has few.
func TestNoDescriptorLeft(t *testing.T) {
	newSet(t)
	out, err := play("poor").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := "too many open files: each watched process takes one file descriptor: raise the limit (ulimit -n, RLIMIT_NOFILE)"
	for line := range strings.Lines(string(out)) {
		if !strings.HasSuffix(strings.TrimSpace(line), want) {
			t.Errorf("got %q, want it to end with %q", line, want)
		}
	}
	if n := strings.Count(string(out), "\n"); n != 2 {
		t.Errorf("got %d errors, want one of Add and one of New:\n%s", n, out)
	}
}

// bePoor prints the errors of Add and New when there is no descriptor left, and holds that a watch that ends makes room for
// another.
func bePoor([]string) error {
	s, err := New()
	if err != nil {
		return err
	}
	const limit = 30
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	for s.Len() <= limit && err == nil {
		err = s.Add(strconv.Itoa(s.Len()), os.Getpid(), nil)
	}
	fmt.Println(err)
	if !errors.Is(err, syscall.EMFILE) || s.Len() == 0 {
		return fmt.Errorf("after %d watches: got %w, want EMFILE", s.Len(), err)
	}
	for range 3 {
		watched := s.Len()
		if err := s.Add("0", os.Getpid(), nil); !errors.Is(err, syscall.EMFILE) || s.Len() != watched {
			return fmt.Errorf("once more: got %w and %d watches, want EMFILE and %d", err, s.Len(), watched)
		}
		s.Remove("0")
		if err := s.Add("0", os.Getpid(), nil); err != nil {
			return fmt.Errorf("with one watch less: %w", err)
		}
	}
	_, err = New()
	fmt.Println(err)
	if !errors.Is(err, syscall.EMFILE) || errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("New: got %w, want EMFILE", err)
	}
	return s.Close()
}

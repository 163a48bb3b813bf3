package runner_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/runner"
)

func TestMain(m *testing.M) {
	child.Guard(children)
	os.Exit(m.Run())
}

// children are the processes that the tests start.
var children = map[string]child.Role{
	"exit":       func(args []string) int { return number(args[0]) },
	"echo":       func([]string) int { io.Copy(os.Stdout, os.Stdin); return 0 },
	"both":       func([]string) int { fmt.Print("out"); fmt.Fprint(os.Stderr, "err"); return 0 },
	"group":      func([]string) int { fmt.Print(syscall.Getpgrp() == os.Getpid()); return 0 },
	"where":      func([]string) int { dir, _ := os.Getwd(); fmt.Print(dir); return 0 },
	"environ":    playEnviron,
	"hang":       func([]string) int { ready(); return forever() },
	"stubborn":   func([]string) int { signal.Ignore(syscall.SIGTERM); ready(); return forever() },
	"polite":     playPolite,
	"flood":      playFlood,
	"suicide":    playSuicide,
	"leavesHeir": playLeavesHeir,
	"parent":     playParent,
	"nobody":     playNobody,
	"setuid":     playSetuid,
}

func ready() { fmt.Println("ready") }

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// forever outlives every test; the orphans of one that crashed end some time.
func forever() int { time.Sleep(30 * time.Minute); return 0 }

// playEnviron prints the environment that it was started with, a variable on each line.
func playEnviron([]string) int {
	environ, err := os.ReadFile("/proc/self/environ")
	if err != nil {
		panic(err)
	}
	fmt.Print(strings.ReplaceAll(strings.TrimSuffix(string(environ), "\x00"), "\x00", "\n"))
	return 0
}

// playPolite ends with the given status when asked to.
func playPolite(args []string) int {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	ready()
	<-asked
	return number(args[0])
}

func playFlood(args []string) int {
	block := bytes.Repeat([]byte("x"), 1<<10)
	for range number(args[0]) {
		os.Stdout.Write(block)
	}
	return 0
}

func playSuicide(args []string) int {
	syscall.Kill(os.Getpid(), syscall.Signal(number(args[0])))
	return forever()
}

// playLeavesHeir ends at once and leaves a child that holds its output open, whose process id it prints.
func playLeavesHeir([]string) int {
	heir := self("hang")
	cmd := exec.Command(heir.Argv[0])
	cmd.Env, cmd.Stdout = heir.Env, os.Stdout
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	fmt.Println(cmd.Process.Pid)
	return 0
}

// playParent starts a stubborn child, prints its process id, and ends at the first SIGTERM.
func playParent([]string) int {
	stubborn := self("stubborn")
	cmd := exec.Command(stubborn.Argv[0])
	cmd.Env = stubborn.Env
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	bufio.NewReader(out).ReadString('\n')
	fmt.Println(cmd.Process.Pid)
	return forever()
}

// prompt lets a child built with -race end at once; it sleeps for a second otherwise.
const prompt = "GORACE=atexit_sleep_ms=0"

// self returns a Cmd that runs the test binary in a role.
func self(name string, args ...string) runner.Cmd {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return runner.Cmd{Argv: append([]string{exe}, args...), Env: append(os.Environ(), child.As(name), prompt)}
}

// patient has delays that a starved machine keeps, for children that end soon.
var patient = runner.Exec{Grace: time.Minute, WaitDelay: time.Minute}

// start starts a child and returns it with the first line that it prints.
func start(t *testing.T, ctx context.Context, e runner.Exec, c runner.Cmd) (runner.Process, string) {
	t.Helper()
	r, w := io.Pipe()
	c.Stdout = w
	p, err := e.Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(r)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, lines)
	t.Cleanup(func() { w.Close() })
	return p, strings.TrimSpace(line)
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("still not so after a minute: %s", what)
		}
	}
}

// gone reports whether a process has ended; a zombie has, too.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}

func TestExecExit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		cmd        runner.Cmd
		wantCode   int
		wantSignal syscall.Signal
		wantText   string
	}{
		{name: "success", cmd: self("exit", "0")},
		{name: "status 1", cmd: self("exit", "1"), wantCode: 1, wantText: "exit status 1"},
		{name: "status 255", cmd: self("exit", "255"), wantCode: 255, wantText: "exit status 255"},
		{name: "a status above 128 is no signal", cmd: self("exit", "137"), wantCode: 137, wantText: "exit status 137"},
		{name: "SIGKILL", cmd: self("suicide", "9"), wantCode: 137, wantSignal: syscall.SIGKILL, wantText: "ended by signal 9 (killed)"},
		{name: "SIGTERM", cmd: self("suicide", "15"), wantCode: 143, wantSignal: syscall.SIGTERM,
			wantText: "ended by signal 15 (terminated)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := runner.Exec{}.Start(t.Context(), tt.cmd)
			if err != nil {
				t.Fatal(err)
			}
			err = p.Wait()
			if tt.wantCode == 0 {
				if err != nil {
					t.Fatalf("got %v, want success", err)
				}
				return
			}
			exit, ok := errors.AsType[*runner.ExitError](err)
			if !ok {
				t.Fatalf("got %#v, want an ExitError", err)
			}
			if exit.Code != tt.wantCode || exit.Signal != tt.wantSignal || exit.Cause != nil {
				t.Errorf("got %#v, want code %d, signal %d and no cause", exit, tt.wantCode, tt.wantSignal)
			}
			if got := err.Error(); got != tt.wantText {
				t.Errorf("got %q, want %q", got, tt.wantText)
			}
		})
	}
}

func killOnly(c runner.Cmd) runner.Cmd {
	c.KillOnly = true
	return c
}

func TestExecContextEnds(t *testing.T) {
	t.Parallel()
	short := runner.Exec{Grace: 100 * time.Millisecond}
	atOnce := runner.Exec{Grace: -1}
	tests := []struct {
		name       string
		exec       runner.Exec
		cmd        runner.Cmd
		wantCode   int // 0: no ExitError
		wantSignal syscall.Signal
	}{
		{name: "SIGTERM is enough", exec: patient, cmd: self("hang"), wantCode: 143, wantSignal: syscall.SIGTERM},
		{name: "SIGTERM makes it exit", exec: patient, cmd: self("polite", "3"), wantCode: 3},
		{name: "SIGTERM makes it exit with success", exec: patient, cmd: self("polite", "0")},
		{name: "SIGKILL after the grace", exec: short, cmd: self("stubborn"), wantCode: 137, wantSignal: syscall.SIGKILL},
		{name: "SIGKILL at once", exec: atOnce, cmd: self("polite", "3"), wantCode: 137, wantSignal: syscall.SIGKILL},
		{name: "SIGKILL only", exec: patient, cmd: killOnly(self("polite", "3")), wantCode: 137, wantSignal: syscall.SIGKILL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			why := errors.New("the shift is over")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			p, _ := start(t, ctx, tt.exec, tt.cmd)
			cancel(why)
			err := p.Wait()
			if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
				t.Errorf("got %v, want context.Canceled and its cause", err)
			}
			exit, ok := errors.AsType[*runner.ExitError](err)
			if ok != (tt.wantCode != 0) {
				t.Fatalf("got %v, carrying an ExitError: %v", err, ok)
			}
			if ok && (exit.Code != tt.wantCode || exit.Signal != tt.wantSignal) {
				t.Errorf("got %#v, want code %d and signal %d", exit, tt.wantCode, tt.wantSignal)
			}
			if got := p.Signal(syscall.SIGTERM); !errors.Is(got, os.ErrProcessDone) {
				t.Errorf("Signal after the end: got %v, want os.ErrProcessDone", got)
			}
		})
	}
}

func TestExecDeadline(t *testing.T) {
	t.Parallel()
	var p runner.Process
	err := context.DeadlineExceeded
	// a start may take longer
	for timeout := 100 * time.Millisecond; p == nil && errors.Is(err, context.DeadlineExceeded); timeout *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		p, err = patient.Start(ctx, self("hang"))
	}
	if err != nil {
		t.Fatal(err)
	}
	err = p.Wait()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
	if got, want := err.Error(), "context deadline exceeded: ended by signal 15 (terminated)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExecContextEndedBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "started")
	p, err := runner.Exec{}.Start(ctx, runner.Cmd{Argv: []string{"touch", file}})
	if p != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v, want no process and context.Canceled", p, err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something ran: %v", err)
	}
}

func TestExecStopsTheWholeGroup(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, line := start(t, ctx, patient, self("parent"))
	cancel()
	p.Wait()
	eventually(t, "the child that ignores SIGTERM is gone", func() bool { return gone(number(line)) })
}

func TestExecHeirHoldsThePipe(t *testing.T) {
	t.Parallel()
	p, line := start(t, t.Context(), runner.Exec{WaitDelay: 50 * time.Millisecond}, self("leavesHeir"))
	heir := number(line)
	defer syscall.Kill(heir, syscall.SIGKILL)
	if err := p.Wait(); !errors.Is(err, exec.ErrWaitDelay) {
		t.Errorf("got %v, want exec.ErrWaitDelay", err)
	}
	if gone(heir) {
		t.Error("a process that ended by itself took its child along")
	}
}

func TestExecSignal(t *testing.T) {
	t.Parallel()
	p, _ := start(t, t.Context(), runner.Exec{}, self("polite", "7"))
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if exit, ok := errors.AsType[*runner.ExitError](p.Wait()); !ok || exit.Code != 7 {
		t.Errorf("got %v, want exit status 7", p.Wait())
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("got %v, want os.ErrProcessDone", err)
	}
}

func TestExecWaitManyTimes(t *testing.T) {
	t.Parallel()
	p, err := runner.Exec{}.Start(t.Context(), self("exit", "4"))
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan error)
	for range 8 {
		go func() { answers <- p.Wait() }()
	}
	for range 8 {
		if got, want := <-answers, p.Wait(); got != want || got == nil {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestExecStreams(t *testing.T) {
	t.Parallel()
	t.Run("stdin to stdout", func(t *testing.T) {
		t.Parallel()
		want := strings.Repeat("a line\n", 100_000)
		c := self("echo")
		c.Stdin = strings.NewReader(want)
		got, _, err := runner.Output(t.Context(), patient, c, runner.Limits{})
		if err != nil || string(got) != want {
			t.Errorf("got %d bytes and %v, want %d", len(got), err, len(want))
		}
	})
	t.Run("one writer for both", func(t *testing.T) {
		t.Parallel()
		var b bytes.Buffer
		c := self("both")
		c.Stdout, c.Stderr = &b, &b
		if err := run(t, patient, c); err != nil || b.String() != "outerr" {
			t.Errorf("got %q and %v", b.String(), err)
		}
	})
	t.Run("writers that cannot be compared", func(t *testing.T) {
		t.Parallel()
		var out, msg bytes.Buffer
		c := self("both")
		c.Stdout, c.Stderr = writers{&out}, writers{&msg}
		if err := run(t, patient, c); err != nil || out.String() != "out" || msg.String() != "err" {
			t.Errorf("got %q, %q and %v", out.String(), msg.String(), err)
		}
	})
	t.Run("files are inherited", func(t *testing.T) {
		t.Parallel()
		f, err := os.Create(filepath.Join(t.TempDir(), "both"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		c := self("both")
		c.Stdout, c.Stderr = f, f
		err = run(t, patient, c)
		got, _ := os.ReadFile(f.Name())
		if err != nil || string(got) != "outerr" {
			t.Errorf("got %q and %v", got, err)
		}
	})
	t.Run("a writer that fails does not harm the process", func(t *testing.T) {
		t.Parallel()
		full := errors.New("disk full")
		c := self("flood", "1024")
		c.Stdout = failingWriter{full}
		err := run(t, patient, c)
		if _, harmed := errors.AsType[*runner.ExitError](err); harmed || !errors.Is(err, full) {
			t.Errorf("got %v, want %v alone", err, full)
		}
	})
	t.Run("a writer that blocks does not block Wait", func(t *testing.T) {
		t.Parallel()
		r, w := io.Pipe()
		defer r.Close()
		c := self("both")
		c.Stdout = w
		if err := run(t, runner.Exec{WaitDelay: 50 * time.Millisecond}, c); !errors.Is(err, exec.ErrWaitDelay) {
			t.Errorf("got %v, want exec.ErrWaitDelay", err)
		}
	})
	t.Run("a reader that fails is not taken for the end", func(t *testing.T) {
		t.Parallel()
		lost := errors.New("connection lost")
		c := self("echo")
		c.Stdin = iotest.ErrReader(lost)
		if err := run(t, patient, c); !errors.Is(err, lost) {
			t.Errorf("got %v, want %v", err, lost)
		}
	})
	t.Run("a reader that blocks does not block Wait", func(t *testing.T) {
		t.Parallel()
		r, w := io.Pipe()
		defer w.Close()
		c := self("exit", "0")
		c.Stdin = r
		if err := run(t, patient, c); err != nil {
			t.Errorf("got %v, want success", err)
		}
	})
	t.Run("more input than the process reads", func(t *testing.T) {
		t.Parallel()
		c := self("exit", "0")
		c.Stdin = bytes.NewReader(make([]byte, 1<<20))
		if err := run(t, patient, c); err != nil {
			t.Errorf("got %v, want success", err)
		}
	})
}

// writers cannot be compared: == on it panics.
type writers []io.Writer

func (w writers) Write(p []byte) (int, error) { return w[0].Write(p) }

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func run(t *testing.T, e runner.Exec, c runner.Cmd) error {
	t.Helper()
	p, err := e.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return p.Wait()
}

func TestExecSurroundings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there := self("where")
	there.Dir = dir
	bare := self("environ")
	bare.Env = []string{child.As("environ"), prompt}
	defaults := bare
	defaults.Env, defaults.EnvDefaults = append(slices.Clone(bare.Env), "X="), []string{"X=1", "Y=2"}
	tests := []struct {
		name string
		cmd  runner.Cmd
		want string
	}{
		{name: "own process group", cmd: self("group"), want: "true"},
		{name: "working directory", cmd: there, want: dir},
		{name: "the whole environment", cmd: bare, want: child.As("environ") + "\n" + prompt},
		{name: "defaults for what it lacks", cmd: defaults, want: child.As("environ") + "\n" + prompt + "\nX=\nY=2"},
		{name: "no input", cmd: self("echo"), want: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := runner.Output(t.Context(), patient, tt.cmd, runner.Limits{})
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q and %v, want %q", got, err, tt.want)
			}
		})
	}
}

// TestExecDefaultsBesideTheOwnEnvironment leaves Env nil, so that the process has this one's environment.
func TestExecDefaultsBesideTheOwnEnvironment(t *testing.T) {
	t.Setenv("DOCKERCMD_TEST_X", "own")
	t.Setenv(child.Variable, "environ")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := runner.Cmd{Argv: []string{exe}, Dir: t.TempDir(), EnvDefaults: []string{"DOCKERCMD_TEST_X=1", "DOCKERCMD_TEST_Y=2"}}
	out, _, err := runner.Output(t.Context(), patient, c, runner.Limits{})
	got := strings.Split(string(out), "\n")
	for _, want := range []string{"DOCKERCMD_TEST_X=own", "DOCKERCMD_TEST_Y=2", "PWD=" + c.Dir} {
		if err != nil || !slices.Contains(got, want) {
			t.Errorf("%v; no %s in %q", err, want, got)
		}
	}
	if slices.Contains(got, "DOCKERCMD_TEST_X=1") {
		t.Error("a default stands beside a value")
	}
}

// TestExecRelativeProgram starts a program whose path is relative to the working directory of the test, not of the Cmd.
func TestExecRelativeProgram(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("here", []byte("#!/bin/sh\npwd\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, _, err := runner.Output(t.Context(), patient, runner.Cmd{Argv: []string{"./here"}, Dir: "/"}, runner.Limits{})
	if err != nil || string(got) != "/\n" {
		t.Errorf("got %q and %v, want /", got, err)
	}
}

func TestExecStartErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	plain, missing := write("plain", "#!/bin/sh\n", 0o644), filepath.Join(dir, "missing")
	t.Setenv("PATH", dir)
	tests := []struct {
		name  string
		cmd   runner.Cmd
		want  error // nil: any
		wants string
	}{
		{
			name: "no such name", cmd: runner.Cmd{Argv: []string{"docker-is-missing"}},
			want:  exec.ErrNotFound,
			wants: "start docker-is-missing: executable file not found in $PATH: install it, add its folder to PATH, or give its full path",
		},
		{name: "no such path", cmd: runner.Cmd{Argv: []string{missing}}, want: exec.ErrNotFound, wants: "start " + missing + ": "},
		{name: "path not executable", cmd: runner.Cmd{Argv: []string{plain}}, want: fs.ErrPermission, wants: "chmod +x"},
		{name: "name not executable", cmd: runner.Cmd{Argv: []string{"plain"}}, want: fs.ErrPermission, wants: plain},
		{name: "a directory", cmd: runner.Cmd{Argv: []string{dir}}, want: syscall.EISDIR, wants: "start " + dir},
		{name: "no interpreter", cmd: runner.Cmd{Argv: []string{write("lost", "#!"+missing+"\n", 0o755)}}, want: fs.ErrNotExist,
			wants: "interpreter"},
		{name: "no program", cmd: runner.Cmd{Argv: []string{write("text", "hello", 0o755)}}, want: syscall.ENOEXEC, wants: "#!"},
		{name: "no working directory", cmd: runner.Cmd{Argv: []string{"/bin/sh"}, Dir: missing}, want: fs.ErrNotExist, wants: missing},
		{name: "too long", cmd: runner.Cmd{Argv: []string{"/bin/sh", strings.Repeat("x", 1<<18)}}, want: syscall.E2BIG, wants: "shorten"},
		{name: "no Argv", cmd: runner.Cmd{}, wants: "Cmd.Argv names no program"},
		{name: "empty program", cmd: runner.Cmd{Argv: []string{""}}, wants: "Cmd.Argv names no program"},
		{name: "NUL in an argument", cmd: runner.Cmd{Argv: []string{"sh", "a\x00b"}}, wants: "Cmd.Argv[1] holds a NUL byte"},
		{name: "NUL in a variable", cmd: runner.Cmd{Argv: []string{"sh"}, Env: []string{"A=secret\x00"}},
			wants: "Cmd.Env[0] holds a NUL byte"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := runner.Exec{}.Start(t.Context(), tt.cmd)
			if p != nil || err == nil {
				t.Fatalf("got %v, %v, want an error", p, err)
			}
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want the kind %v", err, tt.want)
			}
			if tt.want != exec.ErrNotFound && errors.Is(err, exec.ErrNotFound) {
				t.Errorf("got %v, which says that the program is missing", err)
			}
			if got := err.Error(); !strings.Contains(got, tt.wants) || strings.Contains(got, "\n") || strings.Contains(got, "secret") {
				t.Errorf("got %q, want one line with %q", got, tt.wants)
			}
		})
	}
}

func TestExecManyAtOnce(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			c := self("echo")
			want := strings.Repeat(strconv.Itoa(i), 1000)
			c.Stdin = strings.NewReader(want)
			got, _, err := runner.Output(t.Context(), patient, c, runner.Limits{})
			if err != nil || string(got) != want {
				t.Errorf("process %d: got %d bytes and %v, want %d bytes", i, len(got), err, len(want))
			}
		})
	}
	all.Wait()
}

// TestExecLeavesNoGoroutine is not parallel: it counts the goroutines of the whole process.
func TestExecLeavesNoGoroutine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	for range 8 {
		c := self("hang")
		c.Stdin, c.Stdout, c.Stderr = strings.NewReader("x"), new(bytes.Buffer), new(bytes.Buffer)
		if _, err := (runner.Exec{}).Start(ctx, c); err != nil { // and nobody waits
			t.Fatal(err)
		}
	}
	if got, want := ourGoroutines(), 8*4; got < want {
		t.Fatalf("got %d goroutines for 8 processes, want at least %d: is the count right?", got, want)
	}
	cancel()
	eventually(t, "all goroutines have ended", func() bool { return ourGoroutines() == 0 })
}

// ourGoroutines counts those that Exec started.
func ourGoroutines() int {
	var b strings.Builder
	pprof.Lookup("goroutine").WriteTo(&b, 2)
	return strings.Count(b.String(), "created by github.com/dockercmd/toolkit/runner.")
}

// TestExecAbandons needs a process that this one may not signal, as Storm's worker-launcher is one: started by an
// ordinary user, setuid root, with the real user id changed, too. So root starts a child as nobody, which starts a
// setuid copy of the test binary through Exec, and says what happened.
func TestExecAbandons(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can make a setuid root program")
	}
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ordinary, setuid := filepath.Join(dir, "ordinary"), filepath.Join(dir, "setuid")
	copyProgram(t, ordinary, 0o755)
	copyProgram(t, setuid, 0o755|os.ModeSetuid)

	nobody := exec.CommandContext(t.Context(), ordinary, setuid)
	nobody.Env = []string{child.As("nobody"), prompt}
	nobody.Dir = "/"
	nobody.Stderr = os.Stderr
	nobody.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	in, _ := nobody.StdinPipe()
	out, _ := nobody.StdoutPipe()
	if err := nobody.Start(); err != nil {
		t.Fatal(err)
	}
	defer nobody.Wait()
	defer in.Close()

	answers := json.NewDecoder(out)
	var got abandonment
	if err := answers.Decode(&got); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(got.PID, syscall.SIGKILL)
	if got.EUID != "euid 0" {
		t.Skipf("%s is on a file system that ignores setuid bits: the child has %s", dir, got.EUID)
	}
	want := abandonment{PID: got.PID, EUID: "euid 0", Abandoned: true, Canceled: true, NotPermitted: true, Goroutines: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if gone(got.PID) {
		t.Error("the process is gone: nothing was abandoned")
	}

	syscall.Kill(got.PID, syscall.SIGKILL)
	fmt.Fprintln(in, "killed")
	var reaped bool
	if err := answers.Decode(&reaped); err != nil || !reaped {
		t.Errorf("got %v, %v, want the abandoned process reaped at its end", reaped, err)
	}
}

func copyProgram(t *testing.T, file string, mode fs.FileMode) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

type abandonment struct {
	PID                               int
	EUID                              string
	Abandoned, Canceled, NotPermitted bool
	Goroutines                        int
}

// playNobody starts the setuid program, abandons it, and tells its parent.
func playNobody(args []string) int {
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	p, err := runner.Exec{Grace: 50 * time.Millisecond, WaitDelay: 50 * time.Millisecond}.Start(ctx, runner.Cmd{
		Argv: []string{args[0]}, Env: []string{child.As("setuid")}, Stdout: w, Stderr: os.Stderr,
	})
	if err != nil {
		panic(err)
	}
	line, _ := bufio.NewReader(r).ReadString('\n')
	cancel()
	err = p.Wait()

	for deadline := time.Now().Add(time.Minute); ourGoroutines() > 1 && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	told := json.NewEncoder(os.Stdout)
	a := abandonment{
		PID: p.PID(), EUID: strings.TrimSpace(line), Goroutines: ourGoroutines(),
		Abandoned:    errors.Is(err, runner.ErrAbandoned),
		Canceled:     errors.Is(err, context.Canceled),
		NotPermitted: errors.Is(err, syscall.EPERM),
	}
	if e, ok := errors.AsType[*runner.AbandonedError](err); !ok || e.PID != p.PID() {
		a.Abandoned = false
	}
	told.Encode(a)

	bufio.NewReader(os.Stdin).ReadString('\n')
	reaped := false
	for deadline := time.Now().Add(time.Minute); !reaped && time.Now().Before(deadline); runtime.Gosched() {
		reaped = errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone) && syscall.Kill(p.PID(), 0) == syscall.ESRCH
	}
	told.Encode(reaped)
	return 0
}

// playSetuid becomes the owner of its file altogether, so that who started it may not signal it.
func playSetuid([]string) int {
	euid := os.Geteuid()
	if err := syscall.Setuid(euid); err != nil {
		panic(err)
	}
	fmt.Printf("euid %d\n", euid)
	return forever()
}

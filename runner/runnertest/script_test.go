package runnertest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

func argv(line string) []string { return strings.Fields(line) }

func TestScriptAnswers(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	s := &runnertest.Script{Expect: []runnertest.Line{
		{Argv: argv("docker wait w1"), Stdout: "first\n"},
		{Argv: argv("docker wait w1"), Stdout: "second\n", Stderr: "sorry\n", Code: 3},
		{Argv: argv("docker start w1"), StartErr: refused},
		{Argv: argv("docker ps"), Times: 2, Stdout: "twice\n"},
		{Argv: argv("docker rm ANY"), Match: func(a []string) bool { return len(a) == 3 && a[1] == "rm" }, Times: -1,
			Stdout: "removed\n"},
		{Argv: argv("docker stop w1"), Times: -1},
	}}
	tests := []struct{ line, stdout, stderr, err string }{
		{"docker wait w1", "first\n", "", ""},
		{"docker wait w1", "second\n", "sorry\n", "exit status 3"},
		{"docker start w1", "", "", "refused"},
		{"docker ps", "twice\n", "", ""},
		{"docker rm x", "removed\n", "", ""},
		{"docker rm y", "removed\n", "", ""},
		{"docker ps", "twice\n", "", ""},
	}
	for _, tt := range tests {
		stdout, stderr, err := runner.Output(t.Context(), s, runner.Cmd{Argv: argv(tt.line)}, runner.Limits{})
		if string(stdout) != tt.stdout || string(stderr) != tt.stderr || text(err) != tt.err {
			t.Errorf("%s: got %q, %q, %v, want %+v", tt.line, stdout, stderr, err, tt)
		}
	}
	if err := s.Verify(); err != nil {
		t.Errorf("all was run: %v", err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestScriptMiss(t *testing.T) {
	t.Parallel()
	s := &runnertest.Script{Expect: []runnertest.Line{
		{Argv: argv("docker run --name=w1 --env=TOKEN=hush img")},
		{Argv: argv("docker stop --timeout=3 w1"), Times: 2},
		{Argv: argv("launcher w1")},
	}}
	if _, _, err := runner.Output(t.Context(), s, runner.Cmd{Argv: argv("launcher w1")}, runner.Limits{}); err != nil {
		t.Fatal(err)
	}
	_, _, err := runner.Output(t.Context(), s, runner.Cmd{Argv: argv("docker run --name=w1 --env=TOKEN=secret img")}, runner.Limits{})
	want := `unexpected command line: docker run --name=w1 --env=TOKEN=... img; expected is one of:
	docker run --name=w1 --env=TOKEN=... img   (differs first at word 4)
	docker stop --timeout=3 w1`
	if text(err) != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	missing, ok := errors.AsType[*runnertest.UnexpectedError](err)
	if !ok || len(missing.Known) != 2 {
		t.Errorf("got %#v, want an UnexpectedError with 2 known lines", err)
	}
	want = "command line run 0 times of 1: docker run --name=w1 --env=TOKEN=... img\n" +
		"command line run 0 times of 2: docker stop --timeout=3 w1\n" + want
	if got := text(s.Verify()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	for _, line := range []string{"docker swarm join --token=hush 10.0.0.1", "docker swarm join --token hush 10.0.0.1"} {
		_, err = new(runnertest.Script).Start(t.Context(), runner.Cmd{Argv: argv(line)})
		if want := strings.ReplaceAll(line, "hush", "..."); !strings.Contains(text(err), want+";") {
			t.Errorf("got %q, want %q in it", text(err), want)
		}
	}
	_, err = new(runnertest.Script).Start(t.Context(), runner.Cmd{Argv: argv("a b")})
	if got, want := text(err), "unexpected command line: a b; nothing is expected any more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestScriptTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &runnertest.Script{Expect: []runnertest.Line{
			{Argv: argv("slow"), Delay: time.Minute, Stdout: "late"},
			{Argv: argv("held"), Release: release, Stdout: "released"},
			{Argv: argv("polite"), Release: make(chan struct{})},
			{Argv: argv("stubborn"), Release: make(chan struct{}), Stubborn: true},
			{Argv: argv("killed"), Delay: time.Hour},
		}}
		begin := time.Now()
		if out, _, err := runner.Output(t.Context(), s, runner.Cmd{Argv: argv("slow")}, runner.Limits{}); string(out) != "late" ||
			err != nil {
			t.Errorf("got %q, %v", out, err)
		}
		if got := time.Since(begin); got != time.Minute {
			t.Errorf("got an answer after %v, want a minute", got)
		}

		var out strings.Builder
		held, err := s.Start(t.Context(), runner.Cmd{Argv: argv("held"), Stdout: &out})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if out.Len() > 0 {
			t.Error("it answered before it was released")
		}
		close(release)
		if err := held.Wait(); err != nil || out.String() != "released" {
			t.Errorf("got %q, %v", out.String(), err)
		}
		if err := held.Signal(syscall.SIGTERM); err == nil {
			t.Error("a process that has ended took a signal")
		}

		for _, tt := range []struct {
			line   string
			after  time.Duration
			signal syscall.Signal
		}{{"polite", time.Second, syscall.SIGTERM}, {"stubborn", time.Second + runner.DefaultGrace, syscall.SIGKILL}} {
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, _, err := runner.Output(ctx, s, runner.Cmd{Argv: argv(tt.line)}, runner.Limits{})
			cancel()
			e, ok := errors.AsType[*runner.ExitError](err)
			if !ok || e.Signal != tt.signal || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %v, want signal %v and the deadline", tt.line, err, tt.signal)
			}
			if got := time.Since(begin); got != tt.after {
				t.Errorf("%s: got %v, want %v", tt.line, got, tt.after)
			}
		}

		killed, err := s.Start(t.Context(), runner.Cmd{Argv: argv("killed")})
		if err != nil {
			t.Fatal(err)
		}
		if killed.PID() < 1<<22 {
			t.Errorf("process %d may be a real one", killed.PID())
		}
		if err := errors.Join(killed.Signal(syscall.SIGWINCH), killed.Signal(syscall.SIGINT)); err != nil {
			t.Error(err)
		}
		if got, want := text(killed.Wait()), "ended by signal 2 (interrupt)"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestScriptRefuses(t *testing.T) {
	t.Parallel()
	s := &runnertest.Script{Expect: []runnertest.Line{{Argv: argv("x")}}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Start(ctx, runner.Cmd{Argv: argv("x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a canceled context", err)
	}
	if _, err := s.Start(t.Context(), runner.Cmd{}); err == nil {
		t.Error("an empty command was started")
	}
	if s.Verify() == nil {
		t.Error("what was never started counts as run")
	}
}

func TestScriptConcurrently(t *testing.T) {
	t.Parallel()
	s := &runnertest.Script{Expect: []runnertest.Line{{Argv: argv("x"), Times: 50, Stdout: "x"}}}
	var answered, refused atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, _, err := runner.Output(t.Context(), s, runner.Cmd{Argv: argv("x")}, runner.Limits{}); err == nil {
				answered.Add(1)
			} else {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if answered.Load() != 50 || refused.Load() != 50 {
		t.Errorf("got %d answers and %d refusals, want 50 of each", answered.Load(), refused.Load())
	}
}

func ExampleScript() {
	s := &runnertest.Script{Expect: []runnertest.Line{
		{Argv: []string{"docker", "stop", "--timeout=3", "w1"}, Stdout: "w1\n"},
		{Argv: []string{"docker", "rm", "w1"}, Stderr: "Error response from daemon: No such container: w1\n", Code: 1},
	}}
	out, _, err := runner.Output(context.Background(), s, runner.Cmd{Argv: []string{"docker", "stop", "--timeout=3", "w1"}},
		runner.Limits{})
	fmt.Printf("%q %v\n", out, err)
	fmt.Println(s.Verify())
	// Output:
	// "w1\n" <nil>
	// command line run 0 times of 1: docker rm w1
}

package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
)

// TestDockerStream checks that the program's exit is told from docker's.
func TestDockerStream(t *testing.T) {
	t.Parallel()
	exec := &dockercmd.Exec{Container: "w1", Command: []string{"a"}}
	run := &dockercmd.Run{Image: "img"}
	start := &dockercmd.Start{Attach: true, Containers: []string{"w1"}}
	exit := func(code int) error { return &runner.ExitError{Code: code} }
	notFound := "OCI runtime exec failed: exec failed: unable to start container process: exec: \"a\": executable file not found in $PATH: unknown"
	tests := []struct {
		name           string
		c              dockercmd.Command
		stdout, stderr string
		err            error
		want           int // -1: docker's
		kinds          []error
		text           string
	}{
		{"success", exec, "out", "err", nil, 0, nil, ""},
		{"success that talks like docker", exec, "", "docker: trouble\n", nil, 0, nil, ""},
		{"the program's code", exec, "out", "err", exit(7), 7, nil, ""},
		{"the program's 1", exec, "", "No such container, I think\n", exit(1), 1, nil, ""},
		{"the program's 125", exec, "", "", exit(125), 125, nil, ""},
		{"the program's 126", exec, "sh: /x: Permission denied\r\n", "", exit(126), 126, nil, ""},
		{"the program's 127", run, "", "sh: nosuch: not found\n", exit(127), 127, nil, ""},
		{"the program's 137", run, "", "", exit(137), 137, nil, ""},
		{"the program's no space", run, "", "write error: no space left on device\n", exit(1), 1, nil, ""},
		{"a code that is never docker's", run, "", daemon + "No such image: inner\n", exit(7), 7, nil, ""},
		{"docker's words and then the program's", exec, "", daemon + "No such image: inner\ngiving up\n", exit(1), 1, nil, ""},

		{"no container, 20.10", exec, "", "Error: No such container: w1\n", exit(1), -1, []error{client.ErrNotFound},
			"No such container: w1"},
		{"no container, 28", exec, "", config + daemon + "No such container: w1\n", exit(1), -1, []error{client.ErrNotFound},
			"No such container: w1"},
		{"no container to start", start, "", "Error: No such container: w1\n", exit(1), -1, []error{client.ErrNotFound},
			"No such container: w1"},
		{"not running", exec, "", daemon + "Container w1 is not running\n", exit(1), -1, []error{client.ErrNotRunning}, "is not running"},
		{"restarting, 20.10", exec, "", "unable to upgrade to tcp, received 409\n", exit(1), -1, []error{client.ErrNotRunning},
			"received 409"},
		{"no command, exec", exec, notFound + "\r\n", "", exit(126), -1, []error{client.ErrCommandNotFound}, "executable file not found"},
		{"no command, exec, another engine", exec, notFound + "\r\n", config, exit(127), -1, []error{client.ErrCommandNotFound},
			"executable file not found"},
		{"no command, exec, on standard error", exec, "", notFound + "\n", exit(126), -1, []error{client.ErrCommandNotFound},
			"executable file not found"},
		{"no user, exec", exec, "unable to find user x: no matching entries in passwd file\r\n", "", exit(126), -1, nil,
			"unable to find user x"},
		{"the runtime's words behind the program's", exec, "hello\n" + notFound + "\r\n", "", exit(126), 126, nil, ""},
		{"the runtime's words before the program's", exec, notFound + "\r\nhello\r\n", "", exit(126), 126, nil, ""},
		{"the runtime's words on a run's standard output", run, notFound + "\r\n", "", exit(126), 126, nil, ""},
		{"no command, run 28", run, "", shim + "exec: \"a\": executable file not found in $PATH: unknown" + help28, exit(127), -1,
			[]error{client.ErrCommandNotFound}, "executable file not found"},
		{"no command, run 20.10", run, "",
			shim + "exec: \"a\": executable file not found in $PATH: unknown.\ntime=\"2026-11-22T03:05:31Z\" level=error msg=\"error waiting for container: context canceled\"\n", exit(127), -1, []error{client.ErrCommandNotFound}, "$PATH: unknown"},
		{"no image", run, "", "Unable to find image 'img' locally\nsomething new\n", exit(125), -1,
			[]error{client.ErrPullFailed, client.ErrImageNotFound}, "something new"},
		{"several lines", run, "", "docker: " + daemon + "no way:\nthe tide is high" + help28, exit(125), -1, nil, "no way:"},
		{"wrong flag", run, "", "unknown flag: --zz\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]" + help28, exit(125), -1,
			[]error{client.ErrBadFlag}, "unknown flag: --zz"},
		{"wrong flag, 20.10", exec, "", "unknown flag: --zz\nSee 'docker exec --help'.\n", exit(125), -1, []error{client.ErrBadFlag},
			"unknown flag: --zz"},
		{"no terminal", exec, "", "the input device is not a TTY\n", exit(1), -1, nil, "the input device is not a TTY"},
		{"no engine", exec, "", connect + "\n", exit(1), -1, []error{client.ErrUnavailable}, "Cannot connect"},
		{"no engine, 29", exec, "", connect9 + "\n", exit(1), -1, []error{client.ErrUnavailable},
			"failed to connect"},
		{"no socket for us", exec, "", "permission denied while trying to connect to the docker API at unix:///s\n", exit(1), -1,
			[]error{client.ErrPermission}, "permission denied"},

		{"the client was killed", exec, "", daemon + "No such container: w1\n", &runner.ExitError{Code: 137, Signal: 9}, -1,
			[]error{client.ErrInterrupted}, "ended by signal 9"},
		{"cancelled", exec, "", daemon + "No such container: w1\n", &runner.ExitError{Code: 143, Cause: context.Canceled}, -1, nil,
			"context canceled: exit status 143"},
		{"too late", exec, "", "", &runner.ExitError{Code: 143, Cause: context.DeadlineExceeded}, -1, []error{client.ErrTimeout},
			"deadline"},
		{"undelivered", exec, "", "", &runner.ExitError{Code: 7, Cause: errors.New("deliver stdout: disk full")}, -1, nil, "disk full"},
		{"the launcher", exec, "", "", &runner.LauncherError{Code: 7, Err: exit(7)}, -1, []error{client.ErrLauncher, client.ErrUnreached},
			"launcher failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			d := client.Docker{Runner: processtest.Writing([]string{tt.stdout}, []string{tt.stderr}, tt.err)}
			code, err := d.Stream(t.Context(), tt.c, client.Streams{Stdout: &stdout, Stderr: &stderr})
			if code != tt.want || (err != nil) != (tt.want == -1) {
				t.Errorf("got the code %d and %v, want %d", code, err, tt.want)
			}
			wantKinds(t, err, tt.kinds...)
			if err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %q", err, tt.text)
			}
			if stdout.String() != tt.stdout || stderr.String() != tt.stderr {
				t.Errorf("got %q and %q, want all that was written", stdout.String(), stderr.String())
			}
		})
	}
}

func TestDockerLogs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, stderr string
		exit         int
		kinds        []error
		text         string
	}{
		{"a container that talks like docker", daemon + "No such image: inner\n", 0, nil, ""},
		{"no container", "Error: No such container: w1\n", 1, []error{client.ErrNotFound}, "docker logs: No such container: w1"},
		{"no container any more", "No such image: x\n" + daemon + "No such container: w1\n", 1, []error{client.ErrNotFound},
			"docker logs: No such container: w1"},
		{"the container's words are not docker's", "No such image: x\n", 1, nil, "docker logs: exit status 1"},
		{"a broken log", "hello\nerror from daemon in stream: Error grabbing logs: invalid character\n", 1, nil,
			"error from daemon in stream: Error grabbing logs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			err := answering("out", tt.stderr, tt.exit).Logs(t.Context(), dockercmd.Logs{Container: "w1"},
				client.Streams{Stdout: &stdout, Stderr: &stderr})
			wantError(t, err, tt.text, tt.kinds...)
			if stdout.String() != "out" || stderr.String() != tt.stderr {
				t.Errorf("got %q and %q", stdout.String(), stderr.String())
			}
		})
	}
}

// TestSharedStreams checks that a program which says what docker says when its engine is away makes nobody believe it: nothing is
// tried again, no other call is rejected, and no error promises that nothing was done.
func TestSharedStreams(t *testing.T) {
	t.Parallel()
	away := reply{stderr: connect + "\n", exit: 1}
	for name, call := range map[string]func(client.Docker) error{
		"exec": func(d client.Docker) error {
			_, err := d.Exec(t.Context(), dockercmd.Exec{Container: "w1", Command: []string{"a"}}, client.Streams{})
			return err
		},
		"run": func(d client.Docker) error {
			_, err := d.Stream(t.Context(), &dockercmd.Run{Image: "i"}, client.Streams{})
			return err
		},
		"run by Do": func(d client.Docker) error {
			_, err := d.Do(t.Context(), &dockercmd.Run{Image: "i"}, client.Call{})
			return err
		},
		"start": func(d client.Docker) error {
			_, err := d.Stream(t.Context(), &dockercmd.Start{Attach: true, Containers: []string{"w1"}}, client.Streams{})
			return err
		},
		"logs": func(d client.Docker) error {
			return d.Logs(t.Context(), dockercmd.Logs{Container: "w1"}, client.Streams{})
		},
	} {
		calls := 0
		d := client.Docker{Runner: replying(&calls, away), Retry: new(client.Retry), Breaker: &client.Breaker{Threshold: 1}}
		for range 3 {
			err := call(d)
			failure, _ := errors.AsType[*client.DockerError](err)
			if failure == nil || !failure.Shared || errors.Is(err, client.ErrUnreached) {
				t.Errorf("%s: got %#v", name, err)
			}
		}
		if h := d.Breaker.Health(); calls != 3 || h.State != client.BreakerClosed {
			t.Errorf("%s: %d calls, %+v", name, calls, h)
		}
	}
}

// TestDockerStreamOneWriter lets both streams write to one buffer, for the race detector.
func TestDockerStreamOneWriter(t *testing.T) {
	t.Parallel()
	const lines = 1000
	chatty := func(_ context.Context, c runner.Cmd) (runner.Process, error) {
		var both sync.WaitGroup
		both.Go(func() {
			for range lines {
				fmt.Fprintln(c.Stdout, "out")
			}
		})
		if c.Stderr != c.Stdout {
			both.Go(func() {
				for range lines {
					fmt.Fprintln(c.Stderr, "err")
				}
			})
		}
		both.Wait()
		return processtest.Ended{}, nil
	}
	for _, c := range []dockercmd.Command{&dockercmd.Exec{Container: "w1", Command: []string{"a"}}, &dockercmd.Run{Image: "img"}} {
		var all bytes.Buffer
		code, err := client.Docker{Runner: runner.RunnerFunc(chatty)}.Stream(t.Context(), c, client.Streams{Stdout: &all, Stderr: &all})
		if code != 0 || err != nil {
			t.Errorf("%s: got %d, %v", c.Subcommand(), code, err)
		}
		if got := strings.Count(all.String(), "\n"); got != 2*lines {
			t.Errorf("%s: got %d lines, want %d", c.Subcommand(), got, 2*lines)
		}
	}
}

// TestDockerStreamNull starts a real process without any stream.
func TestDockerStreamNull(t *testing.T) {
	t.Parallel()
	c := runner.Cmd{Argv: []string{"sh", "-c", "exit 7"}}
	docker := func(ctx context.Context, _ runner.Cmd) (runner.Process, error) { return runner.Exec{}.Start(ctx, c) }
	code, err := client.Docker{Runner: runner.RunnerFunc(docker)}.Exec(t.Context(),
		dockercmd.Exec{Container: "w1", Command: []string{"a"}}, client.Streams{})
	if code != 7 || err != nil {
		t.Errorf("got %d, %v, want 7", code, err)
	}
}

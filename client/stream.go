package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/writers"
	"github.com/dockercmd/toolkit/runner"
)

// Streams holds what a command reads from and writes to; nil is the null device.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Exec runs a command in a running container and returns its exit code. The error is docker's alone: a command that ends
// with another code than 0 is none. Ending ctx ends the client, not the command in the container.
func (d Docker) Exec(ctx context.Context, c dockercmd.Exec, s Streams) (code int, err error) {
	return d.Stream(ctx, &c, s)
}

// Logs writes what a container wrote, standard output and standard error apart. With Follow it goes on until the container
// or ctx ends; else it has the long deadline.
func (d Docker) Logs(ctx context.Context, c dockercmd.Logs, s Streams) error {
	if err := d.Check(&c); err != nil {
		return err
	}
	deadline := d.long()
	if c.Follow {
		deadline = 0
	}
	return d.call(ctx, &c, callMode{deadline: deadline, once: s.Stdin != nil}, func() error {
		ctx, cancel := withDeadline(ctx, deadline)
		defer cancel()
		_, said, err := d.stream(ctx, &c, s)
		return d.sharedError(&c, said, err)
	})
}

// Stream runs a command whose exit code is the container's own: exec, a run or start in the foreground. The error is docker's
// alone; the code is then -1. It has no deadline of its own.
//
// The program in the container shares the client's exit status and standard error, and only their form tells them apart: a status
// of 1, 125, 126 or 127 with a last line on standard error that is of docker's own shape is taken for docker's. So is an exec that
// ends with 126 or 127 and a single line of the runtime's, which docker prints on standard output (20.10.24 and 28.2.2 before a
// 20.10.24 engine): s.Stdout has received it, too. A program that imitates docker is mistaken for it, which costs no more than its
// exit code: the error is marked as Shared. Where that matters, start it in the background and ask Wait and Inspect.
func (d Docker) Stream(ctx context.Context, c dockercmd.Command, s Streams) (code int, err error) {
	if err := d.Check(c); err != nil {
		return -1, err
	}
	err = d.call(ctx, c, callMode{once: s.Stdin != nil}, func() error {
		exit, said, err := d.stream(ctx, c, s)
		if exit != nil && said == nil {
			code = exit.Code
			return nil
		}
		return d.sharedError(c, said, err)
	})
	if err != nil {
		return -1, err
	}
	return code, nil
}

// sharesStreams reports whether a program of a container writes to the streams of a command's client.
func sharesStreams(c dockercmd.Command) bool {
	switch c := c.(type) {
	case *dockercmd.Run:
		return !c.Detach
	case *dockercmd.Exec:
		return !c.Detach
	case *dockercmd.Start:
		return c.Attach || c.Interactive
	case *dockercmd.Logs, *dockercmd.Attach:
		return true
	}
	return false
}

// sharedError makes a DockerError of what was said on streams that a program shares, by a client that has ended by itself.
func (d Docker) sharedError(c dockercmd.Command, said []byte, err error) error {
	byItself := exitOf(err) != nil
	err = d.dockerError(c, said, err)
	if failure, ok := errors.AsType[*DockerError](err); ok && byItself {
		failure.Shared = true
		clearUnreached(err)
	}
	return err
}

// stream runs c with its output connected to s. exit is how the client ended, if it ended by itself; said is what docker printed
// about that.
func (d Docker) stream(ctx context.Context, c dockercmd.Command, s Streams) (exit *runner.ExitError, said []byte, err error) {
	s.Stdout, s.Stderr = writers.Serialize(s.Stdout, s.Stderr)
	stdout := writers.Bounded{Head: execStdoutKept}
	stderr := writers.HeadTail(runner.DefaultStderrLimit)
	cmd := d.cmd(c)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Stdin, s.Stdout, tee(s.Stderr, &stderr)
	if c.Subcommand() == "exec" {
		cmd.Stdout = tee(s.Stdout, &stdout)
	}
	p, err := d.runner().Start(ctx, cmd)
	if err != nil {
		return nil, nil, err
	}
	err = p.Wait()
	if exit = exitOf(err); exit == nil {
		return nil, nil, err
	}
	if exit.Code == 1 || exit.Code >= 125 && exit.Code <= 127 {
		said = dockerMessage(stderr.Bytes())
		if said == nil && exit.Code > 125 {
			said = runtimeMessage(&stdout)
		}
	}
	return exit, said, err
}

func tee(w io.Writer, ear *writers.Bounded) io.Writer {
	if w == nil {
		return ear
	}
	return io.MultiWriter(w, ear)
}

// exitOf returns the exit status of a client that ended by itself and whose output was delivered; nil for any other.
func exitOf(err error) *runner.ExitError {
	if _, isLauncher := errors.AsType[*runner.LauncherError](err); isLauncher {
		return nil
	}
	exit, ended := errors.AsType[*runner.ExitError](err)
	if !ended || exit.Signal != 0 || exit.Cause != nil || endedByContext(err) {
		return nil
	}
	return exit
}

// dockerPrefixes begin docker's messages where a program may speak before them. Those of wrong flags have none: help follows them.
var dockerPrefixes = []string{
	"docker: ", "Error response from daemon: ", "Error: No such ", "OCI runtime exec failed: ",
	"Cannot connect to the Docker daemon at ", "failed to connect to the docker API at ", "error during connect: ",
	"permission denied while trying to connect to the ", "Got permission denied while trying to connect to the ",
	"unable to resolve docker endpoint: ", "Failed to initialize: unable to resolve docker endpoint: ",
	"the input device is not a TTY", "cannot attach stdin to a TTY-enabled container ", "unable to upgrade to tcp, ",
	"error from daemon in stream: ",
}

// dockerMessage returns what docker wrote at the end of a standard error that it shares with a program; nil when the last line is
// the program's.
func dockerMessage(stderr []byte) []byte {
	if pullFailed(string(stderr)) {
		return stderr
	}
	lines := slices.Collect(bytes.Lines(stderr))
	for i, line := range slices.Backward(lines) {
		line := strings.TrimSpace(string(line))
		switch {
		case line == "", strings.HasPrefix(line, `time="`):
		case strings.HasPrefix(line, "See 'docker "), strings.HasPrefix(line, "Run 'docker "):
			return stderr // no program has run
		default:
			if slices.ContainsFunc(dockerPrefixes, func(shape string) bool { return strings.HasPrefix(line, shape) }) {
				return bytes.Join(lines[i:], nil)
			}
			return nil
		}
	}
	return nil
}

// execStdoutKept is how many bytes of an exec's standard output are listened to.
const execStdoutKept = 4 << 10

// runtimeMessage returns the line on an exec's standard output that says why no program has run; nil when a program has.
func runtimeMessage(stdout *writers.Bounded) []byte {
	line, isLine := strings.CutSuffix(string(stdout.First()), "\r\n")
	if !isLine || stdout.Total() > execStdoutKept || strings.Contains(line, "\n") {
		return nil
	}
	if strings.HasPrefix(line, "OCI runtime exec failed: ") || strings.HasPrefix(line, "unable to find user ") {
		return []byte(line)
	}
	return nil
}

package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// The deadlines of a Docker that names none.
const (
	DefaultShort = 30 * time.Second // ps, inspect, kill, rm, version, start
	DefaultLong  = 5 * time.Minute  // run, which may have to pull
	stopSlack    = 15 * time.Second // beyond the grace
	defaultGrace = 10 * time.Second // docker's own
)

// Docker asks a docker client and answers with values. Its zero value starts docker on this machine. It is safe for
// concurrent use, and a copy of it with other fields is as good.
//
// Every command is validated, and checked against Engine, before anything is started. A failure is a [*DockerError] whose
// kind errors.Is finds. Each call has a deadline of its own on top of its context's.
type Docker struct {
	// Runner starts the client; nil is Exec{}.
	Runner Runner
	// Program is the client: "" is docker, found on PATH.
	Program string
	// Engine is what lines are spelled for; its zero value is docker of any version from 20.10 on.
	Engine dockercmd.Engine
	// Env is the client's whole environment as NAME=value; nil is the supervisor's own.
	Env []string
	// Dir is the client's working directory; "" is the supervisor's own.
	Dir string
	// Script is the path of a command file that holds the line of the next call, for a Launcher; "" is none.
	Script string
	// Short and Long are the deadlines of one call, zero for DefaultShort and DefaultLong. A run has the long one.
	Short, Long time.Duration
}

// Argv is the exact line that the client is started with for a command.
func (d Docker) Argv(c dockercmd.Command) []string {
	program := d.Program
	if program == "" {
		program = "docker"
	}
	return append([]string{program}, d.Engine.Args(c)...)
}

// Check is nil, or what is wrong with a command before anything is started: its own problems and what the engine lacks.
func (d Docker) Check(c dockercmd.Command) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if err := d.Engine.Check(c); err != nil {
		return &DockerError{Line: dockercmd.Redacted(c), Subcommand: c.Subcommand(), Kinds: []error{ErrUnsupported}, Exit: -1, Err: err}
	}
	return nil
}

func (d Docker) cmd(c dockercmd.Command) Cmd {
	return Cmd{Argv: d.Argv(c), Env: d.Env, Dir: d.Dir, Script: d.Script}
}

func (d Docker) runner() Runner {
	if d.Runner == nil {
		return Exec{}
	}
	return d.Runner
}

// do runs a command to its end within a deadline; 0 is none but ctx's.
func (d Docker) do(ctx context.Context, c dockercmd.Command, deadline time.Duration) (stdout []byte, err error) {
	if err := d.Check(c); err != nil {
		return nil, err
	}
	if deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	stdout, stderr, err := Output(ctx, d.runner(), d.cmd(c), 0)
	return stdout, newDockerError(c, stderr, err)
}

func (d Docker) short() time.Duration { return orDefault(d.Short, DefaultShort) }
func (d Docker) long() time.Duration  { return orDefault(d.Long, DefaultLong) }

func orDefault(v, def time.Duration) time.Duration {
	if v > 0 {
		return v
	}
	return def
}

// Run starts a container in the background and returns its id; it sets Detach. A run is never cut in half: when ctx ends
// meanwhile, the client still runs to its own end or the long deadline, and the id comes back together with ctx's error, for
// the caller to remove the container. After any other error the container may exist all the same (a failed start leaves it
// behind as created): look for it by name.
func (d Docker) Run(ctx context.Context, run dockercmd.Run) (id string, err error) {
	if ctx.Err() != nil {
		return "", newDockerError(&run, nil, context.Cause(ctx))
	}
	run.Detach = true
	out, err := d.do(context.WithoutCancel(ctx), &run, d.long())
	id, idErr := dockercmd.ParseID(out)
	switch {
	case err != nil:
		return id, err
	case idErr != nil:
		return "", newDockerError(&run, nil, idErr)
	case ctx.Err() != nil:
		return id, newDockerError(&run, nil, context.Cause(ctx))
	}
	return id, nil
}

// Wait blocks until the containers have ended and returns their exit codes in order. It has no deadline but ctx's. A
// container that was never started gives 0 at once, and one that is removed meanwhile may give 137: ask Inspect what to
// believe.
func (d Docker) Wait(ctx context.Context, names ...string) ([]int, error) {
	c := &dockercmd.Wait{Containers: names}
	out, err := d.do(ctx, c, 0)
	if err != nil {
		return nil, err
	}
	codes, err := dockercmd.ParseWait(out)
	if err == nil && len(codes) != len(names) {
		err = fmt.Errorf("%d exit codes for %d containers", len(codes), len(names))
	}
	return codes, newDockerError(c, nil, err)
}

// Stop ends containers politely, then firmly. Its deadline is the grace and some slack; a grace of -1 has none but ctx's. A
// container that has ended already is no error.
func (d Docker) Stop(ctx context.Context, c dockercmd.Stop) error {
	deadline := defaultGrace + stopSlack
	switch {
	case c.Timeout == nil:
	case *c.Timeout < 0:
		deadline = 0
	default:
		deadline = time.Duration(*c.Timeout)*time.Second + stopSlack
	}
	_, err := d.do(ctx, &c, deadline)
	return err
}

// Kill sends a signal, KILL unless c says another. A container that does not run is ErrNotRunning.
func (d Docker) Kill(ctx context.Context, c dockercmd.Kill) error {
	_, err := d.do(ctx, &c, d.short())
	return err
}

// Start starts containers that have ended or were only made.
func (d Docker) Start(ctx context.Context, c dockercmd.Start) error {
	if c.Attach || c.Interactive {
		return errors.New("start: --attach and --interactive stream; use Stream")
	}
	_, err := d.do(ctx, &c, d.short())
	return err
}

// Rm removes containers. A missing one is ErrNotFound, or no error with Force.
func (d Docker) Rm(ctx context.Context, c dockercmd.Rm) error {
	_, err := d.do(ctx, &c, d.short())
	return err
}

// Ps lists containers. It sets Format and, where the dialect can, NoTrunc; labels are those that Row.Labels will hold.
func (d Docker) Ps(ctx context.Context, c dockercmd.Ps, labels ...string) ([]dockercmd.Row, error) {
	c.Quiet, c.Size = false, false
	if d.Engine.Dialect == dockercmd.Storm {
		c.Format, c.NoTrunc = dockercmd.PsStormFormat, false
	} else {
		c.Format, c.NoTrunc = dockercmd.PsFormat(labels...), true
	}
	out, err := d.do(ctx, &c, d.short())
	if err != nil {
		return nil, err
	}
	rows, err := dockercmd.ParsePs(out)
	return rows, newDockerError(&c, nil, err)
}

// Inspect describes containers by name or id. Those that were found come back also when others were not, with ErrNotFound.
// The worker-launcher's dialect knows only the state of one container at a time.
func (d Docker) Inspect(ctx context.Context, names ...string) ([]dockercmd.Container, error) {
	c := &dockercmd.Inspect{Names: names, Type: "container"}
	parse := dockercmd.ParseInspect
	if d.Engine.Dialect == dockercmd.Storm {
		c.Type, c.Format, parse = "", dockercmd.InspectStormFormat, dockercmd.ParseInspectStorm
	}
	out, err := d.do(ctx, c, d.short())
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if len(out) == 0 {
		return nil, err
	}
	containers, parseErr := parse(out)
	if parseErr != nil && err == nil {
		err = newDockerError(c, nil, parseErr)
	}
	return containers, err
}

// Streams are what a command reads and writes; nil is the null device.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Exec runs a command in a running container and returns its exit code. The error tells of docker alone: a command that ends
// with another code than 0 is none. Ending ctx ends the client, not the command in the container.
func (d Docker) Exec(ctx context.Context, c dockercmd.Exec, s Streams) (code int, err error) {
	return d.Stream(ctx, &c, s)
}

// Logs writes what a container wrote, standard output and standard error apart. With Follow it goes on until the container
// or ctx ends.
func (d Docker) Logs(ctx context.Context, c dockercmd.Logs, s Streams) error {
	if !c.Follow {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.long())
		defer cancel()
	}
	code, err := d.Stream(ctx, &c, s)
	if err == nil && code != 0 {
		err = newDockerError(&c, nil, &ExitError{Code: code})
	}
	return err
}

// Stream runs a command whose exit code is the container's own: exec, a run or start in the foreground. The error tells of
// docker alone. Codes from 125 on and messages of docker's own shape on standard error are taken for docker's.
func (d Docker) Stream(ctx context.Context, c dockercmd.Command, s Streams) (code int, err error) {
	if err := d.Check(c); err != nil {
		return -1, err
	}
	heard := headTail{head: stderrLimit / 2, tail: stderrLimit / 2}
	cmd := d.cmd(c)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Stdin, s.Stdout, io.Writer(&heard)
	if s.Stderr != nil {
		cmd.Stderr = io.MultiWriter(s.Stderr, &heard)
	}
	p, err := d.runner().Start(ctx, cmd)
	if err == nil {
		err = p.Wait()
	}
	exit, ended := errors.AsType[*ExitError](err)
	_, isLauncher := errors.AsType[*LauncherError](err)
	switch {
	case err == nil:
		return 0, nil
	case ended && !isLauncher && ctx.Err() == nil && !dockersOwn(exit.Code, string(heard.Bytes())):
		return exit.Code, nil
	}
	return -1, newDockerError(c, heard.Bytes(), err)
}

// dockersOwn says whether a failure is docker's and not the program's in the container.
func dockersOwn(code int, stderr string) bool {
	last := ""
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); line != "" {
			last = line
		}
	}
	if code == 125 {
		return true
	}
	for _, shape := range []string{"docker: ", "Error response from daemon: ", "Error: No such ", "OCI runtime exec failed", "See 'docker ", "Run 'docker ",
		"Cannot connect to the Docker daemon", "failed to connect to the docker API", "permission denied while trying to connect"} {
		if strings.HasPrefix(last, shape) {
			return true
		}
	}
	return false
}

// Version asks for the versions of the client and the engine. Without an engine it returns the client's and
// ErrUnavailable.
func (d Docker) Version(ctx context.Context) (dockercmd.Version, error) {
	c := &dockercmd.VersionCommand{Format: dockercmd.VersionFormat}
	out, err := d.do(ctx, c, d.short())
	v, parseErr := dockercmd.ParseVersion(out)
	switch {
	case err != nil:
		return v, err
	case parseErr != nil:
		return v, newDockerError(c, nil, parseErr)
	}
	return v, nil
}

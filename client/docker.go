package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/runner"
)

// The deadlines of a Docker that names none.
const (
	DefaultShort = 30 * time.Second // ps, inspect, kill, rm, version, start
	DefaultLong  = 5 * time.Minute  // run, which may have to pull; logs; a stop whose grace is not known
)

// Docker asks a docker client and answers with values. Its zero value starts docker on this machine. It is safe for
// concurrent use, and a copy of it with other fields is as good.
//
// Every command is validated, and checked against Engine, before anything is started. A failure is a [*DockerError] whose
// kind errors.Is finds. Each call has a deadline of its own on top of its context's.
type Docker struct {
	// Runner starts the client; nil is [runner.Exec].
	Runner runner.Runner
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
	// Hold is a file that the client of the next call keeps open as long as it lives; see [runner.Cmd].
	Hold *os.File
	// Short and Long are the deadlines of one call, zero for DefaultShort and DefaultLong. Beyond the grace, a stop has half of Short.
	Short, Long time.Duration

	// Retry repeats calls that failed for a passing reason; nil repeats none.
	Retry *Retry
	// Breaker keeps calls away from an engine that is sick; nil lets all through. Dockers that ask one engine share one.
	Breaker *Breaker
	// Observe, when set, is told of each call of the client, each attempt by itself, in the caller's goroutine: it must be quick, and
	// safe for concurrent use if the Docker is used so. What is refused before anything is started is not told.
	Observe func(Observation)
}

// Detect asks once for the versions of the client and the engine, and returns a copy of d that spells for them and refuses
// what they lack. A d whose Engine has a version or another dialect already is returned as it is. Without an engine
// the client's version counts, and the error is ErrUnavailable.
func (d Docker) Detect(ctx context.Context) (Docker, error) {
	if d.Engine != (dockercmd.Engine{}) {
		return d, nil
	}
	v, err := d.Version(ctx)
	if v.Client.Version != "" {
		d.Engine = v.Engine()
	}
	return d, err
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

func (d Docker) cmd(c dockercmd.Command) runner.Cmd {
	return runner.Cmd{Argv: d.Argv(c), Env: d.Env, Dir: d.Dir, Script: d.Script, Hold: d.Hold}
}

func (d Docker) runner() runner.Runner {
	if d.Runner == nil {
		return runner.Exec{}
	}
	return d.Runner
}

// do runs a command to its end within a deadline; 0 is none but ctx's.
func (d Docker) do(ctx context.Context, c dockercmd.Command, deadline time.Duration) (stdout []byte, err error) {
	stdout, _, err = d.listen(ctx, c, deadline, runner.DefaultStderrLimit)
	return stdout, err
}

// listen is do, and what the client wrote on standard error, of which limit bytes are kept. A run does not hear of ctx's end.
func (d Docker) listen(ctx context.Context, c dockercmd.Command, deadline time.Duration, limit int) (stdout, stderr []byte, err error) {
	if err := d.Check(c); err != nil {
		return nil, nil, err
	}
	err = d.call(ctx, c, calling{deadline: deadline}, func() (err error) {
		ctx := ctx
		if _, isRun := c.(*dockercmd.Run); isRun {
			ctx = context.WithoutCancel(ctx)
		}
		ctx, cancel := within(ctx, deadline)
		defer cancel()
		stdout, stderr, err = runner.Output(ctx, d.runner(), d.cmd(c), runner.Limits{Stderr: limit})
		err = d.failed(c, stderr, err)
		if len(stdout) > 0 && !reads(c) {
			reached(err) // it has spoken of what is done
		}
		return err
	})
	return stdout, stderr, err
}

// reached takes ErrUnreached from err.
func reached(err error) {
	if failure, ok := errors.AsType[*DockerError](err); ok {
		failure.Kinds = unreachedNot(failure.Kinds)
	}
}

// within gives ctx a deadline that says how long it was; 0 is none.
func within(ctx context.Context, deadline time.Duration) (context.Context, context.CancelFunc) {
	if deadline <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, deadline, fmt.Errorf("no answer within %v", deadline))
}

// failed is newDockerError, but for a program that is missing and is not docker: then a launcher is.
func (d Docker) failed(c dockercmd.Command, stderr []byte, err error) error {
	err = newDockerError(c, stderr, err)
	if start, ok := errors.AsType[*runner.StartError](err); ok && errors.Is(err, ErrNoClient) && start.Program != d.Argv(c)[0] {
		failure, _ := errors.AsType[*DockerError](err)
		failure.Kinds = []error{ErrLauncher, ErrUnreached}
	}
	return err
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
// behind as created; its id comes back where docker printed it): look for it by name.
func (d Docker) Run(ctx context.Context, run dockercmd.Run) (id string, err error) {
	run.Detach = true
	if ctx.Err() != nil {
		return "", newDockerError(&run, nil, errline.Context(ctx))
	}
	out, err := d.do(ctx, &run, d.long())
	id, idErr := output.ParseID(out)
	switch {
	case err != nil:
		return id, err
	case idErr != nil:
		return "", newDockerError(&run, nil, idErr)
	case ctx.Err() != nil: // of no kind: docker has done what it was asked for
		line, message := dockercmd.Redacted(&run), "the container was started all the same"
		return id, &DockerError{Line: line, Subcommand: run.Subcommand(), Message: message, Err: errline.Context(ctx)}
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
	codes, err := output.ParseWait(out)
	if err == nil && len(codes) != len(names) {
		err = fmt.Errorf("%d exit codes for %d containers", len(codes), len(names))
	}
	if err != nil {
		return nil, newDockerError(c, nil, err) // which code is whose is not known
	}
	return codes, nil
}

// Stop ends containers politely, then firmly. Its deadline is the grace and half of Short, for every 50 containers, which is how
// many a client stops at once. A grace that c does not name is the container's own (--stop-timeout), which may be longer than
// docker's usual 10 seconds, and has the long deadline; a grace of -1 has none but ctx's. A container that has ended already
// is no error. StopAll tells what became of each.
func (d Docker) Stop(ctx context.Context, c dockercmd.Stop) error {
	_, err := d.do(ctx, &c, d.stopDeadline(&c))
	return err
}

// Kill sends a signal, KILL unless c says another. A container that does not run is ErrNotRunning.
func (d Docker) Kill(ctx context.Context, c dockercmd.Kill) error {
	_, err := d.do(ctx, &c, rounds(len(c.Containers))*d.short())
	return err
}

// Start starts containers that have ended or were only made.
func (d Docker) Start(ctx context.Context, c dockercmd.Start) error {
	if c.Attach || c.Interactive {
		return errStreams
	}
	_, err := d.do(ctx, &c, d.startDeadline(&c))
	return err
}

// Rm removes containers. A missing one is ErrNotFound, or no error with Force.
func (d Docker) Rm(ctx context.Context, c dockercmd.Rm) error {
	_, err := d.do(ctx, &c, rounds(len(c.Containers))*d.short())
	return err
}

// Ps lists containers. It sets Format, unless that is dockercmd.PsBriefFormat of the same labels, and, where the dialect can, NoTrunc;
// labels are those that Row.Labels will hold.
func (d Docker) Ps(ctx context.Context, c dockercmd.Ps, labels ...string) ([]output.PsRow, error) {
	c.Quiet, c.Size = false, false
	if d.Engine.Dialect == dockercmd.Storm {
		c.Format, c.NoTrunc = output.PsStormFormat, false
	} else {
		c.NoTrunc = true
		if c.Format != output.PsBriefFormat(labels...) {
			c.Format = output.PsFormat(labels...)
		}
	}
	out, err := d.do(ctx, &c, d.short())
	if err != nil {
		return nil, err
	}
	rows, err := output.ParsePs(out)
	return rows, newDockerError(&c, nil, err)
}

// Inspect describes containers by name or id. Those that were found come back also when others were not, with ErrNotFound.
// The worker-launcher's dialect knows only the state of one container at a time.
func (d Docker) Inspect(ctx context.Context, names ...string) ([]output.Container, error) {
	c := &dockercmd.Inspect{Names: names, Type: "container"}
	if d.Engine.Dialect == dockercmd.Storm {
		c.Type, c.Format = "", output.InspectStormFormat
	}
	out, err := d.do(ctx, c, d.short())
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if err != nil && len(bytes.TrimSpace(out)) == 0 {
		return nil, err
	}
	containers, parseErr := output.ParseInspect(out)
	if parseErr == nil && err == nil && len(containers) != len(names) {
		parseErr = fmt.Errorf("%d descriptions of %d containers", len(containers), len(names))
	}
	if parseErr != nil { // what cannot be read must not be taken for a container that is gone
		return nil, newDockerError(c, nil, parseErr)
	}
	return containers, err
}

// Version asks for the versions of the client and the engine. Without an engine it returns the client's and
// ErrUnavailable.
func (d Docker) Version(ctx context.Context) (output.Version, error) {
	c := &dockercmd.VersionCommand{Format: output.VersionFormat}
	if d.Engine.Dialect == dockercmd.Storm {
		c.Format = "{{.|json}}" // the same, for a line that cannot hold a space
	}
	out, err := d.do(ctx, c, d.short())
	v, parseErr := output.ParseVersion(out)
	switch {
	case err != nil:
		return v, err
	case parseErr != nil:
		return v, newDockerError(c, nil, parseErr)
	}
	return v, nil
}

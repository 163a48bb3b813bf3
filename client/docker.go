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
	DefaultShort = 30 * time.Second // ps, inspect, kill, rm, version, info, start
	DefaultLong  = 5 * time.Minute  // run, which may have to pull; logs; a stop whose grace is not known
)

// Docker runs docker commands and returns their answers as values. Its zero value starts docker on this machine. It is safe for
// concurrent use, and may be copied and changed.
//
// Every command is validated, and checked against Engine, before anything is started. A failure is a [*DockerError] whose
// kind errors.Is finds. Each call has a deadline of its own on top of its context's.
type Docker struct {
	// Runner starts the client; nil is [runner.Exec].
	Runner runner.Runner
	// Program is the client: "" is docker, found on PATH.
	Program string
	// Engine is what lines are written for; its zero value is docker of any version from 20.10 on.
	Engine dockercmd.Engine
	// Env is the client's whole environment as NAME=value; nil is the supervisor's own. A client that transfers no images or files
	// runs with GOMAXPROCS=1, and a short one with GOGC=400, unless the environment has values of these names; see
	// [runner.Cmd].EnvDefaults.
	Env []string
	// Dir is the client's working directory; "" is the supervisor's own.
	Dir string
	// Short and Long are the deadlines of one call, zero for DefaultShort and DefaultLong. Beyond the grace, a stop has half of
	// Short.
	Short, Long time.Duration

	// Lane asks questions through one client that stays, instead of a client for each; nil has a line for each. See [Lane].
	Lane *Lane

	// Retry repeats calls that failed for a passing reason; nil repeats none.
	Retry *Retry
	// Breaker rejects calls while the engine fails; nil allows all. Dockers that ask one engine share one.
	Breaker *Breaker
	// Observe, when set, receives an Observation of each attempt of each call, in the caller's goroutine: it must be quick, and
	// safe for concurrent use if the Docker is. What is refused before anything is started is not observed.
	Observe func(Observation)
}

// Detect asks once for the versions of the client and the engine, and returns a copy of d that writes lines for them and refuses
// what they lack, by the API that the two have agreed on where that is older: DOCKER_API_VERSION in Env counts. A version may be
// any text, such as dev; then the API stands for it. A d whose Engine has a version or another dialect already is returned as it
// is. Without an engine the client's version counts, and the error is ErrUnavailable.
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

// Argv returns the exact command line that the client is started with for a command.
func (d Docker) Argv(c dockercmd.Command) []string {
	return append([]string{d.program()}, d.Engine.Args(c)...)
}

func (d Docker) program() string {
	if d.Program == "" {
		return "docker"
	}
	return d.Program
}

// Check returns what is wrong with a command before anything is started: its own problems and what the engine lacks.
func (d Docker) Check(c dockercmd.Command) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if err := d.Engine.Check(c); err != nil {
		line := dockercmd.Redacted(c)
		return &DockerError{Line: line, Subcommand: c.Subcommand(), Kinds: []error{ErrUnsupported}, Exit: -1, Err: err}
	}
	return nil
}

func (d Docker) cmd(c dockercmd.Command) runner.Cmd {
	cmd := runner.Cmd{Argv: d.Argv(c), Env: d.Env, EnvDefaults: frugal(c), Dir: d.Dir}
	if run, is := c.(*dockercmd.Run); is && run.Detach {
		cmd.LastLine = true
		// Docker run passes SIGTERM on to its container, detached or not (20.10 and 28.2): our deadline would end that.
		cmd.KillOnly = run.SigProxy == nil || *run.SigProxy
	}
	return cmd
}

func (d Docker) runner() runner.Runner {
	if d.Runner == nil {
		return runner.Exec{}
	}
	return d.Runner
}

// Call holds the settings of one call. Its zero value has none.
type Call struct {
	// Script is the path of a command file that holds the call's line, for a [runner.Launcher]; "" is none.
	Script string
	// Hold is a file that the client keeps open as long as it lives, see [runner.Cmd]; nil is none.
	Hold *os.File
}

// Do runs any command to its end and returns what docker printed, which package output reads. It validates c, checks it
// against Engine, and gives it the deadline of the method that bears its name; a command without such a method gets the long
// deadline. Of its output, the first 16 MiB are kept.
//
// A run is never interrupted, see [Docker.Run]: when ctx ends meanwhile, the output is returned together with ctx's error. A
// detached run that prints no container id is an error.
func (d Docker) Do(ctx context.Context, c dockercmd.Command, how Call) (stdout []byte, err error) {
	stdout, _, err = d.do(ctx, c, how, runner.DefaultStderrLimit)
	return stdout, err
}

// do runs a command as Do does and also returns what the client wrote to standard error, of which it keeps limit bytes.
func (d Docker) do(ctx context.Context, c dockercmd.Command, how Call, limit int) (stdout, stderr []byte, err error) {
	return d.ask(ctx, c, how, limit, func(ctx context.Context) ([]byte, error) { return d.Lane.answer(ctx, d, c) })
}

// ask runs a command as do does, unless lane has an answer: what that returns, errByLine excepted, ends the attempt.
func (d Docker) ask(ctx context.Context, c dockercmd.Command, how Call, limit int,
	lane func(context.Context) ([]byte, error)) (stdout, stderr []byte, err error) {
	if err := d.Check(c); err != nil {
		return nil, nil, err
	}
	_, isRun := c.(*dockercmd.Run)
	if isRun && ctx.Err() != nil {
		return nil, nil, newDockerError(c, nil, errline.Context(ctx))
	}
	deadline := d.deadline(c)
	err = d.call(ctx, c, callMode{deadline: deadline}, func() (err error) {
		ctx := ctx
		if isRun {
			ctx = context.WithoutCancel(ctx)
		}
		ctx, cancel := withDeadline(ctx, deadline)
		defer cancel()
		if d.Lane != nil && readOnly(c) {
			if stdout, err = lane(ctx); !errors.Is(err, errByLine) {
				return newDockerError(c, nil, err)
			}
		}
		cmd := d.cmd(c)
		cmd.Script, cmd.Hold = how.Script, how.Hold
		r := d.runner()
		if asksForLogin(c) {
			r = endAtLogin(r)
		}
		stdout, stderr, err = runner.Output(ctx, r, cmd, runner.Limits{Stderr: limit})
		if sharesStreams(c) {
			return d.sharedError(c, stderr, err)
		}
		err = d.dockerError(c, stderr, err)
		if len(stdout) > 0 && !readOnly(c) {
			clearUnreached(err) // it has printed what it has done
		}
		return err
	})
	if isRun && err == nil && c.(*dockercmd.Run).Detach {
		_, idErr := output.ParseID(stdout)
		err = newDockerError(c, nil, idErr)
	}
	if isRun && err == nil && ctx.Err() != nil { // of no kind: docker has done what it was asked for
		line, message := dockercmd.Redacted(c), "the container was started all the same"
		err = &DockerError{Line: line, Subcommand: c.Subcommand(), Message: message, Err: errline.Context(ctx)}
	}
	return stdout, stderr, err
}

// deadline returns how long a command may take; 0 is no limit. Those that stream have none of their own.
func (d Docker) deadline(c dockercmd.Command) time.Duration {
	switch c := c.(type) {
	case *dockercmd.Wait:
		return 0
	case *dockercmd.Stop:
		return d.stopDeadline(c)
	case *dockercmd.Start:
		return d.startDeadline(c)
	case *dockercmd.Kill:
		return rounds(len(c.Containers)) * d.short()
	case *dockercmd.Rm:
		return rounds(len(c.Containers)) * d.short()
	case *dockercmd.Rmi, *dockercmd.Tag:
		return d.short()
	}
	if readOnly(c) {
		return d.short()
	}
	return d.long()
}

// clearUnreached removes ErrUnreached from the kinds of err.
func clearUnreached(err error) {
	if failure, ok := errors.AsType[*DockerError](err); ok {
		failure.Kinds = withoutUnreached(failure.Kinds)
	}
}

// withDeadline returns ctx with a deadline whose cause says how long it was; 0 is none.
func withDeadline(ctx context.Context, deadline time.Duration) (context.Context, context.CancelFunc) {
	if deadline <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, deadline, fmt.Errorf("no answer within %v", deadline))
}

// dockerError makes a DockerError as newDockerError does; a missing program that is not docker's own client is a missing launcher.
func (d Docker) dockerError(c dockercmd.Command, stderr []byte, err error) error {
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

// Run starts a container in the background and returns its id; it sets Detach. A run is never interrupted: when ctx ends
// meanwhile, the client still runs to its own end or the long deadline, and Run returns the id together with ctx's error, so that
// the caller can remove the container. After any other error the container may exist, too: a failed start leaves it behind as
// created, and its id is returned if docker printed it. Look for it by name.
func (d Docker) Run(ctx context.Context, run dockercmd.Run) (id string, err error) {
	run.Detach = true
	out, err := d.Do(ctx, &run, Call{})
	id, _ = output.ParseID(out) // Do has checked it
	return id, err
}

// Wait blocks until the containers have ended and returns their exit codes in order. It has no deadline of its own. A container
// that was never started gives 0 at once, and one that is removed meanwhile may give 137: ask Inspect for the true code.
func (d Docker) Wait(ctx context.Context, names ...string) ([]int, error) {
	c := &dockercmd.Wait{Containers: names}
	out, err := d.Do(ctx, c, Call{})
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

// Stop ends containers with their stop signal and, after a grace, with SIGKILL. Its deadline is the grace and half of Short, for
// every 50 containers, which is how many a client stops at once. A grace that c does not name is the container's own
// (--stop-timeout), which may be longer than docker's usual 10 seconds, and has the long deadline; a grace of -1 has none but
// ctx's. A container that has ended already is no error. StopAll returns the outcome of each.
func (d Docker) Stop(ctx context.Context, c dockercmd.Stop) error {
	_, err := d.Do(ctx, &c, Call{})
	return err
}

// Kill sends a signal, KILL unless c says another. A container that does not run is ErrNotRunning.
func (d Docker) Kill(ctx context.Context, c dockercmd.Kill) error {
	_, err := d.Do(ctx, &c, Call{})
	return err
}

// Start starts containers that have ended or were only made.
func (d Docker) Start(ctx context.Context, c dockercmd.Start) error {
	if c.Attach || c.Interactive {
		return errStreams
	}
	_, err := d.Do(ctx, &c, Call{})
	return err
}

// Rm removes containers. A missing one is ErrNotFound, or no error with Force.
func (d Docker) Rm(ctx context.Context, c dockercmd.Rm) error {
	_, err := d.Do(ctx, &c, Call{})
	return err
}

// Ps lists containers. It sets Format, unless that is output.PsBriefFormat of the same labels, and NoTrunc, unless the dialect
// lacks it. The labels are those that PsRow.Labels will hold.
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
	lane := func(ctx context.Context) ([]output.PsRow, error) { return d.Lane.ps(ctx, d, &c, labels) }
	return askRows(ctx, d, &c, lane, output.ParsePs)
}

// askRows asks for rows, which are what lane answers, or else what parse reads of what docker prints.
func askRows[Row any](ctx context.Context, d Docker, c dockercmd.Command, lane func(context.Context) ([]Row, error),
	parse func([]byte) ([]Row, error)) (rows []Row, err error) {
	asked := false // by the lane
	out, _, err := d.ask(ctx, c, Call{}, runner.DefaultStderrLimit, func(ctx context.Context) (_ []byte, err error) {
		rows, err = lane(ctx)
		asked = err == nil
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	if asked {
		return rows, nil
	}
	rows, err = parse(out)
	return rows, newDockerError(c, nil, err)
}

// Inspect describes containers by name or id. Those that were found are returned also when others were not, with ErrNotFound.
// The worker-launcher's dialect knows only the state of one container at a time.
func (d Docker) Inspect(ctx context.Context, names ...string) ([]output.Container, error) {
	c := &dockercmd.Inspect{Names: names, Type: "container"}
	if d.Engine.Dialect == dockercmd.Storm {
		c.Type, c.Format = "", output.InspectStormFormat
	}
	out, err := d.Do(ctx, c, Call{})
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

// jsonFormat returns format, a --format of JSON, or its equal for a dialect whose lines cannot hold a space.
func (d Docker) jsonFormat(format string) string {
	if d.Engine.Dialect == dockercmd.Storm {
		return "{{.|json}}"
	}
	return format
}

// Stats returns what containers use, all that run if none is named, within a second or three: CPU is measured over that time. It
// sets Format, NoStream and NoTrunc. One that is not there makes all fail with ErrNotFound; one that does not run has zeros.
// Figures are exact when a Lane has answered, and else rounded by docker's client.
func (d Docker) Stats(ctx context.Context, c dockercmd.Stats) ([]output.StatsRow, error) {
	c.Format, c.NoStream, c.NoTrunc = d.jsonFormat(output.JSONFormat), true, true
	lane := func(ctx context.Context) ([]output.StatsRow, error) { return d.Lane.stats(ctx, d, &c) }
	return askRows(ctx, d, &c, lane, output.ParseStats)
}

// Info returns what the engine is and has. An engine that does not answer is an error, whatever the client's exit status.
// ClientInfo is empty when a Lane has answered.
func (d Docker) Info(ctx context.Context) (output.EngineInfo, error) {
	c := &dockercmd.Info{Format: d.jsonFormat("{{json .}}")}
	out, err := d.Do(ctx, c, Call{})
	if err != nil {
		return output.EngineInfo{}, err
	}
	info, err := output.ParseInfo(out)
	if err == nil {
		err = info.Answered()
	}
	if err != nil {
		return output.EngineInfo{}, newDockerError(c, nil, err)
	}
	return info, nil
}

// Version returns the versions of the client and the engine. Without an engine it returns the client's and ErrUnavailable.
func (d Docker) Version(ctx context.Context) (output.Version, error) {
	c := &dockercmd.Version{Format: d.jsonFormat(output.VersionFormat)}
	var v output.Version
	asked := false // by the lane
	out, _, err := d.ask(ctx, c, Call{}, runner.DefaultStderrLimit, func(ctx context.Context) (_ []byte, err error) {
		v, err = d.Lane.version(ctx, d)
		asked = err == nil
		return nil, err
	})
	if asked {
		return v, err
	}
	v, parseErr := output.ParseVersion(out)
	switch {
	case err != nil:
		return v, err
	case parseErr != nil:
		return v, newDockerError(c, nil, parseErr)
	}
	d.Lane.noteClient(d, v)
	return v, nil
}

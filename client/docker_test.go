package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/scripts"
)

// answering returns a docker client that answers everything alike.
func answering(stdout, stderr string, exit int) client.Docker {
	var err error
	if exit != 0 {
		err = &runner.ExitError{Code: exit}
	}
	return client.Docker{Runner: processtest.Writing([]string{stdout}, []string{stderr}, err)}
}

// pending is a process that ends when end says so, or its context.
type pending struct {
	processtest.Ended
	ctx context.Context
	end <-chan struct{}
}

func (p pending) Wait() error {
	select {
	case <-p.end:
		return nil
	case <-p.ctx.Done():
		return &runner.ExitError{Code: 143, Signal: 15, Cause: fmt.Errorf("%w: %w", p.ctx.Err(), context.Cause(p.ctx))}
	}
}

// hanging starts a client that never ends by itself.
func hanging(ctx context.Context, _ runner.Cmd) (runner.Process, error) {
	return pending{ctx: ctx}, nil
}

// calls are Docker's methods, each with a usual command. Seconds is the deadline of a Docker that names none, 0 for none.
var calls = []struct {
	name    string
	seconds int
	call    func(context.Context, client.Docker) error
}{
	{"ps", 30, func(ctx context.Context, d client.Docker) error { _, err := d.Ps(ctx, dockercmd.Ps{}); return err }},
	{"inspect", 30, func(ctx context.Context, d client.Docker) error { _, err := d.Inspect(ctx, "w1"); return err }},
	{"version", 30, func(ctx context.Context, d client.Docker) error { _, err := d.Version(ctx); return err }},
	{"kill", 30, func(ctx context.Context, d client.Docker) error {
		return d.Kill(ctx, dockercmd.Kill{Containers: []string{"w1"}})
	}},
	{"start", 30, func(ctx context.Context, d client.Docker) error {
		return d.Start(ctx, dockercmd.Start{Containers: []string{"w1"}})
	}},
	{"rm", 30, func(ctx context.Context, d client.Docker) error {
		return d.Rm(ctx, dockercmd.Rm{Containers: []string{"w1"}})
	}},
	{"run", 300, func(ctx context.Context, d client.Docker) error {
		_, err := d.Run(ctx, dockercmd.Run{Image: "img"})
		return err
	}},
	{"logs", 300, func(ctx context.Context, d client.Docker) error {
		return d.Logs(ctx, dockercmd.Logs{Container: "w1"}, client.Streams{})
	}},
	{"stop with the container's grace", 300, stopping(nil)},
	{"stop at once", 15, stopping(new(int64(0)))},
	{"stop with a grace", 55, stopping(new(int64(40)))},
	{"stop without end", 0, stopping(new(int64(-1)))},
	{"wait", 0, func(ctx context.Context, d client.Docker) error { _, err := d.Wait(ctx, "w1"); return err }},
	{"logs that follow", 0, func(ctx context.Context, d client.Docker) error {
		return d.Logs(ctx, dockercmd.Logs{Container: "w1", Follow: true}, client.Streams{})
	}},
	{"exec", 0, func(ctx context.Context, d client.Docker) error {
		_, err := d.Exec(ctx, dockercmd.Exec{Container: "w1", Command: []string{"true"}}, client.Streams{})
		return err
	}},
	{"run in the foreground", 0, func(ctx context.Context, d client.Docker) error {
		_, err := d.Stream(ctx, &dockercmd.Run{Image: "img"}, client.Streams{})
		return err
	}},
}

func stopping(grace *int64) func(context.Context, client.Docker) error {
	return func(ctx context.Context, d client.Docker) error {
		return d.Stop(ctx, dockercmd.Stop{Timeout: grace, Containers: []string{"w1"}})
	}
}

func TestDockerDeadlines(t *testing.T) {
	t.Parallel()
	for _, tt := range calls {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.seconds == 0 {
					time.AfterFunc(24*time.Hour, cancel)
				}
				start := time.Now()
				err := tt.call(ctx, client.Docker{Runner: runner.RunnerFunc(hanging)})
				took := time.Since(start)
				if tt.seconds == 0 {
					wantKinds(t, err)
					if took != 24*time.Hour || !errors.Is(err, context.Canceled) {
						t.Errorf("ended after %v, want it to last until it is cancelled: %v", took, err)
					}
					return
				}
				wantKinds(t, err, client.ErrTimeout)
				deadline := time.Duration(tt.seconds) * time.Second
				if took != deadline || !strings.Contains(err.Error(), fmt.Sprintf("no answer within %v", deadline)) {
					t.Errorf("ended after %v, want %v: %v", took, deadline, err)
				}
			})
		})
	}
}

func TestDockerOwnDeadlines(t *testing.T) {
	t.Parallel()
	want := map[int]time.Duration{30: time.Second, 300: time.Minute, 15: time.Second / 2, 55: 40*time.Second + time.Second/2}
	for _, tt := range calls {
		if tt.seconds == 0 {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := tt.call(t.Context(), client.Docker{Runner: runner.RunnerFunc(hanging), Short: time.Second, Long: time.Minute})
				if took := time.Since(start); took != want[tt.seconds] {
					t.Errorf("ended after %v, want %v: %v", took, want[tt.seconds], err)
				}
			})
		})
	}
}

// TestDockerRunIsNotCutInHalf cancels a run that goes on for a minute.
func TestDockerRunIsNotCutInHalf(t *testing.T) {
	t.Parallel()
	cause := errors.New("shutting down")
	tests := []struct {
		name       string
		takes      time.Duration
		stderr     string
		wantID     string
		wantAfter  time.Duration
		want       error
		wantKinds  []error
		wantInText string
	}{
		{"it ends well", time.Minute, "", hexID, time.Minute, context.Canceled, nil,
			"docker run: context canceled: shutting down: the container was started all the same"},
		{"it hangs", time.Hour, "", hexID, client.DefaultLong, context.DeadlineExceeded, []error{client.ErrTimeout},
			"no answer within 5m0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				end := make(chan struct{})
				time.AfterFunc(time.Second, func() { cancel(cause) })
				time.AfterFunc(tt.takes, func() { close(end) })
				docker := func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
					fmt.Fprintln(c.Stdout, hexID)
					return pending{ctx: ctx, end: end}, nil
				}
				start := time.Now()
				id, err := client.Docker{Runner: runner.RunnerFunc(docker)}.Run(ctx, dockercmd.Run{Image: "img"})
				if took := time.Since(start); took != tt.wantAfter || id != tt.wantID {
					t.Errorf("got the id %q after %v, want %q after %v", id, took, tt.wantID, tt.wantAfter)
				}
				if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.wantInText) {
					t.Errorf("got %v, want %v, %s", err, tt.want, tt.wantInText)
				}
				wantKinds(t, err, tt.wantKinds...)
				time.Sleep(2 * time.Hour) // for the timers that are left
			})
		})
	}
}

func TestDockerStartsNothing(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("shutting down"))
	live := t.Context()
	storm, old := dockercmd.Engine{Dialect: dockercmd.Storm}, dockercmd.Engine{Version: "20.10"}
	exec := func(c dockercmd.Exec) func(context.Context, client.Docker) error {
		return func(ctx context.Context, d client.Docker) error {
			code, err := d.Exec(ctx, c, client.Streams{})
			if code != -1 {
				return fmt.Errorf("the code is %d", code)
			}
			return err
		}
	}
	run := func(c dockercmd.Run) func(context.Context, client.Docker) error {
		return func(ctx context.Context, d client.Docker) error { _, err := d.Run(ctx, c); return err }
	}
	tests := []struct {
		name   string
		ctx    context.Context
		engine dockercmd.Engine
		call   func(context.Context, client.Docker) error
		want   string
		kinds  []error
	}{
		{"run without an image", live, dockercmd.Engine{}, run(dockercmd.Run{}), "IMAGE", nil},
		{"run that is attached", live, dockercmd.Engine{}, run(dockercmd.Run{Image: "img", Attach: []string{"stdout"}}), "--detach", nil},
		{"run with what Storm refuses", live, storm,
			run(dockercmd.Run{Image: "img", Memory: dockercmd.Bytes(1 << 30), Env: []string{"A=b"}}), "--memory",
			[]error{client.ErrUnsupported}},
		{"run with what came later", live, old, run(dockercmd.Run{Image: "img", Annotations: map[string]string{"a": "b"}}),
			"--annotation", []error{client.ErrUnsupported}},
		{"run after the end", ended, dockercmd.Engine{}, run(dockercmd.Run{Image: "img"}), "context canceled: shutting down", nil},
		{"start that streams", live, dockercmd.Engine{}, func(ctx context.Context, d client.Docker) error {
			return d.Start(ctx, dockercmd.Start{Attach: true, Containers: []string{"w1"}})
		}, "--attach", nil},
		{"wait for nobody", live, dockercmd.Engine{}, func(ctx context.Context, d client.Docker) error {
			_,
				err := d.Wait(ctx)
			return err
		}, "CONTAINER", nil},
		{"inspect nothing", live, dockercmd.Engine{}, func(ctx context.Context, d client.Docker) error {
			_,
				err := d.Inspect(ctx)
			return err
		}, "NAME", nil},
		{"ps with a filter that is none", live, dockercmd.Engine{}, func(ctx context.Context, d client.Docker) error {
			_, err := d.Ps(ctx, dockercmd.Ps{Filters: []dockercmd.Filter{{Value: "name"}}})
			return err
		}, "--filter", nil},
		{"rm of a flag", live, dockercmd.Engine{}, func(ctx context.Context, d client.Docker) error {
			return d.Rm(ctx, dockercmd.Rm{Containers: []string{"--force"}})
		}, "CONTAINER", nil},
		{"stop with less than no grace", live, dockercmd.Engine{}, stopping(new(int64(-2))), "--timeout", nil},
		{"kill with no signal", live, dockercmd.Engine{}, func(ctx context.Context, d client.Docker) error {
			return d.Kill(ctx, dockercmd.Kill{Signal: "a b", Containers: []string{"w1"}})
		}, "--signal", nil},
		{"exec of nothing", live, dockercmd.Engine{}, exec(dockercmd.Exec{Container: "w1"}), "COMMAND", nil},
		{"exec with what Storm refuses", live, storm, exec(dockercmd.Exec{Container: "w1", Command: []string{"a"}, Privileged: true}),
			"--privileged", []error{client.ErrUnsupported}},
		{"logs of nobody", live, dockercmd.Engine{}, func(ctx context.Context, d client.Docker) error {
			return d.Logs(ctx, dockercmd.Logs{}, client.Streams{})
		}, "CONTAINER", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var started runner.Recorder
			err := tt.call(tt.ctx, client.Docker{Runner: &started, Engine: tt.engine})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to name %s", err, tt.want)
			}
			wantKinds(t, err, tt.kinds...)
			if failure, ok := errors.AsType[*client.DockerError](err); ok && (failure.Exit != -1 || strings.Contains(err.Error(), "\n")) {
				t.Errorf("got the exit %d in %q, want -1 on one line", failure.Exit, err.Error())
			}
			if got := started.Records(); len(got) != 0 {
				t.Errorf("started %q", got[0].Argv)
			}
		})
	}
}

func TestDockerLines(t *testing.T) {
	t.Parallel()
	storm := dockercmd.Engine{Dialect: dockercmd.Storm}
	byName := map[string]func(context.Context, client.Docker) error{}
	for _, c := range calls {
		byName[c.name] = c.call
	}
	filtered := func(ctx context.Context, d client.Docker) error {
		_, err := d.Ps(ctx, dockercmd.Ps{All: true, Quiet: true, Size: true, Format: "x",
			Filters: []dockercmd.Filter{{Key: "label", Value: "a"}}}, "a")
		return err
	}
	filteredStorm := func(ctx context.Context, d client.Docker) error {
		_, err := d.Ps(ctx, dockercmd.Ps{Quiet: true, NoTrunc: true, Filters: []dockercmd.Filter{dockercmd.ExactName("w1")}})
		return err
	}
	tests := []struct {
		name string
		d    client.Docker
		call func(context.Context, client.Docker) error
		want []string
	}{
		{"ps", client.Docker{}, filtered, []string{"docker", "ps", "--all", "--filter=label=a", "--format=" + output.PsFormat("a"),
			"--no-trunc"}},
		{"ps, Storm", client.Docker{Engine: storm}, filteredStorm, []string{"docker", "ps", "--filter=name=^/?w1$",
			"--format={{.ID}}|{{.Names}}|{{.State}}"}},
		{"inspect", client.Docker{Program: "/opt/docker"}, byName["inspect"], []string{"/opt/docker", "inspect", "--type=container",
			"w1"}},
		{"inspect, Storm", client.Docker{Engine: storm}, byName["inspect"],
			[]string{"docker", "inspect", "--format=" + output.InspectStormFormat, "w1"}},
		{"version", client.Docker{}, byName["version"], []string{"docker", "version", "--format={{json .}}"}},
		{"version, Storm", client.Docker{Engine: storm}, byName["version"], []string{"docker", "version", "--format={{.|json}}"}},
		{"run", client.Docker{}, byName["run"], []string{"docker", "run", "--detach", "img"}},
		{"run in the foreground", client.Docker{}, byName["run in the foreground"], []string{"docker", "run", "img"}},
		{"stop", client.Docker{}, byName["stop with a grace"], []string{"docker", "stop", "-t=40", "w1"}},
		{"stop, 20.10", client.Docker{Engine: dockercmd.Engine{Version: "20.10"}}, byName["stop with a grace"],
			[]string{"docker", "stop", "--time=40", "w1"}},
		{"wait", client.Docker{}, byName["wait"], []string{"docker", "wait", "w1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got runner.Cmd
			tt.d.Env, tt.d.Dir = []string{"A=b"}, "/d"
			tt.d.Runner = runner.RunnerFunc(func(_ context.Context, c runner.Cmd) (runner.Process, error) {
				got = c
				return processtest.Ended{}, nil
			})
			_ = tt.call(t.Context(), tt.d) // silence is no answer to most of them
			if !slices.Equal(got.Argv, tt.want) {
				t.Errorf("got  %q\nwant %q", got.Argv, tt.want)
			}
			if !slices.Equal(got.Env, tt.d.Env) || got.Dir != "/d" || got.Script != "" || got.Hold != nil {
				t.Errorf("got the environment %q, the folder %q, the script %q", got.Env, got.Dir, got.Script)
			}
		})
	}
}

func TestDockerRunID(t *testing.T) {
	t.Parallel()
	const deprecated = "Flag --kernel-memory has been deprecated, and no longer supported by the kernel\n"
	tests := []struct {
		name, stdout, stderr string
		exit                 int
		want                 string
		kinds                []error
		text                 string
	}{
		{"plain", hexID + "\n", "", 0, hexID, nil, ""},
		{"after a notice", deprecated + hexID + "\n", "WARNING: no swap\n", 0, hexID, nil, ""},
		{"a notice alone", deprecated, "", 0, "", nil, `docker run: docker printed "kernel", which is not a container's id`},
		{"short", hexID[:12] + "\n", "", 0, "", nil, "is not a container's id"},
		{"nothing", "", "", 0, "", nil, "docker printed no container id"},
		{"a failed start", hexID + "\n", shim + "exec: \"x\": executable file not found in $PATH: unknown" + help28, 127, hexID,
			[]error{client.ErrCommandNotFound}, "executable file not found"},
		{"a failed create", "", "docker: " + daemon + conflict + help28, 125, "", []error{client.ErrNameConflict}, "already in use"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			id, err := answering(tt.stdout, tt.stderr, tt.exit).Run(t.Context(), dockercmd.Run{Image: "img"})
			if id != tt.want {
				t.Errorf("got the id %q, want %q", id, tt.want)
			}
			wantError(t, err, tt.text, tt.kinds...)
		})
	}
}

func TestDockerWait(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, stdout, stderr string
		exit                 int
		want                 []int
		kinds                []error
		text                 string
	}{
		{"in order", "3\n137\n", "", 0, []int{3, 137}, nil, ""},
		{"one is missing", "3\n", daemon + "No such container: w2\n", 1, nil, []error{client.ErrNotFound}, "No such container: w2"},
		{"one is missing without a word", "3\n", "", 0, nil, nil, "docker wait: 1 exit codes for 2 containers"},
		{"no number", "3\nten\n", "", 0, nil, nil, `"ten" is not an exit code`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := answering(tt.stdout, tt.stderr, tt.exit).Wait(t.Context(), "w1", "w2")
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			wantError(t, err, tt.text, tt.kinds...)
		})
	}
}

func TestDockerPs(t *testing.T) {
	t.Parallel()
	row := `{"ID":"` + hexID + `","Names":"w1","Image":"img","State":"running","Status":"Up 8 seconds","Labels":{"a":"b,c=d"}}` + "\n"
	tests := []struct {
		name   string
		engine dockercmd.Engine
		stdout string
		stderr string
		exit   int
		want   string
		text   string
	}{
		{"none", dockercmd.Engine{}, "", "", 0, "[]", ""},
		{"two", dockercmd.Engine{}, row + strings.Replace(row, "running", "moon", 1), config, 0,
			"[{" + hexID + " [w1] img running Up 8 seconds map[a:b,c=d]} {" + hexID + " [w1] img unknown Up 8 seconds map[a:b,c=d]}]", ""},
		{"Storm", dockercmd.Engine{Dialect: dockercmd.Storm}, hexID[:12] + "|w1,/w2|exited\n", "", 0,
			"[{" + hexID[:12] + " [w1 w2]  exited  map[]}]", ""},
		{"a word that an old client does not know", dockercmd.Engine{}, "json\n", "", 0, "[]", "line 1 of ps"},
		{"half a row", dockercmd.Engine{}, row + row[:40], "", 0, "[]", "line 2 of ps"},
		{"no engine", dockercmd.Engine{}, "", connect + "\n", 1, "[]", "start the docker engine, or set DOCKER_HOST"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := answering(tt.stdout, tt.stderr, tt.exit)
			d.Engine = tt.engine
			rows, err := d.Ps(t.Context(), dockercmd.Ps{})
			type asked struct { // what PsFormat asks for
				id     string
				names  []string
				image  string
				state  output.State
				status string
				labels map[string]string
			}
			var short []asked
			for _, r := range rows {
				short = append(short, asked{r.ID, r.Names, r.Image, r.State, r.Status, r.Labels})
			}
			if got := fmt.Sprint(short); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if (err != nil) != (tt.text != "") || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %q", err, tt.text)
			}
		})
	}
}

func TestDockerInspect(t *testing.T) {
	t.Parallel()
	one := `{"Id":"` + hexID + `","Name":"/w1","State":{"Status":"exited","ExitCode":7}}`
	storm := one + "\n"
	missing := "Error: No such container: w2\n"
	notFound := []error{client.ErrNotFound}
	tests := []struct {
		name   string
		engine dockercmd.Engine
		stdout string
		stderr string
		exit   int
		want   []string
		kinds  []error
		text   string
	}{
		{"both", dockercmd.Engine{}, "[" + one + "," + strings.Replace(one, "w1", "w2", 1) + "]\n", "", 0,
			[]string{"w1 exited 7", "w2 exited 7"}, nil, ""},
		{"one is missing", dockercmd.Engine{}, "[" + one + "]\n", missing, 1, []string{"w1 exited 7"}, notFound, "No such container: w2"},
		{"both are missing", dockercmd.Engine{}, "[]\n", missing + missing, 1, nil, notFound, "No such container: w2"},
		{"one is missing, Storm", dockercmd.Engine{Dialect: dockercmd.Storm}, storm, missing, 1, []string{"w1 exited 7"}, notFound,
			"No such container: w2"},
		{"both are missing, Storm", dockercmd.Engine{Dialect: dockercmd.Storm}, "\n", missing, 1, nil, notFound, "No such container: w2"},
		{"fewer without a word", dockercmd.Engine{}, "[" + one + "]\n", "", 0, nil, nil, "1 descriptions of 2 containers"},
		{"silence", dockercmd.Engine{}, "", "", 0, nil, nil, "output of inspect"},
		{"silence, Storm", dockercmd.Engine{Dialect: dockercmd.Storm}, "\n", "", 0, nil, nil, "output of inspect"},
		{"not to be read", dockercmd.Engine{}, "[{\n", missing, 1, nil, nil, "output of inspect"},
		{"no engine", dockercmd.Engine{}, "[]\n", connect + "\n", 1, nil, []error{client.ErrUnavailable, client.ErrUnreached},
			"Cannot connect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := answering(tt.stdout, tt.stderr, tt.exit)
			d.Engine = tt.engine
			containers, err := d.Inspect(t.Context(), "w1", "w2")
			var got []string
			for _, c := range containers {
				got = append(got, fmt.Sprintf("%s %s %d", c.Name, c.State.Status, c.State.ExitCode))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			wantError(t, err, tt.text, tt.kinds...)
		})
	}
}

// TestDetect checks that the versions are asked for once and that lines are written for them from then on.
func TestDetect(t *testing.T) {
	t.Parallel()
	const both = `{"Client":{"Version":"28.2.2"},"Server":{"Version":"20.10.24+dfsg1"}}`
	d, err := answering(both, "", 0).Detect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.Engine.String(), "docker@20.10.24+dfsg1/28.2.2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	stop := &dockercmd.Stop{Timeout: new(int64(3)), Containers: []string{"w1"}}
	if got, want := strings.Join(d.Argv(stop), " "), "docker stop --timeout=3 w1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	wantKinds(t, d.Check(&dockercmd.Run{Mounts: []dockercmd.Mount{{Source: "vol", Target: "/a", VolumeSubpath: "x"}}, Image: "img"}),
		client.ErrUnsupported)
	d.Runner = nil // it must not be asked again
	if again, err := d.Detect(t.Context()); err != nil || again.Engine != d.Engine {
		t.Errorf("the second time: got %s, %v", again.Engine, err)
	}

	d, err = answering(`{"Client":{"Version":"20.10.24"},"Server":null}`, connect+"\n", 1).Detect(t.Context())
	wantKinds(t, err, client.ErrUnavailable, client.ErrUnreached)
	if got, want := d.Engine.String(), "docker@20.10.24"; got != want {
		t.Errorf("without an engine: got %s, want %s", got, want)
	}
	storm := client.Docker{Engine: dockercmd.Engine{Dialect: dockercmd.Storm}}
	if d, err := storm.Detect(t.Context()); err != nil || d.Engine != storm.Engine {
		t.Errorf("another dialect: got %s, %v", d.Engine, err)
	}
}

func TestDockerVersion(t *testing.T) {
	t.Parallel()
	const prefix = `{"Client":{"Version":"28.2.2","ApiVersion":"1.41"},"Server":`
	tests := []struct {
		name, stdout, stderr string
		exit                 int
		client, server       string
		kinds                []error
		failed               bool
	}{
		{"both", prefix + `{"Version":"20.10.24+dfsg1","ApiVersion":"1.41"}}` + "\n", "", 0, "28.2.2", "20.10.24+dfsg1", nil, false},
		{"no engine", prefix + "null}\n", connect + "\n", 1, "28.2.2", "", []error{client.ErrUnavailable, client.ErrUnreached}, true},
		{"no socket for us", prefix + "null}\n", config + "permission denied while trying to connect to the docker API at unix:///s\n", 1,
			"28.2.2", "", []error{client.ErrPermission, client.ErrUnreached}, true},
		{"not to be read", "json\n", "", 0, "", "", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := answering(tt.stdout, tt.stderr, tt.exit).Version(t.Context())
			server := ""
			if v.Server != nil {
				server = v.Server.Version
			}
			if v.Client.Version != tt.client || server != tt.server {
				t.Errorf("got client %q, engine %q, want %q, %q", v.Client.Version, server, tt.client, tt.server)
			}
			wantKinds(t, err, tt.kinds...)
			if (err != nil) != tt.failed {
				t.Errorf("got %v, want a failure: %t", err, tt.failed)
			}
		})
	}
}

// TestDockerNoClient sets PATH, so it is not parallel.
func TestDockerNoClient(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	plain, missing := filepath.Join(dir, "plain"), filepath.Join(dir, "missing")
	if err := os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := scripts.OpenDir(filepath.Join(dir, "scripts"))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	launcher := runner.Launcher{Path: missing, User: "u", Scripts: files}
	tests := []struct {
		name  string
		d     client.Docker
		kinds []error
		text  string
	}{
		{"none on PATH", client.Docker{}, []error{client.ErrNoClient, client.ErrUnreached},
			"docker version: start docker: executable file not found in $PATH: install it"},
		{"no such file", client.Docker{Program: missing}, []error{client.ErrNoClient, client.ErrUnreached}, "start " + missing},
		{"not to be executed", client.Docker{Program: plain}, []error{client.ErrUnreached}, "permission denied"},
		{"no such working directory", client.Docker{Program: "/bin/sh", Dir: missing}, []error{client.ErrUnreached},
			"make the working directory first"},
		{"no launcher", client.Docker{Engine: dockercmd.Engine{Dialect: dockercmd.Storm}, Runner: launcher},
			[]error{client.ErrLauncher, client.ErrUnreached}, "start " + missing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.d.Version(t.Context())
			wantKinds(t, err, tt.kinds...)
			if err == nil || !strings.Contains(err.Error(), tt.text) || strings.Count(err.Error(), "install") > 1 {
				t.Errorf("got %v, want %q and one hint", err, tt.text)
			}
			if code, err := tt.d.Stream(t.Context(), &dockercmd.Exec{Container: "w1", Command: []string{"a"}},
				client.Streams{}); code != -1 {
				t.Errorf("got the code %d, want -1: %v", code, err)
			} else {
				wantKinds(t, err, tt.kinds...)
			}
		})
	}
}

func TestDockerConcurrently(t *testing.T) {
	t.Parallel()
	d := answering(hexID+"\n", "", 0)
	done := make(chan error)
	for range 8 {
		go func() {
			id, err := d.Run(context.Background(), dockercmd.Run{Image: "img"})
			if id != hexID {
				err = errors.Join(err, fmt.Errorf("the id is %q", id))
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkDockerPs(b *testing.B) {
	var out bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&out, `{"ID":"%064x","Names":"worker-%d","Image":"img:1","State":"running","Status":"Up 8 seconds","Labels":{"instance":"a","worker":"w%d"}}`+"\n", i, i, i)
	}
	d := answering(out.String(), "", 0)
	b.SetBytes(int64(out.Len()))
	for b.Loop() {
		rows, err := d.Ps(b.Context(), dockercmd.Ps{All: true}, "instance", "worker")
		if err != nil || len(rows) != 1000 {
			b.Fatal(len(rows), err)
		}
	}
}

// TestDo runs commands with a command file and a file to hold, each with the deadline of its own method.
func TestDo(t *testing.T) {
	t.Parallel()
	lock, err := os.Create(filepath.Join(t.TempDir(), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	var got runner.Cmd
	d := client.Docker{Runner: runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		got = c
		return processtest.Writing([]string{"out"}, nil, nil).Start(ctx, c)
	})}
	out, err := d.Do(t.Context(), &dockercmd.Kill{Containers: []string{"w1"}}, client.Call{Script: "/s", Hold: lock})
	if string(out) != "out" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
	if got.Script != "/s" || got.Hold != lock {
		t.Errorf("got the script %q and the file %v to hold", got.Script, got.Hold)
	}
	if _, err := d.Do(t.Context(), &dockercmd.Kill{Containers: []string{"w1"}}, client.Call{}); err != nil || got.Script != "" ||
		got.Hold != nil {
		t.Errorf("the next call: got the script %q and the file %v to hold, %v", got.Script, got.Hold, err)
	}
	if _, err := d.Do(t.Context(), &dockercmd.Kill{}, client.Call{}); err == nil {
		t.Error("a kill of no container was started")
	}
}

func TestDoDeadlines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		c    dockercmd.Command
		want time.Duration
	}{
		{&dockercmd.Ps{}, client.DefaultShort},
		{&dockercmd.Rmi{Images: []string{"img"}}, client.DefaultShort},
		{&dockercmd.Stop{Timeout: new(int64(3)), Containers: []string{"w1"}}, 3*time.Second + client.DefaultShort/2},
		{&dockercmd.Run{Detach: true, Image: "img"}, client.DefaultLong},
		{&dockercmd.Save{Output: "f", Images: []string{"img"}}, client.DefaultLong},
	}
	for _, tt := range tests {
		t.Run(tt.c.Subcommand(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := client.Docker{Runner: runner.RunnerFunc(hanging)}.Do(t.Context(), tt.c, client.Call{})
				wantKinds(t, err, client.ErrTimeout)
				if took := time.Since(start); took != tt.want {
					t.Errorf("ended after %v, want %v", took, tt.want)
				}
			})
		})
	}
}

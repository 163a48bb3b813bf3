package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
)

// clients runs test once with every docker client at hand, before the machine's engine.
func clients(t *testing.T, test func(t *testing.T, e *enginetest.Engine, d client.Docker)) {
	t.Helper()
	e := enginetest.Require(t)
	for _, c := range enginetest.Clients(t) {
		t.Run(c.Version, func(t *testing.T) {
			t.Parallel()
			test(t, e, client.Docker{Program: c.Path})
		})
	}
}

// launch runs a command in a new container and returns the container's name and id.
func launch(t *testing.T, e *enginetest.Engine, d client.Docker, command ...string) (name, id string) {
	t.Helper()
	name = e.Name(t)
	id, err := d.Run(t.Context(), worker(e, name, command...))
	if err != nil {
		t.Fatal(err)
	}
	return name, id
}

// forever is a command that runs until it is ended.
var forever = []string{"tail", "-f", "/dev/null"}

// worker returns the run line of a container without a network whose first process obeys SIGTERM.
func worker(e *enginetest.Engine, name string, command ...string) dockercmd.Run {
	return dockercmd.Run{Name: name, Networks: []dockercmd.Network{{Name: "none"}}, Init: new(true), Image: e.Image, Command: command}
}

func exitOf(t *testing.T, d client.Docker, name string) int {
	t.Helper()
	codes, err := d.Wait(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return codes[0]
}

// TestEngineLife leads one container from its start to its removal.
func TestEngineLife(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		name := e.Name(t)
		beside := name + "0"
		t.Cleanup(func() { e.Run(t, "rm", "--force", beside) })
		run := worker(e, name, "sh", "-c", "echo out; echo err >&2; exec tail -f /dev/null")
		run.Labels = map[string]string{"a": "b,c=d"}
		run.Memory, run.CPUs = 64<<20, dockercmd.CPU/2
		id, err := d.Run(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Run(t.Context(), worker(e, beside, forever...)); err != nil {
			t.Fatal(err)
		}

		containers, err := d.Inspect(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if c := containers[0]; c.ID != id || c.Name != name || c.State.Status != output.StateRunning || c.State.Pid == 0 ||
			c.Config.Labels["a"] != "b,c=d" || c.HostConfig.Memory != run.Memory || c.HostConfig.NanoCPUs != run.CPUs {
			t.Errorf("got %+v", c)
		}
		rows, err := d.Ps(t.Context(), dockercmd.Ps{Filters: []dockercmd.Filter{dockercmd.ExactName(name)}}, "a", "absent")
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 || rows[0].ID != id || !slices.Equal(rows[0].Names, []string{name}) ||
			rows[0].State != output.StateRunning || rows[0].Labels["a"] != "b,c=d" || rows[0].Labels["absent"] != "" {
			t.Errorf("got %+v, want %s alone", rows, name)
		}
		testLogs(t, d, name)
		testExec(t, d, name)

		if err := d.Rm(t.Context(), dockercmd.Rm{Containers: []string{name}}); !errors.Is(err, client.ErrRunning) {
			t.Errorf("got %v, want ErrRunning", err)
		}
		for range 2 { // the second finds it ended
			if err := d.Stop(t.Context(), dockercmd.Stop{Timeout: new(int64(5)), Containers: []string{name}}); err != nil {
				t.Error(err)
			}
		}
		if got := exitOf(t, d, name); got != 143 {
			t.Errorf("got the exit code %d, want 143 of SIGTERM", got)
		}
		if err := d.Start(t.Context(), dockercmd.Start{Containers: []string{name}}); err != nil {
			t.Error(err)
		}
		if err := d.Kill(t.Context(), dockercmd.Kill{Containers: []string{name}}); err != nil {
			t.Error(err)
		}
		if got := exitOf(t, d, name); got != 137 {
			t.Errorf("got the exit code %d, want 137 of SIGKILL", got)
		}
		if err := d.Kill(t.Context(), dockercmd.Kill{Containers: []string{name}}); !errors.Is(err, client.ErrNotRunning) {
			t.Errorf("got %v, want ErrNotRunning", err)
		}
		code, err := d.Exec(t.Context(), dockercmd.Exec{Container: name, Command: []string{"true"}}, client.Streams{})
		if code != -1 || !errors.Is(err, client.ErrNotRunning) {
			t.Errorf("got %d, %v, want ErrNotRunning", code, err)
		}
		if err := d.Rm(t.Context(), dockercmd.Rm{Volumes: true, Containers: []string{name}}); err != nil {
			t.Error(err)
		}
		testMissing(t, d, name, beside)
	})
}

func testLogs(t *testing.T, d client.Docker, name string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ready := func(p []byte) (int, error) { // the container prints err last
		stderr.Write(p)
		if strings.HasSuffix(stderr.String(), "err\n") {
			cancel()
		}
		return len(p), nil
	}
	err := d.Logs(ctx, dockercmd.Logs{Container: name, Follow: true}, client.Streams{Stderr: writerFunc(ready)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("logs that follow: got %v, want it to end by being cancelled", err)
	}
	stderr.Reset()
	err = d.Logs(t.Context(), dockercmd.Logs{Container: name}, client.Streams{Stdout: &stdout, Stderr: &stderr})
	if err != nil || stdout.String() != "out\n" || stderr.String() != "err\n" {
		t.Errorf("logs: got %q and %q, %v", stdout.String(), stderr.String(), err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func testExec(t *testing.T, d client.Docker, name string) {
	t.Helper()
	tests := []struct {
		name    string
		exec    dockercmd.Exec
		stdin   string
		want    int
		kinds   []error
		wantOut string
		wantErr string
	}{
		{"success", dockercmd.Exec{Command: []string{"sh", "-c", "echo out; echo err >&2"}}, "", 0, nil, "out\n", "err\n"},
		{"standard input", dockercmd.Exec{Interactive: true, Command: []string{"cat"}}, "hello", 0, nil, "hello", ""},
		{"a variable", dockercmd.Exec{Env: []string{"A=b c"}, Command: []string{"sh", "-c", "echo $A"}}, "", 0, nil, "b c\n", ""},
		{"another code", dockercmd.Exec{Command: []string{"sh", "-c", "exit 7"}}, "", 7, nil, "", ""},
		{"docker's code", dockercmd.Exec{Command: []string{"sh", "-c", "exit 125"}}, "", 125, nil, "", ""},
		{"the shell's code", dockercmd.Exec{Command: []string{"sh", "-c", "nosuch"}}, "", 127, nil, "", "sh: nosuch: not found\n"},
		{"no such command", dockercmd.Exec{Command: []string{"nosuch"}}, "", -1, []error{client.ErrCommandNotFound}, "*", ""},
		{"no command", dockercmd.Exec{Command: []string{"/etc/passwd"}}, "", -1, []error{client.ErrNotExecutable}, "*", ""},
		// An engine of 20.10 says so on standard output, one of 28.5 on standard error.
		{"no such user", dockercmd.Exec{User: "nosuch", Command: []string{"true"}}, "", -1, nil, "*", "*"},
		{"no such folder", dockercmd.Exec{Workdir: "/nope", Command: []string{"true"}}, "", -1, nil, "*", ""},
		{"no terminal", dockercmd.Exec{Interactive: true, TTY: true, Command: []string{"true"}}, "", -1, nil, "", "*"},
	}
	for _, tt := range tests {
		var stdout, stderr bytes.Buffer
		tt.exec.Container = name
		code, err := d.Exec(t.Context(), tt.exec, client.Streams{Stdin: strings.NewReader(tt.stdin), Stdout: &stdout, Stderr: &stderr})
		if code != tt.want || (err != nil) != (tt.want == -1) {
			t.Errorf("exec, %s: got %d, %v, want %d", tt.name, code, err, tt.want)
		}
		wantKinds(t, err, tt.kinds...)
		if tt.wantOut != "*" && stdout.String() != tt.wantOut || tt.wantErr != "*" && stderr.String() != tt.wantErr {
			t.Errorf("exec, %s: got %q and %q, want %q and %q", tt.name, stdout.String(), stderr.String(), tt.wantOut, tt.wantErr)
		}
	}
}

// testMissing calls every method for a container that is gone; beside exists.
func testMissing(t *testing.T, d client.Docker, name, beside string) {
	t.Helper()
	tests := []struct {
		name string
		call func() error
	}{
		{"rm", func() error { return d.Rm(t.Context(), dockercmd.Rm{Containers: []string{name}}) }},
		{"kill", func() error { return d.Kill(t.Context(), dockercmd.Kill{Containers: []string{name}}) }},
		{"stop", func() error { return d.Stop(t.Context(), dockercmd.Stop{Containers: []string{name}}) }},
		{"start", func() error { return d.Start(t.Context(), dockercmd.Start{Containers: []string{name}}) }},
		{"wait", func() error { _, err := d.Wait(t.Context(), name); return err }},
		{"logs", func() error { return d.Logs(t.Context(), dockercmd.Logs{Container: name}, client.Streams{}) }},
		{"exec", func() error {
			_, err := d.Exec(t.Context(), dockercmd.Exec{Container: name, Command: []string{"true"}}, client.Streams{})
			return err
		}},
		{"start in the foreground", func() error {
			_, err := d.Stream(t.Context(), &dockercmd.Start{Attach: true, Containers: []string{name}}, client.Streams{})
			return err
		}},
		{"inspect", func() error {
			containers, err := d.Inspect(t.Context(), name, beside)
			if len(containers) != 1 || containers[0].Name != beside {
				t.Errorf("inspect: got %+v, want %s alone", containers, beside)
			}
			return err
		}},
	}
	for _, tt := range tests {
		err := tt.call()
		if got := kindsOf(err); len(got) != 1 || got[0] != client.ErrNotFound {
			t.Errorf("%s: got the kinds %q, want ErrNotFound: %v", tt.name, got, err)
		}
	}
	if err := d.Rm(t.Context(), dockercmd.Rm{Force: true, Containers: []string{name}}); err != nil {
		t.Errorf("rm --force: got %v, want success", err)
	}
	rows, err := d.Ps(t.Context(), dockercmd.Ps{All: true, Filters: []dockercmd.Filter{dockercmd.ExactName(name)}})
	if len(rows) != 0 || err != nil {
		t.Errorf("ps: got %v, %v, want nobody", rows, err)
	}
}

func TestEngineExits(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		first, _ := launch(t, e, d, "sh", "-c", "exit 7")
		second, _ := launch(t, e, d, "true")
		codes, err := d.Wait(t.Context(), first, second)
		if err != nil || !slices.Equal(codes, []int{7, 0}) {
			t.Errorf("wait: got %v, %v, want 7 and 0", codes, err)
		}

		stubborn := worker(e, e.Name(t), "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
		stubborn.StopTimeout = new(int64(1))
		for _, grace := range []*int64{new(int64(0)), new(int64(1)), nil} {
			if _, err := d.Run(t.Context(), stubborn); err != nil {
				t.Fatal(err)
			}
			awaitLog(t, d, stubborn.Name, "ready\n")
			if err := d.Stop(t.Context(), dockercmd.Stop{Timeout: grace, Containers: []string{stubborn.Name}}); err != nil {
				t.Fatal(err)
			}
			if got := exitOf(t, d, stubborn.Name); got != 137 {
				t.Errorf("stop: got the exit code %d, want 137", got)
			}
			if err := d.Rm(t.Context(), dockercmd.Rm{Containers: []string{stubborn.Name}}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// awaitLog returns once a container has written text to its standard output.
func awaitLog(t *testing.T, d client.Docker, name, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var seen strings.Builder
	look := func(p []byte) (int, error) {
		if seen.Write(p); strings.Contains(seen.String(), text) {
			cancel()
		}
		return len(p), nil
	}
	err := d.Logs(ctx, dockercmd.Logs{Container: name, Follow: true}, client.Streams{Stdout: writerFunc(look)})
	if !strings.Contains(seen.String(), text) {
		t.Fatalf("%s wrote %q, want %q: %v", name, seen.String(), text, err)
	}
}

// TestEngineForeground runs containers whose client stays.
func TestEngineForeground(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		folder := t.TempDir()
		tests := []struct {
			name   string
			change func(*dockercmd.Run)
			want   int
			kinds  []error
			text   string
		}{
			{"a code", func(r *dockercmd.Run) { r.Command = []string{"sh", "-c", "echo docker: fie >&2; exit 7"} }, 7, nil, ""},
			{"docker's code", func(r *dockercmd.Run) { r.Command = []string{"sh", "-c", "exit 125"} }, 125, nil, ""},
			{"no command behind an init, which did run", func(r *dockercmd.Run) { r.Init, r.Command = new(true), []string{"nosuch"} }, 127,
				nil, ""},
			{"no command", func(r *dockercmd.Run) { r.Command = []string{"nosuch"} }, -1, []error{client.ErrCommandNotFound},
				"executable file not found in $PATH"},
			{"no program", func(r *dockercmd.Run) { r.Command = []string{"/etc/passwd"} }, -1, []error{client.ErrNotExecutable},
				"permission denied"},
			{"no user", func(r *dockercmd.Run) { r.User = "nosuch" }, -1, nil, "unable to find user nosuch"},
			{"a folder on a file", func(r *dockercmd.Run) {
				r.Mounts = []dockercmd.Mount{{Type: "bind", Source: folder, Target: "/etc/passwd"}}
			}, -1, nil, "not a directory"},
			{"no image", func(r *dockercmd.Run) { r.Image = "localhost:1/nosuch:1" }, -1,
				[]error{client.ErrImageNotFound, client.ErrPullFailed, client.ErrRegistry}, "connection refused"},
		}
		for _, tt := range tests {
			run := worker(e, e.Name(t), "true")
			run.Rm, run.Init = true, nil
			tt.change(&run)
			var stderr bytes.Buffer
			code, err := d.Stream(t.Context(), &run, client.Streams{Stderr: &stderr})
			if code != tt.want || (err != nil) != (tt.want == -1) {
				t.Errorf("%s: got %d, %v, want %d", tt.name, code, err, tt.want)
			}
			wantKinds(t, err, tt.kinds...)
			if err != nil && !strings.Contains(asDockerError(t, err).Message, tt.text) {
				t.Errorf("%s: got %v, want %q\n%s", tt.name, err, tt.text, stderr.String())
			}
		}
	})
}

// TestEngineRefusesRun checks the kinds of failed runs on a real engine.
func TestEngineRefusesRun(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		taken, holder := launch(t, e, d, forever...)
		missing := filepath.Join(t.TempDir(), "missing")
		cidFile := filepath.Join(t.TempDir(), "cid")
		if err := os.WriteFile(cidFile, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			name   string
			change func(*dockercmd.Run)
			exit   int
			kinds  []error
			wantID bool
			text   string
		}{
			{"name conflict", func(r *dockercmd.Run) { r.Name = taken }, 125, []error{client.ErrNameConflict}, false, "in use"},
			{"no image", func(r *dockercmd.Run) { r.Image, r.Pull = "localhost:1/nosuch:1", "never" }, 125, []error{client.ErrImageNotFound},
				false, "No such image: localhost:1/nosuch:1"},
			{"no image, pulled", func(r *dockercmd.Run) { r.Image = "localhost:1/nosuch:1" }, 125,
				[]error{client.ErrImageNotFound, client.ErrPullFailed, client.ErrRegistry}, false, "connection refused"},
			{"image always pulled", func(r *dockercmd.Run) { r.Image, r.Pull = "localhost:1/nosuch:1", "always" }, 125,
				[]error{client.ErrPullFailed, client.ErrRegistry}, false, "connection refused"},
			{"no mount source", func(r *dockercmd.Run) {
				r.Mounts = []dockercmd.Mount{{Type: "bind", Source: missing + "/a b", Target: "/x"}}
			}, 125, []error{client.ErrMountSource}, false, "does not exist: " + missing + "/a b"},
			{"no volume source", func(r *dockercmd.Run) {
				r.Volumes = []dockercmd.Volume{{Source: "/proc/nonexistent", Target: "/x"}}
			}, 127, []error{client.ErrMountSource}, true, "mkdir /proc/nonexistent"},
			{"cid file", func(r *dockercmd.Run) { r.CIDFile = cidFile }, 125, []error{client.ErrCIDFile}, false, "ontainer ID file found"},
			{"cid file's folder", func(r *dockercmd.Run) { r.CIDFile = missing + "/cid" }, 127, nil, false, "no such file or directory"},
			{"env file", func(r *dockercmd.Run) { r.EnvFiles = []string{missing + "/env"} }, 125, nil, false, "no such file or directory"},
			{"no command", func(r *dockercmd.Run) { r.Command = []string{"nosuch"} }, 127, []error{client.ErrCommandNotFound}, true,
				"executable file not found"},
			{"no command, path", func(r *dockercmd.Run) { r.Command = []string{"/nosuch"} }, 127, []error{client.ErrCommandNotFound}, true,
				"no such file or directory"},
			{"a command with docker's words", func(r *dockercmd.Run) { r.Command = []string{"No such container: x"} }, 127,
				[]error{client.ErrCommandNotFound}, true, "executable file not found"},
			{"not executable", func(r *dockercmd.Run) { r.Command = []string{"/etc/passwd"} }, 126, []error{client.ErrNotExecutable}, true,
				"permission denied"},
			{"a folder", func(r *dockercmd.Run) { r.Command = []string{"/tmp"} }, 126, []error{client.ErrNotExecutable}, true, ""},
			{"no network", func(r *dockercmd.Run) { r.Networks = []dockercmd.Network{{Name: "dockercmd-nosuch"}} }, 125,
				[]error{client.ErrNetworkNotFound}, true, "network dockercmd-nosuch not found"},
			{"no neighbour", func(r *dockercmd.Run) { r.VolumesFrom = []dockercmd.VolumesFrom{"dockercmd-nosuch"} }, 125,
				[]error{client.ErrNotFound}, false, "No such container"},
			{"unknown flag", func(r *dockercmd.Run) { r.Extra = []string{"--nosuch=1"} }, 125, []error{client.ErrBadFlag}, false,
				"unknown flag: --nosuch"},
		}
		for _, tt := range tests {
			run := worker(e, e.Name(t), "true")
			run.Init = nil
			run.Env = []string{"TOKEN=hunter2"}
			tt.change(&run)
			id, err := d.Run(t.Context(), run)
			wantKinds(t, err, tt.kinds...)
			failure := asDockerError(t, err)
			if failure.Exit != tt.exit || !strings.Contains(failure.Message, tt.text) || dockercmd.ValidID(id) != tt.wantID {
				t.Errorf("%s: got the exit %d, the id %q, %v, want %d, %q", tt.name, failure.Exit, id, err, tt.exit, tt.text)
			}
			if strings.Contains(err.Error()+failure.Line, "hunter2") || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("%s: shows the secret, or has several lines: %q", tt.name, err.Error())
			}
			if errors.Is(err, client.ErrNameConflict) && failure.ConflictID != holder {
				t.Errorf("%s: got the holder %q, want %q", tt.name, failure.ConflictID, holder)
			}
		}
	})
}

// TestEngineStates tests containers in states in which some operations are not possible.
func TestEngineStates(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		paused, _ := launch(t, e, d, forever...)
		e.Run(t, "pause", paused)
		restarting := worker(e, e.Name(t), "false")
		restarting.Restart.Policy = "always"
		if _, err := d.Run(t.Context(), restarting); err != nil {
			t.Fatal(err)
		}
		// The pause before a restart doubles each time: what does not fit into one fits into a later one.
		for deadline := time.Now().Add(5 * time.Minute); ; {
			before := inspectOne(t, d, restarting.Name)
			problems := stateProblems(t, d, restarting.Name, output.StateRestarting)
			after := inspectOne(t, d, restarting.Name)
			if before.State.Status == output.StateRestarting && after.State.Status == output.StateRestarting &&
				before.RestartCount == after.RestartCount {
				reportAll(t, problems)
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the pauses are too short: %+v, %+v", before.State, after.State)
			}
		}
		reportAll(t, stateProblems(t, d, paused, output.StatePaused))
	})
}

func inspectOne(t *testing.T, d client.Docker, name string) output.Container {
	t.Helper()
	c, err := d.Inspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return c[0]
}

// stateProblems tries what is not possible in a state, and returns what went otherwise.
func stateProblems(t *testing.T, d client.Docker, name string, state output.State) (problems []string) {
	t.Helper()
	code, err := d.Exec(t.Context(), dockercmd.Exec{Container: name, Command: []string{"true"}}, client.Streams{})
	if code != -1 || !errors.Is(err, client.ErrNotRunning) {
		problems = append(problems, fmt.Sprintf("exec, %s: got %d, %v, want ErrNotRunning", state, code, err))
	}
	if err := d.Rm(t.Context(), dockercmd.Rm{Containers: []string{name}}); !errors.Is(err, client.ErrRunning) {
		problems = append(problems, fmt.Sprintf("rm, %s: got %v, want ErrRunning", state, err))
	}
	rows, err := d.Ps(t.Context(), dockercmd.Ps{Filters: []dockercmd.Filter{dockercmd.ExactName(name)}})
	if err != nil || len(rows) != 1 || rows[0].State != state {
		problems = append(problems, fmt.Sprintf("ps: got %d rows, %v, want one in state %s", len(rows), err, state))
	}
	return problems
}

func reportAll(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

// TestEngineUnreachable runs every client where there is no engine or its socket may not be used.
func TestEngineUnreachable(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, _ *enginetest.Engine, d client.Docker) {
		at := func(host string) func(*testing.T, client.Docker) client.Docker {
			return func(_ *testing.T, d client.Docker) client.Docker {
				d.Env = append(os.Environ(), "DOCKER_HOST="+host)
				return d
			}
		}
		tests := []struct {
			name  string
			route func(*testing.T, client.Docker) client.Docker
			want  error
		}{
			{"no socket", at("unix://" + filepath.Join(t.TempDir(), "missing")), client.ErrUnavailable},
			{"nobody listens", at("tcp://127.0.0.1:1"), client.ErrUnavailable},
			{"no address", at("bogus://x"), client.ErrUnavailable},
			{"not allowed", asNobody, client.ErrPermission},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				d := tt.route(t, d)
				for _, c := range calls {
					err := c.call(t.Context(), d)
					shared := slices.Contains([]string{"logs", "logs that follow", "exec", "run in the foreground"}, c.name)
					if failure, _ := errors.AsType[*client.DockerError](err); failure == nil || failure.Shared != shared {
						t.Errorf("%s: got %#v", c.name, err)
					}
					if shared { // a program could have said so
						wantKinds(t, err, tt.want)
					} else {
						wantKinds(t, err, tt.want, client.ErrUnreached)
					}
				}
				v, err := d.Version(t.Context())
				known := v.Client.Version != "" || tt.name == "no address" // then the client does not come that far
				if !known || v.Server != nil || err == nil {
					t.Errorf("version: got %+v, %v, want the client's alone", v, err)
				}
			})
		}
	})
}

// asNobody returns a Docker whose client is started by a user who may not use the engine's socket.
func asNobody(t *testing.T, d client.Docker) client.Docker {
	t.Helper()
	setpriv, err := exec.LookPath("setpriv")
	if err != nil || os.Geteuid() != 0 {
		t.Skipf("NOT TESTED, another user's docker takes root and setpriv: user %d, %v", os.Geteuid(), err)
	}
	d.Runner = runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		c.Argv = append([]string{setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"}, c.Argv...)
		return runner.Exec{}.Start(ctx, c)
	})
	return d
}

// TestEngineStorm uses the worker-launcher's dialect, which docker itself understands too.
func TestEngineStorm(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		name, id := launch(t, e, d, "sh", "-c", "exit 7")
		if got := exitOf(t, d, name); got != 7 {
			t.Fatalf("got the exit code %d, want 7", got)
		}
		d.Engine.Dialect = dockercmd.Storm
		rows, err := d.Ps(t.Context(),
			dockercmd.Ps{Filters: []dockercmd.Filter{dockercmd.ExactName(name), {Key: "status", Value: "exited"}}})
		if err != nil || len(rows) != 1 || !strings.HasPrefix(id, rows[0].ID) || rows[0].State != output.StateExited {
			t.Errorf("ps: got %+v, %v", rows, err)
		}
		containers, err := d.Inspect(t.Context(), name)
		if err != nil || len(containers) != 1 || containers[0].ID != id || containers[0].State.ExitCode != 7 {
			t.Errorf("inspect: got %+v, %v", containers, err)
		}
		if _, err := d.Inspect(t.Context(), name+"0"); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("inspect: got %v, want ErrNotFound", err)
		}
		v, err := d.Version(t.Context())
		if err != nil || v.Server == nil || v.Server.Version != e.Version {
			t.Errorf("version: got %+v, %v, want the engine's %s", v, err, e.Version)
		}
	})
}

// TestEngineDeadline lets a client hang on an engine that accepts connections and never answers.
func TestEngineDeadline(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, _ *enginetest.Engine, d client.Docker) {
		socket := silentSocket(t)
		d.Env = append(os.Environ(), "DOCKER_HOST=unix://"+socket)
		d.Short = 500 * time.Millisecond
		d.Runner = runner.Exec{Grace: time.Second}
		start := time.Now()
		_, err := d.Ps(t.Context(), dockercmd.Ps{})
		wantKinds(t, err, client.ErrTimeout)
		if took := time.Since(start); took < d.Short {
			t.Errorf("took %v: %v", took, err)
		}
		if want := fmt.Sprintf("no answer within %v", d.Short); !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	})
}

// silentSocket returns a socket that accepts connections and never answers.
func silentSocket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dockercmd-") // a socket's path has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) // the kernel accepts; nobody reads
	return l.Addr().String()
}

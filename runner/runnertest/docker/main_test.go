package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
)

// program is this package, built.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "dockercmd-fake-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "docker")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		panic(fmt.Sprintf("go build: %v\n%s", err, out))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// daemonIn starts a fake-daemon and returns its socket. It ends with the test, with exit code 0.
func daemonIn(t *testing.T, scenario string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dockercmd-fake-") // shorter than t.TempDir: a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "sock")
	args := []string{"fake-daemon", "--socket", socket}
	if scenario != "" {
		file := filepath.Join(dir, "scenario.yaml")
		if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--scenario", file)
	}
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if want := "listening on unix://" + socket + "\n"; line != want {
		t.Errorf("got %q (%v), want %q", line, err, want)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the daemon: %v", err)
		}
		if _, err := os.Lstat(socket); !os.IsNotExist(err) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	return socket
}

// shell runs a script in which docker is the fake.
func shell(t *testing.T, socket, script string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Env = []string{"PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH")}
	if socket != "" {
		cmd.Env = append(cmd.Env, "DOCKER_HOST=unix://"+socket)
	}
	cmd.Dir = t.TempDir()
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return out.String(), msg.String(), cmd.ProcessState.ExitCode()
}

func TestFromAShell(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script, stdout, stderr string
		code                         int
	}{
		{"a life", `
			id=$(docker run -d --name w1 --cidfile cid busybox sh -c 'trap "exit 7" TERM; echo ready; while sleep 1; do :; done')
			test "$id" = "$(cat cid)" || echo "the cid file is wrong"
			until docker logs w1 | grep -q ready; do sleep 0.01; done
			docker ps --format '{{.Names}} {{.State}}'
			docker kill -s TERM w1
			docker wait w1
			docker events --since 1m --until "$(date +%s.%N)" --filter container=w1 --format '{{.Action}}'
			docker rm w1
			docker ps -aq`, "w1 running\nw1\n7\ncreate\nstart\nkill\ndie\nw1\n", "", 0},
		{"exit codes", `
			docker run --rm busybox sh -c 'echo out; echo err >&2; exit 3'`, "out\n", "err\n", 3},
		{"a stop", `
			docker run -d --init --name w2 busybox sleep inf >/dev/null
			docker stop w2 && docker inspect --format '{{.State.ExitCode}}' w2`, "w2\n143\n", "", 0},
		{"standard input is left alone unless asked for", `
			printf 'one\ntwo\n' | { docker run --rm busybox true; cat; }
			printf 'three\n' | docker run --rm -i busybox cat`, "one\ntwo\nthree\n", "", 0},
		{"an image that is not there", `docker run --pull never nosuch`, "",
			"docker: Error response from daemon: No such image: nosuch:latest\n\nRun 'docker run --help' for more information\n", 125},
		{"a signal for the container", `
			: >out
			docker run --init --name w3 busybox sh -c 'echo ready; sleep inf' >out & pid=$!
			until grep -q ready out; do sleep 0.01; done
			kill -TERM $pid; wait $pid`, "", "", 143},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := shell(t, daemonIn(t, ""), tt.script)
			if stdout != tt.stdout || stderr != tt.stderr || code != tt.code {
				t.Errorf("got %q, %q and exit code %d, want %q, %q and %d", stdout, stderr, code, tt.stdout, tt.stderr, tt.code)
			}
		})
	}
}

func TestWithoutADaemon(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "nobody")
	down := func(host string) string {
		return "Cannot connect to the Docker daemon at " + host + ". Is the docker daemon running?\n"
	}
	tests := []struct {
		name, socket, script, stderr string
		code                         int
	}{
		{"ps", socket, "docker ps", down("unix://" + socket), 1},
		{"run", socket, "docker run busybox", "docker: " + down("unix://"+socket) + "\nRun 'docker run --help' for more information\n",
			125},
		{"nothing said", "", "docker ps", down(nowhere), 1},
	}
	for _, tt := range tests {
		if _, stderr, code := shell(t, tt.socket, tt.script); stderr != tt.stderr || code != tt.code {
			t.Errorf("%s: got %q and exit code %d, want %q and %d", tt.name, stderr, code, tt.stderr, tt.code)
		}
	}
}

// TestASupervisorIsKilled kills a docker client, as the end of a supervisor's process group does. Another one finds the container.
func TestASupervisorIsKilled(t *testing.T) {
	t.Parallel()
	socket := daemonIn(t, "")
	stdout, stderr, _ := shell(t, socket, `
		: >out
		docker run --init --name w1 busybox sh -c 'echo ready; sleep inf' >out & pid=$!
		until grep -q ready out; do sleep 0.01; done
		kill -KILL $pid; wait $pid; echo $?
		docker inspect --format '{{.State.Status}}' w1
		docker rm -f w1`)
	if !strings.HasSuffix(stdout, "137\nrunning\nw1\n") {
		t.Errorf("got %q and %q, want 137 of the client, and a container that runs", stdout, stderr)
	}
}

func TestScenario(t *testing.T) {
	t.Parallel()
	socket := daemonIn(t, `
images:
  worker:1: {output: "started\n", sleep: forever, on: {TERM: 9}, missing: [nosuch]}
  deaf: {sleep: forever, ignore: [TERM]}
  short: {errors: "oops\n", exit: 4}
  busybox: {busybox: true}
faults:
  - {command: ps, skip: 1, times: 2, refuse: down}
  - {command: version, hang: true}
  - {command: wait, reply: {stderr: "unexpected EOF\n", code: 1}}
  - {command: stop, times: 1, lost: true, refuse: broken}
`)
	d := client.Docker{Program: program, Env: []string{"DOCKERCMD_FAKE=unix://" + socket}}
	ctx := t.Context()
	id, err := d.Run(ctx, dockercmd.Run{Name: "w1", Image: "worker:1"})
	if err != nil {
		t.Fatal(err)
	}
	ps := func() error {
		_, err := d.Ps(ctx, dockercmd.Ps{All: true})
		return err
	}
	for i, want := range []error{nil, client.ErrUnavailable, client.ErrUnavailable, nil} {
		if err := ps(); !errors.Is(err, want) {
			t.Errorf("ps %d: got %v, want %v", i, err, want)
		}
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := d.Version(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("version: got %v, want the end of the time", err)
	}
	if _, _, code := shell(t, socket, "docker stop w1"); code != 1 {
		t.Errorf("stop: got exit code %d, want 1 of an engine that has gone away", code)
	}
	stdout, stderr, code := shell(t, socket, `
		until docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' `+id+` | grep -q 'exited 9'; do sleep 0.01; done
		docker logs w1
		docker wait w1; echo "wait $?"
		docker run -d --name w2 --init deaf >/dev/null; docker stop -t 0 w2; docker inspect --format '{{.State.ExitCode}}' w2
		docker run --name w3 worker:1 nosuch; echo "missing $?"
		docker run short`)
	if want := "started\nwait 1\nw2\n137\nmissing 127\n"; stdout != want {
		t.Errorf("got %q, want %q", stdout, want)
	}
	if code != 4 || !strings.HasSuffix(stderr, "oops\n") {
		t.Errorf("got %q and exit code %d, want oops and 4", stderr, code)
	}
}

func TestScenariosThatAreWrong(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"an unknown key", "images:\n  a: {slep: 1s}\n", `unknown key "slep"`},
		{"no duration", "images:\n  a: {sleep: long}\n", `image a: sleep: time: invalid duration "long", or forever`},
		{"no exit code", "images:\n  a: {exit: 256}\n", "image a: exit: 256 is no exit code"},
		{"no signal", "images:\n  a: {ignore: [NOSUCH]}\n", `image a: ignore: signal "NOSUCH"`},
		{"no command", "faults:\n  - {command: nosuch}\n", `fault 1: docker has no command "nosuch"`},
		{"no refusal", "faults:\n  - {refuse: maybe}\n", `fault 1: refuse: "maybe" is none of down, denied and broken`},
		{"busybox with more", "images:\n  a: {busybox: true, exit: 1}\n", "image a: busybox does what the command line says"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "s.yaml")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(program, "fake-daemon", "--socket", filepath.Join(dir, "s"), "--scenario", file).CombinedOutput()
			if err == nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("got %v and %q, want %q", err, out, tt.want)
			}
		})
	}
}

func TestDaemonsDoNotShareASocket(t *testing.T) {
	t.Parallel()
	socket := daemonIn(t, "")
	out, err := exec.Command(program, "fake-daemon", "--socket", socket).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "somebody listens") {
		t.Errorf("got %v and %q, want a refusal", err, out)
	}
}

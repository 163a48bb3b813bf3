// Docker is a docker client for tests that need no docker, in any language: put it on PATH under this name, start a fake
// engine, and point the client at it.
//
//	go build -o bin/docker github.com/dockercmd/toolkit/runner/runnertest/docker
//	bin/docker fake-daemon --socket /tmp/fake.sock --scenario faults.yaml &
//	export PATH=$PWD/bin:$PATH DOCKERCMD_FAKE=unix:///tmp/fake.sock
//	docker run -d --name w1 busybox sleep 60
//
// It prints what docker 28.2.2 prints before a 20.10.24 engine, on the same streams and with the same exit codes: see package
// runnertest, which is the engine. Containers live in the fake-daemon: a client that is killed leaves its container running,
// and so does a supervisor. DOCKERCMD_FAKE names the socket; without it DOCKER_HOST does. Without either, or when nobody listens
// there, the client says that it cannot connect to the docker daemon, as docker does.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// nowhere is the socket of docker itself, to which the fake never connects.
const nowhere = "unix:///var/run/docker.sock"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "fake-daemon" {
		if err := daemon(os.Args[2:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "docker fake-daemon:", err)
			os.Exit(1)
		}
		return
	}
	end(runClient(os.Args[1:]))
}

// runClient runs one docker line in the fake, and returns how it ended.
func runClient(words []string) error {
	host := cmp.Or(os.Getenv("DOCKERCMD_FAKE"), os.Getenv("DOCKER_HOST"))
	socket, isUnix := strings.CutPrefix(cmp.Or(host, nowhere), "unix://")
	if !isUnix {
		return fmt.Errorf("the fake docker listens on a unix socket: set DOCKERCMD_FAKE to unix:///PATH, not to %q", host)
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2,
		syscall.SIGWINCH)
	r := runnertest.Remote{Socket: socket, AskNobody: host == ""}
	p, err := r.Start(context.Background(), runner.Cmd{
		Argv: append([]string{"docker"}, words...), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	if err != nil {
		return err
	}
	go func() {
		for s := range signals {
			_ = p.Signal(s) // the only failure is that it has ended
		}
	}()
	return p.Wait()
}

// end ends this process as the client in the fake has ended: with its exit code, or by its signal.
func end(err error) {
	if err == nil {
		return
	}
	exit, ok := errors.AsType[*runner.ExitError](err)
	if !ok {
		fmt.Fprintln(os.Stderr, "docker:", err)
		os.Exit(125)
	}
	if exit.Signal != 0 {
		signal.Reset(exit.Signal)
		_ = syscall.Kill(os.Getpid(), exit.Signal)
	}
	os.Exit(exit.Code)
}

package runnertest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// Remote is a Runner whose docker clients run in a fake that another process serves, or this one: see [Docker.Serve]. Its
// containers live there, so that they outlive a supervisor that is killed. When the fake is not served, it says in docker's words
// that there is no engine. It is safe for concurrent use.
type Remote struct {
	// Socket is the path of the unix socket.
	Socket string

	// Grace is how long a client that ignores SIGTERM outlives its context, as in [runner.Exec]. Zero means
	// [runner.DefaultGrace]; a negative one means that it gets SIGKILL at once.
	Grace time.Duration

	// AskNobody makes every client find no engine, even if a fake is served at the socket.
	AskNobody bool
}

// Start runs a docker command line in the served fake. Its first word must be docker, perhaps with a path in front of it. A
// Cmd without Env or Dir gets this process's own.
func (r Remote) Start(ctx context.Context, c runner.Cmd) (runner.Process, error) {
	if err := startable(ctx, c); err != nil {
		return nil, err
	}
	if path.Base(c.Argv[0]) != "docker" {
		return nil, notDocker(c)
	}
	if c.Env == nil {
		c.Env = os.Environ()
	}
	if c.Dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, &runner.StartError{Program: c.Argv[0], Err: err}
		}
		c.Dir = dir
	}
	w, pid, err := r.dial(ctx, c)
	wg := new(sync.WaitGroup)
	if err != nil {
		noEngine := func(p *client) int { return r.noEngine(p, err) }
		return startClient(ctx, wg, firstPID, c, graceOr(r.Grace), clientSignal, noEngine), nil
	}
	onSignal := func(sig syscall.Signal) (exitStatus, bool) {
		_ = w.send(frameSignal, []byte(strconv.Itoa(int(sig)))) // main sees that the connection is broken
		return exitStatus{}, false
	}
	return startClient(ctx, wg, pid, c, graceOr(r.Grace), onSignal, func(p *client) int { return r.main(p, w) }), nil
}

// dial connects and has the client started over there.
func (r Remote) dial(ctx context.Context, c runner.Cmd) (w *wire, pid int, err error) {
	if r.AskNobody {
		return nil, 0, os.ErrNotExist
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", r.Socket)
	if err != nil {
		return nil, 0, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	w = &wire{conn: conn}
	var started startedFrame
	sendErr := w.sendJSON(frameStart, startFrame{c.Argv, c.Env, c.Dir})
	err = w.greeted() // who does not greet may not listen either
	if err == nil {
		err = sendErr
	}
	if err == nil {
		err = w.expect(frameStarted, &started)
	}
	if err == nil && started.Error != "" {
		err = errors.New(started.Error)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, 0, err
	}
	return w, started.PID, nil
}

// main runs the docker client.
func (r Remote) main(p *client, w *wire) int {
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-p.killed:
		case <-done:
		}
		w.conn.Close()
	})
	defer watch.Wait()
	defer close(done)
	for {
		k, data, err := w.receive()
		if err != nil {
			p.errln("unexpected EOF")
			return 1
		}
		switch k {
		case frameStdout:
			p.write(p.cmd.Stdout, data)
		case frameStderr:
			p.write(p.cmd.Stderr, data)
		case frameRead:
			go sendInput(w, p.cmd.Stdin) // may never come back from its Read, like the goroutine of any Cmd.Stdin
		case frameExit:
			var exit exitFrame
			if json.Unmarshal(data, &exit) != nil {
				return 1
			}
			p.end(exitStatus{exit.Code, syscall.Signal(exit.Signal)})
			return exit.Code
		}
	}
}

func sendInput(w *wire, r io.Reader) {
	if r == nil {
		_ = w.send(frameInput, nil)
		return
	}
	piece := make([]byte, chunkSize)
	for {
		n, err := r.Read(piece)
		if n == 0 && err == nil {
			continue
		}
		_ = w.send(frameInput, piece[:n]) // main sees that the connection is broken
		return
	}
}

// noEngine ends a client that finds no engine, and returns its exit code.
func (r Remote) noEngine(p *client, err error) int {
	words := p.cmd.Argv[1:]
	if errors.Is(err, errNoFake) {
		p.errln("runnertest: " + r.Socket + ": " + err.Error() + ": set DOCKERCMD_FAKE or DOCKER_HOST to the socket of one")
		return 125
	}
	c, parseErr := dockercmd.Parse(slices.Clone(words))
	if parseErr != nil {
		return refuse(p, words, parseErr)
	}
	return engineError(p, c, noEngineAt("unix://"+r.Socket))
}

package runnertest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"

	"github.com/dockercmd/toolkit/runner"
)

// Serve serves the fake to other processes, on the listener of a unix socket: to Go programs with a [Remote], to all others
// through the program in the folder docker beside this package, which is put on their PATH under the name docker. Each connection
// is one docker client: when it breaks, the client is killed, as if by SIGKILL, and its container lives on.
//
// Serve returns nil after [Docker.Close], which closes the listener, and otherwise what Accept says. Whoever can connect can
// make the fake read and write files where its clients may name one (--cidfile, --env-file, --volume): use it for tests only.
func (d *Docker) Serve(l net.Listener) error {
	if !d.hold(l) {
		l.Close()
		return errors.New("the fake docker is closed")
	}
	defer d.release(l)
	for {
		conn, err := l.Accept()
		if err != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.closed {
				return nil
			}
			return err
		}
		d.mu.Lock()
		if d.closed {
			d.mu.Unlock()
			conn.Close()
			return nil
		}
		d.keep(conn)
		d.wg.Go(func() {
			defer d.release(conn)
			d.serve(conn)
		})
		d.mu.Unlock()
	}
}

// hold makes Close close c, and reports whether the Docker is still open.
func (d *Docker) hold(c io.Closer) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.keep(c)
	return true
}

// keep makes Close close c. The caller holds d.mu.
func (d *Docker) keep(c io.Closer) {
	if d.open == nil {
		d.open = make(map[io.Closer]bool)
	}
	d.open[c] = true
}

func (d *Docker) release(c io.Closer) {
	c.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, c)
}

// serve serves one client's connection.
func (d *Docker) serve(conn net.Conn) {
	w := &wire{conn: conn}
	if _, err := io.WriteString(conn, greeting); err != nil {
		return
	}
	var start startFrame
	if w.expect(frameStart, &start) != nil || len(start.Argv) == 0 {
		return
	}
	start.Argv[0] = "docker" // whatever the program is called over there
	input := &remoteInput{wire: w, pieces: make(chan []byte, 1), over: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if start.Env == nil {
		start.Env = []string{}
	}
	w.mu.Lock() // what the client prints comes behind the news of its start
	p, err := d.Start(ctx, runner.Cmd{
		Argv: start.Argv, Env: start.Env, Dir: start.Dir,
		Stdin: input, Stdout: frames{w, frameStdout}, Stderr: frames{w, frameStderr},
	})
	var started startedFrame
	if err != nil {
		started.Error = err.Error()
	} else {
		started.PID = p.PID()
	}
	news, _ := json.Marshal(started)  // a number and a text
	_ = w.sendNow(frameStarted, news) // listen sees that the connection is broken
	w.mu.Unlock()
	if err != nil {
		return
	}
	d.wg.Go(func() {
		d.listen(w, p, input)
		_ = p.Signal(syscall.SIGKILL) // the connection is broken, or p has ended
		close(input.over)
	})
	err = p.Wait()
	var exit exitFrame
	if e, ok := errors.AsType[*runner.ExitError](err); ok {
		exit = exitFrame{e.Code, int(e.Signal)}
	}
	_ = w.sendJSON(frameExit, exit)
}

// listen hands on what the client sends, until the connection breaks.
func (d *Docker) listen(w *wire, p runner.Process, input *remoteInput) {
	for {
		k, data, err := w.receive()
		if err != nil {
			return
		}
		switch k {
		case frameInput:
			select {
			case input.pieces <- data:
			default: // it was not asked for
			}
		case frameSignal:
			if n, err := strconv.Atoi(string(data)); err == nil {
				_ = p.Signal(syscall.Signal(n)) // the only failure is that it has ended
			}
		}
	}
}

// remoteInput is the standard input of a remote client, which is asked for each piece of it.
type remoteInput struct {
	wire   *wire
	pieces chan []byte   // has room for the one that has been asked for
	over   chan struct{} // closed when the client is gone
	rest   []byte
	ended  bool
}

func (r *remoteInput) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && !r.ended {
		if err := r.wire.send(frameRead, nil); err != nil {
			return 0, err
		}
		select {
		case r.rest = <-r.pieces:
			r.ended = len(r.rest) == 0
		case <-r.over:
			return 0, io.ErrUnexpectedEOF
		}
	}
	if r.ended {
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

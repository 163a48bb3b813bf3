package runnertest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// The protocol between a Remote and a served Docker: the server greets with a line, then both send frames. A frame is a
// letter for its kind, the length of what follows in four bytes, and that.
const greeting = "dockercmd-fake 1\n"

type kind byte

// What clients send.
const (
	frameStart  kind = 'S' // a startFrame, once and first
	frameInput  kind = 'I' // a piece of standard input, the answer to frameRead; an empty one is its end
	frameSignal kind = 'K' // a signal's number, in decimal
)

// What the server sends.
const (
	frameStarted kind = 'P' // a startedFrame
	frameRead    kind = 'R' // the client is to send a piece of its standard input: it is not read unless docker wants it
	frameStdout  kind = '1'
	frameStderr  kind = '2'
	frameExit    kind = 'X' // an exitFrame, once and last
)

// frameLimit is more than any frame has.
const frameLimit = 16 << 20

// chunk is the largest piece of a stream.
const chunkSize = 32 << 10

type startFrame struct {
	Argv []string
	Env  []string // null is none
	Dir  string
}

type startedFrame struct {
	PID   int
	Error string
}

type exitFrame struct{ Code, Signal int }

// wire is one end of a connection. Frames may be sent by several goroutines at once, and received by one.
type wire struct {
	conn io.ReadWriteCloser
	mu   sync.Mutex
}

func (w *wire) send(k kind, data []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sendNow(k, data)
}

// sendNow sends a frame. The caller holds w.mu.
func (w *wire) sendNow(k kind, data []byte) error {
	frame := make([]byte, 5, 5+len(data))
	frame[0] = byte(k)
	binary.BigEndian.PutUint32(frame[1:], uint32(len(data)))
	_, err := w.conn.Write(append(frame, data...))
	return err
}

func (w *wire) sendJSON(k kind, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.send(k, data)
}

func (w *wire) receive() (kind, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(w.conn, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > frameLimit {
		return 0, nil, fmt.Errorf("runnertest: a frame of %d bytes", n)
	}
	data := make([]byte, n)
	_, err := io.ReadFull(w.conn, data)
	return kind(head[0]), data, err
}

// expect receives a frame of one kind and reads it into v.
func (w *wire) expect(k kind, v any) error {
	got, data, err := w.receive()
	if err != nil {
		return err
	}
	if got != k {
		return fmt.Errorf("runnertest: a frame of kind %q instead of %q", got, k)
	}
	return json.Unmarshal(data, v)
}

// errNoFake is what listens at a socket and does not greet.
var errNoFake = errors.New("what listens there is no fake docker")

func (w *wire) greeted() error {
	got := make([]byte, len(greeting))
	_, err := io.ReadFull(w.conn, got)
	switch {
	case errors.Is(err, syscall.ECONNRESET): // it did not even read what it was sent
		return errNoFake
	case err != nil:
		return err
	}
	if string(got) != greeting {
		return errNoFake
	}
	return nil
}

// frames is a Writer that sends each Write as frames.
type frames struct {
	wire *wire
	kind kind
}

func (f frames) Write(p []byte) (n int, err error) {
	for n < len(p) {
		piece := p[n:min(len(p), n+chunkSize)]
		if err := f.wire.send(f.kind, piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, nil
}

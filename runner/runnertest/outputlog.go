package runnertest

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// stream is one of a process's two outputs.
type stream int

const (
	stdout stream = iota
	stderr
)

// chunk is one write of a program.
type chunk struct {
	stream stream
	time   time.Time
	data   []byte
}

// outputLog keeps everything that a container writes. Each reader reads at its own pace: a client that is slow or
// killed does not hold up the program.
type outputLog struct {
	mu     sync.Mutex
	chunks []chunk
	more   chan struct{} // closed at the next write
}

func (l *outputLog) write(s stream, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.chunks = append(l.chunks, chunk{s, time.Now(), bytes.Clone(data)})
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
}

// from returns the chunks from the i-th on, and a channel that is closed when there are more.
func (l *outputLog) from(i int) ([]chunk, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return l.chunks[min(i, len(l.chunks)):], l.more
}

func (l *outputLog) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.chunks)
}

// follow passes on the chunks from the i-th on until over is closed and all are passed on; it returns false when p is ended
// before.
func (l *outputLog) follow(p *client, i int, over <-chan struct{}, take func(chunk)) bool {
	for {
		ended := isClosed(over)
		chunks, more := l.from(i)
		for _, c := range chunks {
			take(c)
		}
		i += len(chunks)
		if ended {
			return true
		}
		select {
		case <-more:
		case <-over:
		case <-p.killed:
			return false
		case <-p.cut:
			if !isClosed(over) {
				p.interrupted = true
				return false
			}
		}
	}
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// logWriter is a program's output. It is closed with the program's run.
type logWriter struct {
	log    *outputLog
	stream stream
	over   <-chan struct{}
	tty    bool // a terminal begins new lines with a carriage return
}

func (w logWriter) Write(p []byte) (int, error) {
	if isClosed(w.over) {
		return 0, io.ErrClosedPipe
	}
	text := p
	if w.tty {
		text = bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))
	}
	w.log.write(w.stream, text)
	return len(p), nil
}

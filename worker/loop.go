package worker

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// loop is a goroutine that owns state, and the goroutines that work for it. They hand their results to it with post: what the
// loop's goroutine owns needs no lock.
type loop struct {
	ctx  context.Context
	wg   sync.WaitGroup // of the goroutines that work for it
	wake chan struct{}  // receives when something was posted
	over chan struct{}  // closed when the loop has ended

	mu     sync.Mutex
	queue  []func()
	closed bool
}

// newLoop returns a loop that works until ctx ends.
func newLoop(ctx context.Context) *loop {
	return &loop{ctx: ctx, wake: make(chan struct{}, 1), over: make(chan struct{})}
}

// post has the loop call f, soon and in order. It never blocks. It reports whether there is a loop to call f; f may not be called
// either when the loop ends soon.
func (l *loop) post(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.queue = append(l.queue, f)
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return true
}

// loopLockTime is how long the loop waits for the lock on Root: what it could not do then, it tries again.
const loopLockTime = 2 * time.Second

// brief returns a context for what the loop does itself, and must not wait long for.
func (l *loop) brief() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(l.ctx, loopLockTime, errLoopLockTime)
}

var errLoopLockTime = fmt.Errorf("waited for it for %s", loopLockTime)

// runPosted calls what was posted since the last time.
func (l *loop) runPosted() {
	l.mu.Lock()
	queue := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, f := range queue {
		f()
	}
}

// close ends the loop: nothing is posted any more, and over is closed.
func (l *loop) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	close(l.over)
}

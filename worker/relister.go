package worker

import (
	"context"
	"time"

	"github.com/dockercmd/toolkit/internal/backoff"
)

// brokenTime is the longest pause between two lists while the engine does not answer, or there are no events.
const brokenTime = 5 * time.Second

// relister asks for all containers, one question at a time. It belongs to the loop.
type relister[A any] struct {
	loop *loop
	// ask prepares a question in the loop's goroutine; what it returns is called in a goroutine of its own, and its answer handed
	// to answered by the loop.
	ask      func() func(context.Context) A
	answered func(A)
	// every is the pause between two questions; 0 is that there is only one.
	every time.Duration

	timer    *time.Timer // fires when begin is due
	asked    int         // how many questions there were
	asking   bool
	again    bool // another one was asked for meanwhile
	failures int  // in a row
	pause    backoff.Backoff
}

// start has the first question begin at once.
func (l *relister[A]) start() {
	l.timer = time.NewTimer(0)
	l.pause = backoff.Backoff{First: time.Second, Max: brokenTime}
}

// soon has the next question begin after d.
func (l *relister[A]) soon(d time.Duration) { l.timer.Reset(d) }

// begin asks, or once more when the present question is answered.
func (l *relister[A]) begin() {
	if l.asking {
		l.again = true
		return
	}
	l.asking, l.again = true, false
	l.asked++
	question := l.ask()
	l.loop.wg.Go(func() {
		a := question(l.loop.ctx)
		l.loop.post(func() {
			l.asking = false
			l.answered(a)
		})
	})
}

// next schedules the next question after an answer: later while the engine fails, sooner while there are no events.
func (l *relister[A]) next(err error, events bool) {
	if err != nil {
		l.failures++
	} else {
		l.failures = 0
		l.pause.Reset()
	}
	switch {
	case l.every == 0:
	case err != nil:
		l.soon(min(l.pause.Next(), l.every))
	case l.again:
		l.soon(0)
	case !events:
		l.soon(min(l.every, brokenTime))
	default:
		l.soon(l.every)
	}
}

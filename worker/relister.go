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
	nextAt   time.Time   // when it fires
	wish     time.Time   // the latest time for which soon has asked
	asked    int         // how many questions there were
	asking   bool
	wished   bool      // soon was called since the question
	began    time.Time // when the last question began
	failures int       // in a row
	pause    backoff.Backoff
}

// start has the first question begin at once.
func (l *relister[A]) start() {
	l.timer = time.NewTimer(0)
	l.pause = backoff.Backoff{First: time.Second, Max: brokenTime}
}

// soon has a question begin after d, or a little later when one is being answered then.
func (l *relister[A]) soon(d time.Duration) {
	at := time.Now().Add(d)
	if at.After(l.wish) {
		l.wish = at
	}
	if l.asking {
		l.wished = true // next sees to it
	} else if l.nextAt.IsZero() || at.Before(l.nextAt) {
		l.fire(at)
	}
}

// fire sets the timer.
func (l *relister[A]) fire(at time.Time) {
	l.nextAt = at
	l.timer.Reset(time.Until(at))
}

// begin asks, unless a question is being answered.
func (l *relister[A]) begin() {
	if l.asking {
		return
	}
	l.asking, l.wished, l.nextAt, l.began = true, false, time.Time{}, time.Now()
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
	now := time.Now()
	at := now.Add(l.every)
	switch {
	case l.every == 0:
		return
	case err != nil:
		at = now.Add(min(l.pause.Next(), l.every))
	case l.wished || l.wish.After(l.began):
		at = l.wish
	case !events:
		at = now.Add(min(l.every, brokenTime))
	}
	l.fire(at)
}

package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// The values of a Retry that names none.
const (
	defaultAttempts  = 3
	defaultRetryBase = 200 * time.Millisecond
	defaultRetryMax  = 5 * time.Second
)

// Retry repeats calls of docker that failed for a passing reason, where that is safe:
//
//   - those that only read (ps, inspect, version, image inspect) and wait, when the engine is unavailable: not reached, or gone
//     before it answered;
//   - every other, run, start and exec too, only when the engine was certainly not reached ([ErrUnreached] beside
//     [ErrUnavailable]), so that nothing has been done. A call that reads its caller's input, and events, are never repeated.
//
// What a deadline ended is not repeated, nor what a breaker refused. Between two attempts it waits a random time of up to Base,
// then up to twice as much and so on, and never more than Max. When ctx would end before that, it returns at once with the error
// it has. The last error is the answer.
//
// Its zero value is ready, and it is safe for concurrent use; several Dockers may share one.
type Retry struct {
	// Attempts is how often a call is made at most, the first time included; 0 is 3.
	Attempts int
	// Base and Max bound the waiting; 0 is 200 ms and 5 s.
	Base, Max time.Duration
	// Budget bounds the repetitions of all calls together; nil is one of this Retry's own.
	Budget *Budget

	own Budget
}

// deposit adds what a new call earns to the budget. A nil Retry has none.
func (r *Retry) deposit() {
	if r != nil {
		r.budget().deposit()
	}
}

func (r *Retry) budget() *Budget {
	if r.Budget != nil {
		return r.Budget
	}
	return &r.own
}

// again waits before the next attempt, and reports whether there is to be one. A nil r repeats nothing.
func (r *Retry) again(ctx context.Context, c dockercmd.Command, attempt int, err error) bool {
	if r == nil {
		return false
	}
	attempts := r.Attempts
	if attempts == 0 {
		attempts = defaultAttempts
	}
	if attempt >= attempts || !retryable(c, err) {
		return false
	}
	pause := r.backoff(attempt)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
		return false
	}
	return ctx.Err() == nil && r.budget().withdraw() && sleep(ctx, pause)
}

// backoff returns how long to wait after an attempt.
func (r *Retry) backoff(attempt int) time.Duration {
	return jitter(attempt, orDefault(r.Base, defaultRetryBase), orDefault(r.Max, defaultRetryMax))
}

// jitter returns a random time of up to base, twice base and so on, up to most.
func jitter(attempt int, base, most time.Duration) time.Duration {
	for range attempt - 1 {
		if base >= most/2 {
			base = most
			break
		}
		base *= 2
	}
	return rand.N(min(base, most) + 1)
}

// sleep waits for d, and reports whether ctx lasted as long.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// endedByContext reports whether a context's end is part of err.
func endedByContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// retryable reports whether it is safe, and worthwhile, to repeat a failed call.
func retryable(c dockercmd.Command, err error) bool {
	if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBreakerOpen) || endedByContext(err) {
		return false
	}
	_, waits := c.(*dockercmd.Wait)
	return errors.Is(err, ErrUnreached) || waits || readOnly(c)
}

// Budget bounds how many calls are repeated, so that a failing engine does not get several times its usual load: each call puts a
// part of a repetition in, each repetition takes one out, and when there is none nothing is repeated. Its zero value is ready
// and full. It is safe for concurrent use.
type Budget struct {
	// Ratio is how many repetitions each call earns; 0 is 0.1: over time, one call in ten may be repeated once.
	Ratio float64
	// Burst is how many may be saved, which is also what there is in the beginning; 0 is 10.
	Burst int

	mu    sync.Mutex
	spent float64 // below Burst
}

// deposit adds what a call earns.
func (b *Budget) deposit() {
	ratio := b.Ratio
	if ratio == 0 {
		ratio = 0.1
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent = max(0, b.spent-ratio)
}

// withdraw takes one retry out and reports whether there was one.
func (b *Budget) withdraw() bool {
	burst := b.Burst
	if burst == 0 {
		burst = 10
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+1 > float64(burst)+1e-9 {
		return false
	}
	b.spent++
	return true
}

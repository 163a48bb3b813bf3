package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// The values of a Breaker that names none.
const (
	DefaultThreshold = 3
	DefaultProbe     = time.Second
	DefaultProbeMax  = 30 * time.Second
)

// Breaker keeps calls away from an engine that is sick, so that they fail at once in place of hanging to their deadlines and
// piling up. Its zero value is ready. It is shared by pointer, by all Dockers that ask one engine, and safe for concurrent use.
//
// It counts failures of the engine that follow each other: [ErrUnavailable], and [ErrTimeout] of a call's own deadline, or of its
// caller's if that left docker a second or more. A refusal, such as ErrNotFound, is an answer. What says nothing of the engine
// counts neither way: a missing client, a failing launcher, a socket that may not be used, a call that was cancelled, a pull
// that a registry holds up.
//
// After Threshold failures it opens: every call, kill, stop and rm included, fails with [ErrBreakerOpen], which is ErrUnavailable
// and ErrUnreached too, before anything is started. From Probe later on, one call at a time is let through to try the engine: one
// that only reads (ps, inspect, version, image inspect) goes itself, before any other docker version is asked, for up to 5
// seconds. After each try that fails the time to the next doubles, up to ProbeMax. The first answer closes it, whichever call gets
// it. Nothing is tried while nobody calls: a supervisor's relist is its probe.
//
// Whoever must kill a container while the breaker is open, such as the last step of an escalation, takes a copy of the Docker
// with Breaker nil.
type Breaker struct {
	// Threshold is how many failures open it; 0 is 3.
	Threshold int
	// Probe and ProbeMax bound the time between two tries; 0 is 1 s and 30 s.
	Probe, ProbeMax time.Duration
	// Changed, when set, is told the health whenever its State changes, by the call that changed it and one at a time. It must not
	// call docker.
	Changed func(Health)

	telling sync.Mutex // held while Changed is told, before mu

	mu      sync.Mutex
	health  Health
	wait    time.Duration // between the last try and the next
	probing bool
}

// entry is what the breaker says to a call.
type entry int

const (
	letIn      entry = iota // as any call while it is closed
	turnAway                // not now
	letProbe                // to try the engine
	probeFirst              // when docker version has tried the engine
)

// enter asks for a call. When it is not turned away, leave must follow, once.
func (b *Breaker) enter(reads bool) (entry, Health) {
	if b == nil {
		return letIn, Health{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.health.State != Sick:
		return letIn, Health{}
	case b.probing || time.Now().Before(b.health.NextProbe):
		return turnAway, b.health
	}
	b.probing = true
	if reads {
		return letProbe, Health{}
	}
	return probeFirst, b.health
}

// opinion is what a call's end says of the engine.
type opinion int

const (
	saysNothing opinion = iota
	itAnswered          // with success or a refusal
	itFailed
)

// verdict says what the end of a call means.
func verdict(ctx context.Context, c dockercmd.Command, how calling, took time.Duration, err error) opinion {
	failure, isDocker := errors.AsType[*DockerError](err)
	_, pulls := c.(*dockercmd.Pull)
	switch {
	case err == nil:
		return itAnswered
	case !isDocker, errors.Is(err, context.Canceled), errors.Is(err, ErrNoClient), errors.Is(err, ErrLauncher), errors.Is(err, ErrPermission),
		errors.Is(err, ErrBadFlag), errors.Is(err, ErrEventsLost):
		return saysNothing
	case errors.Is(err, ErrUnavailable):
		return itFailed
	case errors.Is(err, ErrTimeout):
		if pulls || ctx.Err() != nil && (how.deadline == 0 || took < patience) {
			return saysNothing
		}
		return itFailed
	case len(failure.Kinds) > 0 && !errors.Is(err, ErrUnreached) || endedByItself(err) != nil:
		return itAnswered
	}
	return saysNothing
}

// leave tells how a call ended; probe says that it was let in to try the engine. Nil b is no breaker.
func (b *Breaker) leave(probe bool, o opinion, err error) {
	if b == nil {
		return
	}
	b.telling.Lock()
	defer b.telling.Unlock()
	health, changed := b.record(probe, o, err)
	if changed && b.Changed != nil {
		b.Changed(health)
	}
}

func (b *Breaker) record(probe bool, o opinion, err error) (h Health, changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, now := b.health.State, time.Now()
	switch o {
	case itAnswered:
		b.health = Health{State: Healthy, Since: b.health.Since, LastSuccess: now}
	case itFailed:
		b.health.Failures++
		b.health.LastError = err.Error()
		switch {
		case before != Sick && b.health.Failures < b.threshold():
			b.health.State = Failing
		case before != Sick:
			b.health.State, b.wait = Sick, orDefault(b.Probe, DefaultProbe)
			b.health.NextProbe = now.Add(b.wait)
		case probe:
			b.wait = max(b.wait, min(2*b.wait, orDefault(b.ProbeMax, DefaultProbeMax)))
			b.health.NextProbe = now.Add(b.wait)
		}
	} // a try that says nothing is made again by the next call
	if probe {
		b.probing = false
	}
	if changed = b.health.State != before; changed {
		b.health.Since = now
	}
	return b.health, changed
}

func (b *Breaker) threshold() int {
	if b.Threshold > 0 {
		return b.Threshold
	}
	return DefaultThreshold
}

// Health is what the calls so far say of the engine. A nil Breaker knows nothing.
func (b *Breaker) Health() Health {
	if b == nil {
		return Health{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.health
}

// breakerError is why a call was refused.
type breakerError struct{ health Health }

func (e *breakerError) Error() string {
	return fmt.Sprintf("%v: %d calls in a row failed, the last with %q", ErrBreakerOpen, e.health.Failures, e.health.LastError)
}

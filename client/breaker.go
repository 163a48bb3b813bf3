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
	defaultThreshold = 3
	defaultProbe     = time.Second
	defaultProbeMax  = 30 * time.Second
)

// Breaker is a circuit breaker: it rejects calls while the engine fails, so that they return at once instead of running into
// their deadlines and piling up. Its zero value is ready. It is safe for concurrent use; all Dockers that ask one engine share a
// pointer to one Breaker.
//
// It counts consecutive failures of the engine: [ErrUnavailable], and [ErrTimeout] of a call's own deadline, or of its caller's if
// that left docker a second or more. An answer such as ErrNotFound is a success. Some failures say nothing about the engine and
// count neither way: a missing client, a launcher that fails, a socket that may not be used, a call that was cancelled, a pull
// that waits for a registry.
//
// After Threshold failures it opens: every call, kill, stop and rm included, fails with [ErrBreakerOpen], which is ErrUnavailable
// and ErrUnreached too, before anything is started. After Probe it is half-open and allows one call at a time as a probe of the
// engine. A call that only reads (ps, inspect, version, image inspect) is a probe itself; before any other, docker version is
// called as the probe, for up to 5 seconds. Each probe that fails doubles the time until the next, up to ProbeMax. The first
// answer to any call closes the breaker. It makes no probes of its own: a supervisor's relist is one.
//
// A caller that must reach the engine although the breaker is open, such as the last step of an escalation, uses a copy of the
// Docker with Breaker nil.
type Breaker struct {
	// Threshold is how many failures open the breaker; 0 is 3.
	Threshold int
	// Probe and ProbeMax bound the time between two probes; 0 is 1 s and 30 s.
	Probe, ProbeMax time.Duration
	// Changed, when set, receives the health when the breaker opens and when it closes. It is called by the call that made the
	// change, one at a time, and must not call docker.
	Changed func(Health)

	changing sync.Mutex // held while Changed is called; locked before mu

	mu      sync.Mutex
	health  Health        // closed or open
	wait    time.Duration // between the last probe and the next
	probing bool          // half-open
}

// decision is a Breaker's answer to a call that wants to start.
type decision int

const (
	allow        decision = iota // the breaker is closed
	reject                       // it is open
	allowProbe                   // the call is the probe
	probeVersion                 // docker version must be called first, as the probe
)

// admit decides on a call. Unless it rejects the call, done must follow, once.
func (b *Breaker) admit(readOnly bool) (decision, Health) {
	if b == nil {
		return allow, Health{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.health.State == BreakerClosed:
		return allow, Health{}
	case b.probing || time.Now().Before(b.health.NextProbe):
		return reject, b.health
	}
	b.probing = true
	if readOnly {
		return allowProbe, Health{}
	}
	return probeVersion, b.health
}

// outcome is what the end of a call tells about the engine.
type outcome int

const (
	outcomeNeutral outcome = iota
	outcomeSuccess
	outcomeFailure
)

// outcomeOf classifies the end of a call.
func outcomeOf(ctx context.Context, c dockercmd.Command, how callMode, took time.Duration, err error) outcome {
	dockerErr, isDocker := errors.AsType[*DockerError](err)
	_, pulls := c.(*dockercmd.Pull)
	switch {
	case err == nil:
		return outcomeSuccess
	case !isDocker, dockerErr.Shared, errors.Is(err, context.Canceled), errors.Is(err, ErrNoClient), errors.Is(err, ErrLauncher),
		errors.Is(err, ErrPermission), errors.Is(err, ErrBadFlag), errors.Is(err, ErrEventsLost),
		errors.Is(err, ErrInterrupted):
		return outcomeNeutral
	case errors.Is(err, ErrUnavailable):
		return outcomeFailure
	case errors.Is(err, ErrTimeout):
		if pulls || ctx.Err() != nil && (how.deadline == 0 || took < minDeadline) {
			return outcomeNeutral
		}
		return outcomeFailure
	case len(dockerErr.Kinds) > 0 && !errors.Is(err, ErrUnreached) || exitOf(err) != nil:
		return outcomeSuccess
	}
	return outcomeNeutral
}

// done records the outcome of a call that admit allowed; probe reports whether it was the probe. A nil Breaker records nothing.
func (b *Breaker) done(probe bool, o outcome, err error) {
	if b == nil {
		return
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	health, changed := b.record(probe, o, err)
	if changed && b.Changed != nil {
		b.Changed(health)
	}
}

func (b *Breaker) record(probe bool, o outcome, err error) (h Health, changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, now := b.health.State, time.Now()
	switch o {
	case outcomeSuccess:
		b.health = Health{State: BreakerClosed, Since: b.health.Since, LastSuccess: now}
	case outcomeFailure:
		b.health.Failures++
		b.health.LastError = err.Error()
		switch {
		case before == BreakerClosed && b.health.Failures >= b.threshold():
			b.health.State, b.wait = BreakerOpen, orDefault(b.Probe, defaultProbe)
			b.health.NextProbe = now.Add(b.wait)
		case before == BreakerOpen && probe:
			b.wait = max(b.wait, min(2*b.wait, orDefault(b.ProbeMax, defaultProbeMax)))
			b.health.NextProbe = now.Add(b.wait)
		}
	} // after a neutral probe the next call is the probe
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
	return defaultThreshold
}

// Health returns what the calls so far tell about the engine. Of a nil Breaker it is the zero Health.
func (b *Breaker) Health() Health {
	if b == nil {
		return Health{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.health
	if b.probing {
		h.State = BreakerHalfOpen
	}
	return h
}

// breakerError is the reason why a call was rejected.
type breakerError struct{ health Health }

func (e *breakerError) Error() string {
	return fmt.Sprintf("%v: %d calls in a row failed, the last with %q", ErrBreakerOpen, e.health.Failures, e.health.LastError)
}

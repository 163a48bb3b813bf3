package client

import (
	"context"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Observation describes one call of the client to a Docker's Observe.
type Observation struct {
	// Operation is docker's subcommand: run, stop. There are no operands in it, nor anything else of the line.
	Operation string
	// Start is when the call began, and Duration how long it took. A call that a Breaker rejected took next to nothing; one that
	// streams lasts as long as its stream.
	Start    time.Time
	Duration time.Duration
	// Attempt is 1 for a first try, and more when a Retry repeated it.
	Attempt int
	// Err is how it ended, and Kind is KindName of that: "" is success.
	Err  error
	Kind string
}

// minDeadline is how much time a caller's own deadline must leave docker for its expiry to count as a failure of the engine.
const minDeadline = time.Second

// callMode says how a call may be treated.
type callMode struct {
	deadline time.Duration // the call's own; 0 is none, and then the expiry of the caller's tells nothing about the engine
	once     bool          // it consumes input that cannot be read again, so it is not retried
}

// call makes a call that has passed Check: it runs f, unless the breaker rejects it, and again if Retry says so.
func (d Docker) call(ctx context.Context, c dockercmd.Command, how callMode, f func() error) error {
	d.Retry.deposit()
	for attempt := 1; ; attempt++ {
		err := d.attempt(ctx, c, how, attempt, f)
		if err == nil || how.once || !d.Retry.again(ctx, c, attempt, err) {
			return err
		}
	}
}

func (d Docker) attempt(ctx context.Context, c dockercmd.Command, how callMode, attempt int, f func() error) error {
	start := time.Now()
	probe, err := d.admit(ctx, c)
	if err == nil {
		begun := time.Now()
		err = f()
		d.Breaker.done(probe, outcomeOf(ctx, c, how, time.Since(begun), err), err)
	}
	if d.Observe != nil {
		d.Observe(Observation{
			Operation: c.Subcommand(), Start: start, Duration: time.Since(start), Attempt: attempt, Err: err, Kind: KindName(err),
		})
	}
	return err
}

// admit returns an error for a call that the breaker rejects. When a probe is due, a call that only reads is the probe; before
// any other, admit calls docker version.
func (d Docker) admit(ctx context.Context, c dockercmd.Command) (probe bool, err error) {
	decision, health := d.Breaker.admit(readOnly(c))
	switch decision {
	case reject:
		return false, rejection(c, health)
	case probeVersion:
		ask := d
		ask.Breaker, ask.Retry, ask.Short = nil, nil, min(d.short(), probeTime)
		start := time.Now()
		_, err := ask.Version(ctx)
		o := outcomeOf(ctx, &dockercmd.Version{}, callMode{deadline: ask.Short}, time.Since(start), err)
		d.Breaker.done(true, o, err)
		if o != outcomeSuccess {
			return false, rejection(c, d.Breaker.Health())
		}
	}
	return decision == allowProbe, nil
}

// probeTime is how long a probe may take that a call must wait for.
const probeTime = 5 * time.Second

// rejection returns the error of a call that the breaker rejects.
func rejection(c dockercmd.Command, h Health) error {
	return &DockerError{
		Line: dockercmd.Redacted(c), Subcommand: c.Subcommand(),
		Kinds: []error{ErrBreakerOpen, ErrUnavailable, ErrUnreached}, Exit: -1, Err: &breakerError{h},
	}
}

// readOnly reports whether a command changes nothing and ends soon by itself.
func readOnly(c dockercmd.Command) bool {
	switch c := c.(type) {
	case *dockercmd.Stats:
		return c.NoStream
	case *dockercmd.Ps, *dockercmd.Inspect, *dockercmd.Version, *dockercmd.ImageInspect, *dockercmd.Images, *dockercmd.Info:
		return true
	}
	return false
}

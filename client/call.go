package client

import (
	"context"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Observation is what a Docker's Observe is told of one call of the client.
type Observation struct {
	// Operation is docker's subcommand: run, stop. There are no operands in it, nor anything else of the line.
	Operation string
	// Start is when the call began, and Duration how long it took. A call that a Breaker refused took next to nothing; one that
	// streams lasts as long as its stream.
	Start    time.Time
	Duration time.Duration
	// Attempt is 1 for a first try, and more when a Retry repeated it.
	Attempt int
	// Err is how it ended, and Kind is KindName of that: "" is success.
	Err  error
	Kind string
}

// patience is how much time a caller's own deadline must have left docker to be held against the engine.
const patience = time.Second

// calling is how a call may be treated.
type calling struct {
	deadline time.Duration // the call's own; 0 is none, and then its end by the caller's says nothing of the engine
	once     bool          // it has read what cannot be read again
}

// call makes a call that has passed Check: f, observed, unless the breaker refuses it, and again if Retry says so.
func (d Docker) call(ctx context.Context, c dockercmd.Command, how calling, f func() error) error {
	d.Retry.called()
	for attempt := 1; ; attempt++ {
		err := d.attempt(ctx, c, how, attempt, f)
		if err == nil || how.once || !d.Retry.again(ctx, c, attempt, err) {
			return err
		}
	}
}

func (d Docker) attempt(ctx context.Context, c dockercmd.Command, how calling, attempt int, f func() error) error {
	start := time.Now()
	probe, err := d.admitted(ctx, c)
	if err == nil {
		begun := time.Now()
		err = f()
		d.Breaker.leave(probe, verdict(ctx, c, how, time.Since(begun), err), err)
	}
	if d.Observe != nil {
		d.Observe(Observation{
			Operation: c.Subcommand(), Start: start, Duration: time.Since(start), Attempt: attempt, Err: err, Kind: KindName(err),
		})
	}
	return err
}

// admitted asks the breaker. When it is time to try the engine again, a call that only reads does so itself; before any other,
// docker version is asked.
func (d Docker) admitted(ctx context.Context, c dockercmd.Command) (probe bool, err error) {
	entry, health := d.Breaker.enter(reads(c))
	switch entry {
	case turnAway:
		return false, refusal(c, health)
	case probeFirst:
		ask := d
		ask.Breaker, ask.Retry, ask.Short, ask.Script, ask.Hold = nil, nil, min(d.short(), probeTime), "", nil
		start := time.Now()
		_, err := ask.Version(ctx)
		v := verdict(ctx, &dockercmd.VersionCommand{}, calling{deadline: ask.Short}, time.Since(start), err)
		d.Breaker.leave(true, v, err)
		if v != itAnswered {
			return false, refusal(c, d.Breaker.Health())
		}
	}
	return entry == letProbe, nil
}

// probeTime is how long a probe may take that a call must wait for.
const probeTime = 5 * time.Second

// refusal is the error of a call that the breaker does not let through.
func refusal(c dockercmd.Command, h Health) error {
	return &DockerError{
		Line: dockercmd.Redacted(c), Subcommand: c.Subcommand(), Kinds: []error{ErrBreakerOpen, ErrUnavailable, ErrUnreached}, Exit: -1,
		Err: &breakerError{h},
	}
}

// reads says whether a command changes nothing and ends soon by itself.
func reads(c dockercmd.Command) bool {
	switch c.(type) {
	case *dockercmd.Ps, *dockercmd.Inspect, *dockercmd.VersionCommand, *dockercmd.ImageInspect, *dockercmd.Images:
		return true
	}
	return false
}

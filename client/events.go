package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/internal/writers"
	"github.com/dockercmd/toolkit/runner"
)

// The bounds of the events that wait for a handler that is slower than the engine: of a flood of millions, too, this much is held
// and handled late.
const (
	MaxEvents     = 1 << 17  // events
	MaxEventBytes = 64 << 20 // bytes of their lines
)

// ErrEventsLost is the kind of an [EventsLostError].
var ErrEventsLost = errors.New("events of the docker engine were lost")

// EventsLostError reports that a handler fell so far behind that the events it had not seen were dropped: relist with Ps.
type EventsLostError struct {
	// Dropped is how many events, and Bytes how long their lines were.
	Dropped, Bytes int
}

// Error returns how many events were lost.
func (e *EventsLostError) Error() string {
	const format = "%v: %d of them, %d bytes, came faster than they were handled; list the containers anew"
	return fmt.Sprintf(format, ErrEventsLost, e.Dropped, e.Bytes)
}

// Is finds ErrEventsLost.
func (e *EventsLostError) Is(target error) bool { return target == ErrEventsLost }

// ErrEventLine is the kind of an [EventLineError].
var ErrEventLine = errors.New("line that is no event")

// EventLineError reports lines among docker's events that are not events. The stream goes on after them.
type EventLineError struct {
	// Lines is how many there were.
	Lines int
	// Err says what is wrong with the first.
	Err error
}

// Error returns how many lines there were, and what is wrong with the first.
func (e *EventLineError) Error() string {
	return fmt.Sprintf("docker events: %d lines were left out: %v", e.Lines, e.Err)
}

// Is finds ErrEventLine.
func (e *EventLineError) Is(target error) bool { return target == ErrEventLine }

// Unwrap returns Err.
func (e *EventLineError) Unwrap() error { return e.Err }

// Events calls handle for what happens on the engine, one event after the other in the order in which docker prints them, until
// ctx or the stream ends. It sets Format. It has no deadline of its own.
//
// The client's output is read as it comes, however long handle takes: a reader that stalls delays every operation that causes an
// event by 100 ms, and loses events (measured with a 20.10.24 engine). Events that handle has not seen yet wait in memory, up to
// [MaxEvents] and [MaxEventBytes]; beyond that they are dropped, the stream is ended and the error is [ErrEventsLost]. Lines that
// are not events are left out, and reported when the stream ends ([ErrEventLine]).
//
// The error is ctx's when that has ended; events that still wait are then dropped. It is never nil unless c.Until is set: a stream
// that ends otherwise is [ErrUnavailable], whatever the client's exit status (an engine that stops ends it with 1 and "unexpected
// EOF", or with 0 when it closes the connection in order; 20.10.24 and 28.2.2). Everything that came before has then been handled.
// Events returns after the last call of handle.
//
// The client prints nothing until the first event, so there is no sign of when the stream has begun. To miss none, set c.Since to a
// time before the last relist, and tolerate events that come twice. The engine keeps only its last 256 events, and none from
// before its own start.
func (d Docker) Events(ctx context.Context, c dockercmd.Events, handle func(output.Event)) error {
	return d.FollowEvents(ctx, c, EventHandler{Event: handle})
}

// EventHandler receives a stream of events. Its functions are called one at a time, in order, in one goroutine.
type EventHandler struct {
	// Event receives each event.
	Event func(output.Event)
	// Problem, when set, receives an [EventsLostError] or an [EventLineError] at its place among the events, and the stream goes
	// on. Nil means what Events documents.
	Problem func(error)
}

// FollowEvents streams events as Events does, to a handler that can also learn of problems.
func (d Docker) FollowEvents(ctx context.Context, c dockercmd.Events, h EventHandler) error {
	c.Format = d.jsonFormat(output.JSONFormat)
	if err := d.Check(&c); err != nil {
		return err
	}
	return d.call(ctx, &c, callMode{once: true}, func() error {
		if d.Lane != nil && isPast(&c) {
			if err := d.Lane.events(ctx, d, &c, h); !errors.Is(err, errByLine) {
				return err
			}
		}
		return d.followEvents(ctx, c, h)
	})
}

// isPast reports whether events are asked for that the engine remembers, and none that are still to come, by this machine's clock.
func isPast(c *dockercmd.Events) bool {
	_, err := unixTime(c.Since)
	until, wrong := unixTime(c.Until)
	return err == nil && wrong == nil && len(c.Extra) == 0 && !until.After(time.Now())
}

// unixTime reads a time as the engine's API takes it, seconds and nanoseconds: 1600000000.25.
func unixTime(text string) (time.Time, error) {
	whole, part, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseUint(whole, 10, 40)
	if err != nil {
		return time.Time{}, err
	}
	nanos, err := strconv.ParseUint((part + "000000000")[:9], 10, 32)
	if len(part) > 9 || err != nil {
		return time.Time{}, fmt.Errorf("%q is no time in seconds", text)
	}
	return time.Unix(int64(seconds), int64(nanos)), nil
}

func (d Docker) followEvents(ctx context.Context, c dockercmd.Events, h EventHandler) error {
	streaming, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	q := newEventQueue(MaxEvents, MaxEventBytes)
	if h.Problem == nil {
		q.lost = func(err *EventsLostError) { stop(err) }
	}
	said := writers.HeadTail(runner.DefaultStderrLimit)
	cmd := d.cmd(&c)
	cmd.Stdout, cmd.Stderr = q, &said
	p, err := d.runner().Start(streaming, cmd)
	if err != nil {
		return d.dockerError(&c, nil, err)
	}

	var handler sync.WaitGroup
	bad := EventLineError{}
	handler.Go(func() { bad = q.deliver(h) })
	release := context.AfterFunc(streaming, q.discard)
	err = p.Wait()
	q.close()
	handler.Wait()
	release()

	lost, isLost := context.Cause(streaming).(*EventsLostError)
	switch {
	case isLost && ctx.Err() == nil:
		err = lost
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()): // it ended by itself at the same moment
		err = errline.Join(errline.Context(ctx), err)
	}
	if err == nil && c.Until == "" {
		err = streamEnded(&c)
	} else {
		err = d.dockerError(&c, said.Bytes(), err)
	}
	if bad.Lines > 0 && h.Problem == nil {
		err = errline.Join(err, &bad)
	}
	return err
}

// streamEnded returns the error of a stream that ended although it was to go on.
func streamEnded(c dockercmd.Command) error {
	return &DockerError{
		Line: dockercmd.Redacted(c), Subcommand: c.Subcommand(), Kinds: []error{ErrUnavailable},
		Message: "the engine ended the stream", Err: errors.New("exit status 0"),
	}
}

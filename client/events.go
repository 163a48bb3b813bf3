package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/internal/writers"
	"github.com/dockercmd/toolkit/runner"
)

// The bounds of what a stream of events holds for a handler that is slower than the engine.
const (
	MaxEvents     = 1 << 20   // events
	MaxEventBytes = 256 << 20 // bytes of their lines
)

// ErrEventsLost is the kind of an [EventsLostError].
var ErrEventsLost = errors.New("events of the docker engine were lost")

// EventsLostError says that a handler was so far behind that the events it had not seen were dropped: ask Ps what is so now.
type EventsLostError struct {
	// Dropped is how many events, and Bytes how long their lines were.
	Dropped, Bytes int
}

// Error says how many.
func (e *EventsLostError) Error() string {
	return fmt.Sprintf("%v: %d of them, %d bytes, came faster than they were handled; list the containers anew", ErrEventsLost, e.Dropped, e.Bytes)
}

// Is finds ErrEventsLost.
func (e *EventsLostError) Is(target error) bool { return target == ErrEventsLost }

// ErrEventLine is the kind of an [EventLineError].
var ErrEventLine = errors.New("line that is no event")

// EventLineError says that docker printed lines among its events that are none. The stream goes on behind them.
type EventLineError struct {
	// Lines is how many there were.
	Lines int
	// Err says what is wrong with the first.
	Err error
}

// Error says how many, and what is wrong with the first.
func (e *EventLineError) Error() string {
	return fmt.Sprintf("docker events: %d lines were left out: %v", e.Lines, e.Err)
}

// Is finds ErrEventLine.
func (e *EventLineError) Is(target error) bool { return target == ErrEventLine }

// Unwrap returns Err.
func (e *EventLineError) Unwrap() error { return e.Err }

// Events tells handle what happens on the engine, one event after the other in the order in which docker prints them, until ctx
// or the stream ends. It sets Format. There is no deadline but ctx's.
//
// The client's output is taken in as it comes, however long handle takes: a reader that stalls costs whoever makes events happen
// 100 ms each, and events (measured with a 20.10.24 engine). What handle has not seen yet waits in memory, up to [MaxEvents] and
// [MaxEventBytes]; beyond that it is dropped, the stream is ended and the error is [ErrEventsLost]. Lines that are no events
// are left out, and the error tells of them when the stream ends ([ErrEventLine]).
//
// The error is ctx's when that has ended; what still waits is then dropped. It is never nil unless c.Until is set: a stream that
// ends otherwise is [ErrUnavailable], whatever the client's exit status (an engine that stops ends it with 1 and "unexpected EOF",
// or with 0 when it closes the connection in order; 20.10.24 and 28.2.2). Everything that came before has then been handled.
// Once Events has returned, handle is not called any more; so it returns no sooner than handle does.
//
// Nothing tells when the engine has begun to send: the client says nothing until the first event. Whoever must not miss one asks
// with a c.Since from before the last time that it listed the containers, and takes events that come twice. The engine remembers
// only its last 256, and none from before its own start.
func (d Docker) Events(ctx context.Context, c dockercmd.Events, handle func(output.Event)) error {
	return d.FollowEvents(ctx, c, EventHandler{Event: handle})
}

// EventHandler is told what a stream of events brings. Its functions are called one at a time, in order, in one goroutine.
type EventHandler struct {
	// Event is told each event.
	Event func(output.Event)
	// Problem, when set, is told of an [EventsLostError] or an [EventLineError] at its place among the events, and the stream
	// goes on. Nil is as Events says.
	Problem func(error)
}

// FollowEvents is Events with a handler that can be told of problems, too.
func (d Docker) FollowEvents(ctx context.Context, c dockercmd.Events, h EventHandler) error {
	c.Format = output.JSONFormat
	if d.Engine.Dialect == dockercmd.Storm {
		c.Format = "{{.|json}}" // the same, for a line that cannot hold a space
	}
	if err := d.Check(&c); err != nil {
		return err
	}
	return d.call(ctx, &c, callMode{once: true}, func() error { return d.followEvents(ctx, c, h) })
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

// streamEnded is the end of a stream that was to go on.
func streamEnded(c dockercmd.Command) error {
	return &DockerError{
		Line: dockercmd.Redacted(c), Subcommand: c.Subcommand(), Kinds: []error{ErrUnavailable},
		Message: "the engine ended the stream", Err: errors.New("exit status 0"),
	}
}

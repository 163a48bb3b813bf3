package worker

import (
	"strconv"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/backoff"
)

// How long an eventStream pauses before it starts docker events again, at first and at most; how far back a new stream begins, by
// the engine's clock; and after how long a stream that did not end counts as running.
const (
	eventsPause    = 200 * time.Millisecond
	eventsPauseMax = 5 * time.Second
	eventsOverlap  = 2 * time.Second
	eventsSettled  = 300 * time.Millisecond
)

// watchedEvents are the actions that docker events is asked for.
var watchedEvents = []string{"start", "die", "oom", "pause", "unpause", "destroy"}

// eventsOf returns the question for some actions of an instance's containers.
func eventsOf(instance string, actions ...string) dockercmd.Events {
	c := dockercmd.Events{Filters: []dockercmd.Filter{{Key: "type", Value: "container"},
		{Key: "label", Value: LabelInstance + "=" + instance}}}
	for _, a := range actions {
		c.Filters = append(c.Filters, dockercmd.Filter{Key: "event", Value: a})
	}
	return c
}

// eventStream keeps one docker events running. What a stream misses, the next one tells again, since it begins a little earlier;
// what the engine has forgotten by then, the next list finds. Its functions are called by the loop.
type eventStream struct {
	loop     *loop
	docker   client.Docker
	question dockercmd.Events
	event    func(output.Event) // takes an event, once
	changed  func(up bool)      // is told when there begins, and ceases, to be a stream
	ended    func(error)        // is told of each end of a stream; nil is nobody
	// hear is called, in the stream's goroutine, when one begins, with what decides which engine it asks; and what it returns as
	// soon as it has ended. Nil is nobody.
	hear func(target string) (ended func())

	up   bool
	last int // the number of the last stream that has ended
}

// run keeps the stream running until the loop's context ends.
func (s *eventStream) run() {
	var latest time.Time // event, by the engine's clock
	var recent recentEvents
	pause := backoff.Backoff{First: eventsPause, Max: eventsPauseMax}
	for number := 1; s.loop.ctx.Err() == nil; number++ {
		began := time.Now()
		c := s.question
		if !latest.IsZero() {
			c.Since = strconv.FormatInt(latest.Add(-eventsOverlap).Unix(), 10)
		}
		settled := time.AfterFunc(eventsSettled, func() { s.loop.post(func() { s.settled(number) }) })
		over := func() {}
		if s.hear != nil {
			over = s.hear(s.docker.Target())
		}
		err := s.docker.Events(s.loop.ctx, c, func(e output.Event) {
			if !recent.add(e) {
				return
			}
			if e.Time.After(latest) {
				latest = e.Time
			}
			s.loop.post(func() { s.event(e) })
		})
		over()
		settled.Stop()
		if s.loop.ctx.Err() != nil {
			return
		}
		s.loop.post(func() { s.broken(number, err) })
		if time.Since(began) > eventsPauseMax {
			pause.Reset()
		}
		if pause.Wait(s.loop.ctx) != nil {
			return
		}
	}
}

// settled notes that a stream has been running for a while.
func (s *eventStream) settled(number int) {
	if number > s.last {
		s.set(true)
	}
}

// broken notes that the engine went away, or docker events with its client.
func (s *eventStream) broken(number int, err error) {
	s.last = number
	if s.ended != nil {
		s.ended(err)
	}
	s.set(false)
}

func (s *eventStream) set(up bool) {
	if s.up != up {
		s.up = up
		s.changed(up)
	}
}

// recentEvents are the events of the last moments, by which those that come twice are known. It holds no more than what came in two
// times eventsMemory, however long the stream runs and whatever happens to the engine's clock.
type recentEvents struct {
	since     time.Time // the first of now
	now, then map[eventKey]bool
}

// eventKey tells one event from others.
type eventKey struct {
	time          int64
	action, actor string
}

// eventsMemory is more than a stream that begins anew goes back: the overlap, and what is cut off to whole seconds.
const eventsMemory = 2 * eventsOverlap

// add notes an event, and reports whether it is new.
func (r *recentEvents) add(e output.Event) (isNew bool) {
	key := eventKey{e.Time.UnixNano(), e.Action, e.ActorID}
	if r.now[key] || r.then[key] {
		return false
	}
	if d := e.Time.Sub(r.since); d > eventsMemory || d < -eventsMemory {
		r.since, r.then, r.now = e.Time, r.now, map[eventKey]bool{}
	}
	r.now[key] = true
	return true
}

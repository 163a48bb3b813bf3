package worker

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/backoff"
)

// How long the watcher rests before it starts docker events again, at first and at most; how far back a new stream begins, by the
// engine's clock; and after how long a stream that did not end is taken for one that runs.
const (
	eventsRest    = 200 * time.Millisecond
	eventsRestMax = 5 * time.Second
	eventsOverlap = 2 * time.Second
	eventsSettled = 300 * time.Millisecond
)

// watchedEvents are what docker is asked to tell of.
var watchedEvents = []string{"start", "die", "oom", "pause", "unpause", "destroy"}

// eventsOf asks for some actions of an instance's containers.
func eventsOf(instance string, actions ...string) dockercmd.Events {
	c := dockercmd.Events{Filters: []dockercmd.Filter{{Key: "type", Value: "container"}, {Key: "label", Value: LabelInstance + "=" + instance}}}
	for _, a := range actions {
		c.Filters = append(c.Filters, dockercmd.Filter{Key: "event", Value: a})
	}
	return c
}

// events keeps one docker events running until the run ends. What a stream misses, the next one tells again from a little earlier
// on; what the engine has forgotten by then, the relist finds.
func (r *watch) events() {
	d := r.m.Docker
	if d.Engine.Dialect == dockercmd.Storm {
		return // whose launcher takes no events
	}
	d.Runner = pointed(d.Runner)
	d = frugal(d, "GOMAXPROCS=1")
	var last time.Time // of the last event, by the engine's clock
	var heard heardEvents
	pause := backoff.Backoff{First: eventsRest, Max: eventsRestMax}
	for stream := 1; r.ctx.Err() == nil; stream++ {
		began := time.Now()
		c := eventsOf(r.m.instance(r.root), watchedEvents...)
		if !last.IsZero() {
			c.Since = strconv.FormatInt(last.Add(-eventsOverlap).Unix(), 10)
		}
		settled := time.AfterFunc(eventsSettled, func() { r.post(func() { r.streamRuns(stream) }) })
		err := d.Events(r.ctx, c, func(e dockercmd.Event) {
			if !heard.isNew(e) {
				return
			}
			if e.Time.After(last) {
				last = e.Time
			}
			r.post(func() { r.event(e) })
		})
		settled.Stop()
		if r.ctx.Err() != nil {
			return
		}
		r.post(func() { r.streamEnded(stream, err) })
		if time.Since(began) > eventsRestMax {
			pause.Reset()
		}
		if pause.Wait(r.ctx) != nil {
			return
		}
	}
}

// eventsAre notes whether there is a stream. A new one is followed by a relist, for what happened before it began.
func (r *watch) eventsAre(up bool) {
	r.mu.Lock()
	changed := r.health.Events != up
	r.health.Events = up
	r.mu.Unlock()
	if changed {
		r.listTimer.Reset(0)
	}
}

func (r *watch) eventsUp() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.health.Events
}

// streamRuns notes that docker events has been running for a while.
func (r *watch) streamRuns(stream int) {
	if stream > r.streamOver {
		r.eventsAre(true)
	}
}

// streamEnded notes that the engine went away, or docker events with its client.
func (r *watch) streamEnded(stream int, err error) {
	r.streamOver = stream
	r.m.log().Warn("docker events ended, starting it again", slog.Any("error", err))
	r.lose()
	r.eventsAre(false)
}

// event hears what docker tells of one container of this instance.
func (r *watch) event(e dockercmd.Event) {
	id, launch := e.Attributes[LabelWorker], e.Attributes[LabelLaunch]
	t := r.tracks[id]
	if t == nil || t.cp.Launch != launch {
		if e.Action != "start" || ValidID(id) != nil || t == nil && r.ended[id].launch == launch {
			return
		}
		r.look(id) // another process launches it
		if t = r.tracks[id]; t == nil || t.cp.Launch != launch {
			return
		}
	}
	if t.cp.Container != "" && e.ActorID != t.cp.Container {
		return
	}
	switch e.Action {
	case "start":
		if t.pid == 0 {
			r.want(t)
		}
	case "oom":
		t.obs.oom = true
	case "die":
		t.obs.die, t.heardAt = &e, r.asked
		r.noticed(t)
	case "pause", "unpause":
		s := t.cp.status(nil, false)
		s.State, s.Source = Running, FromEvents
		if e.Action == "pause" {
			s.State = Paused
		}
		r.changed(t, s)
	case "destroy":
		r.want(t)
	}
}

// heardEvents are the events of the last moments, by which those that come twice are known. It holds no more than what came in two
// times eventsMemory, however long the stream runs and whatever happens to the engine's clock.
type heardEvents struct {
	since     time.Time // the first of now
	now, then map[heardEvent]bool
}

type heardEvent struct {
	time          int64
	action, actor string
}

// eventsMemory is more than a stream that begins anew goes back: the overlap, and what is cut off to whole seconds.
const eventsMemory = 2 * eventsOverlap

func (h *heardEvents) isNew(e dockercmd.Event) bool {
	key := heardEvent{e.Time.UnixNano(), e.Action, e.ActorID}
	if h.now[key] || h.then[key] {
		return false
	}
	if d := e.Time.Sub(h.since); d > eventsMemory || d < -eventsMemory {
		h.since, h.then, h.now = e.Time, h.now, map[heardEvent]bool{}
	}
	h.now[key] = true
	return true
}

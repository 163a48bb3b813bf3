package worker

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
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

// events keeps one docker events running until the run ends. What a stream misses, the next one tells again from a little earlier
// on; what the engine has forgotten by then, the relist finds.
func (r *watch) events() {
	d := r.m.Docker
	if d.Engine.Dialect == dockercmd.Storm {
		return // whose launcher takes no events
	}
	d.Runner = pointed(d.Runner)
	var last time.Time // of the last event, by the engine's clock
	heard := map[string]bool{}
	rest := eventsRest
	for r.ctx.Err() == nil {
		began := time.Now()
		c := dockercmd.Events{Filters: []dockercmd.Filter{{Key: "type", Value: "container"}, {Key: "label", Value: LabelInstance + "=" + r.m.instance(r.root)}}}
		for _, e := range watchedEvents {
			c.Filters = append(c.Filters, dockercmd.Filter{Key: "event", Value: e})
		}
		if !last.IsZero() {
			c.Since = strconv.FormatInt(last.Add(-eventsOverlap).Unix(), 10)
		}
		settled := time.AfterFunc(eventsSettled, func() { r.post(func() { r.eventsAre(true) }) })
		err := d.Events(r.ctx, c, func(e dockercmd.Event) {
			key := e.Time.Format(time.RFC3339Nano) + e.Action + e.ActorID
			if heard[key] {
				return
			}
			if e.Time.Sub(last) > eventsOverlap {
				clear(heard)
			}
			heard[key] = true
			if e.Time.After(last) {
				last = e.Time
			}
			r.post(func() { r.event(e) })
		})
		settled.Stop()
		if r.ctx.Err() != nil {
			return
		}
		r.post(func() { r.streamEnded(err) })
		if time.Since(began) > eventsRestMax {
			rest = eventsRest
		}
		t := time.NewTimer(rest)
		select {
		case <-r.ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		rest = min(2*rest, eventsRestMax)
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

// streamEnded notes that the engine went away, or docker events with its client.
func (r *watch) streamEnded(err error) {
	r.m.log().Warn("docker events ended, starting it again", slog.Any("error", err))
	r.lose()
	r.eventsAre(false)
}

// event hears what docker tells of one container of this instance.
func (r *watch) event(e dockercmd.Event) {
	id, launch := e.Attributes[LabelWorker], e.Attributes[LabelLaunch]
	t := r.tracks[id]
	if t == nil || t.cp.Launch != launch {
		if e.Action != "start" || ValidID(id) != nil || r.ended[id] == launch {
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
		t.facts.oom = true
	case "die":
		t.facts.die = &e
		if exit, ok := t.facts.exit(); ok {
			r.recordExit(t, exit)
			return
		}
		if t.pid != 0 && t.facts.death == nil {
			r.lookLater(t) // the kernel's word is on its way
			return
		}
		r.want(t)
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

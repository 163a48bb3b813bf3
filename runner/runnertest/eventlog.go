package runnertest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// remembered is how many events the engine keeps, of all types together.
const remembered = 256

// event is something that happened. Its attributes are built on demand, since most events are never printed.
type event struct {
	kind, action, id string
	image, name      string            // of a container
	facts            map[string]string // of this event
	labels           map[string]string // the container's, never changed
	time             time.Time
}

// attributes mixes facts and labels as the engine does: a label wins over every fact but image and name.
func (e *event) attributes() map[string]string {
	all := maps.Clone(e.facts)
	if all == nil {
		all = make(map[string]string, len(e.labels)+2)
	}
	maps.Copy(all, e.labels)
	if e.kind == "container" {
		all["image"], all["name"] = e.image, e.name
	}
	return all
}

func (e *event) message() message {
	m := message{Type: e.kind, Action: e.action, Actor: actor{e.id, e.attributes()}, Scope: "local", Time: e.time.Unix(),
		TimeNano: e.time.UnixNano()}
	switch e.kind {
	case "container":
		m.Status, m.ID, m.From = e.action, e.id, m.Actor.Attributes["image"]
	case "image":
		m.Status, m.ID = e.action, e.id
	}
	return m
}

// link is a place in the row of events: the last one is empty until the next event fills it. Who reads a row holds on to
// no more of it than they have not read.
type link struct {
	event *event
	next  *link
	ready chan struct{} // closed when event and next are there
}

// eventLog is the engine's memory of events. The Docker's mutex guards it.
type eventLog struct {
	recent []*event // at most twice as many as are remembered
	last   *link
	time   time.Time
}

// add puts an event at the end. No two have the same time.
func (l *eventLog) add(e *event) {
	e.time = time.Now()
	if !e.time.After(l.time) {
		e.time = l.time.Add(1)
	}
	l.time = e.time
	if len(l.recent) == 2*remembered {
		l.recent = append(l.recent[:0], l.recent[remembered:]...)
	}
	l.recent = append(l.recent, e)
	if at := l.last; at != nil {
		l.last = &link{ready: make(chan struct{})}
		at.event, at.next = e, l.last
		close(at.ready)
	}
}

// end returns the place of the next event.
func (l *eventLog) end() *link {
	if l.last == nil {
		l.last = &link{ready: make(chan struct{})}
	}
	return l.last
}

// between returns the recorded events of a time; a zero time is no limit.
func (l *eventLog) between(since, until time.Time) []*event {
	kept := l.recent[max(0, len(l.recent)-remembered):]
	return slices.DeleteFunc(slices.Clone(kept), func(e *event) bool {
		return e.time.Before(since) || !until.IsZero() && e.time.After(until)
	})
}

// note records what happened to a container; facts are pairs of a name and a value. The caller holds d.mu.
func (d *Docker) note(b *containerRecord, action string, facts ...string) {
	e := &event{kind: "container", action: action, id: b.id, image: b.image, name: b.name, labels: b.labels}
	e.facts = pairs(facts)
	d.events.add(e)
}

// noteKill records a signal to a container. The caller holds d.mu.
func (d *Docker) noteKill(b *containerRecord, sig syscall.Signal) {
	d.note(b, "kill", "signal", strconv.Itoa(int(sig)))
}

// noteNetwork records that a container joins or leaves its network. The caller holds d.mu.
func (d *Docker) noteNetwork(b *containerRecord, action string) {
	name := b.network()
	kind := map[string]string{"none": "null", "host": "host"}[name]
	d.events.add(&event{kind: "network", action: action, id: fmt.Sprintf("%x", sha256.Sum256([]byte("network "+name))),
		facts: map[string]string{"container": b.id, "name": name, "type": cmp.Or(kind, "bridge")}})
}

// noteImage records what happened to an image. The caller holds d.mu.
func (d *Docker) noteImage(id, action, name string) {
	d.events.add(&event{kind: "image", action: action, id: id, facts: map[string]string{"name": name}})
}

func pairs(words []string) map[string]string {
	if len(words) == 0 {
		return nil
	}
	m := make(map[string]string, len(words)/2)
	for pair := range slices.Chunk(words, 2) {
		m[pair[0]] = pair[1]
	}
	return m
}

// network returns the name of a container's network: --network default is the bridge.
func (b *containerRecord) network() string {
	if len(b.run.Networks) == 0 || b.run.Networks[0].Name == "default" {
		return "bridge"
	}
	return b.run.Networks[0].Name
}

// execAction returns the name of an event of docker exec: the command is part of it.
func execAction(action string, command []string) string {
	return action + ": " + command[0] + " " + strings.Join(command[1:], " ")
}

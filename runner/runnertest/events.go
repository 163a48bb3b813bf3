package runnertest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// runEvents runs docker events: it prints what the engine remembers of the time since --since, then what happens, until --until.
func (d *Docker) runEvents(p *client, c *dockercmd.Events) int {
	format, err := eventFormat(c.Format)
	if err != nil {
		p.errln("Error parsing format: " + renamed(err, fmt.Sprintf("%T", message{}), "*events.Message"))
		return 64
	}
	now := time.Now()
	since, err := parseTimestamp(c.Since, now)
	if err != nil {
		p.errln(err.Error())
		return 1
	}
	until, err := parseTimestamp(c.Until, now)
	if err != nil {
		p.errln(err.Error())
		return 1
	}
	filter, text := newEventFilter(c.Filters)
	switch {
	case text != "":
		p.errln(text)
		return 125
	case !until.time.IsZero() && until.time.Before(since.time):
		p.errln(daemonError(fmt.Sprintf("`since` time (%s) cannot be after `until` time (%s)", since.text, until.text)))
		return 1
	}
	if p.api {
		p.out("") // an engine answers before the first event
	}
	return d.showEvents(p, since.time, until.time, func(e *event) {
		if filter.takes(e) {
			text, _ := execute(format, e.message()) // it has been tried on an empty message
			p.out(text + "\n")
		}
	})
}

// showEvents hands out the events of a time. The engine looks into its memory when it is given one of the two times; an until
// that has passed ends it there.
func (d *Docker) showEvents(p *client, since, until time.Time, show func(*event)) int {
	var timeout <-chan time.Time
	only := !until.IsZero() && until.Before(time.Now())
	if !until.IsZero() && !only {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		timeout = t.C
	}
	d.mu.Lock()
	var old []*event
	if !since.IsZero() || !until.IsZero() {
		old = d.events.between(since, until)
	}
	next := d.events.end()
	d.mu.Unlock()
	for _, e := range old {
		show(e)
	}
	if only {
		return 0
	}
	for {
		select {
		case <-next.ready:
			show(next.event)
			next = next.next
		case <-timeout:
			return 0
		case <-p.killed:
			return 0
		case <-p.cut:
			if !isClosed(next.ready) {
				p.interrupted = true
				return 0
			}
		}
	}
}

// message is an event as a template of docker events sees it. The first three are the old form, which clients print up to 28.
type message struct {
	Status   string `json:"status,omitempty"`
	ID       string `json:"id,omitempty"`
	From     string `json:"from,omitempty"`
	Type     string
	Action   string
	Actor    actor
	Scope    string `json:"scope,omitempty"`
	Time     int64  `json:"time,omitempty"`
	TimeNano int64  `json:"timeNano,omitempty"`
}

type actor struct {
	ID         string
	Attributes map[string]string
}

// eventFormat reads a --format and tries it, as the client does, before the engine is asked.
func eventFormat(format string) (*template.Template, error) {
	switch format {
	case "":
		format = "{{line .}}"
	case "json":
		format = "{{json .}}"
	}
	t, err := newTemplate("", "")
	if err != nil {
		return nil, err
	}
	if t, err = t.Funcs(template.FuncMap{"line": message.String}).Parse(format); err != nil {
		return nil, err
	}
	_, err = execute(t, message{})
	return t, err
}

// String formats an event for people.
func (m message) String() string {
	var facts []string
	for _, k := range slices.Sorted(maps.Keys(m.Actor.Attributes)) {
		facts = append(facts, k+"="+m.Actor.Attributes[k])
	}
	line := fmt.Sprintf("%s %s %s %s", time.Unix(0, m.TimeNano).Format("2006-01-02T15:04:05.000000000Z07:00"), m.Type, m.Action,
		m.Actor.ID)
	if len(facts) > 0 {
		line += " (" + strings.Join(facts, ", ") + ")"
	}
	return line
}

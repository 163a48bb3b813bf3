package runnertest

import (
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// eventFilter is what the --filter flags of docker events ask for: one of each key's values, but all the labels.
type eventFilter map[string][]string

// newEventFilter refuses the keys of the engine that the fake does not know. A key that the engine does not know either is
// nothing to it: it matches every event.
func newEventFilter(filters []dockercmd.Filter) (f eventFilter, refusal string) {
	f = make(eventFilter)
	for _, filter := range filters {
		switch filter.Key {
		case "volume", "plugin", "daemon", "node", "service", "secret", "config":
			return nil, "runnertest: the fake docker has no filter " + filter.Key + " for events"
		}
		f[filter.Key] = append(f[filter.Key], filter.Value)
	}
	return f, ""
}

func (f eventFilter) takes(e *event) bool {
	if len(f) == 0 {
		return true
	}
	attributes := e.attributes()
	name := attributes["name"]
	switch {
	case !f.exactly("type", e.kind), !f.exactly("scope", "local"), !f.action(e.action),
		!f.begins("container", e.id, name), !f.begins("network", e.id, name):
		return false
	}
	image := attributes["image"]
	if e.kind == "image" {
		image = name
	}
	if !f.exactly("image", e.id, image, withoutTag(e.id), withoutTag(image)) {
		return false
	}
	for _, l := range f["label"] {
		key, want, hasValue := strings.Cut(l, "=")
		if got, ok := attributes[key]; !ok || hasValue && got != want {
			return false
		}
	}
	return true
}

// exactly reports whether one of the texts is one of the key's values.
func (f eventFilter) exactly(key string, texts ...string) bool {
	values := f[key]
	return len(values) == 0 || slices.ContainsFunc(texts, func(s string) bool { return slices.Contains(values, s) })
}

// begins reports whether one of the texts begins with one of the key's values. So the filter container=w1 takes the events of w10,
// too, and those of a network of such a name.
func (f eventFilter) begins(key string, texts ...string) bool {
	values := f[key]
	return len(values) == 0 || slices.ContainsFunc(texts, func(s string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(s, v) })
	})
}

// action takes the exact action, but as soon as one of those that go on behind a colon is asked for, the beginning of any.
func (f eventFilter) action(action string) bool {
	for _, v := range f["event"] {
		if v == "exec_create" || v == "exec_start" || v == "health_status" {
			return f.begins("event", action)
		}
	}
	return f.exactly("event", action)
}

// withoutTag returns an image's name without its tag.
func withoutTag(image string) string {
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[:i]
	}
	return image
}

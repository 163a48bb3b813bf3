package output_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func events(t *testing.T, version, file string) []output.Event {
	t.Helper()
	list, err := output.ParseEvents(recordings.Read(t, version, file))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// story returns what happened to one container, with what its events claim.
func story(list []output.Event, name string) []string {
	var words []string
	for _, e := range list {
		if e.Type != "container" || e.Name != name {
			continue
		}
		s := e.Action
		if e.Detail != "" {
			s += "|" + e.Detail
		}
		if code, ok := e.ClaimedExitCode(); ok {
			s = fmt.Sprint(s, " ", code)
		}
		if signal, ok := e.ClaimedSignal(); ok {
			s = fmt.Sprint(s, " ", signal)
		}
		words = append(words, s)
	}
	return words
}

func TestParseEvents(t *testing.T) {
	t.Parallel()
	stories := map[string][]string{
		"w-run": {"create", "start", "kill 15", "kill 9", "die 137", "stop", "start", "restart"},
		"w-e1": {"create", "start", "exec_create|sh -c exit 7", "exec_start|sh -c exit 7", "exec_die 7", "exec_create|echo a: b",
			"exec_start|echo a: b", "exec_die 0", "kill 15", "die 143", "stop"},
		"w-e2": {"rename", "update", "start"},
		"w-h": {"create", "start", "exec_create|/bin/sh -c true", "exec_start|/bin/sh -c true", "exec_die 0", "health_status|healthy",
			"kill 9", "die 137", "destroy"},
		// The start failed: no start, no die.
		"w-nocmd": {"create", "destroy"},
		"w-oom":   {"create", "attach", "start", "oom", "die 137"},
		// It exits with 5 and has a label exitCode=99, which wins.
		"w-claim": {"create", "start", "die 99"},
	}
	for _, version := range recordings.Clients {
		list := events(t, version, "events.jsonl")
		for name, want := range stories {
			if diff := cmp.Diff(story(list, name), want); diff != "" {
				t.Errorf("%s, %s: got -, want +\n%s", version, name, diff)
			}
		}
		i := slices.IndexFunc(list, func(e output.Event) bool { return e.Action == "rename" })
		if e := list[i]; e.Attributes["oldName"] != "/w-e1" || e.Name != "w-e2" || e.Image != "busybox:local" || e.Scope != "local" ||
			!dockercmd.ValidID(e.ActorID) || len(e.Raw) == 0 {
			t.Errorf("%s: the renaming is %+v", version, e)
		}
		i = slices.IndexFunc(list, func(e output.Event) bool { return e.Action == "health_status" })
		if got := list[i].Health(); got != output.HealthHealthy || list[0].Health() != output.HealthNone {
			t.Errorf("%s: the health is %q", version, got)
		}
		if !slices.IsSortedFunc(list, func(a, b output.Event) int { return a.Time.Compare(b.Time) }) || list[0].Time.Year() != 2026 ||
			list[0].Time.Nanosecond() == 0 {
			t.Errorf("%s: the times do not rise", version)
		}
		networks := events(t, version, "events-net.jsonl")
		i = slices.IndexFunc(networks, func(e output.Event) bool { return e.Action == "connect" })
		if e := networks[i]; e.Type != "network" || e.Name != "w-net" || !dockercmd.ValidID(e.Attributes["container"]) {
			t.Errorf("%s: the connection is %+v", version, e)
		}
	}
	// 29 leaves the old names status, id and from out.
	if diff := cmp.Diff(story(events(t, "29.7.2", "events.jsonl"), "w-e1"), []string{"create", "start", "die 7"}); diff != "" {
		t.Errorf("29.7.2: got -, want +\n%s", diff)
	}
}

func TestParseEventsOfPodman(t *testing.T) {
	t.Parallel()
	list := events(t, recordings.Podman, "events.jsonl")
	for name, want := range map[string][]string{
		"w-run":   {"create", "init", "start", "pause", "unpause", "die 137", "cleanup"},
		"w-exit":  {"create", "init", "start", "die 3", "remove"},
		"w-zero":  {"create", "init", "start", "die 0", "remove"}, // with no ContainerExitCode
		"w-nocmd": {"create"},
	} {
		if diff := cmp.Diff(story(list, name), want); diff != "" {
			t.Errorf("%s: got -, want +\n%s", name, diff)
		}
	}
	i := slices.IndexFunc(list, func(e output.Event) bool { return e.Name == "w-run" })
	want := output.Event{
		Type: "container", Action: "create", ActorID: "eb45c9ea54633a5ac368f90256c8344c1c784eaefee11b349ac46ed30d93bf94", Name: "w-run",
		Image:      "localhost/busybox:local",
		Attributes: map[string]string{"k": "v,w=x"}, Time: time.Date(2026, 11, 26, 11, 19, 50, 776201925, time.UTC),
	}
	if diff := cmp.Diff(list[i], want, cmpopts.IgnoreFields(output.Event{}, "Raw")); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}

// TestEventClaims holds what labels can and cannot make an event say.
func TestEventClaims(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, line   string
		code, signal int // -1 is none
	}{
		{"docker's", `{"Type":"container","Action":"die","Actor":{"ID":"ab","Attributes":{"exitCode":"7"}}}`, 7, -1},
		{"a label that is no code", `{"Type":"container","Action":"die","Actor":{"Attributes":{"exitCode":"256"}}}`, -1, -1},
		{"a label below zero", `{"Type":"container","Action":"die","Actor":{"Attributes":{"exitCode":"-1"}}}`, -1, -1},
		{"podman's that is none", `{"Type":"container","Status":"died","ContainerExitCode":256}`, -1, -1},
		{"a label that is no number", `{"Type":"container","Action":"die","Actor":{"Attributes":{"exitCode":"x"}}}`, -1, -1},
		{"no code", `{"Type":"container","Action":"die","Actor":{"Attributes":{}}}`, -1, -1},
		{"labels at a start", `{"Type":"container","Action":"start","Actor":{"Attributes":{"exitCode":"7","signal":"9"}}}`, -1, -1},
		{"a signal", `{"Type":"container","Action":"kill","Actor":{"Attributes":{"exitCode":"7","signal":"9"}}}`, -1, 9},
		{"podman, whom no label deceives", `{"Type":"container","Status":"died","ContainerExitCode":5,"Attributes":{"exitCode":"99"}}`, 5,
			-1},
		{"podman's zero", `{"Type":"container","Status":"died","Attributes":{"exitCode":"99"}}`, 0, -1},
		{"podman at a start", `{"Type":"container","Status":"start","ContainerExitCode":5,"Attributes":{"exitCode":"99"}}`, -1, -1},
	}
	for _, tt := range tests {
		e, err := output.ParseEvent([]byte(tt.line + "\n"))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		code, ok := e.ClaimedExitCode()
		if !ok {
			code = -1
		}
		signal, ok := e.ClaimedSignal()
		if !ok {
			signal = -1
		}
		if code != tt.code || signal != tt.signal {
			t.Errorf("%s: got the code %d and the signal %d, want %d and %d", tt.name, code, signal, tt.code, tt.signal)
		}
	}
}

func TestParseEventForms(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]output.Event{
		`{"Type":"container","Action":"exec_create: true ","time":7}`:                                                  {Type: "container", Action: "exec_create", Detail: "true ", Time: time.Unix(7, 0)},
		`{"Type":"container","Action":"health_status: unhealthy"}`:                                                     {Type: "container", Action: "health_status", Detail: "unhealthy"},
		`{"Type":"container","Status":"health_status","health_status":"healthy","Time":"2026-01-02T03:04:05.5+01:00"}`: {Type: "container", Action: "health_status", Detail: "healthy", Time: time.Date(2026, 1, 2, 2, 4, 5, 5e8, time.UTC)},
		`{"Type":"volume","Status":"create","Name":"v","Attributes":null,"soon":[1]}`: {Type: "volume",
			Action: "create", Name: "v"},
	} {
		got, err := output.ParseEvent([]byte(line))
		if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(output.Event{}, "Raw")); err != nil || diff != "" {
			t.Errorf("%s: %v, got -, want +\n%s", line, err, diff)
		}
	}
	for out, want := range map[string]string{
		"json\n": "line 1 of events: docker printed the word json",
		string(recordings.Read(t, "28.2.2", "events-text.txt")): "line 1 of events: \"2026-11-26T",
		"{}\n":                                 "line 1 of events: it has no Type or no Action",
		"\n{\"Type\":7}":                       "line 2 of events: json: cannot unmarshal number",
		`{"Type":"a","Action":"b","time":"x"}`: `line 1 of events: "x" is not a time`,
	} {
		if got, err := output.ParseEvents([]byte(out)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, %v, want the error %s", out, got, err, want)
		}
	}
	for _, line := range []string{"", "\n", "json", "[]", "{", "{}"} {
		if got, err := output.ParseEvent([]byte(line)); err == nil {
			t.Errorf("ParseEvent(%q): got %+v, want an error", line, got)
		}
	}
	if list := events(t, "20.10.24", "events.jsonl"); len(list) == 0 {
		t.Error("no events")
	}
	if list, err := output.ParseEvents(recordings.Read(t, "20.10.24", "events-word.txt")); err == nil ||
		!strings.Contains(err.Error(), "{{json .}}") {
		t.Errorf("--format json of 20.10: got %v, %v", list, err)
	}
}

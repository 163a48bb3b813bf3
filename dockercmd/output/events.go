package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Event is one thing that happened on an engine.
type Event struct {
	// Type is container, image, network, volume, daemon, plugin, service, node, secret, config or builder.
	Type string
	// Action is what happened: create, start, die, exec_create, health_status. Podman's died is die here; its other words,
	// such as init, cleanup and remove, stay.
	Action string
	// Detail is what stands behind some actions: the command line of exec_create and exec_start, joined by spaces, and the
	// state of health_status.
	Detail string
	// ActorID is the full id of what it happened to; "" for podman's volumes and some of its images.
	ActorID string
	// Name and Image are a container's. No label shadows them. For other types, Name is the attribute of that name.
	Name  string
	Image string
	// Attributes are docker's own facts (exitCode, signal, oldName, execID, container) and all labels of the container, in one
	// heap: a label wins over every fact but name and image. Podman's are labels alone.
	Attributes map[string]string
	// ExitCode is podman's, which stands beside the attributes where no label shadows it: of a die. Nil from docker.
	ExitCode *int
	Scope    string // local or swarm; "" from podman
	Time     time.Time

	Raw json.RawMessage // the whole object
}

// ClaimedExitCode returns the exit code that a die or exec_die names, if it names one. From docker it is a claim: a label called
// exitCode takes its place (seen on 20.10), and whoever makes the container may set one. Ask inspect or wait before acting on it.
// Behind podman's socket the code may stand in containerExitCode.
func (e Event) ClaimedExitCode() (code int, ok bool) {
	switch {
	case e.ExitCode != nil:
		return *e.ExitCode, checkExitCode(*e.ExitCode) == nil
	case e.Action != "die" && e.Action != "exec_die":
		return 0, false
	}
	text, ok := e.Attributes["exitCode"]
	if !ok {
		text = e.Attributes["containerExitCode"]
	}
	code, err := strconv.Atoi(text)
	// Docker's spelling, and no other: +3 and 03 are a label's.
	return code, err == nil && strconv.Itoa(code) == text && checkExitCode(code) == nil
}

// ClaimedSignal returns the number of the signal that a kill names, if it names one. It is a claim, as ClaimedExitCode is: a label
// called signal takes its place.
func (e Event) ClaimedSignal() (number int, ok bool) {
	if e.Action != "kill" {
		return 0, false
	}
	number, err := strconv.Atoi(e.Attributes["signal"])
	return number, err == nil
}

// Health returns the state that a health_status tells of, HealthNone for any other event.
func (e Event) Health() HealthStatus {
	if e.Action != "health_status" {
		return HealthNone
	}
	return ParseHealth(e.Detail)
}

// ParseEvents reads the output of events --format=JSONFormat that has ended, of docker or podman. The engine remembers only
// its last 256 events, so what --since shows may have gaps.
func ParseEvents(out []byte) ([]Event, error) { return rows("events", out, readEvent) }

// ParseEvent reads one line of events --format=JSONFormat, as it comes.
func ParseEvent(line []byte) (Event, error) {
	o := object{raw: bytes.TrimSpace(line)}
	if len(o.raw) == 0 {
		return Event{}, errors.New("an event: the line is empty")
	}
	err := o.check()
	if err != nil {
		return Event{}, fmt.Errorf("an event: %w", err)
	}
	e, err := readEvent(bytes.Clone(o.raw))
	if err != nil {
		return Event{}, fmt.Errorf("an event: %w", err)
	}
	return e, nil
}

func readEvent(line json.RawMessage) (Event, error) {
	var raw struct {
		Type, Action, Scope string
		Actor               struct {
			ID         string
			Attributes map[string]string
		}
		// Docker's time is in seconds, podman's a text.
		Time     json.RawMessage
		TimeNano int64
		// Podman's, and what docker up to 28 repeats in them.
		ID, Status, Name, Image string
		ContainerExitCode       *int
		HealthStatus            string
		HealthStatus5           string `json:"health_status"`
		Attributes              map[string]string
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		return Event{}, err
	}
	e := Event{
		Type: raw.Type, Action: raw.Action, ActorID: raw.Actor.ID, Scope: raw.Scope, Attributes: raw.Actor.Attributes,
		Name: raw.Actor.Attributes["name"], Image: raw.Actor.Attributes["image"], Raw: line,
	}
	if raw.Action == "" {
		e.Action, e.ActorID, e.Name, e.Image, e.Attributes = raw.Status, raw.ID, raw.Name, raw.Image, maps.Clone(raw.Attributes)
		if e.Detail = raw.HealthStatus; e.Detail == "" {
			e.Detail = raw.HealthStatus5
		}
		if raw.Status == "died" || raw.Status == "exec_died" {
			e.Action = strings.TrimSuffix(raw.Status, "d")
			if e.ExitCode = raw.ContainerExitCode; e.ExitCode == nil {
				e.ExitCode = new(0) // it leaves zero out
			}
		}
	}
	if e.Type == "" || e.Action == "" {
		return Event{}, errors.New("it has no Type or no Action")
	}
	if action, detail, ok := strings.Cut(e.Action, ": "); ok && action != "" {
		e.Action, e.Detail = action, detail
	}
	at, err := eventTime(raw.Time, raw.TimeNano)
	e.Time = at
	return e, err
}

func eventTime(raw json.RawMessage, nano int64) (time.Time, error) {
	if nano != 0 {
		return unixTime(0, nano), nil
	}
	if len(raw) == 0 {
		return time.Time{}, nil
	}
	var at looseTime
	err := json.Unmarshal(raw, &at)
	return at.Time, err
}

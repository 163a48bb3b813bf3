package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// eventsKept is how many events an engine remembers.
const eventsKept = 256

// engineMemory is what an engine remembers of what has happened since its own start.
type engineMemory struct {
	events []output.Event // in the order in which it tells them
	full   bool           // it may have forgotten what was before them
}

// begins returns the time of the first event; of no event it is now.
func (m engineMemory) begins() time.Time {
	first := time.Now()
	for _, e := range m.events {
		if e.Time.Before(first) {
			first = e.Time
		}
	}
	return first
}

// errTellsNot is that an engine is there, and does not tell of events.
var errTellsNot = errors.New("the engine does not tell of events")

// readMemory reads what the engine of a root's workers remembers at this moment.
//
// An engine tells of events up to a time, and leaves later ones out, though these have taken the place of older ones. So it is
// asked up to its own present, by its own clock, and once more: what came in between is among the events that it keeps.
func (m *Manager) readMemory(ctx context.Context, root string, d client.Docker) (engineMemory, error) {
	of, _ := readEngineMark(root) // without it, or where it is damaged, it is one engine at least
	before, at, err := tellEvents(ctx, d, &of)
	if err != nil || len(before) >= eventsKept {
		return engineMemory{events: before, full: true}, err
	}
	now, _, err := tellEvents(ctx, d, &of)
	if errors.Is(err, errTellsNot) { // it has just done so
		return engineMemory{events: before}, nil
	}
	if err != nil {
		return engineMemory{}, err
	}
	kept := len(before)
	for _, e := range now {
		if e.Time.After(at) {
			kept++
		}
	}
	return engineMemory{events: now, full: kept >= eventsKept}, nil
}

// tellEvents has an engine tell of all events up to its present, and returns that by its own clock. The engine has to be of, which
// is set if it is zero. An error is errTellsNot if the engine answers otherwise, and has done so twice.
func tellEvents(ctx context.Context, d client.Docker, of *engineMark) (events []output.Event, present time.Time, err error) {
	for range 2 { // it was just being started, perhaps
		if present, err = tellTime(ctx, d, of); err != nil {
			return nil, present, err
		}
		events = nil
		q := dockercmd.Events{Since: unixTime(time.Unix(1, 0)), Until: unixTime(present)}
		err = d.Events(ctx, q, func(e output.Event) { events = append(events, e) })
		if err == nil || ctx.Err() != nil || errors.Is(err, client.ErrTimeout) {
			return events, present, err
		}
	}
	if _, away := tellTime(ctx, d, of); away != nil {
		return nil, present, away
	}
	return nil, present, fmt.Errorf("%w: %w", errTellsNot, err)
}

// tellTime asks an engine for its time.
func tellTime(ctx context.Context, d client.Docker, of *engineMark) (time.Time, error) {
	info, err := d.Info(ctx)
	switch got := (engineMark{ID: info.ID, DataRoot: info.DockerRootDir}); {
	case err != nil && (isSick(err) || ctx.Err() != nil):
		return time.Time{}, err
	case err != nil:
		return time.Time{}, fmt.Errorf("%w, nor of its clock: %w", errTellsNot, err)
	case info.SystemTime.IsZero():
		return time.Time{}, fmt.Errorf("%w by its own clock", errTellsNot)
	case *of == engineMark{}:
		*of = got
	case got != *of:
		return time.Time{}, otherEngine(*of, got)
	}
	return info.SystemTime, nil
}

package worker

import (
	"maps"
	"slices"
	"time"
)

// rechecks are the workers that are looked at again at a time of their own, because an end was noticed and not confirmed. It
// belongs to the loop.
type rechecks struct {
	limit time.Duration // how long a worker is looked at again; 0 is until it is settled

	timer   *time.Timer // fires when one is due
	firesAt time.Time   // zero is an hour hence
	tracks  map[string]*track
}

// start makes the timer.
func (c *rechecks) start() {
	c.timer = time.NewTimer(time.Hour)
	c.tracks = map[string]*track{}
}

// add has a worker looked at again at a time.
func (c *rechecks) add(t *track, at time.Time) {
	now := time.Now()
	if t.recheckSince.IsZero() {
		t.recheckSince = now
	}
	if c.isOver(t, at) {
		delete(c.tracks, t.cp.ID)
		return
	}
	t.recheckAt = at
	c.tracks[t.cp.ID] = t
	c.fireIn(at.Sub(now))
}

// isOver reports whether a worker has been looked at for long enough.
func (c *rechecks) isOver(t *track, at time.Time) bool {
	return c.limit > 0 && !at.Before(t.recheckSince.Add(c.limit))
}

// drop has a worker not looked at again.
func (c *rechecks) drop(t *track) {
	delete(c.tracks, t.cp.ID)
	t.recheckAt, t.recheckSince = time.Time{}, time.Time{}
}

// due returns the workers that are to be looked at now.
func (c *rechecks) due(now time.Time) (due []*track) {
	c.firesAt = time.Time{}
	for _, t := range slices.Collect(maps.Values(c.tracks)) {
		if now.Before(t.recheckAt) {
			c.fireIn(t.recheckAt.Sub(now))
			continue
		}
		due = append(due, t)
	}
	return due
}

// postpone has a worker that was due looked at again, if its inspection brings nothing.
func (c *rechecks) postpone(t *track, now time.Time) {
	if c.isOver(t, now) {
		delete(c.tracks, t.cp.ID)
		return
	}
	t.recheckAt = now.Add(engineTime)
	if deadline := t.recheckSince.Add(engineTime); now.Before(deadline) {
		t.recheckAt = deadline
	}
	c.fireIn(t.recheckAt.Sub(now))
}

// fireIn has the timer fire after d, or sooner.
func (c *rechecks) fireIn(d time.Duration) {
	if at := time.Now().Add(d); c.firesAt.IsZero() || at.Before(c.firesAt) {
		c.firesAt = at
		c.timer.Reset(d)
	}
}

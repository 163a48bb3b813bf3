package worker

import (
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// noticed decides on a worker when the kernel or an event has told of its end.
func (r *watch) noticed(t *track) {
	now := time.Now()
	if t.obs.noticedAt.IsZero() {
		t.obs.noticedAt = now
	}
	r.carryOut(t, resolve(t.cp, t.obs, now))
}

// carryOut does what was decided on a worker.
func (r *watch) carryOut(t *track, d decision) {
	t.obs.answer, t.obs.doubtSince = nil, d.doubtSince
	switch {
	case d.kind == verdictEnded:
		r.recordExit(t, d)
	case d.at.IsZero():
	case !d.at.After(time.Now()):
		r.want(t)
	default:
		r.lookAt(t, d.at)
	}
}

func (r *watch) recordExit(t *track, d decision) {
	if d.reason == reasonKernelAlone {
		r.m.log().Warn(d.reason, slog.String("worker", t.cp.ID))
	}
	h, err := r.m.open(t.cp.ID)
	if errors.Is(err, ErrUnknownID) {
		r.look(t.cp.ID)
		return
	}
	if err == nil {
		defer h.dir.Close()
		if h.Launch != t.cp.Launch {
			r.look(t.cp.ID)
			return
		}
		err = r.m.recordEnd(h, d)
	}
	if err != nil {
		r.m.log().Error("exit not recorded", slog.String("worker", t.cp.ID), slog.Any("error", err))
		r.failed(err)
		r.lookLater(t)
		return
	}
	r.know(h.checkpoint)
}

// lookLater has a worker looked at again in a moment.
func (r *watch) lookLater(t *track) { r.lookAt(t, time.Now().Add(confirmTime)) }

// lookAt has a worker looked at again at a time.
func (r *watch) lookAt(t *track, at time.Time) {
	now := time.Now()
	t.due = at
	if t.giveUp.IsZero() {
		t.giveUp = now.Add(engineTime)
	}
	if r.once && r.failure != nil {
		return // a single pass asks nobody twice
	}
	r.pending[t.cp.ID] = t
	r.settleIn(at.Sub(now))
}

// settleIn has settleDue called in a while, or sooner.
func (r *watch) settleIn(d time.Duration) {
	if at := time.Now().Add(d); r.settleAt.IsZero() || at.Before(r.settleAt) {
		r.settleAt = at
		r.settleTimer.Reset(d)
	}
}

// settleDue looks at the workers whose end was noticed and not confirmed in time.
func (r *watch) settleDue() {
	now := time.Now()
	r.settleAt = time.Time{}
	for _, t := range slices.Collect(maps.Values(r.pending)) {
		if now.Before(t.due) {
			r.settleIn(t.due.Sub(now))
			continue
		}
		d := resolve(t.cp, t.obs, now)
		if d.kind == verdictEnded {
			r.recordExit(t, d)
			continue
		}
		r.want(t)
		if r.once && !now.Before(t.giveUp) {
			delete(r.pending, t.cp.ID)
			continue
		}
		t.due = now.Add(engineTime)
		if now.Before(t.giveUp) {
			t.due = t.giveUp
		}
		r.settleIn(t.due.Sub(now))
	}
}

// missed says whether nobody knows what the engine went through since a worker's launch.
func (r *watch) missed(t *track) bool {
	return t.seen.IsZero() && (t.found || t.cp.LaunchedAt.Before(r.lostAt))
}

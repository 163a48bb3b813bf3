package worker

import (
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// finish records how a worker ended, if that is known.
func (r *watch) finish(t *track) {
	e, ok := t.facts.exit()
	if !ok {
		r.lookLater(t)
		return
	}
	r.recordExit(t, e)
}

func (r *watch) recordExit(t *track, e Exit) {
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
		if t.facts.gone && t.cp.Container == "" && t.facts.death == nil && !e.Known {
			e = cutOff()
		}
		err = r.m.record(h, e, t.container)
		if err == nil && t.facts.gone {
			err = r.m.update(h, func(cp *checkpoint) { cp.Removed = true })
		}
	}
	if err != nil {
		r.m.log().Error("exit not recorded", slog.String("worker", t.cp.ID), slog.Any("error", err))
		r.failed(err)
		r.lookLater(t)
		return
	}
	r.know(h.checkpoint)
}

// lookLater has a worker whose end was noticed looked at again in a while.
func (r *watch) lookLater(t *track) {
	now := time.Now()
	t.due = now.Add(confirmTime)
	if t.giveUp.IsZero() {
		t.giveUp = now.Add(engineTime)
	}
	if r.once && r.failure != nil {
		return // a single pass asks nobody twice
	}
	r.pending[t.cp.ID] = t
	r.settleIn(confirmTime)
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
		if e, ok := t.facts.byKernel(); ok && !now.Before(t.giveUp) {
			r.m.log().Warn("engine does not confirm an end, the kernel's word stands", slog.String("worker", t.cp.ID))
			r.recordExit(t, e)
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

// lateOOM says whether to ask again: the engine may note a kill for lack of memory some moments after the end (20.10).
func (r *watch) lateOOM(t *track) bool {
	s := t.facts.state
	if t.twice || s.OOMKilled || s.ExitCode != 137 || t.facts.oomKills != nil || t.facts.oom || !t.cp.StopAt.IsZero() ||
		time.Since(s.FinishedAt) > time.Second {
		return false
	}
	t.twice = true
	r.lookLater(t)
	return true
}

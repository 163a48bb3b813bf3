package worker

import (
	"errors"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// inspected takes the answer of inspect about one worker, whose checkpoint was cp when the number-th question was asked.
func (r *reconciler) inspected(cp *checkpoint, c output.Container, err error, number int) {
	t := r.tracks[cp.ID]
	if t == nil || t.cp.Launch != cp.Launch {
		return // it has ended meanwhile, or was launched anew
	}
	if err != nil && !errors.Is(err, client.ErrNotFound) {
		if r.loop.ctx.Err() == nil {
			r.failed(err)
			r.recheckSoon(t)
		}
		return
	}
	t.obs.inspected(cp.Container, c, err == nil)
	defer func() { t.obs.answer = nil }()
	if !r.observe(t) {
		return
	}
	d := resolve(t.cp, t.obs, time.Now())
	if c.State.Status.Alive() {
		r.isAlive(t, c, number)
	}
	r.carryOut(t, d)
}

// observe adds to an answer of inspect what else there is to know. It returns false when nothing is to be decided by it.
func (r *reconciler) observe(t *track) bool {
	o := &t.obs
	switch {
	case o.mayBeLaunching(t.cp):
		locked, err := r.m.isWorkerLocked(t.cp.ID)
		if err != nil {
			r.failed(err)
			r.recheckSoon(t)
			return false
		}
		o.lock = launchLocked
		if locked {
			return true
		}
		o.lock = launchUnlocked
		r.reloadCheckpoint(t.cp.ID) // the launch may have come to its end since inspect was asked
		return r.tracks[t.cp.ID] == t
	case o.over != nil:
		if r.unwatched(t) {
			o.engine = engineLost
		}
		if o.engine == engineLost {
			o.engineStarted = engineStarted(r.m.docker(r.root, t.cp))
		}
	}
	return true
}

// unwatched reports whether nobody knows what the engine went through since a worker's launch.
func (r *reconciler) unwatched(t *track) bool {
	return t.seen.IsZero() && (t.found || t.cp.LaunchedAt.Before(r.lostAt))
}

// noticed decides on a worker when the kernel or an event has told of its end.
func (r *reconciler) noticed(t *track) {
	now := time.Now()
	if t.obs.noticedAt.IsZero() {
		t.obs.noticedAt = now
	}
	r.carryOut(t, resolve(t.cp, t.obs, now))
}

// carryOut does what was decided on a worker.
func (r *reconciler) carryOut(t *track, d decision) {
	t.obs.doubtSince = d.doubtSince
	switch {
	case d.kind == verdictEnded:
		r.recordEnd(t, d)
	case d.at.IsZero():
	case !d.at.After(time.Now()):
		r.inspects.enqueue(t.cp.ID)
	default:
		r.rechecks.add(t, d.at)
	}
}

// recordEnd writes a worker's end to its checkpoint, and goes on with that.
func (r *reconciler) recordEnd(t *track, d decision) {
	if d.reason == reasonKernelAlone {
		r.m.log().Warn(d.reason, slog.String("worker", t.cp.ID))
	}
	h, err := r.m.open(t.cp.ID)
	if errors.Is(err, ErrUnknownID) {
		r.reloadCheckpoint(t.cp.ID)
		return
	}
	if err == nil {
		defer h.dir.Close()
		if h.Launch != t.cp.Launch {
			r.reloadCheckpoint(t.cp.ID)
			return
		}
		err = r.m.recordEnd(h, d)
	}
	if err != nil {
		r.m.log().Error("exit not recorded", slog.String("worker", t.cp.ID), slog.Any("error", err))
		r.failed(err)
		r.recheckSoon(t)
		return
	}
	r.applyCheckpoint(h.checkpoint)
}

// isAlive takes up what is new of a container that runs.
func (r *reconciler) isAlive(t *track, c output.Container, number int) {
	t.markAlive(number)
	t.obs.startedAt = c.State.StartedAt
	if t.obs.death != nil && c.State.Pid != 0 && c.State.Pid != t.obs.death.PID {
		t.obs.death, t.obs.oomKills = nil, nil // it was started anew
	}
	r.cancelRecheck(t)
	if t.cp.Container == "" {
		// Docker run's answer has not come, or was lost with the supervisor that waited for it.
		if locked, err := r.m.isWorkerLocked(t.cp.ID); locked || err != nil {
			return
		}
		if err := r.adopt(t, c.ID); err != nil {
			r.m.log().Error("worker not adopted", slog.String("worker", t.cp.ID), slog.Any("error", err))
			return
		}
	}
	s := t.cp.status(nil, false)
	s.State, s.Source = stateOf(c.State.Status), FromInspect
	if !t.cp.StopAt.IsZero() && s.State == Running {
		s.State = Stopping
	}
	r.changed(t, s)
	r.watchProcess(t, c.State.Pid)
}

// adopt notes the container of a launch whose answer was lost.
func (r *reconciler) adopt(t *track, container string) error {
	h, err := r.m.open(t.cp.ID)
	if err != nil {
		return err
	}
	defer h.dir.Close()
	if h.Launch != t.cp.Launch {
		return nil // the checkpoint will be read again
	}
	if err := r.m.update(h, func(cp *checkpoint) { cp.Container = container }); err != nil {
		return err
	}
	t.cp = h.checkpoint
	r.m.log().Info("worker adopted", slog.String("worker", t.cp.ID), slog.String("container", container))
	return nil
}

// recheckSoon has a worker looked at again in a moment.
func (r *reconciler) recheckSoon(t *track) { r.rechecks.add(t, time.Now().Add(confirmTime)) }

// cancelRecheck has a worker not looked at again, if nothing tells of its end.
func (r *reconciler) cancelRecheck(t *track) {
	if t.obs.die == nil && t.obs.death == nil {
		r.rechecks.drop(t)
		t.obs.noticedAt = time.Time{}
	}
}

// recheckDue looks at the workers whose end was noticed and not confirmed in time.
func (r *reconciler) recheckDue() {
	now := time.Now()
	for _, t := range r.rechecks.due(now) {
		if d := resolve(t.cp, t.obs, now); d.kind == verdictEnded {
			r.recordEnd(t, d)
			continue
		}
		r.inspects.enqueue(t.cp.ID)
		r.rechecks.postpone(t, now)
	}
}

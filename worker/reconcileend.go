package worker

import (
	"errors"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// inspected takes the answer of inspect about one worker, whose checkpoint was cp when the number-th question was asked.
func (r *reconciler) inspected(cp *checkpoint, a answer, number int) {
	t := r.tracks[cp.ID]
	if t == nil && cp.Exit != nil {
		r.revive(cp, a)
		return
	}
	if t == nil || t.cp.Launch != cp.Launch {
		return // it has ended meanwhile, or was launched anew
	}
	if t.wiped > 0 && t.wiped < number && t.cp.Container == "" && errors.Is(a.err, ErrOtherEngine) && r.isAlone() {
		r.cleanedUp(cp.ID) // its launch was undone
		return
	}
	if a.err != nil && !isGone(a.err) {
		if r.loop.ctx.Err() == nil {
			r.failed(a.err)
			if !t.state.Alive() { // nobody says that it runs
				r.changed(t, r.m.withoutEngine(t.cp, t.group, t.hasGroup))
			}
			if errors.Is(a.err, ErrOtherEngine) || errors.Is(a.err, ErrState) || r.inspects.sick[cp.ID] {
				r.rechecks.add(t, time.Now().Add(engineTime))
				return
			}
			r.recheckSoon(t)
		}
		return
	}
	if a.err != nil && t.wiped > 0 && t.wiped < number {
		if askKernel(r.m.Cgroups, t.cp, t.cp.Container) == kernelLive {
			r.mendWiped(t)
		} else {
			r.cleanedUp(cp.ID)
		}
		return
	}
	t.obs.inspected(cp.Container, a)
	defer func() { t.obs.answer = nil }()
	if !r.observe(t) {
		return
	}
	d := r.resolve(t, time.Now())
	if a.State.Status.Alive() && d.kind != verdictEnded {
		r.isAlive(t, a.Container, number)
	}
	r.carryOut(t, d)
}

// isAlone reports whether no worker is left on disk that could be on another engine than the one that is asked.
func (r *reconciler) isAlone() (alone bool) {
	ctx, cancel := r.loop.brief()
	defer cancel()
	err := r.m.locked(ctx, func(root string) error { return workersLeft(root, "", engineMark{}, engineMark{}) })
	return err == nil
}

// observe adds to an answer of inspect what else there is to know. It returns false when nothing is to be decided by it.
func (r *reconciler) observe(t *track) bool {
	ctx, cancel := r.loop.brief()
	defer cancel()
	o := &t.obs
	switch {
	case o.mayBeLaunching(t.cp):
		locked, err := r.m.isWorkerLocked(ctx, t.cp.ID)
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
	}
	return true
}

// resolve decides on a worker by what was observed of it.
func (r *reconciler) resolve(t *track, now time.Time) decision {
	o := &t.obs
	o.kernel = kernelUnknown
	switch in := o.answer; {
	case in != nil && in.state != nil && in.state.Status.Alive() && o.death == nil:
	case t.hasGroup:
		o.kernel = askGroup(t.group)
	default:
		h, answered := handle{checkpoint: t.cp, root: r.root}, ""
		if in != nil {
			answered = in.container
		}
		o.kernel = askKernel(r.processes.host, t.cp, h.containerID(answered))
	}
	d := resolve(t.cp, *o, now)
	o.doubtSince, o.liveSince = d.doubtSince, d.liveSince
	return d
}

// noticed decides on a worker when the kernel or an event has told of its end.
func (r *reconciler) noticed(t *track) {
	now := time.Now()
	if t.obs.noticedAt.IsZero() {
		t.obs.noticedAt = now
	}
	r.carryOut(t, r.resolve(t, now))
}

// carryOut does what was decided on a worker.
func (r *reconciler) carryOut(t *track, d decision) {
	if d.kind == verdictInDoubt {
		s := t.cp.status(nil, false)
		s.State, s.Source, s.Detail = InDoubt, FromCgroup, d.reason
		r.changed(t, s)
	}
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
	ctx, cancel := r.loop.brief()
	defer cancel()
	if d.reason == reasonKernelAlone {
		r.m.log().Warn(d.reason, slog.String("worker", t.cp.ID))
	}
	h, err := r.m.open(ctx, t.cp.ID)
	if errors.Is(err, ErrUnknownID) {
		if r.reloadCheckpoint(t.cp.ID); r.tracks[t.cp.ID] == t { // it has lost its checkpoint
			r.recheckSoon(t)
		}
		return
	}
	if err == nil {
		defer h.dir.Close()
		if h.Launch != t.cp.Launch || h.Life != t.cp.Life {
			r.reloadCheckpoint(t.cp.ID)
			return
		}
		err = r.m.recordEnd(ctx, h, d)
	}
	if errors.Is(err, ErrState) {
		r.reloadCheckpoint(t.cp.ID) // which has it mended
	}
	if err != nil {
		r.m.log().Error("exit not recorded", slog.String("worker", t.cp.ID), slog.Any("error", err))
		r.health.unrecorded(t.cp.ID, err)
		t.unrecorded = true
		r.waiters.wakeAll(t.cp.ID) // to find out by themselves, and tell
		r.failed(err)
		r.recheckSoon(t)
		return
	}
	r.health.unrecorded(t.cp.ID, nil)
	t.unrecorded = false
	t.again = t.again || d.reason == reasonStartedSince
	r.applyCheckpoint(h.checkpoint)
}

// isAlive takes up what is new of a container that runs.
func (r *reconciler) isAlive(t *track, c output.Container, number int) {
	ctx, cancel := r.loop.brief()
	defer cancel()
	r.markAlive(t, number)
	t.obs.startedAt = c.State.StartedAt
	if t.obs.death != nil && c.State.Pid != 0 && c.State.Pid != t.obs.death.PID {
		t.obs.death, t.obs.oomKills = nil, nil // it was started anew
	}
	r.cancelRecheck(t)
	if t.cp.Container == "" {
		// Docker run's answer has not come, or was lost with the supervisor that waited for it.
		if locked, err := r.m.isWorkerLocked(ctx, t.cp.ID); locked || err != nil {
			return
		}
		if err := r.adopt(t, c.ID); err != nil {
			r.m.log().Error("worker not adopted", slog.String("worker", t.cp.ID), slog.Any("error", err))
			return
		}
	}
	s := t.cp.status(nil, false)
	s.State, s.Source = t.cp.runningState(stateOf(c.State.Status)), FromInspect
	r.changed(t, s)
	r.watchProcess(t, c.State.Pid)
}

// adopt notes the container of a launch whose answer was lost.
func (r *reconciler) adopt(t *track, container string) error {
	ctx, cancel := r.loop.brief()
	defer cancel()
	h, err := r.m.open(ctx, t.cp.ID)
	if err != nil {
		return err
	}
	defer h.dir.Close()
	if h.Launch != t.cp.Launch {
		return nil // the checkpoint will be read again
	}
	if err := r.m.noteContainer(ctx, h, container); err != nil {
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
		if d := r.resolve(t, now); d.kind == verdictEnded {
			r.recordEnd(t, d)
			continue
		}
		r.inspects.enqueue(t.cp.ID)
		r.rechecks.postpone(t, now)
	}
}

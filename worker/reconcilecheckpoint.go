package worker

import (
	"cmp"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/scripts"
)

// applyCheckpoint brings what is known of a worker in step with its checkpoint.
func (r *reconciler) applyCheckpoint(cp *checkpoint) {
	old := r.tracks[cp.ID]
	switch {
	case cp.Launch == "":
		r.ended[cp.ID] = endedWorker{}
		if old != nil {
			r.drop(old)
			r.waiters.wakeAll(cp.ID)
		}
	case cp.Exit != nil:
		r.ended[cp.ID] = endedWorker{launch: cp.Launch, over: cp.Exit.FinishedAt}
		if old != nil {
			r.drop(old)
			r.changed(old, cp.status(nil, true))
			if old.again {
				r.lookForRevival(cp.ID)
			}
		}
		r.waiters.wakeAll(cp.ID)
		if !cp.Acked {
			r.exits.deliver(cp.notice())
		}
	case old != nil && old.cp.Launch == cp.Launch:
		old.cp = cp
		r.inspectUnseen(old)
	default:
		if old != nil { // it has ended and was launched anew before that was noticed: its exit was kept
			r.drop(old)
			r.waiters.wakeAll(cp.ID)
			r.exits.deliverKept()
		}
		t := &track{cp: cp, since: r.asked, state: Launching}
		delete(r.ended, cp.ID)
		r.add(t)
		r.inspectUnseen(t)
	}
}

// inspectUnseen has a worker's container inspected whose process is not known yet. Of one that this Manager has just launched, and
// whose start the engine has told of, the kernel says which it is.
func (r *reconciler) inspectUnseen(t *track) {
	if t.cp.Container == "" || t.pid != 0 || t.obs.death != nil {
		return
	}
	began := t.began
	if began != nil && began.ActorID == t.cp.Container && t.state == Launching && t.cp.Life == 0 && t.obs.die == nil {
		t.began = nil
		if pid := r.processes.first(t.cp.Container, t.cp.CgroupParent); pid != 0 {
			r.watchProcess(t, pid)
		}
		if t.obs.pidWatched {
			t.obs.startedAt = began.Time
			s := t.cp.status(nil, false)
			s.State, s.Source = t.cp.runningState(Running), FromBoth
			r.changed(t, s)
			return
		}
		t.pid = 0
	}
	r.inspects.enqueue(t.cp.ID)
}

// damagePause is how long a worker's damaged state is left alone after an attempt to put it in order.
const damagePause = 2 * time.Second

// reloadCheckpoint reads a worker's checkpoint again.
func (r *reconciler) reloadCheckpoint(id string) {
	ctx, cancel := r.loop.brief()
	defer cancel()
	var cp *checkpoint
	var at stamp
	half, kept := false, false // it has a directory, and no checkpoint; its exit is kept, or handed over
	err := r.m.locked(ctx, func(root string) (err error) {
		at = stampOf(root, id)
		cp, err = readCheckpoint(root, id)
		if err == nil && cp == nil {
			_, dirErr := os.Lstat(stateDir(root, id))
			half = dirErr == nil
			if t := r.tracks[id]; t != nil {
				kept = isKept(root, t.cp) || r.exits.hands(t.cp, t.obs.startedAt)
			}
		}
		return err
	})
	switch {
	case errors.Is(err, ErrBusy):
		r.m.log().Warn("a worker's state is read again later", slog.String("worker", id), slog.Any("error", err))
		r.loop.wg.Go(func() {
			if backoff.Sleep(r.loop.ctx, confirmTime) == nil {
				r.loop.post(func() { r.reloadCheckpoint(id) })
			}
		})
	case err != nil && time.Since(r.damaged[id]) < damagePause: // the next list comes to it again
	case err != nil:
		r.damaged[id] = time.Now()
		r.m.log().Error("a worker's state cannot be used", slog.String("worker", id), slog.Any("error", err))
		switch setAsideErr := r.setAsideDamaged(); {
		case r.tracks[id] != nil && errors.Is(err, ErrState):
			r.finish([]string{id}, nil)
		case setAsideErr == nil:
			r.tidied = false // the next relist rebuilds it from its container's labels
			r.lists.soon(0)
		}
	case cp != nil:
		delete(r.damaged, id)
		if t := r.tracks[id]; t != nil {
			t.wiped = 0
		}
		r.applyCheckpoint(cp)
		if e, is := r.ended[id]; is {
			e.stamp = at
			r.ended[id] = e
		}
		if t := r.tracks[id]; t != nil {
			t.stamp = at
		}
	case half && r.tracks[id] != nil && !kept && time.Now().Before(r.tidyAfter):
		r.tidied = false // a later list comes to it
	case half && r.tracks[id] != nil && !kept:
		r.finish([]string{id}, nil) // unless somebody launches it anew
	case r.tracks[id] != nil && !kept: // its launch has failed and was undone, or somebody has deleted its directory: docker tells
		if t := r.tracks[id]; t.wiped == 0 {
			t.wiped = r.asked
			if time.Since(t.mended) >= damagePause { // else it is gone once more, and the next list comes to it
				r.lists.soon(0)
			}
		}
	default:
		r.cleanedUp(id)
	}
}

// cleanedUp takes up that somebody has cleaned a worker up. If its exit was not taken, it is kept.
func (r *reconciler) cleanedUp(id string) {
	delete(r.ended, id)
	delete(r.damaged, id)
	if t := r.tracks[id]; t != nil {
		r.drop(t)
		r.waiters.wakeAll(id)
		r.changed(t, Status{ID: id, State: Gone, Container: t.cp.Container, LaunchedAt: t.cp.LaunchedAt, Source: FromDisk})
	}
	r.exits.deliverKept()
}

// endKept takes up that the exit of a life that is tracked is kept: somebody has recorded it, and cleaned the worker up or launched
// it anew.
func (r *reconciler) endKept(n Notice) {
	if t := r.tracks[n.Worker]; t != nil && t.cp.Launch == n.Launch && t.cp.Life == n.Life {
		r.cleanedUp(n.Worker)
		r.reloadCheckpoint(n.Worker)
	}
}

// deliverOther hands over the exit that has an acknowledged one's place.
func (r *reconciler) deliverOther(n Notice) {
	r.reloadCheckpoint(n.Worker)
	r.exits.deliverKept()
}

// mendWiped makes the directory of a worker anew that has gone: while a list or the kernel knows its container, that is nobody's
// cleanup.
func (r *reconciler) mendWiped(t *track) {
	ctx, cancel := r.loop.brief()
	defer cancel()
	err := r.m.locked(ctx, func(root string) error {
		for _, path := range []string{filepath.Join(root, "workers"), stateDir(root, t.cp.ID)} {
			r.m.trace("make directory", slog.String("worker", t.cp.ID))
			dir, err := scripts.OpenDir(path)
			if err != nil {
				return err
			}
			dir.Close()
		}
		return nil
	})
	if err != nil {
		r.m.log().Error("directory of a worker not made anew", slog.String("worker", t.cp.ID), slog.Any("error", err))
		r.failed(err)
		return
	}
	t.wiped, t.mended = 0, time.Now()
	r.m.log().Error("directory of a living worker was gone", slog.String("worker", t.cp.ID))
	r.finish([]string{t.cp.ID}, nil)
}

// setAsideDamaged sets damaged files aside.
func (r *reconciler) setAsideDamaged() error {
	ctx, cancel := r.loop.brief()
	defer cancel()
	done, err := r.m.repair(ctx, time.Now())
	done.left = cmp.Or(err, done.left)
	r.repaired(done)
	if done.left != nil {
		r.failed(done.left)
	}
	return done.left
}

// repaired tells what was put in order on disk, and what was not.
func (r *reconciler) repaired(done repaired) {
	done.log(r.m.log())
	if done.left != nil {
		r.m.log().Error("damaged files not put in order", slog.Any("error", done.left))
	}
	r.health.update(func(h *Health) {
		h.SetAside += len(done.setAside)
		h.RepairErr = done.left
	})
}

// add begins to track a worker.
func (r *reconciler) add(t *track) {
	r.tracks[t.cp.ID] = t
	r.health.count(t.state, 1)
}

// drop ceases to track a worker.
func (r *reconciler) drop(t *track) {
	if r.tracks[t.cp.ID] == t {
		delete(r.tracks, t.cp.ID)
		r.health.count(t.state, -1)
		r.health.unrecorded(t.cp.ID, nil)
	}
	delete(r.inspects.sick, t.cp.ID)
	r.rechecks.drop(t)
	r.processes.remove(t.cp.ID)
}

// changed tells of a state that is new, or newly told by the cgroup alone.
func (r *reconciler) changed(t *track, s Status) {
	if s.State == t.state && (s.Source == FromCgroup) == (t.source == FromCgroup) {
		t.source, t.detail = s.Source, s.Detail
		return
	}
	if r.tracks[t.cp.ID] == t {
		r.health.count(t.state, -1)
		r.health.count(s.State, 1)
	}
	t.state, t.source, t.detail = s.State, s.Source, s.Detail
	if r.changes != nil {
		r.changes.add(s)
	}
}

// failed notes that something could not be found out, or not recorded.
func (r *reconciler) failed(err error) {
	if r.failure == nil {
		r.failure = err
	}
}

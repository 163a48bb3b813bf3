package worker

import (
	"errors"
	"io/fs"
	"log/slog"
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

// inspectUnseen has a worker's container inspected whose process is not known yet.
func (r *reconciler) inspectUnseen(t *track) {
	if t.cp.Container != "" && t.pid == 0 && t.obs.death == nil {
		r.inspects.enqueue(t.cp.ID)
	}
}

// reloadCheckpoint reads a worker's checkpoint again.
func (r *reconciler) reloadCheckpoint(id string) {
	ctx, cancel := r.loop.brief()
	defer cancel()
	var cp *checkpoint
	var at stamp
	err := r.m.locked(ctx, func(root string) (err error) {
		at = stampOf(root, id)
		cp, err = readCheckpoint(root, id)
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
	case err != nil:
		r.m.log().Error("a worker's state cannot be used", slog.String("worker", id), slog.Any("error", err))
		if t := r.tracks[id]; t != nil && errors.Is(err, ErrState) {
			r.restore(t)
		} else {
			if r.setAsideDamaged() == nil {
				r.tidied = false // the next relist rebuilds it from its container's labels
				r.lists.soon(0)
			}
		}
	case cp != nil:
		r.applyCheckpoint(cp)
		if e, is := r.ended[id]; is {
			e.stamp = at
			r.ended[id] = e
		}
	default:
		// Someone has cleaned it up; if its exit was not taken, it is kept.
		delete(r.ended, id)
		if t := r.tracks[id]; t != nil {
			r.drop(t)
			r.waiters.wakeAll(id)
			r.changed(t, Status{ID: id, State: Gone, Container: t.cp.Container, LaunchedAt: t.cp.LaunchedAt, Source: FromDisk})
		}
		r.exits.deliverKept()
	}
}

// setAsideDamaged sets damaged files aside.
func (r *reconciler) setAsideDamaged() error {
	ctx, cancel := r.loop.brief()
	defer cancel()
	done, err := r.m.repair(ctx, time.Now())
	r.repaired(done, err)
	if err != nil {
		r.failed(err)
	}
	return err
}

// repaired tells what was put in order on disk, and what was not.
func (r *reconciler) repaired(done repaired, err error) {
	done.log(r.m.log())
	if err != nil {
		r.m.log().Error("damaged files not put in order", slog.Any("error", err))
	}
	r.health.update(func(h *Health) {
		h.SetAside += len(done.setAside)
		h.RepairErr = err
	})
}

// restore sets the damaged checkpoint of a worker aside, and writes what is known of the worker anew.
func (r *reconciler) restore(t *track) {
	_ = r.setAsideDamaged() // it has told
	ctx, cancel := r.loop.brief()
	defer cancel()
	err := r.m.locked(ctx, func(root string) error {
		dir, err := scripts.OpenDir(stateDir(root, t.cp.ID))
		if err != nil {
			return err
		}
		defer dir.Close()
		dir.Sync = true
		if _, err := loadCheckpoint(dir); !errors.Is(err, fs.ErrNotExist) {
			return err // somebody else has written one
		}
		return r.m.save(&handle{checkpoint: t.cp, root: root, dir: dir}, t.cp)
	})
	if err != nil {
		r.m.log().Error("damaged state of a worker not written anew", slog.String("worker", t.cp.ID), slog.Any("error", err))
		r.failed(err)
	}
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

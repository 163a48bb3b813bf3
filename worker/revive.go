package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// A container that somebody starts again after its exit was recorded lives another life of the same launch. The Watcher, Stop and
// Kill begin it: the recorded exit is kept for the supervisor, and the checkpoint waits for the next.

// isRevived reports whether an answer of inspect is of another life than the one whose exit is recorded, be it over or not. An
// engine that has not noticed that end yet tells of the same start.
func (c *checkpoint) isRevived(a answer) bool {
	s := a.State.Status
	if c.Exit == nil || a.err != nil || !s.Alive() && !s.Over() || c.Container != "" && a.ID != c.Container {
		return false
	}
	before := c.Exit.StartedAt
	if before.IsZero() {
		before = c.Exit.FinishedAt
	}
	if before.IsZero() && !s.Alive() { // of a container that had seemed gone; what it says now is the end that is recorded
		before = c.ExitAt
	}
	return a.State.StartedAt.After(before)
}

// revive begins another life of a worker's launch, unless somebody has done so. What was told of ends before its start is of
// earlier lives.
func (m *Manager) revive(ctx context.Context, h *handle, startedAt time.Time) error {
	begun := false
	err := m.locked(ctx, func(root string) error {
		err := h.refresh()
		if errors.Is(err, errAnotherLife) {
			return nil
		}
		if err != nil || h.Exit == nil {
			return err
		}
		begun = true
		if _, err := m.keepNotice(root, h.checkpoint); err != nil {
			return err
		}
		cp := *h.checkpoint
		cp.Life, cp.LifeAt = cp.Life+1, startedAt
		cp.Exit, cp.ExitAt, cp.Acked, cp.Removed = nil, time.Time{}, false, false
		cp.StopAt, cp.KilledAt = time.Time{}, time.Time{}
		return m.save(h, &cp)
	})
	if err == nil && begun {
		m.log().Warn("worker runs again, although its exit was recorded", slog.String("worker", h.ID), slog.Int("life", h.Life))
		m.tell(h.ID)
	}
	return err
}

// reviveIfAlive begins another life of a worker whose exit is recorded if its container runs again, and reports whether it does.
func (m *Manager) reviveIfAlive(ctx context.Context, h *handle) (revived bool, err error) {
	if h.Container == "" || m.isRemoved(h.checkpoint) {
		return false, nil
	}
	var a answer
	a.Container, a.err = m.find(ctx, h)
	if isGone(a.err) && askKernel(m.Cgroups, h.checkpoint, h.Container) != kernelEmpty {
		m.doubtOther(ctx, h.root, []*answer{&a}, func() { a.Container, a.err = m.find(ctx, h) })
	}
	switch {
	case a.err != nil:
		return false, m.confirmOver(h.checkpoint, a.err)
	case !h.isRevived(a):
		return false, nil
	}
	return true, m.revive(ctx, h, a.State.StartedAt)
}

// confirmOver returns an error unless a worker whose exit is recorded is over still, although inspect has failed with err: the kernel
// says so, or inspect does not know the container, of which doubtOther has made sure.
func (m *Manager) confirmOver(cp *checkpoint, err error) error {
	switch view := askKernel(m.Cgroups, cp, cp.Container); {
	case view == kernelEmpty, view == kernelUnknown && isGone(err):
		return nil
	case isGone(err):
		return problem(ErrAlive, cp.ID, "", "an exit of it is recorded, and its container %.12s, which docker does not know, has "+
			"processes; set right which engine is asked", cp.Container)
	}
	return fmt.Errorf("an exit of it is recorded, and whether somebody has started its container again is not known: %w", err)
}

// seenAgain has the exits of workers held against what a list says of their containers: they may have been started again while
// nobody watched.
func (r *reconciler) seenAgain(rows []output.PsRow) {
	if !r.missedStarts {
		return
	}
	r.missedStarts = false
	for _, row := range rows {
		id := row.Labels[LabelWorker]
		e, known := r.ended[id]
		if known && e.launch == row.Labels[LabelLaunch] && row.Labels[LabelInstance] == r.m.instance(r.root) && row.State.Over() {
			r.lookForRevival(id)
		}
	}
}

// lookForRevival has a worker inspected that has ended, and that docker says runs.
func (r *reconciler) lookForRevival(id string) {
	r.revivals[id] = true
	r.inspects.enqueue(id)
}

// revive takes up another life of a worker, if inspect has told of one.
func (r *reconciler) revive(cp *checkpoint, a answer) {
	ctx, cancel := r.loop.brief()
	defer cancel()
	if !cp.isRevived(a) {
		return
	}
	h, err := r.m.open(ctx, cp.ID)
	if err == nil {
		defer h.dir.Close()
		if h.Launch != cp.Launch || h.Life != cp.Life {
			return
		}
		err = r.m.revive(ctx, h, a.State.StartedAt)
	}
	if err != nil {
		r.m.log().Error("another life of a worker cannot be recorded", slog.String("worker", cp.ID), slog.Any("error", err))
		r.failed(err) // the next relist tells of it again
		return
	}
	r.applyCheckpoint(h.checkpoint)
	r.exits.deliverKept()
}

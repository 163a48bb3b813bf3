package worker

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
)

// look inspects a worker's container and decides by that.
func (m *Manager) look(ctx context.Context, h *handle) (a answer, d decision, err error) {
	asked := h.Container
	a.hint = cidHint(h.root, h.checkpoint)
	a.Container, a.err = m.find(ctx, h)
	if isGone(a.err) {
		m.doubtOther(ctx, h.root, []*answer{&a}, func() { a.Container, a.err = m.find(ctx, h) })
	}
	if a.State.Status.Over() && h.isRevived(a) { // another life of it has come and gone
		if err := m.revive(ctx, h, a.State.StartedAt); err != nil {
			return a, d, err
		}
		if !h.LifeAt.Equal(a.State.StartedAt) {
			return a, d, &Error{ErrState, h.ID, "", errAnotherLife}
		}
	}
	if h.obs.die != nil {
		a.heard = h.obs.die.Time
	}
	m.askEvents(ctx, h.root, []*checkpoint{h.checkpoint}, []*answer{&a})
	d, err = m.resolve(ctx, h, asked, a)
	nameTaken := errors.Is(a.err, ErrForeign) && h.Engine.Dialect == dockercmd.Storm                // which keeps another from it there
	if err == nil && d.kind == verdictEnded && d.removed && h.containerID("") == "" && !nameTaken { // the kernel was not asked
		err = m.confirmNone(ctx, h)
	}
	return a, d, err
}

// resolve decides on a worker by what find answered. It observes what else there is to know, and keeps it in h for the next time.
// An error is that nothing can be decided.
func (m *Manager) resolve(ctx context.Context, h *handle, asked string, a answer) (decision, error) {
	if a.err != nil && !isGone(a.err) {
		return decision{}, a.err
	}
	o := &h.obs
	o.inspected(asked, a)
	if o.mayBeLaunching(h.checkpoint) && o.lock != launchOver {
		locked, err := m.isWorkerLocked(ctx, h.ID)
		if err != nil {
			return decision{}, err
		}
		o.lock = launchUnlocked
		if locked {
			o.lock = launchLocked
		}
		// The launch may have come to its end since inspect was asked.
		if err := h.refresh(); err != nil {
			return decision{}, err
		}
	}
	o.kernel = kernelUnknown
	if o.answer.state == nil || !o.answer.state.Status.Alive() {
		o.kernel = askKernel(m.Cgroups, h.checkpoint, h.containerID(o.answer.container))
	}
	d := resolve(h.checkpoint, *o, time.Now())
	o.doubtSince, o.liveSince = d.doubtSince, d.liveSince
	return d, nil
}

// recordEnd writes the end that was decided on to disk, once: the first answer stays.
func (m *Manager) recordEnd(ctx context.Context, h *handle, d decision) error {
	news := h.Exit == nil
	if !news && (h.Removed || !d.removed) {
		return nil
	}
	err := m.update(ctx, h, func(cp *checkpoint) {
		if cp.Exit == nil {
			e := *d.exit
			e.Stopped = !cp.StopAt.IsZero()
			cp.ExitAt = time.Now()
			cp.Exit, cp.Container = &e, cmp.Or(cp.Container, d.container)
		}
		cp.Removed = cp.Removed || d.removed
	})
	if err == nil && news {
		m.tell(h.ID)
		m.log().Info("worker ended", slog.String("worker", h.ID), slog.String("reason", h.Exit.Reason))
	}
	return err
}

// isGone reports whether an error of find means that there is no container of the worker's. A client that was cut off, or has lost
// the engine, may have said so of another one.
func isGone(err error) bool {
	return !isSick(err) && (errors.Is(err, client.ErrNotFound) || errors.Is(err, ErrForeign))
}

// isSick reports whether an error is the engine's, or its client's, whatever it was asked. One that hangs may do so for one
// container.
func isSick(err error) bool {
	for _, kind := range []error{client.ErrUnavailable, client.ErrInterrupted, client.ErrTimeout} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// How long Wait rests when the engine does not answer, at first and at most.
const (
	waitRest    = 200 * time.Millisecond
	waitRestMax = 5 * time.Second
)

// Wait blocks until a worker has ended and says how: with the container's own exit code, not that of docker wait. It goes on
// when the engine restarts or is away. A worker that has ended before is answered from disk.
func (m *Manager) Wait(ctx context.Context, id string) (Exit, error) {
	h, err := m.launched(id)
	if err != nil {
		return Exit{}, err
	}
	defer h.dir.Close()
	rest := waitRest
	for h.Exit == nil {
		ended, err := m.settle(ctx, h)
		if ended {
			break
		}
		if err == nil {
			d, c, stepErr := m.step(h, StepWait)
			if stepErr != nil {
				return Exit{}, stepErr
			}
			_, err = d.Wait(ctx, c.(*dockercmd.Wait).Containers...)
		}
		switch {
		case ctx.Err() != nil:
			return Exit{}, context.Cause(ctx)
		case err == nil:
			rest = waitRest
			continue
		case !passing(err):
			return Exit{}, err
		}
		m.log().Warn("engine does not answer, waiting on", slog.String("worker", id), slog.Any("error", err))
		select {
		case <-ctx.Done():
			return Exit{}, context.Cause(ctx)
		case <-time.After(rest):
			rest = min(2*rest, waitRestMax)
		}
	}
	return *h.Exit, nil
}

// passing says whether an error may go away by itself.
func passing(err error) bool {
	return errors.Is(err, runner.ErrUnavailable) || errors.Is(err, runner.ErrTimeout) || errors.Is(err, runner.ErrNotFound)
}

// settle asks the engine for the worker's state and records its exit if it has ended.
func (m *Manager) settle(ctx context.Context, h *handle) (ended bool, err error) {
	c, err := m.find(ctx, h)
	switch {
	case errors.Is(err, runner.ErrNotFound), errors.Is(err, ErrForeign):
		if h.Container == "" {
			return false, err // not there yet
		}
		return true, m.record(h, gone())
	case err != nil:
		return false, err
	}
	state := c.State.Status
	if state.Over() || state == dockercmd.StateCreated && h.Container != "" {
		return true, m.record(h, exitOf(c.State))
	}
	return false, nil
}

// record writes an exit to disk, once: the first answer stays.
func (m *Manager) record(h *handle, e Exit) error {
	err := m.update(h, func(cp *checkpoint) {
		if cp.Exit == nil {
			cp.Exit = &e
		}
	})
	if err == nil {
		m.log().Info("worker ended", slog.String("worker", h.ID), slog.String("reason", h.Exit.Reason))
	}
	return err
}

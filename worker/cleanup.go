package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// removeTime is how long a container may take to be gone after docker rm; removeRest is how often that is looked at.
const (
	removeTime = 30 * time.Second
	removeRest = 100 * time.Millisecond
)

// Cleanup removes a worker that has ended: its container with anonymous volumes, its files, its reservation. It returns how
// the worker ended, or nil for one that was never launched. A worker that is alive is ErrAlive; when the engine does not
// answer, nothing is removed.
func (m *Manager) Cleanup(ctx context.Context, id string) (*Exit, error) {
	h, err := m.open(id)
	if err != nil {
		return nil, err
	}
	defer h.dir.Close()
	if h.Launch != "" {
		if err := m.cleanContainer(ctx, h); err != nil {
			return nil, err
		}
	}
	err = m.locked(func(root string) error { return removeFiles(root, id) })
	if err != nil {
		return nil, &Error{ErrState, id, "", err}
	}
	m.log().Info("worker cleaned up", slog.String("worker", id))
	return h.Exit, nil
}

func (m *Manager) cleanContainer(ctx context.Context, h *handle) error {
	c, err := m.find(ctx, h)
	switch {
	case isGone(err):
		if h.Exit == nil {
			return m.record(h, gone())
		}
		return nil
	case err != nil:
		return err
	case c.State.Status.Alive():
		return problem(ErrAlive, h.ID, "", "its container %.12s is %s; stop or kill it first", c.ID, c.State.Status)
	case c.State.Status == dockercmd.StateUnknown:
		return problem(ErrAlive, h.ID, "", "its container %.12s is in a state that is not known; nothing was removed", c.ID)
	}
	if err := m.record(h, exitOf(c.State)); err != nil {
		return err
	}
	return m.removeContainer(ctx, h)
}

// removeContainer removes the worker's own container and waits until it is gone. Someone else removing it too is fine.
func (m *Manager) removeContainer(ctx context.Context, h *handle) error {
	d, c, err := m.step(h, StepRm)
	if err != nil {
		return err
	}
	err = d.Rm(ctx, *c.(*dockercmd.Rm))
	if err != nil && !errors.Is(err, runner.ErrNotFound) && !errors.Is(err, runner.ErrRemovalInProgress) {
		return fmt.Errorf("worker %s: %w", h.ID, err)
	}
	deadline := time.After(removeTime)
	for {
		_, err := m.find(ctx, h)
		if isGone(err) {
			return nil
		}
		if err != nil && !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-deadline:
			return problem(ErrState, h.ID, "", "docker rm succeeded, but its container is still there after %s", removeTime)
		case <-time.After(removeRest):
		}
	}
}

package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// killTime is how long a killed worker may take until the engine says that it has ended.
const killTime = 30 * time.Second

// errStillThere ends the time that end gives a worker.
var errStillThere = errors.New("it has not ended")

// Stop ends a worker politely: its stop signal, and a kill after the spec's grace. It says how the worker ended. A worker that
// has ended before is no error, and one that is being launched is stopped when it has been.
func (m *Manager) Stop(ctx context.Context, id string) (Exit, error) {
	return m.end(ctx, id, func(h *handle) error {
		d, c, err := step[*dockercmd.Stop](m, h, StepStop)
		if err != nil {
			return err
		}
		return d.Stop(ctx, *c)
	})
}

// Kill ends a worker at once. A worker that has ended before is no error, and one that is being launched is killed when it has
// been.
func (m *Manager) Kill(ctx context.Context, id string) (Exit, error) {
	return m.end(ctx, id, func(h *handle) error {
		d, c, err := step[*dockercmd.Kill](m, h, StepKill)
		if err != nil {
			return err
		}
		return d.Kill(ctx, *c)
	})
}

// end runs what ends the worker's own container, and records how it ended.
func (m *Manager) end(ctx context.Context, id string, run func(*handle) error) (Exit, error) {
	h, err := m.launched(id)
	if err != nil {
		return Exit{}, err
	}
	defer h.dir.Close()
	ended, err := m.settleLaunched(ctx, h)
	switch {
	case err != nil:
		return Exit{}, err
	case ended:
		return *h.Exit, nil
	}
	err = run(h)
	if err != nil && !errors.Is(err, runner.ErrNotFound) && !errors.Is(err, runner.ErrNotRunning) {
		return Exit{}, fmt.Errorf("worker %s: %w", id, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, killTime, errStillThere)
	defer cancel()
	exit, err := m.wait(ctx, h)
	if errors.Is(err, errStillThere) {
		return Exit{}, problem(runner.ErrTimeout, id, "", "it was told to end, but the engine did not say within %s that it has; look at its container", killTime)
	}
	return exit, err
}

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

// Stop ends a worker politely: its stop signal, and a kill after the spec's grace. It says how the worker ended. A worker that
// has ended before is no error.
func (m *Manager) Stop(ctx context.Context, id string) (Exit, error) {
	return m.end(ctx, id, StepStop, func(d runner.Docker, c dockercmd.Command) error {
		return d.Stop(ctx, *c.(*dockercmd.Stop))
	})
}

// Kill ends a worker at once. A worker that has ended before is no error.
func (m *Manager) Kill(ctx context.Context, id string) (Exit, error) {
	return m.end(ctx, id, StepKill, func(d runner.Docker, c dockercmd.Command) error {
		err := d.Kill(ctx, *c.(*dockercmd.Kill))
		if errors.Is(err, runner.ErrNotRunning) {
			return nil
		}
		return err
	})
}

// end runs a step that ends the worker's own container, and records how it ended.
func (m *Manager) end(ctx context.Context, id, step string, run func(runner.Docker, dockercmd.Command) error) (Exit, error) {
	h, err := m.launched(id)
	if err != nil {
		return Exit{}, err
	}
	defer h.dir.Close()
	if h.Exit != nil {
		return *h.Exit, nil
	}
	ended, err := m.settle(ctx, h)
	if err != nil {
		return Exit{}, err
	}
	if !ended {
		d, c, err := m.step(h, step)
		if err != nil {
			return Exit{}, err
		}
		if err := run(d, c); err != nil && !errors.Is(err, runner.ErrNotFound) {
			return Exit{}, fmt.Errorf("worker %s: %w", id, err)
		}
		ctx, cancel := context.WithTimeout(ctx, killTime)
		defer cancel()
		return m.Wait(ctx, id)
	}
	return *h.Exit, nil
}

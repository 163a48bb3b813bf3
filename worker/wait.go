package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/internal/errline"
)

// How long Wait pauses before it asks the engine again, at first and at most.
const (
	waitPause    = 200 * time.Millisecond
	waitPauseMax = 5 * time.Second
)

// errLaunching says that a worker's launch is under way.
var errLaunching = errors.New("it is being launched")

// Wait blocks until a worker has ended and returns how: with the container's own exit code, not that of docker wait. It goes on
// when the engine restarts or is away, and when somebody starts the container again before its end was recorded. A worker that has
// ended before is answered from disk. While a Watcher runs in this process,
// it is the Watcher that waits, for all; else there is one docker wait for each call.
func (m *Manager) Wait(ctx context.Context, id string) (Exit, error) {
	h, err := m.launched(ctx, id)
	if err != nil {
		return Exit{}, err
	}
	defer h.dir.Close()
	return m.wait(ctx, h)
}

// wait blocks until the worker has ended, and sets h.Exit.
func (m *Manager) wait(ctx context.Context, h *handle) (Exit, error) {
	pause := backoff.Backoff{First: waitPause, Max: waitPauseMax}
	for {
		if err := m.watchedWait(ctx, h); err != nil && !errors.Is(err, errAnotherLife) || h.Exit != nil {
			return h.exit(), err
		}
		ended, err := m.settle(ctx, h)
		if err == nil && !ended {
			began := time.Now()
			if err = m.dockerWait(ctx, h); err == nil {
				ended, err = m.settle(ctx, h)
			}
			if time.Since(began) > waitPauseMax {
				pause.Reset()
			}
		}
		switch {
		case err == nil && ended:
			return *h.Exit, nil
		case ctx.Err() != nil:
			return Exit{}, fmt.Errorf("worker %s: wait: %w", h.ID, errline.Context(ctx))
		case err != nil && !isTransient(err):
			return Exit{}, err
		case err != nil && !errors.Is(err, errLaunching):
			m.log().Warn("nothing is known of its end, waiting on", slog.String("worker", h.ID), slog.Any("error", err))
		}
		// Docker wait may come back at once from a container that has not ended: one that restarts, or was never started.
		if err := pause.Wait(ctx); err != nil {
			return Exit{}, fmt.Errorf("worker %s: wait: %w", h.ID, err)
		}
	}
}

// watchedWait waits as long as this process's Watcher tracks the worker.
func (m *Manager) watchedWait(ctx context.Context, h *handle) error {
	for {
		if err := h.refresh(); err != nil || h.Exit != nil {
			return err
		}
		w := m.watching()
		if w == nil || !w.await(ctx.Done(), h.ID, h.Launch) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("worker %s: wait: %w", h.ID, errline.Context(ctx))
		}
	}
}

// exit returns the recorded exit, if there is one.
func (h *handle) exit() Exit {
	if h.Exit == nil {
		return Exit{}
	}
	return *h.Exit
}

// dockerWait blocks until the engine says that the container has ended. Its word for the exit code does not count: see resolve.
func (m *Manager) dockerWait(ctx context.Context, h *handle) error {
	s, err := m.step(h, StepWait)
	if err == nil {
		_, err = s.do(ctx)
	}
	return err
}

// isTransient reports whether an error may go away by itself.
func isTransient(err error) bool {
	for _, kind := range []error{errLaunching, errAnotherLife, ErrBusy, client.ErrNotFound} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return isSick(err)
}

// settle finds out whether the worker has ended, and if so records how, and sets h.Exit.
func (m *Manager) settle(ctx context.Context, h *handle) (ended bool, err error) {
	var stands decision // if inspect cannot be asked again
	for {
		if err := h.refresh(); err != nil || h.Exit != nil {
			return h.Exit != nil, err
		}
		_, d, err := m.look(ctx, h)
		switch {
		case err != nil && stands.exit != nil:
			return true, m.recordKnown(ctx, h, stands)
		case err != nil:
			return false, err
		case d.kind == verdictLaunching:
			return false, problem(errLaunching, h.ID, "", "its launch is under way")
		case d.kind == verdictEnded:
			return true, m.recordKnown(ctx, h, d)
		case d.kind != verdictAskAgain:
			return false, nil
		}
		stands = d
		if err := backoff.Sleep(ctx, time.Until(d.at)); err != nil && d.exit == nil {
			return false, fmt.Errorf("worker %s: %w", h.ID, err)
		}
	}
}

// recordKnown records an end. If that fails, the error tells the end.
func (m *Manager) recordKnown(ctx context.Context, h *handle, d decision) error {
	err := m.recordEnd(ctx, h, d)
	if errors.Is(err, ErrNotRecorded) || errors.Is(err, ErrBusy) {
		err = fmt.Errorf("worker %s has ended (%s), which is not recorded: %w", h.ID, d.exit.Reason, err)
	}
	return err
}

// settleLaunched settles a worker. When its launch is under way, it waits for that first.
func (m *Manager) settleLaunched(ctx context.Context, h *handle) (ended bool, err error) {
	pause := backoff.Backoff{First: waitPause, Max: waitPauseMax}
	for {
		ended, err = m.settle(ctx, h)
		if !errors.Is(err, errLaunching) {
			return ended, err
		}
		if err := pause.Wait(ctx); err != nil {
			return false, fmt.Errorf("worker %s: wait for its launch: %w", h.ID, err)
		}
	}
}

package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
)

// How long Wait rests before it asks the engine again, at first and at most.
const (
	waitRest    = 200 * time.Millisecond
	waitRestMax = 5 * time.Second
	oomTime     = 500 * time.Millisecond
	// doubtTime is how long a launch must look cut off before it is taken for that: the engine may still be at what a client has
	// asked for that is gone.
	doubtTime = 2 * time.Second
)

// errLaunching says that a worker's launch is under way.
var errLaunching = errors.New("it is being launched")

// Wait blocks until a worker has ended and says how: with the container's own exit code, not that of docker wait. It goes on
// when the engine restarts or is away. A worker that has ended before is answered from disk. While a Watcher runs in this process,
// it is the Watcher that waits, for all; else there is one docker wait for each call.
func (m *Manager) Wait(ctx context.Context, id string) (Exit, error) {
	h, err := m.launched(id)
	if err != nil {
		return Exit{}, err
	}
	defer h.dir.Close()
	return m.wait(ctx, h)
}

func (m *Manager) wait(ctx context.Context, h *handle) (Exit, error) {
	rest := newRest()
	for {
		if err := m.watchedWait(ctx, h); err != nil || h.Exit != nil {
			return h.exit(), err
		}
		ended, err := m.settle(ctx, h)
		if err == nil && !ended {
			began := time.Now()
			if err = m.dockerWait(ctx, h); err == nil {
				ended, err = m.settle(ctx, h)
			}
			if time.Since(began) > waitRestMax {
				rest = newRest()
			}
		}
		switch {
		case err == nil && ended:
			return *h.Exit, nil
		case ctx.Err() != nil:
			return Exit{}, fmt.Errorf("worker %s: wait: %w", h.ID, errline.Context(ctx))
		case err != nil && !passing(err):
			return Exit{}, err
		case err != nil && !errors.Is(err, errLaunching):
			m.log().Warn("engine does not answer, waiting on", slog.String("worker", h.ID), slog.Any("error", err))
		}
		// Docker wait may come back at once from a container that has not ended: one that restarts, or was never started.
		if err := rest(ctx); err != nil {
			return Exit{}, fmt.Errorf("worker %s: wait: %w", h.ID, err)
		}
	}
}

// watchedWait waits as long as this process's Watcher knows of the worker.
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

// exit is the recorded exit, if there is one.
func (h *handle) exit() Exit {
	if h.Exit == nil {
		return Exit{}
	}
	return *h.Exit
}

// dockerWait blocks until the engine says that the container has ended. What it says of the exit code is not believed: see
// settle.
func (m *Manager) dockerWait(ctx context.Context, h *handle) error {
	s, err := m.step(h, StepWait)
	if err == nil {
		_, err = s.do(ctx)
	}
	return err
}

// newRest returns a rest that grows longer each time.
func newRest() (rest func(context.Context) error) {
	next := waitRest
	return func(ctx context.Context) error {
		t := time.NewTimer(next)
		defer t.Stop()
		next = min(2*next, waitRestMax)
		select {
		case <-ctx.Done():
			return errline.Context(ctx)
		case <-t.C:
			return nil
		}
	}
}

// passing says whether an error may go away by itself.
func passing(err error) bool {
	for _, kind := range []error{errLaunching, client.ErrUnavailable, client.ErrTimeout, client.ErrNotFound} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// settle looks whether the worker has ended, and if so records how, and sets h.Exit.
func (m *Manager) settle(ctx context.Context, h *handle) (ended bool, err error) {
	if err := h.refresh(); err != nil || h.Exit != nil {
		return h.Exit != nil, err
	}
	c, err := m.find(ctx, h)
	created := c.State.Status == output.StateCreated
	switch {
	case h.Container == "" && (isGone(err) || err == nil && created):
		return m.settleLaunch(h, err, c)
	case isGone(err):
		return true, m.recordGone(h)
	case err != nil:
		return false, err
	case created, c.State.Status.Over():
		return true, m.record(h, m.exitOf(h, m.lateOOM(ctx, h, c.State)), c.ID)
	}
	return false, nil
}

// lateOOM asks once more about a kill that nobody here has ordered: the engine may note that memory was lacking some moments
// after the end (20.10).
func (m *Manager) lateOOM(ctx context.Context, h *handle, s output.ContainerState) output.ContainerState {
	if s.OOMKilled || s.ExitCode != 128+int(syscall.SIGKILL) || !h.StopAt.IsZero() || time.Since(s.FinishedAt) > oomTime {
		return s
	}
	t := time.NewTimer(oomTime)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return s
	case <-t.C:
	}
	if c, err := m.find(ctx, h); err == nil && c.State.Status.Over() {
		return c.State
	}
	return s
}

// settleLaunch decides on a worker whose docker run has not answered: its launch is under way, or was cut off with its
// supervisor.
func (m *Manager) settleLaunch(h *handle, findErr error, c output.Container) (ended bool, err error) {
	claimed, err := m.isClaimed(h.ID)
	if err != nil {
		return false, err
	}
	if h.doubt.IsZero() {
		h.doubt = time.Now()
	}
	if claimed || time.Since(h.doubt) < doubtTime {
		return false, problem(errLaunching, h.ID, "", "its launch is under way")
	}
	// The launch may have come to its end between two looks.
	if err := h.refresh(); err != nil || h.Exit != nil {
		return h.Exit != nil, err
	}
	switch {
	case h.Container != "":
		return false, nil
	case findErr == nil:
		return true, m.record(h, m.exitOf(h, c.State), c.ID)
	}
	return true, m.recordCutOff(h)
}

// settleLaunched is settle for a worker whose launch, if it is under way, is waited for.
func (m *Manager) settleLaunched(ctx context.Context, h *handle) (ended bool, err error) {
	rest := newRest()
	for {
		ended, err = m.settle(ctx, h)
		if !errors.Is(err, errLaunching) {
			return ended, err
		}
		if err := rest(ctx); err != nil {
			return false, fmt.Errorf("worker %s: wait for its launch: %w", h.ID, err)
		}
	}
}

// record writes an exit to disk, once: the first answer stays. Container is whose it is, where docker run has not said so.
func (m *Manager) record(h *handle, e Exit, container string) error {
	if h.Exit != nil {
		return nil
	}
	err := m.update(h, func(cp *checkpoint) {
		if cp.Exit == nil {
			e.Stopped = !cp.StopAt.IsZero()
			cp.Exit, cp.Container = &e, cmp.Or(cp.Container, container)
		}
	})
	if err == nil {
		m.tell(h.ID)
		m.log().Info("worker ended", slog.String("worker", h.ID), slog.String("reason", h.Exit.Reason))
	}
	return err
}

// recordGone notes that there is no container of the worker's any more; if nobody knows how it ended, that is its exit.
func (m *Manager) recordGone(h *handle) error {
	if err := m.record(h, gone(), ""); err != nil {
		return err
	}
	return m.update(h, func(cp *checkpoint) { cp.Removed = true })
}

// recordCutOff notes that a launch was cut off before there was a container.
func (m *Manager) recordCutOff(h *handle) error {
	if err := m.record(h, cutOff(), ""); err != nil {
		return err
	}
	return m.update(h, func(cp *checkpoint) { cp.Removed = true })
}

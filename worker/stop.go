package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/backoff"
)

// killTime is how long a killed worker may take until the engine says that it has ended.
const killTime = 30 * time.Second

// sureTime is how long it may take to learn what has become of a worker that docker says it has stopped or removed: that its
// container is gone takes four questions.
const sureTime = 15 * time.Second

// errStillThere ends the time that a step gives a worker.
var errStillThere = errors.New("it has not ended")

// Escalation is one of the steps by which Stop and Kill escalate, and why it did not end the worker.
type Escalation struct {
	Name string // docker stop, docker kill, docker rm --force, SIGKILL
	Err  error
}

// UnkillableError says that a worker could not be ended, and what was tried. It satisfies errors.Is with ErrUnkillable, and with
// the kinds of the escalations' errors.
type UnkillableError struct {
	Worker      string
	Container   string
	Escalations []Escalation
	// Processes are those that are left in the worker's cgroup, with their states as /proc tells them: "4711 (java) D". None is
	// not known.
	Processes []string
}

// Error returns what every escalation ran into, and the processes that are left.
func (e *UnkillableError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "worker %s: %v", e.Worker, ErrUnkillable)
	for _, r := range e.Escalations {
		fmt.Fprintf(&b, "; %s: %s", r.Name, strings.ReplaceAll(r.Err.Error(), "\n", "; "))
	}
	if len(e.Processes) > 0 {
		fmt.Fprintf(&b, "; processes left: %s", strings.Join(e.Processes, ", "))
	}
	return b.String()
}

// Unwrap returns ErrUnkillable and the error of each escalation.
func (e *UnkillableError) Unwrap() []error {
	errs := []error{ErrUnkillable}
	for _, r := range e.Escalations {
		errs = append(errs, r.Err)
	}
	return errs
}

// escalationStep is one way to end a worker, and how long the engine may take afterwards to say that it has worked.
type escalationStep struct {
	name string
	run  func(context.Context, *Manager, *handle) error
	time time.Duration
}

var (
	stopStep   = escalationStep{"docker stop", runStep(StepStop), sureTime}
	killStep   = escalationStep{"docker kill", runStep(StepKill), killTime}
	removeStep = escalationStep{"docker rm --force", runStep(StepRm), sureTime}
	directStep = escalationStep{"SIGKILL", func(ctx context.Context, m *Manager, h *handle) error { return m.killDirectly(ctx, h) },
		engineTime + time.Second}
)

// runStep returns an escalation that runs a line of the worker's plan.
func runStep(name string) func(context.Context, *Manager, *handle) error {
	return func(ctx context.Context, m *Manager, h *handle) error {
		s, err := m.step(h, name)
		if err == nil {
			s.force(true) // docker rm, which the plan has without
			_, err = s.do(ctx)
		}
		return err
	}
}

// Stop ends a worker: its stop signal, and a kill after the spec's grace. What that does not end gets docker kill, then docker rm
// with force, and, if the Manager's KillDirectly allows it, SIGKILL to each process in its cgroup; each has a deadline of its own.
// A worker that outlives all of them is an *UnkillableError. Stop returns how the worker ended. A worker that has ended before is
// no error, and one that is being launched is stopped when it has been. An engine that cannot be reached is ErrUnavailable at once,
// unless KillDirectly. A container that runs although its exit was recorded is ended, too; the exit is then that of its new life.
// When neither docker nor the kernel says whether one runs, the recorded exit comes with an error.
func (m *Manager) Stop(ctx context.Context, id string) (Exit, error) {
	return m.end(ctx, id, stopStep, killStep, removeStep, directStep)
}

// Kill ends a worker at once, and goes on as Stop does with what that does not end.
func (m *Manager) Kill(ctx context.Context, id string) (Exit, error) {
	return m.end(ctx, id, killStep, removeStep, directStep)
}

// end escalates step by step until the worker's own container has ended, and records how it ended. One whose launch is under way is
// ended when it has been launched.
func (m *Manager) end(ctx context.Context, id string, steps ...escalationStep) (Exit, error) {
	e, err := m.endNow(ctx, id, steps...)
	if errors.Is(err, errAnotherLife) { // which is to be ended, too
		e, err = m.endNow(ctx, id, steps...)
	}
	return e, err
}

func (m *Manager) endNow(ctx context.Context, id string, steps ...escalationStep) (Exit, error) {
	h, err := m.launched(ctx, id)
	if err != nil {
		return Exit{}, err
	}
	defer h.dir.Close()
	if h.Exit != nil {
		if revived, err := m.reviveIfAlive(ctx, h); err != nil || !revived {
			return *h.Exit, err
		}
	}
	ended, err := m.settleLaunched(ctx, h)
	switch {
	case errors.Is(err, ErrOtherEngine) && m.KillDirectly:
		steps = []escalationStep{directStep} // docker would not find it, or another's
	case err != nil && !(m.KillDirectly && isTransient(err)):
		return Exit{}, err
	case ended:
		return *h.Exit, nil
	case h.isInDoubt(): // for a moment only, perhaps
		if err := backoff.Sleep(ctx, confirmTime); err != nil {
			return Exit{}, fmt.Errorf("worker %s: %w", id, err)
		}
		if ended, err := m.settle(ctx, h); ended && err == nil {
			return *h.Exit, nil
		}
	}
	return m.escalate(ctx, h, steps...)
}

// isInDoubt reports whether docker took the worker for ended, when it was last asked, while the kernel knew of processes of it.
func (h *handle) isInDoubt() bool { return !h.obs.liveSince.IsZero() }

// escalate tries one step after the other.
func (m *Manager) escalate(ctx context.Context, h *handle, steps ...escalationStep) (Exit, error) {
	marked, err := m.markStop(ctx, h)
	switch {
	case errors.Is(err, ErrNotRecorded), errors.Is(err, ErrBusy): // a full disk keeps nobody from stopping
		m.log().Warn("that the worker is told to end is not recorded", slog.String("worker", h.ID), slog.Any("error", err))
	case err != nil:
		return Exit{}, err
	}
	acted := false // docker was asked for something, or may have been
	unkillable := &UnkillableError{Worker: h.ID, Container: h.Container}
	for _, r := range steps {
		switch {
		case r.name == directStep.name && !m.KillDirectly:
			continue
		case r.name != directStep.name && h.isInDoubt():
			// A removal would take from the engine the last that it knows of the container.
			err := problem(ErrAlive, h.ID, "", "not tried: the engine does not know that it has processes")
			unkillable.Escalations = append(unkillable.Escalations, Escalation{r.name, err})
			continue
		}
		err := r.run(ctx, m, h)
		if errors.Is(err, client.ErrNotFound) && m.isThere(ctx, h) { // another engine has denied it
			err = r.run(ctx, m, h)
		}
		acted = acted || !unreached(err)
		switch {
		case err == nil, errors.Is(err, client.ErrNotFound), errors.Is(err, client.ErrNotRunning),
			errors.Is(err, client.ErrRemovalInProgress):
			exit, ended, waitErr := m.endsWithin(ctx, h, r.time)
			if ended || waitErr != nil && !errors.Is(waitErr, errStillThere) {
				return exit, waitErr
			}
			err = problem(client.ErrTimeout, h.ID, "", "the engine did not say within %s that it has ended", r.time)
		case ctx.Err() != nil, !isTransient(err), unreached(err) && !m.KillDirectly:
			if marked && !acted {
				m.unmarkStop(ctx, h)
			}
			return Exit{}, fmt.Errorf("worker %s: %w", h.ID, err)
		}
		m.log().Warn("worker not ended, going on", slog.String("worker", h.ID), slog.String("by", r.name), slog.Any("error", err))
		unkillable.Escalations = append(unkillable.Escalations, Escalation{r.name, err})
	}
	unkillable.Processes = m.processes(h)
	return Exit{}, unkillable
}

// isThere reports whether a worker has a container that has not ended.
func (m *Manager) isThere(ctx context.Context, h *handle) bool {
	ended, err := m.settle(ctx, h)
	return err == nil && !ended && !h.isInDoubt()
}

// endsWithin waits for a worker's end, and records it.
func (m *Manager) endsWithin(ctx context.Context, h *handle, d time.Duration) (e Exit, ended bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, errStillThere)
	defer cancel()
	e, err = m.wait(ctx, h)
	return e, err == nil, err
}

// markStop notes when a worker was first told to end, and reports whether this is the first time. It does not wait long for the
// lock.
func (m *Manager) markStop(ctx context.Context, h *handle) (marked bool, err error) {
	if !h.StopAt.IsZero() {
		return false, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, loopLockTime, errLoopLockTime)
	defer cancel()
	h.dir.Sync = false // what a falling machine forgets of it is no loss
	defer func() { h.dir.Sync = true }()
	err = m.update(ctx, h, func(cp *checkpoint) {
		if cp.StopAt.IsZero() && cp.Exit == nil {
			cp.StopAt, marked = time.Now(), true
		}
	})
	if err != nil {
		return false, err
	}
	m.tell(h.ID)
	return marked, nil
}

// unmarkStop forgets that a worker was told to end: docker was not reached, and nothing was done.
func (m *Manager) unmarkStop(ctx context.Context, h *handle) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loopLockTime)
	defer cancel()
	at := h.StopAt
	err := m.update(ctx, h, func(cp *checkpoint) {
		if cp.Exit == nil && cp.StopAt.Equal(at) {
			cp.StopAt = time.Time{}
		}
	})
	if err != nil {
		m.log().Warn("a stop that did not come about stays recorded", slog.String("worker", h.ID), slog.Any("error", err))
		return
	}
	m.tell(h.ID)
}

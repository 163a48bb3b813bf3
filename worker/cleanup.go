package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/errline"
)

// removeTime is how long a container may take to be gone after docker rm; removePause is how often that is looked at.
const (
	removeTime  = 30 * time.Second
	removePause = 100 * time.Millisecond
)

// Cleanup removes a worker that has ended: its container with anonymous volumes, its files, its reservation. It returns how
// the worker ended, or nil for one that was never launched. A worker that is alive is ErrAlive; when the engine does not
// answer, nothing is removed.
func (m *Manager) Cleanup(ctx context.Context, id string) (*Exit, error) {
	h, err := m.open(ctx, id)
	unbegun := errors.Is(err, fs.ErrNotExist) // there are files of a launch that was cut off before docker run
	if err != nil && !unbegun {
		return nil, err
	}
	if h != nil {
		defer h.dir.Close()
	}
	lock, err := m.lockWorker(ctx, id)
	if err != nil {
		return nil, err
	}
	defer lock.release()
	if unbegun {
		if h, err = m.reopen(ctx, id); err != nil && !errors.Is(err, ErrUnknownID) {
			return nil, err
		}
		if h != nil {
			defer h.dir.Close()
		}
	}
	var exit *Exit
	if h != nil {
		if exit, err = m.cleanContainer(ctx, h); errors.Is(err, errAnotherLife) {
			exit, err = m.cleanContainer(ctx, h)
		}
		if err != nil {
			return nil, err
		}
	}
	err = m.locked(ctx, func(root string) error { return m.removeFiles(root, id) })
	if err != nil {
		return nil, &Error{ErrState, id, "", err}
	}
	m.emptyTrash(ctx)
	m.log().Info("worker cleaned up", slog.String("worker", id))
	return exit, nil
}

// cleanContainer records how the worker ended, and removes its container. The caller holds the worker's lock.
func (m *Manager) cleanContainer(ctx context.Context, h *handle) (*Exit, error) {
	if err := h.refresh(); err != nil || h.Launch == "" {
		return h.Exit, err
	}
	if m.isRemoved(h.checkpoint) {
		return h.Exit, nil
	}
	h.obs.lock = launchOver
	c, d, err := m.look(ctx, h)
	switch {
	case err != nil:
		return nil, err
	case d.kind == verdictAlive:
		return nil, problem(ErrAlive, h.ID, "", "its container %.12s is %s; stop or kill it first", c.ID, c.State.Status)
	case d.kind == verdictInDoubt:
		return nil, h.inDoubt(d)
	case d.exit == nil:
		return nil, problem(ErrAlive, h.ID, "", "its container %.12s is in a state that is not known; nothing was removed", c.ID)
	}
	if err := m.recordEnd(ctx, h, d); err != nil || d.removed {
		return h.Exit, err
	}
	err = m.removeContainer(ctx, h, c.ID, false)
	return h.Exit, err
}

// removeContainer removes the container of this id, by the worker's name where docker is not told ids, and waits until it is
// gone. Someone else removing it too is fine. Without force, what somebody has started again meanwhile is ErrAlive: docker
// refuses that. One that docker takes for running although the kernel knows of no process of it is removed all the same.
func (m *Manager) removeContainer(ctx context.Context, h *handle, container string, force bool) error {
	s, err := m.step(h, StepRm)
	if err != nil {
		return err
	}
	s.forContainer(container)
	s.force(force)
	out, err := s.do(ctx)
	if errors.Is(err, client.ErrRunning) {
		if askKernel(m.Cgroups, h.checkpoint, container) != kernelEmpty {
			return &Error{ErrAlive, h.ID, "", fmt.Errorf("somebody has started its container again; stop it first: %w", err)}
		}
		s.force(true)
		out, err = s.do(ctx)
	}
	if err != nil && !errors.Is(err, client.ErrNotFound) && !errors.Is(err, client.ErrRemovalInProgress) {
		return fmt.Errorf("worker %s: %w", h.ID, err)
	}
	if err == nil && saysRemoved(out, container) && askKernel(m.Cgroups, h.checkpoint, container) == kernelEmpty {
		return m.noteRemoved(ctx, h)
	}
	deadline := time.After(removeTime)
	for {
		gone, err := m.isDenied(ctx, h, container)
		view := kernelUnknown
		if gone {
			view = askKernel(m.Cgroups, h.checkpoint, container)
		}
		if gone && view == kernelUnknown && !saysRemoved(out, container) { // no other engine has removed that very id
			err = m.byOwnEngine(ctx, h.root, func() (err error) {
				gone, err = m.isDenied(ctx, h, container)
				return err
			})
			gone = gone && err == nil
		}
		switch {
		case gone && view != kernelLive:
			return m.noteRemoved(ctx, h)
		case err != nil && !isTransient(err):
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("worker %s: remove its container: %w", h.ID, errline.Context(ctx))
		case <-deadline:
			if err != nil {
				return fmt.Errorf("worker %s: remove its container: %w", h.ID, err)
			}
			if gone {
				return problem(ErrAlive, h.ID, "", "docker rm succeeded, but processes of its container %.12s live still: %s", container,
					strings.Join(m.processesOf(container, h.CgroupParent), ", "))
			}
			return problem(ErrState, h.ID, "", "docker rm succeeded, but its container is still there after %s", removeTime)
		case <-time.After(removePause):
		}
	}
}

// isDenied reports whether inspect knows no container of this id.
func (m *Manager) isDenied(ctx context.Context, h *handle, container string) (bool, error) {
	found, err := m.docker(h.root, h.checkpoint).Inspect(ctx, container)
	if isGone(err) {
		return true, nil
	}
	return err == nil && found[0].ID != container, err
}

// saysRemoved reports whether docker rm has printed a container's id, as it does for each that it has removed. That and a kernel
// that knows of no process of it suffice without another look: an engine that was wrong would leave a container that has ended,
// with our labels, which Reap finds.
func saysRemoved(out []byte, container string) bool {
	return slices.Contains(strings.Fields(string(out)), container)
}

// noteRemoved notes that a launch's container is removed. One that did not come about has no exit, and its checkpoint goes.
func (m *Manager) noteRemoved(ctx context.Context, h *handle) error {
	if h.Exit == nil {
		return nil
	}
	return m.update(ctx, h, func(cp *checkpoint) { cp.Removed = true })
}

package worker

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/scripts"
)

// cleanupTime is how long a failed launch may take to remove what it left.
const cleanupTime = 2 * time.Minute

// undo removes what a failed launch left: the container, if there is one of this very launch, its new named volumes, and the files.
// When the engine does not answer, the checkpoint stays, so that Cleanup can remove the container later. Container is what docker run
// has printed; "" is nothing.
func (m *Manager) undo(ctx context.Context, p *Plan, before previous, container string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	err := m.undoContainer(ctx, p.ID, container, cause)
	if err == nil && !unreached(cause) {
		m.undoVolumes(ctx, p, before.lacking)
	}
	if err == nil {
		err = m.locked(ctx, func(root string) error {
			changed, err := m.changing(root, p.ID)
			if err == nil {
				err = m.removePlan(p, before)
			}
			if err == nil {
				changed(before.checkpoint)
			}
			return err
		})
	}
	m.emptyTrash(ctx)
	if err == nil {
		return nil
	}
	m.log().Error("failed launch not undone", slog.String("worker", p.ID), slog.Any("error", err))
	return problem(ErrState, p.ID, "", "what the failed launch left could not be removed; clean the worker up later: %w", err)
}

// undoContainer removes the container of a failed launch, if there is one.
func (m *Manager) undoContainer(ctx context.Context, id, container string, cause error) error {
	h, err := m.launched(ctx, id)
	if err != nil {
		return err
	}
	defer h.dir.Close()
	if h.Life > 0 {
		return problem(ErrAlive, id, "", "it has run, and somebody has started its container again")
	}
	if h.Container == "" { // it may have been printed, and not noted
		h.Container = container
	}
	if h.Container == "" && unreached(cause) {
		return nil
	}
	c, err := m.find(ctx, h)
	switch {
	case isGone(err) && h.Container == "" && hasRefused(cause):
		return nil // docker run has said so, and inspect
	case errors.Is(err, ErrForeign) && h.Engine.Dialect == dockercmd.Storm:
		return nil // who has the name there keeps another from it
	case isGone(err):
		return m.confirmNone(ctx, h)
	case err != nil:
		return err
	}
	m.log().Warn("container of a failed launch is removed", slog.String("worker", id), slog.String("container", c.ID),
		slog.String("launch", h.Launch))
	return m.removeContainer(ctx, h, c.ID, true)
}

// hasRefused reports whether docker run has said why it failed: its client ended by itself, and its answer was not lost.
func hasRefused(cause error) bool {
	failure, is := errors.AsType[*client.DockerError](cause)
	return is && failure.Exit > 0 && !answerLost(cause)
}

// confirmNone returns an error unless the workers' own engine, asked by inspect and by ps, and the kernel agree that there is no
// container of a launch: its docker run may have come about.
func (m *Manager) confirmNone(ctx context.Context, h *handle) error {
	shown := false
	err := m.byOwnEngine(ctx, h.root, func() error {
		_, err := m.find(ctx, h)
		if shown = err == nil; shown || !isGone(err) {
			return err
		}
		rows, err := m.relist(ctx, h.root, []*checkpoint{h.checkpoint})
		shown = slices.ContainsFunc(rows, func(r output.PsRow) bool {
			return r.Labels[LabelLaunch] == h.Launch || h.Engine.Dialect == dockercmd.Storm
		})
		return err
	})
	if err != nil {
		return err
	}
	if shown || askKernel(m.Cgroups, h.checkpoint, h.containerID("")) == kernelLive {
		return problem(ErrAlive, h.ID, "", "docker inspect did not know its container, and inspect now, ps or the kernel does")
	}
	return nil
}

// unreached reports whether a docker run that gave no id has certainly made no container: the client refused the line, or no client
// was started, or it could not talk to the engine from the first word on.
func unreached(err error) bool {
	return errors.Is(err, client.ErrUnreached) || errors.Is(err, client.ErrUnsupported) ||
		errors.Is(err, ErrOtherEngine) || errors.Is(err, errEngineUnknown)
}

// previous is what there was of a worker before a launch.
type previous struct {
	checkpoint *checkpoint // nil is none
	known      bool        // the supervisor's directory of it, which holds the checkpoint
	own        bool        // the worker's own directories, and perhaps a container that has them
	kept       bool        // the checkpoint's exit has been kept beside it, for the Watcher
	lacking    []string    // the named volumes that the engine did not have
}

// removePlan removes the plan's files, and leaves what was there before. The earlier checkpoint is put back first: at no moment is
// an exit lost. A launch that was cut off may have left the supervisor's directory without one: it stays, since the worker is known
// by it, and can be cleaned up.
func (m *Manager) removePlan(p *Plan, before previous) error {
	if !before.known {
		if err := m.removeOwn(p, before); err != nil {
			return err
		}
		return m.discard(p.Setting.Root, filepath.Join("workers", p.ID))
	}
	state, err := scripts.OpenDir(p.Dirs[0].Path)
	if err != nil {
		return err
	}
	defer state.Close()
	ours := []string{cidFile}
	if before.checkpoint == nil {
		ours = append(ours, checkpointFile)
	} else {
		if before.kept && !isKept(p.Setting.Root, before.checkpoint) {
			before.checkpoint.Acked = true // meanwhile
		}
		if err := m.writeCheckpoint(state, before.checkpoint); err != nil {
			return err
		}
	}
	if err := m.removeOwn(p, before); err != nil {
		return err
	}
	for _, f := range p.Files {
		if filepath.Dir(f.Path) == state.Path() {
			ours = append(ours, filepath.Base(f.Path))
		}
	}
	var errs []error
	for _, name := range ours {
		errs = append(errs, forget(state, name))
	}
	return errors.Join(errs...)
}

// removeOwn removes what the plan has put into the worker's own directories.
func (m *Manager) removeOwn(p *Plan, before previous) error {
	if !before.own {
		return m.discard(p.Setting.Root, filepath.Join("work", p.ID))
	}
	own, err := p.openOwn()
	if err != nil {
		return nil // then the launch has not written there either
	}
	return errors.Join(forget(own, workerScript), own.Close())
}

// openOwn opens the worker's own directory.
func (p *Plan) openOwn() (*scripts.Dir, error) {
	own := p.Dirs[2]
	return scripts.RestoreWorkerDir(own.Path, scripts.Owner{UID: own.Owner.UID, GID: own.Owner.GID})
}

// forget removes a file of ours that may not be there. A full directory of that name is the worker's.
func forget(dir *scripts.Dir, name string) error {
	err := dir.Remove(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTEMPTY) {
		return nil
	}
	return err
}

// removeFiles removes a worker's directories, the supervisor's own last: as long as something is left, the worker is known. The
// worker's own may hold anything; links in it are removed, not followed. An exit that the supervisor has yet to take is kept.
// The caller holds the lock.
func (m *Manager) removeFiles(root, id string) error {
	cp, err := readCheckpoint(root, id)
	if err != nil {
		return err
	}
	if cp != nil {
		if _, err := m.keepNotice(root, cp); err != nil {
			return err
		}
	}
	changed, err := m.changing(root, id)
	if err != nil {
		return err
	}
	if err := m.discard(root, filepath.Join("work", id)); err != nil {
		return err
	}
	if err := m.discard(root, filepath.Join("workers", id)); err != nil {
		return err
	}
	changed(nil)
	return nil
}

package worker

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

// write reserves the plan's resources and writes its files. It returns the worker, whose dir the caller closes, and what was there
// before.
func (m *Manager) write(ctx context.Context, p *Plan) (h *handle, before previous, err error) {
	err = m.locked(ctx, func(root string) error {
		machine, err := m.machine()
		if err != nil {
			return err
		}
		set, err := m.reserved(root)
		if err != nil {
			return err
		}
		if err := p.Resources.fits(p.ID, machine, set); err != nil {
			return err
		}
		if before.checkpoint, err = readCheckpoint(root, p.ID); err != nil {
			return err
		}
		_, err = os.Lstat(stateDir(root, p.ID))
		before.known = err == nil
		_, err = os.Lstat(workDir(root, p.ID))
		before.own = err == nil
		if before.checkpoint != nil {
			if before.kept, err = m.keepNotice(root, before.checkpoint); err != nil {
				return err
			}
		}
		changed, err := m.changing(root, p.ID)
		if err != nil {
			return err
		}
		if h, err = m.writePlan(p, before); err != nil {
			return errors.Join(&Error{ErrState, p.ID, "", err}, m.removePlan(p, before))
		}
		changed(h.checkpoint)
		return nil
	})
	return h, before, err
}

// readCheckpoint reads one worker's checkpoint; nil is none. The caller holds the lock.
func readCheckpoint(root, id string) (*checkpoint, error) {
	h, err := openHandle(root, id)
	if errors.Is(err, ErrUnknownID) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h.dir.Close()
	return h.checkpoint, nil
}

// writePlan makes the plan's directories and files, and the checkpoint last. A cid file that an earlier launch left in our own
// directory would make docker run fail; it is removed. What the worker may have done to its own directories must not keep it from
// being launched again: they get their owner and mode back, and a directory that bears the name of a file goes to the trash. The
// caller closes the worker's dir.
func (m *Manager) writePlan(p *Plan, before previous) (h *handle, err error) {
	opened := map[string]*scripts.Dir{}
	defer func() {
		for _, dir := range opened {
			if h == nil || dir != h.dir {
				dir.Close()
			}
		}
	}()
	for _, d := range p.Dirs {
		m.trace("make directory", slog.String("worker", p.ID))
		var dir *scripts.Dir
		var err error
		if d.Owner == nil {
			dir, err = scripts.OpenDir(d.Path)
		} else {
			dir, err = scripts.RestoreWorkerDir(d.Path, scripts.Owner{UID: d.Owner.UID, GID: d.Owner.GID})
		}
		if err != nil {
			return nil, err
		}
		opened[d.Path] = dir
	}
	state := opened[p.Dirs[0].Path]
	if err := forget(state, cidFile); err != nil {
		return nil, err
	}
	for _, f := range p.Files {
		if before.known || before.own {
			if err := m.clear(p, f.Path); err != nil {
				return nil, err
			}
		}
		m.trace("write file", slog.String("file", filepath.Base(f.Path)), slog.String("worker", p.ID))
		if _, err := opened[filepath.Dir(f.Path)].Write(filepath.Base(f.Path), f.Data, f.Mode); err != nil {
			return nil, err
		}
	}
	cp := &checkpoint{
		ID: p.ID, Instance: p.Setting.Instance, Launch: p.Setting.Launch, Engine: p.Setting.Engine, Identity: p.Setting.Identity,
		Resources: p.Resources, CgroupParent: p.CgroupParent, LaunchedAt: time.Now().Round(0), Digest: p.digest,
		StopTimeout: p.Step(StepStop).Command.(*dockercmd.Stop).Timeout,
	}
	if err := m.writeCheckpoint(state, cp); err != nil {
		return nil, err
	}
	state.Sync = true // from here on, as in openHandle
	return &handle{checkpoint: cp, root: p.Setting.Root, dir: state}, nil
}

// clear moves a directory that bears the name of one of the plan's files to the trash. The caller holds the lock.
func (m *Manager) clear(p *Plan, path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return nil // what writing does not replace, it refuses
	}
	name, err := filepath.Rel(p.Setting.Root, path)
	if err != nil {
		return err
	}
	m.log().Warn("directory in the place of a file removed", slog.String("worker", p.ID), slog.String("file", filepath.Base(path)))
	return m.discard(p.Setting.Root, name)
}

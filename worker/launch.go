package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/scripts"
)

// cleanupTime is how long a failed launch may take to remove what it left.
const cleanupTime = 2 * time.Minute

// Launched is what a launch brought about.
type Launched struct {
	ID        string
	Container string // the container's id
	Plan      *Plan
}

// Launch starts a worker: it checks the spec, the user, the mounts and the machine's resources, writes the files and runs
// docker run. It returns when the engine has started the container. After an error nothing is left behind: no container, no
// file, no reservation but one that was made before.
//
// A container that an earlier launch of the worker left behind, and that has ended, is removed first; one that is alive is
// ErrAlive, and a stranger's of the same name is ErrForeign.
func (m *Manager) Launch(ctx context.Context, spec Spec) (*Launched, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	spec, err := m.withReservation(spec)
	if err != nil {
		return nil, err
	}
	plan, err := m.plan(ctx, spec, newLaunch(time.Now()))
	if err != nil {
		return nil, err
	}
	if err := checkSources(plan); err != nil {
		return nil, err
	}
	before, err := m.write(ctx, plan)
	if err != nil {
		return nil, err
	}
	container, err := m.start(ctx, plan)
	if err != nil {
		m.undo(ctx, plan, before)
		return nil, err
	}
	m.log().Info("worker launched", slog.String("worker", plan.ID), slog.String("container", container), slog.String("launch", plan.Setting.Launch))
	return &Launched{ID: plan.ID, Container: container, Plan: plan}, nil
}

// withReservation gives a spec without resources those that were reserved for it.
func (m *Manager) withReservation(spec Spec) (Spec, error) {
	if !spec.Resources.IsZero() || ValidID(spec.ID) != nil {
		return spec, nil
	}
	h, err := m.open(spec.ID)
	if errors.Is(err, ErrUnknownID) {
		return spec, nil
	}
	if err != nil {
		return spec, err
	}
	h.dir.Close()
	spec.Resources = h.Resources
	return spec, nil
}

// checkSources finds missing mount sources and files before anything is written.
func checkSources(p *Plan) error {
	var errs []error
	for _, path := range p.Sources {
		if _, err := os.Stat(path); err != nil {
			reason := err
			if errors.Is(err, fs.ErrNotExist) {
				reason = fmt.Errorf("%s does not exist; make it, or leave it out", path)
			}
			errs = append(errs, &Error{ErrMountSource, p.ID, "mounts", reason})
		}
	}
	return errors.Join(errs...)
}

// write reserves the plan's resources and writes its files. It returns the checkpoint that was there before, or nil.
func (m *Manager) write(ctx context.Context, p *Plan) (before *checkpoint, err error) {
	if err := m.clearTheWay(ctx, p.ID); err != nil {
		return nil, err
	}
	err = m.locked(func(root string) error {
		machine, err := m.machine()
		if err != nil {
			return err
		}
		cps, err := m.all(root)
		if err != nil {
			return err
		}
		if err := p.Resources.fits(p.ID, machine, reserved(cps)); err != nil {
			return err
		}
		for _, cp := range cps {
			if cp.ID == p.ID {
				before = cp
			}
		}
		if before != nil && before.Launch != "" && before.Exit == nil {
			return problem(ErrAlive, p.ID, "", "it is being launched by someone else; wait, or clean it up")
		}
		if err := p.writeFiles(); err != nil {
			return errors.Join(err, p.remove(before))
		}
		dir, err := scripts.OpenDir(stateDir(root, p.ID))
		if err != nil {
			return err
		}
		defer dir.Close()
		cp := &checkpoint{
			ID: p.ID, Instance: p.Setting.Instance, Launch: p.Setting.Launch, Engine: p.Setting.Engine, Identity: p.Setting.Identity,
			Resources: p.Resources, CgroupParent: p.CgroupParent, LaunchedAt: time.Now(),
		}
		if err := cp.save(dir); err != nil {
			return errors.Join(&Error{ErrState, p.ID, "", err}, p.remove(before))
		}
		return nil
	})
	return before, err
}

// clearTheWay removes what an earlier launch of the worker left, if it has ended.
func (m *Manager) clearTheWay(ctx context.Context, id string) error {
	h, err := m.open(id)
	if errors.Is(err, ErrUnknownID) {
		return nil
	}
	if err != nil {
		return err
	}
	defer h.dir.Close()
	if h.Launch == "" {
		return nil
	}
	c, err := m.find(ctx, h)
	switch {
	case errors.Is(err, runner.ErrNotFound):
		if h.Exit == nil {
			return m.record(h, gone())
		}
		return nil
	case err != nil:
		return err
	case !c.State.Status.Over() && c.State.Status != dockercmd.StateCreated:
		return problem(ErrAlive, id, "", "its container %.12s is %s; stop it first", c.ID, c.State.Status)
	}
	if err := m.record(h, exitOf(c.State)); err != nil {
		return err
	}
	m.log().Info("leftover container removed", slog.String("worker", id), slog.String("container", c.ID))
	return m.removeContainer(ctx, h)
}

// writeFiles makes the plan's directories and files. A cid file that an earlier launch left in our own directory would make
// docker run fail; it is removed.
func (p *Plan) writeFiles() error {
	opened := map[string]*scripts.Dir{}
	for _, d := range p.Dirs {
		var dir *scripts.Dir
		var err error
		if d.Owner == nil {
			dir, err = scripts.OpenDir(d.Path)
		} else {
			dir, err = scripts.OpenWorkerDir(d.Path, scripts.Owner{UID: d.Owner.UID, GID: d.Owner.GID})
		}
		if err != nil {
			return &Error{ErrState, p.ID, "", err}
		}
		defer dir.Close()
		opened[d.Path] = dir
	}
	if err := opened[p.Dirs[0].Path].Remove(cidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Error{ErrState, p.ID, "", err}
	}
	for _, f := range p.Files {
		if _, err := opened[filepath.Dir(f.Path)].Write(filepath.Base(f.Path), f.Data, f.Mode); err != nil {
			return &Error{ErrState, p.ID, "", err}
		}
	}
	return nil
}

// start runs the plan's docker run and notes the container's id.
func (m *Manager) start(ctx context.Context, p *Plan) (string, error) {
	h, err := m.launched(p.ID)
	if err != nil {
		return "", err
	}
	defer h.dir.Close()
	d, c, err := m.step(h, StepRun)
	if err != nil {
		return "", err
	}
	container, err := d.Run(ctx, *c.(*dockercmd.Run))
	if err == nil {
		return container, m.update(h, func(cp *checkpoint) { cp.Container = container })
	}
	conflict, ok := errors.AsType[*runner.DockerError](err)
	if ok && errors.Is(err, runner.ErrNameConflict) {
		return "", problem(ErrForeign, p.ID, "", "the container %.12s has its name, but is not this supervisor's; rename or remove it: %w", conflict.ConflictID, err)
	}
	return "", fmt.Errorf("worker %s: %w", p.ID, err)
}

// undo removes what a failed launch left: the container, if there is one of this very launch, and the files.
func (m *Manager) undo(ctx context.Context, p *Plan, before *checkpoint) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	h, err := m.launched(p.ID)
	if err != nil {
		m.log().Error("failed launch not undone", slog.String("worker", p.ID), slog.Any("error", err))
		return
	}
	defer h.dir.Close()
	_, err = m.find(ctx, h)
	switch {
	case err == nil:
		err = m.removeContainer(ctx, h)
	case errors.Is(err, runner.ErrNotFound), errors.Is(err, ErrForeign):
		err = nil
	}
	if err != nil {
		// The engine does not answer: the checkpoint stays, so that Cleanup can remove the container later.
		m.log().Error("failed launch not undone", slog.String("worker", p.ID), slog.Any("error", err))
		return
	}
	if err := m.locked(func(string) error { return p.remove(before) }); err != nil {
		m.log().Error("files of failed launch not removed", slog.String("worker", p.ID), slog.Any("error", err))
	}
}

// remove takes the plan's files away, and puts back what was known of the worker before.
func (p *Plan) remove(before *checkpoint) error {
	if err := removeFiles(p.Setting.Root, p.ID); err != nil || before == nil {
		return err
	}
	dir, err := scripts.OpenDir(stateDir(p.Setting.Root, p.ID))
	if err != nil {
		return err
	}
	defer dir.Close()
	if before.Launch != "" {
		before = &checkpoint{ID: before.ID, Instance: before.Instance, Resources: before.Resources}
	}
	return before.save(dir)
}

// removeFiles removes a worker's directories. The worker's own may hold anything; links in it are removed, not followed.
func removeFiles(root, id string) error {
	r, err := os.OpenRoot(root)
	if err != nil {
		return err
	}
	defer r.Close()
	return errors.Join(r.RemoveAll(filepath.Join("work", id)), r.RemoveAll(filepath.Join("workers", id)))
}

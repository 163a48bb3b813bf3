package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/scripts"
)

// Launched is what a launch brought about.
type Launched struct {
	ID        string
	Container string // the container's id
	Plan      *Plan
}

// Launch starts a worker: it checks the spec, the user, the mounts and the machine's resources, writes the files and runs
// docker run. It returns when the engine has started the container. After an error nothing is left behind: no container, no
// file, no reservation but one that was made before. If the engine does not say what became of the container, the error tells
// so as well, and Cleanup goes on where Launch had to stop.
//
// A container that an earlier launch of the worker left behind, and that has ended, is removed first; one that is alive is
// ErrAlive, and a stranger's of the same name is ErrForeign. What the earlier launch left in the worker's own directories
// stays there, also when this one fails.
func (m *Manager) Launch(ctx context.Context, spec Spec) (*Launched, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("worker %s: launch: %w", spec.ID, contextError(ctx))
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
	release, err := m.claim(plan.ID)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := m.clearTheWay(ctx, plan.ID); err != nil {
		return nil, err
	}
	before, err := m.write(plan)
	if err != nil {
		return nil, err
	}
	container, err := m.start(ctx, plan.ID)
	if err != nil {
		return nil, errors.Join(err, m.undo(ctx, plan, before, err))
	}
	m.log().Info("worker launched", slog.String("worker", plan.ID), slog.String("container", container), slog.String("launch", plan.Setting.Launch))
	return &Launched{ID: plan.ID, Container: container, Plan: plan}, nil
}

// withReservation gives a spec what was reserved for it.
func (m *Manager) withReservation(spec Spec) (Spec, error) {
	if ValidID(spec.ID) != nil {
		return spec, nil // the plan says so
	}
	h, err := m.open(spec.ID)
	if errors.Is(err, ErrUnknownID) {
		return spec, nil
	}
	if err != nil {
		return spec, err
	}
	h.dir.Close()
	spec.Resources = spec.Resources.or(h.Reserved)
	return spec, nil
}

// checkSources finds missing mount sources and files before anything is written.
func checkSources(p *Plan) error {
	run := p.Step(StepRun).Command.(*dockercmd.Run)
	var errs []error
	for _, path := range p.Sources {
		_, err := os.Stat(path)
		if err == nil {
			continue
		}
		field := "mounts"
		if slices.Contains(run.SecurityOpts, dockercmd.SecurityOpt("seccomp="+path)) {
			field = "seccomp"
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s does not exist; make it, or leave it out", path)
		}
		errs = append(errs, &Error{ErrMountSource, p.ID, field, err})
	}
	return errors.Join(errs...)
}

// clearTheWay removes the container that an earlier launch of the worker left, if it has ended. It wants the claim: nobody
// else is launching the worker, so one that was never started never will be.
func (m *Manager) clearTheWay(ctx context.Context, id string) error {
	h, err := m.open(id)
	if errors.Is(err, ErrUnknownID) {
		return nil
	}
	if err != nil {
		return err
	}
	defer h.dir.Close()
	if h.Launch == "" || h.Removed {
		return nil
	}
	c, err := m.find(ctx, h)
	switch {
	case errors.Is(err, runner.ErrNotFound):
		return m.recordGone(h)
	case err != nil:
		return err
	case !c.State.Status.Over() && c.State.Status != dockercmd.StateCreated:
		return problem(ErrAlive, id, "", "its container %.12s is %s; stop it first", c.ID, c.State.Status)
	}
	if err := m.record(h, exitOf(c.State)); err != nil {
		return err
	}
	if err := m.removeContainer(ctx, h, c.ID); err != nil {
		return err
	}
	m.log().Info("leftover container removed", slog.String("worker", id), slog.String("container", c.ID))
	return nil
}

// write reserves the plan's resources and writes its files. It returns what was there before.
func (m *Manager) write(p *Plan) (before earlier, err error) {
	err = m.locked(func(root string) error {
		machine, err := m.machine()
		if err != nil {
			return err
		}
		cps, err := all(root)
		if err != nil {
			return err
		}
		if err := p.Resources.fits(p.ID, machine, reserved(cps)); err != nil {
			return err
		}
		if i := slices.IndexFunc(cps, func(cp *checkpoint) bool { return cp.ID == p.ID }); i >= 0 {
			before.checkpoint = cps[i]
		}
		_, err = os.Lstat(workDir(root, p.ID))
		before.own = err == nil
		if err := p.writeFiles(); err != nil {
			return errors.Join(&Error{ErrState, p.ID, "", err}, p.remove(before))
		}
		return nil
	})
	return before, err
}

// writeFiles makes the plan's directories and files, and the checkpoint last. A cid file that an earlier launch left in our own
// directory would make docker run fail; it is removed.
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
			return err
		}
		defer dir.Close()
		opened[d.Path] = dir
	}
	state := opened[p.Dirs[0].Path]
	if err := forget(state, cidFile); err != nil {
		return err
	}
	for _, f := range p.Files {
		if _, err := opened[filepath.Dir(f.Path)].Write(filepath.Base(f.Path), f.Data, f.Mode); err != nil {
			return err
		}
	}
	cp := &checkpoint{
		ID: p.ID, Instance: p.Setting.Instance, Launch: p.Setting.Launch, Engine: p.Setting.Engine, Identity: p.Setting.Identity,
		Resources: p.Resources, CgroupParent: p.CgroupParent, LaunchedAt: time.Now(),
	}
	return cp.save(state)
}

// start runs the plan's docker run. A container of the worker's own that bears the name, although nothing on disk knows of it,
// gives way once.
func (m *Manager) start(ctx context.Context, id string) (container string, err error) {
	h, err := m.launched(id)
	if err != nil {
		return "", err
	}
	defer h.dir.Close()
	container, err = m.run(ctx, h)
	if errors.Is(err, runner.ErrNameConflict) {
		if err := m.removeLeftover(ctx, h); err != nil {
			return "", err
		}
		container, err = m.run(ctx, h)
	}
	return container, err
}

// run is docker run, and notes the container's id: also after an error, when there is one.
func (m *Manager) run(ctx context.Context, h *handle) (container string, err error) {
	d, c, err := step[*dockercmd.Run](m, h, StepRun)
	if err != nil {
		return "", err
	}
	container, err = d.Run(ctx, *c)
	if err != nil {
		err = fmt.Errorf("worker %s: %w", h.ID, err)
	}
	if container != "" {
		err = errors.Join(err, m.update(h, func(cp *checkpoint) { cp.Container = container }))
	}
	return container, err
}

// removeLeftover removes what bears the worker's name, if that is of an earlier launch of the worker and has ended.
func (m *Manager) removeLeftover(ctx context.Context, h *handle) error {
	c, err := m.inspect(ctx, h)
	switch {
	case errors.Is(err, runner.ErrNotFound):
		return nil // gone meanwhile
	case err != nil:
		return err
	case !h.isOurs(c):
		return problem(ErrForeign, h.ID, "", "the container %.12s has its name, but is not this supervisor's; rename or remove it", c.ID)
	case !c.State.Status.Over() && c.State.Status != dockercmd.StateCreated:
		return problem(ErrAlive, h.ID, "", "the container %.12s of its launch %s is %s, although nothing here knows of it; stop it with docker first",
			c.ID, c.Config.Labels[LabelLaunch], c.State.Status)
	}
	if err := m.removeContainer(ctx, h, c.ID); err != nil {
		return err
	}
	m.log().Info("leftover container removed", slog.String("worker", h.ID), slog.String("container", c.ID))
	return nil
}

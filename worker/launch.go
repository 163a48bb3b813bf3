package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/runner"
)

// Launched is what a launch brought about.
type Launched struct {
	ID        string
	Launch    string // tells this launch from the worker's others: the label LabelLaunch
	Container string // the container's id
	Plan      *Plan
	// Adopted says that the worker was running already, by the same spec: nothing was started. Plan is then what a launch would
	// run now.
	Adopted bool
	// Found says that docker run's answer was lost (its client was interrupted, the engine went away), and that the container was
	// found running.
	Found bool
}

// Launch starts a worker: it checks the spec, the user, the mounts and the machine's resources, writes the files and runs docker
// run. It returns when the engine has started the container. After an error nothing is left behind: no container, no file, no named
// volume that docker run made, no reservation but one that was made before. If the engine does not say what became of the
// container, the error tells so as well, and Cleanup goes on where Launch had to stop.
//
// Launching a worker that is alive by the very same spec adopts it: that is no error, and starts nothing. One that is being
// launched or cleaned up by someone else is waited for, until ctx ends. An answer of docker run that was lost (the engine went
// away, or did not answer in time) is looked for by the launch's label before anything is given up.
//
// When another engine is asked than the one of the root's other workers, nothing is launched: ErrOtherEngine. The engine is asked
// which one it is each time, unless a Watcher's stream of events has been there since it last said so, on this machine, where
// DOCKER_HOST or the context names a unix socket; while it does not answer, the first worker of a root is not launched.
//
// A container that an earlier launch of the worker left behind, and that has ended, is removed first, its exit kept for the
// Watcher; one that is alive by another spec is ErrAlive, and a stranger's of the same name is ErrForeign. What the earlier
// launch left in the worker's own directories stays there, also when this one fails, but for what bears the name of a file of the
// Manager's. Their owner and mode are set right again.
func (m *Manager) Launch(ctx context.Context, spec Spec) (*Launched, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("worker %s: launch: %w", spec.ID, errline.Context(ctx))
	}
	checked, err := spec.checked()
	if err != nil {
		return nil, err
	}
	if checked, err = m.withReservation(ctx, checked); err != nil {
		return nil, err
	}
	plan, err := m.plan(ctx, checked, newLaunch(time.Now()))
	if err != nil {
		return nil, err
	}
	plan.digest = spec.digest()
	if err := checkSources(plan); err != nil {
		return nil, err
	}
	lock, err := m.awaitWorkerLock(ctx, plan.ID)
	if err != nil {
		return nil, err
	}
	defer lock.release()
	running, err := m.removePrevious(ctx, plan)
	if err != nil {
		return nil, err
	}
	if running != nil {
		m.log().Info("worker adopted", slog.String("worker", plan.ID), slog.String("container", running.Container))
		return &Launched{ID: plan.ID, Launch: running.Launch, Container: running.Container, Plan: plan, Adopted: true}, nil
	}
	if err := m.ensureImage(ctx, spec); err != nil {
		return nil, err
	}
	h, before, err := m.write(ctx, plan)
	if err != nil {
		m.emptyTrash(ctx)
		return nil, err
	}
	defer h.dir.Close()
	var container string
	found := false
	if err = m.noteEngine(ctx, h, before); err == nil {
		before.lacking = m.missingVolumes(ctx, plan)
		container, found, err = m.start(ctx, h, lock)
	}
	if err != nil {
		undone := m.undo(ctx, plan, before, container, err)
		if undone == nil && (answerLost(err) || ctx.Err() != nil) {
			err = fmt.Errorf("%w; the launch was undone", err)
		}
		return nil, errors.Join(err, undone)
	}
	m.log().Info("worker launched", slog.String("worker", plan.ID), slog.String("container", container),
		slog.String("launch", plan.Setting.Launch))
	m.tell(plan.ID)
	return &Launched{ID: plan.ID, Launch: plan.Setting.Launch, Container: container, Plan: plan, Found: found}, nil
}

// ensureImage brings the spec's image to the engine, unless docker run does that.
func (m *Manager) ensureImage(ctx context.Context, spec Spec) error {
	if m.Images == nil {
		return nil
	}
	policy := client.PullPolicy(spec.Pull)
	if policy == "" {
		policy = client.PullNever
	}
	if _, err := m.Images.Ensure(ctx, spec.Image, policy); err != nil {
		return fmt.Errorf("worker %s: %w", spec.ID, err)
	}
	return nil
}

// digest returns a text that tells a spec from others; "" is that there is none. It gives away nothing of the values that it is
// made of.
func (s *Spec) digest() string {
	data, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// withReservation returns a spec with what was reserved for it.
func (m *Manager) withReservation(ctx context.Context, spec checkedSpec) (checkedSpec, error) {
	if !m.hasFiles(spec.ID) {
		return spec, nil
	}
	h, err := m.openValid(ctx, spec.ID)
	if errors.Is(err, ErrUnknownID) {
		return spec, nil
	}
	if err != nil {
		return spec, err
	}
	h.dir.Close()
	if h.Reserved.isZero() {
		return spec, nil
	}
	reserved := spec.Spec
	reserved.Resources = spec.Resources.or(h.Reserved)
	return reserved.checked() // each is valid; the two together may not be
}

// hasFiles reports whether a worker has a directory of the supervisor's.
func (m *Manager) hasFiles(id string) bool {
	root, err := m.root()
	if err != nil {
		return false
	}
	_, err = os.Lstat(stateDir(root, id))
	return !errors.Is(err, fs.ErrNotExist)
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

// removePrevious removes the container that an earlier launch of the worker left, if it has ended. One that is alive by the plan's
// own spec is returned. The caller holds the worker's lock: nobody else is launching the worker, so one that was never started
// never will be.
func (m *Manager) removePrevious(ctx context.Context, p *Plan) (running *checkpoint, err error) {
	if !m.hasFiles(p.ID) {
		return nil, nil
	}
	h, err := m.openValid(ctx, p.ID)
	if errors.Is(err, fs.ErrNotExist) {
		h, err = m.reopen(ctx, p.ID)
	}
	if errors.Is(err, ErrUnknownID) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer h.dir.Close()
	if h.Launch == "" || m.isRemoved(h.checkpoint) {
		return nil, nil
	}
	h.obs.lock = launchOver
	c, d, err := m.look(ctx, h)
	if errors.Is(c.err, ErrForeign) {
		return nil, c.err
	}
	switch {
	case err != nil:
		return nil, err
	case d.kind == verdictAlive && (h.Exit != nil || h.Life > 0):
		return nil, problem(ErrAlive, p.ID, "", "its container %.12s runs again, although an exit of it was recorded: somebody has started "+
			"it; stop it first", c.ID)
	case d.kind == verdictAlive && h.Digest != "" && h.Digest == p.digest:
		if h.Container == "" {
			err = m.noteContainer(ctx, h, c.ID)
		}
		return h.checkpoint, err
	case d.kind == verdictAlive && h.Digest == "":
		return nil, problem(ErrAlive, p.ID, "", "its container %.12s is %s, by which spec is not known any more; stop it first", c.ID,
			c.State.Status)
	case d.kind == verdictAlive:
		return nil, problem(ErrAlive, p.ID, "", "its container %.12s is %s, by another spec; stop it first", c.ID, c.State.Status)
	case d.kind == verdictInDoubt:
		return nil, h.inDoubt(d)
	case d.exit == nil:
		return nil, problem(ErrAlive, p.ID, "", "its container %.12s is %s; stop it first", c.ID, c.State.Status)
	}
	if err := m.recordEnd(ctx, h, d); err != nil || d.removed {
		return nil, err
	}
	if err := m.removeContainer(ctx, h, c.ID, false); err != nil {
		return nil, err
	}
	m.log().Info("leftover container removed", slog.String("worker", p.ID), slog.String("container", c.ID))
	return nil, nil
}

// noteEngine notes on which engine a worker is launched, or refuses that.
func (m *Manager) noteEngine(ctx context.Context, h *handle, before previous) error {
	launched := h.ID
	if before.own && !before.known { // somebody has deleted what was known of it, and it may live on the engine that was marked
		launched = ""
	}
	err := m.markEngine(ctx, launched)
	if errors.Is(err, ErrOtherEngine) || errors.Is(err, ErrBusy) || errors.Is(err, errEngineUnknown) {
		return fmt.Errorf("worker %s: %w", h.ID, err)
	}
	if err != nil { // it is not for this supervisor to know
		m.log().Debug("which engine it is could not be found out", slog.Any("error", err))
	}
	return nil
}

// start runs the plan's docker run. A container of the worker's own that has the name, although nothing on disk knows of it,
// gives way once. Found says that docker run's answer was lost, and that the container has been started all the same.
func (m *Manager) start(ctx context.Context, h *handle, lock *workerLock) (container string, found bool, err error) {
	container, err = m.run(ctx, h, lock)
	if errors.Is(err, client.ErrNameConflict) {
		if err := m.removeLeftover(ctx, h); err != nil {
			return "", false, err
		}
		container, err = m.run(ctx, h, lock)
	}
	if err != nil && ctx.Err() == nil && answerLost(err) {
		if found := m.findLost(ctx, h); found != "" {
			return found, true, nil
		}
	}
	return container, false, err
}

// lostPause is how often a container is looked for whose docker run was interrupted.
const lostPause = 200 * time.Millisecond

// answerLost reports whether docker may have done what it was asked for, and not said so.
func answerLost(err error) bool {
	for _, kind := range []error{client.ErrUnavailable, client.ErrTimeout, client.ErrInterrupted} {
		if errors.Is(err, kind) {
			return !unreached(err)
		}
	}
	return false
}

// findLost returns the container of a docker run whose answer was lost, if the engine has started it; "" when it has not, or does
// not say. The engine may still be working on what its client has asked for.
func (m *Manager) findLost(ctx context.Context, h *handle) string {
	var c output.Container
	for deadline := time.Now().Add(doubtTime); ; {
		var err error
		if c, err = m.find(ctx, h); err == nil && (c.State.Status.Alive() || c.State.Status.Over() && !c.State.StartedAt.IsZero()) {
			break
		}
		if err != nil && !errors.Is(err, client.ErrNotFound) || time.Now().After(deadline) || backoff.Sleep(ctx, lostPause) != nil {
			return ""
		}
	}
	if err := m.noteContainer(ctx, h, c.ID); err != nil {
		return ""
	}
	m.log().Info("lost answer of docker run found", slog.String("worker", h.ID), slog.String("container", c.ID))
	return c.ID
}

// run runs docker run, and notes the container's id: also after an error, when there is one.
func (m *Manager) run(ctx context.Context, h *handle, lock *workerLock) (container string, err error) {
	s, err := m.step(h, StepRun)
	if err != nil {
		return "", err
	}
	s.call.Hold = lock.file
	m.launching.Store(h.ID, nil)
	defer m.launching.Delete(h.ID)
	out, err := s.do(ctx)
	container, _ = output.ParseID(out) // Do has checked it
	lock.abandoned = lock.abandoned || errors.Is(err, runner.ErrAbandoned)
	if err != nil {
		err = fmt.Errorf("worker %s: %w", h.ID, err)
	}
	if container != "" {
		err = errors.Join(err, m.noteContainer(ctx, h, container))
	}
	return container, err
}

// removeLeftover removes the container of the worker's name, if that is of an earlier launch of the worker and has ended.
func (m *Manager) removeLeftover(ctx context.Context, h *handle) error {
	c, err := m.inspect(ctx, h)
	switch {
	case errors.Is(err, client.ErrNotFound):
		return nil // gone meanwhile
	case err != nil:
		return err
	case !h.isOurs(c):
		return problem(ErrForeign, h.ID, "", "the container %.12s has its name, but is not this supervisor's; rename or remove it",
			c.ID)
	case !c.State.Status.Over() && c.State.Status != output.StateCreated:
		return problem(ErrAlive, h.ID, "",
			"the container %.12s of its launch %s is %s, although nothing here knows of it; stop it with docker first",
			c.ID, c.Config.Labels[LabelLaunch], c.State.Status)
	}
	if err := m.removeContainer(ctx, h, c.ID, false); err != nil {
		return err
	}
	m.log().Info("leftover container removed", slog.String("worker", h.ID), slog.String("container", c.ID))
	return nil
}

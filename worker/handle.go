package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/scripts"
)

// handle is one worker that is known on disk.
type handle struct {
	*checkpoint
	root string
	dir  *scripts.Dir

	// found is the container that inspect has shown to be its own, while the checkpoint does not name it; "" is none yet.
	found string
	obs   observations // what was observed of its launch so far
}

// open finds a worker; the caller closes its dir. One whose directory holds no checkpoint is fs.ErrNotExist beside
// ErrUnknownID.
func (m *Manager) open(ctx context.Context, id string) (*handle, error) {
	if err := ValidID(id); err != nil {
		return nil, problem(ErrUnknownID, id, "", "%w", err)
	}
	return m.openValid(ctx, id)
}

// openValid opens a worker whose id was checked.
func (m *Manager) openValid(ctx context.Context, id string) (*handle, error) {
	var h *handle
	err := m.read(ctx, func(root string) (err error) {
		h, err = openHandle(root, id)
		return err
	})
	switch {
	case err == nil && h == nil:
		err = problem(ErrUnknownID, id, "", "no such worker below %s; launch it first", m.Root)
	case errors.Is(err, ErrState):
		m.tell(id) // a Watcher mends it
	}
	return h, err
}

// openHandle opens a worker. The caller holds the lock: opening a directory makes it when it is missing, and so must not meet its
// removal.
func openHandle(root, id string) (*handle, error) {
	if _, err := os.Lstat(stateDir(root, id)); errors.Is(err, fs.ErrNotExist) {
		return nil, problem(ErrUnknownID, id, "", "no such worker below %s; launch it first", root)
	}
	dir, err := scripts.OpenDir(stateDir(root, id))
	if err != nil {
		return nil, &Error{ErrState, id, "", err}
	}
	dir.Sync = true // an exit outlives the machine's fall, too, once its container may go
	cp, err := loadCheckpoint(dir)
	if err != nil {
		dir.Close()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, problem(ErrUnknownID, id, "", "it has no checkpoint: its launch was cut off before it began, or a "+
				"damaged one was set aside; Recover, Launch or Cleanup finds out which: %w", err)
		}
		return nil, &Error{ErrState, id, "", err}
	}
	if cp.ID != id { // somebody has copied the directory
		dir.Close()
		return nil, problem(ErrState, id, "", "%w: %s is that of worker %s; a Watcher or Recover sets it aside", errCopied,
			filepath.Join(dir.Path(), checkpointFile), cp.ID)
	}
	return &handle{checkpoint: cp, root: root, dir: dir}, nil
}

// errCopied is that a worker's directory is a copy of another's.
var errCopied = errors.New("its checkpoint is another's")

// launched opens a worker that has been launched.
func (m *Manager) launched(ctx context.Context, id string) (*handle, error) {
	h, err := m.open(ctx, id)
	if err != nil {
		return nil, err
	}
	if h.Launch == "" {
		h.dir.Close()
		return nil, problem(ErrNotLaunched, id, "", "it is only reserved; launch it first")
	}
	return h, nil
}

// errAnotherLife is that others have begun another life of the worker. What was observed is of the one before.
var errAnotherLife = errors.New("somebody has started its container again meanwhile; ask again")

// refresh reads again what others may have written since. It fails when the worker is no longer of the same launch, and with
// errAnotherLife when h was of an earlier life: then it is of the present one.
func (h *handle) refresh() error {
	cp, err := loadCheckpoint(h.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problem(ErrUnknownID, h.ID, "", "it was cleaned up meanwhile")
	case err != nil:
		return &Error{ErrState, h.ID, "", err}
	case cp.Launch != h.Launch:
		return problem(ErrState, h.ID, "", "it was launched anew meanwhile")
	case cp.Life != h.Life:
		h.checkpoint, h.obs = cp, observations{lock: h.obs.lock}
		return &Error{ErrState, h.ID, "", errAnotherLife}
	}
	h.checkpoint = cp
	return nil
}

// update changes a worker's checkpoint on disk, if it is still of the same launch.
func (m *Manager) update(ctx context.Context, h *handle, change func(*checkpoint)) error {
	return m.locked(ctx, func(string) error {
		if err := h.refresh(); err != nil {
			return err
		}
		cp := *h.checkpoint
		change(&cp)
		return m.save(h, &cp)
	})
}

// all returns the checkpoints of the workers on disk; damaged ones are errors. The caller holds the lock.
func all(root string) ([]*checkpoint, error) {
	entries, err := os.ReadDir(filepath.Join(root, "workers"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list workers: %w", err)
	}
	var cps []*checkpoint
	var errs []error
	for _, e := range entries {
		if ValidID(e.Name()) != nil {
			continue
		}
		h, err := openHandle(root, e.Name())
		if errors.Is(err, ErrUnknownID) || errors.Is(err, errCopied) {
			continue // between its directory and its checkpoint, or half removed, or nobody's
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		h.dir.Close()
		cps = append(cps, h.checkpoint)
	}
	return cps, errors.Join(errs...)
}

// docker returns the docker that acts for one worker.
func (m *Manager) docker(root string, cp *checkpoint) client.Docker {
	d := m.Docker
	d.Engine = cp.Engine
	if m.RunnerFor != nil {
		d.Runner = m.RunnerFor(Target{ID: cp.ID, Identity: cp.Identity, StateDir: stateDir(root, cp.ID),
			WorkerDir: workDir(root, cp.ID)})
		d.Lane = nil // whose client another worker's Runner may have started
	}
	d.Runner = m.traced(d.Runner)
	return d
}

// stepCall is a line of a worker's plan that is about to run.
type stepCall struct {
	docker  client.Docker
	command dockercmd.Command
	call    client.Call
}

// step reads a step's line back from the worker's command file, which is what runs, whatever has become of the caller's spec meanwhile.
// A line of a launch's later life whose file is not there is made anew of the checkpoint: a launch that has failed removes the files
// of the one before it.
func (m *Manager) step(h *handle, name string) (stepCall, error) {
	s := stepCall{docker: m.docker(h.root, h.checkpoint), call: client.Call{Script: filepath.Join(h.dir.Path(), name+".sh")}}
	var err error
	s.command, err = readStep(h, name)
	if errors.Is(err, fs.ErrNotExist) {
		if c := h.lifeStep(name); c != nil {
			s.command, s.call.Script, err = c, "", nil
		}
	}
	if err != nil {
		return s, &Error{ErrState, h.ID, "", fmt.Errorf("%s: %w", name, err)}
	}
	if got := s.command.Subcommand(); "docker-"+got != name {
		return s, problem(ErrState, h.ID, "", "%s holds docker %s; the file is the manager's own, launch the worker anew", s.call.Script,
			got)
	}
	s.forContainer(cmp.Or(h.Container, h.found))
	return s, nil
}

// lifeStep returns the line of a step of a launch's life as the checkpoint tells it; nil is that it does not.
func (h *handle) lifeStep(name string) dockercmd.Command {
	set := Setting{Root: h.root, Instance: h.Instance, Launch: h.Launch, Engine: h.Engine}
	for _, s := range lifeSteps(set, h.ID, h.grace()) {
		if s.Name == name {
			return s.Command
		}
	}
	return nil
}

// grace returns the seconds that docker stop gives the worker, docker's own where the checkpoint does not say.
func (h *handle) grace() int64 {
	if h.StopTimeout != nil {
		return *h.StopTimeout
	}
	return int64(DefaultGrace.Seconds())
}

// forContainer has a line name a container by its id, if it names one and the id is known. The worker-launcher takes names.
func (s *stepCall) forContainer(id string) {
	if id != "" && s.docker.Engine.Dialect != dockercmd.Storm && nameContainer(s.command, id) {
		s.call.Script = "" // which has the name
	}
}

// force has docker rm end what runs, or not, whatever the file says. The worker-launcher's line is as it is written.
func (s *stepCall) force(is bool) {
	if rm, isRm := s.command.(*dockercmd.Rm); isRm && rm.Force != is && s.docker.Engine.Dialect != dockercmd.Storm {
		rm.Force = is
		s.call.Script = "" // which has it otherwise
	}
}

// nameContainer has a command wait for a container, or end or remove it, by its id, and reports whether it is such a command: the
// name may be another's by now.
func nameContainer(c dockercmd.Command, container string) bool {
	ids := []string{container}
	switch c := c.(type) {
	case *dockercmd.Wait:
		c.Containers = ids
	case *dockercmd.Stop:
		c.Containers = ids
	case *dockercmd.Kill:
		c.Containers = ids
	case *dockercmd.Rm:
		c.Containers = ids
	default:
		return false
	}
	return true
}

// do runs the line and returns what docker printed.
func (s stepCall) do(ctx context.Context) ([]byte, error) { return s.docker.Do(ctx, s.command, s.call) }

// ask runs the line and reads what docker printed.
func ask[T any](ctx context.Context, s stepCall, parse func([]byte) (T, error)) (answer T, err error) {
	out, err := s.do(ctx)
	if err != nil {
		return answer, err
	}
	if answer, err = parse(out); err != nil {
		err = fmt.Errorf("docker %s: %w", s.command.Subcommand(), err)
	}
	return answer, err
}

// readStep reads a line back from the worker's command file.
func readStep(h *handle, name string) (dockercmd.Command, error) {
	data, err := h.dir.Read(name + ".sh")
	if err != nil {
		return nil, err
	}
	return client.ParseScript(data)
}

// inspect asks the engine for the container of the worker's name, its own or a stranger's; none is client.ErrNotFound.
func (m *Manager) inspect(ctx context.Context, h *handle) (output.Container, error) {
	s, err := m.step(h, StepInspect)
	if err != nil {
		return output.Container{}, err
	}
	found, err := ask(ctx, s, output.ParseInspect)
	if err != nil {
		return output.Container{}, fmt.Errorf("worker %s: %w", h.ID, err)
	}
	if len(found) != 1 {
		return output.Container{}, problem(ErrState, h.ID, "", "inspect found %d containers", len(found))
	}
	return found[0], nil
}

// find inspects the worker's own container, whatever it is called. A container of the same name that is someone else's is
// ErrForeign.
func (m *Manager) find(ctx context.Context, h *handle) (c output.Container, err error) {
	defer func() {
		if err == nil {
			h.found = c.ID
		}
	}()
	c, err = m.inspect(ctx, h)
	if err == nil && !h.owns(c) {
		err = problem(ErrForeign, h.ID, "", "the container %.12s has its name, but is not of launch %s; rename or remove it", c.ID,
			h.Launch)
	}
	if id := h.containerID(""); isGone(err) && id != "" && h.Engine.Dialect != dockercmd.Storm { // it may have been renamed
		found, idErr := m.docker(h.root, h.checkpoint).Inspect(ctx, id)
		switch {
		case idErr == nil && h.owns(found[0]):
			return found[0], nil
		case idErr != nil: // who has the name now does not matter
			return output.Container{}, fmt.Errorf("worker %s: %w", h.ID, idErr)
		}
	}
	return c, err
}

// owns reports whether a container is of the worker's present launch.
func (h *handle) owns(c output.Container) bool {
	switch {
	case h.Container != "" && c.ID != h.Container, !h.isOurs(c):
		return false
	case h.Engine.Dialect == dockercmd.Storm:
		return h.Container != "" || !c.Created.Before(h.LaunchedAt)
	}
	return c.Config.Labels[LabelLaunch] == h.Launch
}

// isOurs reports whether a container is of any launch of the worker: it has its labels, and its own directory. Labels alone do not
// make it that, since an image that was made of a worker (docker commit) hands them on. The worker-launcher's dialect has none.
func (h *handle) isOurs(c output.Container) bool {
	if h.Engine.Dialect != dockercmd.Storm {
		l := c.Config.Labels
		return l[LabelInstance] == h.Instance && l[LabelWorker] == h.ID && mountsWork(c, h.root, h.ID)
	}
	return slices.Contains(c.HostConfig.Binds, filepath.Join(workDir(h.root, h.ID), "work")+":"+workTarget)
}

// mountsWork reports whether a container has a worker's own directory.
func mountsWork(c output.Container, root, id string) bool {
	work := filepath.Join(workDir(root, id), "work")
	// A desktop's engine names another source in Mounts than it was given, and podman names Binds alone.
	return slices.ContainsFunc(c.Mounts, func(m output.MountPoint) bool { return m.Source == work && m.Destination == workTarget }) ||
		slices.ContainsFunc(c.HostConfig.Mounts, func(m output.HostMount) bool { return m.Source == work && m.Target == workTarget }) ||
		slices.ContainsFunc(c.HostConfig.Binds, func(b string) bool {
			return b == work+":"+workTarget || strings.HasPrefix(b, work+":"+workTarget+":")
		})
}

package worker

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/scripts"
)

// Manager carries out plans. Only Root is required. What it knows is on disk below Root, so that any process may go on with a
// worker that another one has launched. It is safe for concurrent use; do not copy it after the first call.
type Manager struct {
	// Root is a directory that only the supervisor can enter; it is made when it is missing. One machine's supervisors each
	// need one of their own.
	Root string
	// Docker answers for the engine. Its zero value is docker on PATH.
	Docker runner.Docker
	// RunnerFor gives each worker a Runner of its own, for launchers that act as the worker's user; nil is Docker.Runner for all.
	RunnerFor func(Target) runner.Runner
	// Instance tells this supervisor's containers from others'; "" is made of the host's name and Root.
	Instance string
	// Cgroups is where memory and CPU figures are read; its zero value is this machine.
	Cgroups cgroupread.Host
	// Machine is what workers share; nil is this machine as Cgroups.Root shows it.
	Machine *Machine
	// Users finds who a spec's user is; nil is LookupIdentity.
	Users func(ctx context.Context, name string) (Identity, error)
	// Log tells of what happens; nil is silent.
	Log *slog.Logger

	mu sync.Mutex // one change of Root at a time in this process; a file lock does the same between processes
}

// Target is whom a Runner of RunnerFor acts for.
type Target struct {
	ID       string
	Identity Identity
	// StateDir is the supervisor's own directory of the worker, which holds its command files.
	StateDir string
	// WorkerDir is the parent of the directories that are mounted: Storm's worker directory, with tmp in it.
	WorkerDir string
}

func (m *Manager) log() *slog.Logger {
	if m.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return m.Log
}

func (m *Manager) root() (string, error) {
	if m.Root == "" {
		return "", errors.New("worker.Manager: Root is empty; name a directory for the supervisor's files")
	}
	return filepath.Abs(m.Root)
}

func (m *Manager) instance(root string) string {
	if m.Instance != "" {
		return m.Instance
	}
	host, _ := os.Hostname()
	sum := sha256.Sum256([]byte(host + "\x00" + root))
	return hex.EncodeToString(sum[:6])
}

func (m *Manager) machine() (Machine, error) {
	if m.Machine != nil {
		return *m.Machine, nil
	}
	return ReadMachine(m.Cgroups.Root)
}

// prepare makes the directories below Root.
func (m *Manager) prepare() (string, error) {
	root, err := m.root()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
		return "", fmt.Errorf("make the supervisor's directory: %w", err)
	}
	for _, dir := range []string{root, filepath.Join(root, "workers"), filepath.Join(root, "work")} {
		d, err := scripts.OpenDir(dir)
		if err != nil {
			return "", err
		}
		d.Close()
	}
	return root, nil
}

// locked runs change while no other process and no other goroutine changes what is below Root.
func (m *Manager) locked(change func(root string) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	root, err := m.prepare()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(root, "lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("lock the supervisor's directory: %w", err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock the supervisor's directory: %w", err)
	}
	return change(root)
}

// Plan is what Launch would write and run for a spec, without writing or running anything but a look at the machine's users.
func (m *Manager) Plan(ctx context.Context, spec Spec) (*Plan, error) {
	return m.plan(ctx, spec, "preview")
}

func (m *Manager) plan(ctx context.Context, spec Spec, launch string) (*Plan, error) {
	root, err := m.root()
	if err != nil {
		return nil, err
	}
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	lookup := m.Users
	if lookup == nil {
		lookup = func(ctx context.Context, name string) (Identity, error) {
			return LookupIdentity(ctx, runner.Exec{}, name)
		}
	}
	identity, err := lookup(ctx, spec.User)
	if err != nil {
		return nil, &Error{ErrUser, spec.ID, "user", err}
	}
	machine, err := m.machine()
	if err != nil {
		return nil, err
	}
	return NewPlan(spec, Setting{
		Root: root, Instance: m.instance(root), Launch: launch, Engine: m.Docker.Engine, Identity: identity, Zones: machine.Zones,
	})
}

// newLaunch names one launch: when, and a random part.
func newLaunch(now time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return now.UTC().Format("20060102T150405") + "-" + hex.EncodeToString(b[:])
}

// handle is one worker that is known on disk.
type handle struct {
	*checkpoint
	root string
	dir  *scripts.Dir
}

// open finds a worker; the caller closes its dir.
func (m *Manager) open(id string) (*handle, error) {
	root, err := m.root()
	if err != nil {
		return nil, err
	}
	if err := ValidID(id); err != nil {
		return nil, problem(ErrUnknownID, id, "", "%w", err)
	}
	if _, err := os.Lstat(stateDir(root, id)); errors.Is(err, fs.ErrNotExist) {
		return nil, problem(ErrUnknownID, id, "", "no such worker below %s; launch it first", root)
	}
	dir, err := scripts.OpenDir(stateDir(root, id))
	if err != nil {
		return nil, &Error{ErrState, id, "", err}
	}
	cp, err := loadCheckpoint(dir)
	if err != nil {
		dir.Close()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, problem(ErrUnknownID, id, "", "its directory %s holds no checkpoint; clean up", dir.Path())
		}
		return nil, &Error{ErrState, id, "", err}
	}
	return &handle{cp, root, dir}, nil
}

// launched is open for a worker that has a container.
func (m *Manager) launched(id string) (*handle, error) {
	h, err := m.open(id)
	if err != nil {
		return nil, err
	}
	if h.Launch == "" {
		h.dir.Close()
		return nil, problem(ErrNotLaunched, id, "", "it is only reserved; launch it first")
	}
	return h, nil
}

// update changes a worker's checkpoint on disk, if it is still of the same launch.
func (m *Manager) update(h *handle, change func(*checkpoint)) error {
	return m.locked(func(string) error {
		cp, err := loadCheckpoint(h.dir)
		if err != nil {
			return &Error{ErrState, h.ID, "", err}
		}
		if cp.Launch != h.Launch {
			return problem(ErrState, h.ID, "", "it was launched anew meanwhile")
		}
		change(cp)
		if err := cp.save(h.dir); err != nil {
			return &Error{ErrState, h.ID, "", err}
		}
		h.checkpoint = cp
		return nil
	})
}

// all are the workers on disk; those whose state is damaged are errors.
func (m *Manager) all(root string) ([]*checkpoint, error) {
	entries, err := os.ReadDir(filepath.Join(root, "workers"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list workers: %w", err)
	}
	var cps []*checkpoint
	var errs []error
	for _, e := range entries {
		h, err := m.open(e.Name())
		if errors.Is(err, ErrUnknownID) {
			continue // between its directory and its checkpoint, or half removed
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

// docker answers for one worker.
func (m *Manager) docker(root, id string, identity Identity) runner.Docker {
	d := m.Docker
	if m.RunnerFor != nil {
		d.Runner = m.RunnerFor(Target{ID: id, Identity: identity, StateDir: stateDir(root, id), WorkerDir: workDir(root, id)})
	}
	return d
}

// step reads a line back from the worker's command file, which is what runs.
func (m *Manager) step(h *handle, name string) (runner.Docker, dockercmd.Command, error) {
	fail := func(err error) (runner.Docker, dockercmd.Command, error) {
		return runner.Docker{}, nil, &Error{ErrState, h.ID, "", fmt.Errorf("%s: %w", name, err)}
	}
	data, err := h.dir.Read(name + ".sh")
	if err != nil {
		return fail(err)
	}
	file, err := scripts.ParseCommand(data)
	if err != nil {
		return fail(err)
	}
	c, err := dockercmd.Parse(file.Argv)
	if err != nil {
		return fail(err)
	}
	d := m.docker(h.root, h.ID, h.Identity)
	d.Engine = h.Engine
	d.Script = filepath.Join(h.dir.Path(), name+".sh")
	return d, c, nil
}

// find asks the engine for the worker's own container. A container of the same name that is someone else's is ErrForeign;
// none is runner.ErrNotFound.
func (m *Manager) find(ctx context.Context, h *handle) (dockercmd.Container, error) {
	d, c, err := m.step(h, StepInspect)
	if err != nil {
		return dockercmd.Container{}, err
	}
	found, err := d.Inspect(ctx, c.(*dockercmd.Inspect).Names...)
	if err != nil {
		return dockercmd.Container{}, err
	}
	if len(found) != 1 {
		return dockercmd.Container{}, problem(ErrState, h.ID, "", "inspect found %d containers", len(found))
	}
	if !h.owns(found[0]) {
		return found[0], problem(ErrForeign, h.ID, "", "the container %.12s has its name, but is not of launch %s; rename or remove it", found[0].ID, h.Launch)
	}
	return found[0], nil
}

// owns says whether a container is of the worker's present launch. The worker-launcher's dialect has no labels; there the id
// that docker run printed decides.
func (h *handle) owns(c dockercmd.Container) bool {
	if h.Engine.Dialect == dockercmd.Storm {
		return h.Container != "" && c.ID == h.Container
	}
	l := c.Config.Labels
	return l[LabelInstance] == h.Instance && l[LabelWorker] == h.ID && l[LabelLaunch] == h.Launch
}

// StormLauncher runs each worker's docker lines through Storm's worker-launcher at path, as the worker's user. It is a
// Manager's RunnerFor, and goes with the engine dialect dockercmd.Storm. The user must be a name of this machine's, and a
// member of the group docker.
func StormLauncher(path string) func(Target) runner.Runner {
	return func(t Target) runner.Runner {
		return runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			dir, err := scripts.OpenDir(t.StateDir)
			if err != nil {
				return nil, err
			}
			// The directory stays open for as long as the launcher may remove its command file; the process holds it.
			p, err := runner.Launcher{Path: path, User: t.Identity.Name, WorkerDir: t.WorkerDir, Scripts: dir}.Start(ctx, c)
			if err != nil {
				dir.Close()
				return nil, err
			}
			return closing{p, dir}, nil
		})
	}
}

// closing closes a directory when its process has ended.
type closing struct {
	runner.Process
	dir *scripts.Dir
}

func (c closing) Wait() error {
	defer c.dir.Close()
	return c.Process.Wait()
}

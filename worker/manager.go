package worker

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/runner"
)

// Manager carries out plans. Only Root is required. What it knows is on disk below Root, so that any process may go on with a
// worker that another one has launched. It is safe for concurrent use; do not copy it after the first call.
type Manager struct {
	// Root is a directory that only the supervisor can enter; it is made when it is missing. One machine's supervisors each
	// need one of their own.
	Root string
	// Docker answers for the engine. Its zero value is docker on PATH. With a Lane, launching, watching and cleaning up a worker
	// takes two docker processes, docker run and docker rm.
	Docker client.Docker
	// RunnerFor gives each worker a Runner of its own, for launchers that act as the worker's user; nil is Docker.Runner for all.
	RunnerFor func(Target) runner.Runner
	// Instance tells this supervisor's containers from others'; "" is made of the host's name and Root.
	Instance string
	// Cgroups is where memory and CPU figures are read; its zero value is this machine.
	Cgroups cgroupread.Host
	// Machine is what workers share; nil is this machine as Cgroups.Root shows it.
	Machine *Machine
	// LockDir is where supervisors of this machine see each other, so that no two have one Instance; "" is what the function
	// LockDir says.
	LockDir string
	// Users finds the identity of a spec's user; nil is LookupIdentity.
	Users func(ctx context.Context, name string) (Identity, error)
	// Images brings a spec's image to the engine before docker run, by the spec's Pull: one pull for all workers that wait for it,
	// tried again where that helps, and only what its allow-list has. Docker run itself then pulls nothing. Nil leaves it to docker
	// run.
	Images *client.Images
	// KillDirectly permits Stop and Kill to send SIGKILL to a worker's processes themselves, as their last resort, when docker does
	// not end it.
	KillDirectly bool
	// Log receives log records; nil discards them. At debug level there is one of every write, docker call and delivery before it is
	// made.
	Log *slog.Logger

	launching sync.Map // the ids of workers whose docker run is under way in this process

	mu     rootMutex
	base   base // belongs to who has mu
	busy   busyState
	engine engineKeeper
	ledger ledger // what is set aside

	watcherMu sync.Mutex
	watcher   *Watcher // that runs now, or nil
}

// Target is the worker that a Runner of RunnerFor acts for.
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

// Plan returns what Launch would write and run for a spec. It writes and runs nothing, and only looks up the spec's user.
func (m *Manager) Plan(ctx context.Context, spec Spec) (*Plan, error) {
	checked, err := spec.checked()
	if err != nil {
		return nil, err
	}
	return m.plan(ctx, checked, "preview")
}

// plan returns the plan of one launch.
func (m *Manager) plan(ctx context.Context, spec checkedSpec, launch string) (*Plan, error) {
	root, err := m.root()
	if err != nil {
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
	return newPlan(spec, Setting{
		Root: root, Instance: m.instance(root), Launch: launch, Engine: m.Docker.Engine, Identity: identity, Zones: machine.Zones,
		PullsBefore: m.Images != nil,
	})
}

// newLaunch names one launch: when, and a random part.
func newLaunch(now time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return now.UTC().Format("20060102T150405") + "-" + hex.EncodeToString(b[:])
}

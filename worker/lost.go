package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/scripts"
)

// lost is what there is of a worker without a checkpoint: its launch was cut off before it wrote one, or a damaged one was set
// aside.
type lost struct {
	exists    bool      // it has a directory
	launch    string    // which docker-run.sh names; "" if there is none, or a damaged one
	written   time.Time // when docker-run.sh was; zero is that there is none
	container string    // as docker run's client has written it down; "" is that it has not
	identity  Identity
	known     *checkpoint       // what a Watcher knows of it, where there is no docker-run.sh; nil is nothing
	host      output.HostConfig // what the launch may use, as far as Resources go
}

// readLost reads it. The caller holds the lock.
func readLost(root, id string) (*lost, error) {
	path := stateDir(root, id)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return new(lost), nil
	}
	dir, err := scripts.OpenDir(path)
	if err != nil {
		return nil, &Error{ErrState, id, "", err}
	}
	defer dir.Close()
	l := &lost{exists: true, container: cidHint(root, &checkpoint{ID: id})}
	info, err := os.Lstat(filepath.Join(path, StepRun+".sh"))
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, &Error{ErrState, id, "", err}
	}
	l.written = info.ModTime()
	command, err := readStep(&handle{dir: dir}, StepRun)
	run, is := command.(*dockercmd.Run)
	switch {
	case err != nil || !is:
		return l, nil
	case run.Name != id: // somebody has copied the directory
		return &lost{exists: true}, nil
	}
	l.launch, l.identity = run.Labels[LabelLaunch], numbersOf(run.User)
	if u, err := user.LookupId(strconv.Itoa(l.identity.UID)); err == nil {
		l.identity.Name = u.Username
	}
	l.host = output.HostConfig{NanoCPUs: run.CPUs, Memory: run.Memory, MemorySwap: run.MemorySwap,
		CpusetMems: run.CpusetMems, CgroupParent: run.CgroupParent}
	if run.PidsLimit != 0 {
		l.host.PidsLimit = &run.PidsLimit
	}
	return l, nil
}

// lost returns what there is of a worker that has no checkpoint, nil if it has one.
func (m *Manager) lost(ctx context.Context, id string) (l *lost, err error) {
	err = m.read(ctx, func(root string) error {
		h, err := openHandle(root, id)
		if err == nil {
			h.dir.Close()
		}
		if !errors.Is(err, ErrUnknownID) {
			return err
		}
		l, err = readLost(root, id)
		return err
	})
	return l, err
}

// mayBe reports whether a launch is the one that docker-run.sh names, or would if it were not damaged.
func (l *lost) mayBe(launch string) bool {
	return !l.written.IsZero() && (l.launch == "" || l.launch == launch)
}

// owns reports whether a container is that of the launch which has left this, as far as it tells: a launch removes the cid file of an
// earlier one before all else.
func (l *lost) owns(launch, container string) bool {
	return l.mayBe(launch) || l.container != "" && l.container == container
}

// among returns the containers that ps has shown and that may be the worker's, those of its launch first. A copy of it that somebody
// has made has the same labels.
func (l *lost) among(rows []output.PsRow, instance, id string) (containers []string) {
	for _, row := range rows {
		switch labels := row.Labels; {
		case labels[LabelInstance] != instance, labels[LabelWorker] != id:
		case l.launch != "" && labels[LabelLaunch] == l.launch:
			containers = slices.Insert(containers, 0, row.ID)
		case l.owns(labels[LabelLaunch], row.ID), row.State.Alive():
			containers = append(containers, row.ID)
		}
	}
	return containers
}

// rebuildLost makes the checkpoint of a worker anew that has none, and reports whether it has. The container is that of the launch
// that the worker's own docker-run.sh names: one of another launch that has ended, and whose worker was cleaned up, does not make a
// worker of what a cut off launch of the same id has left. Rows is what ps has shown just now; nil is that it is yet to be asked.
// Known is what a Watcher knows of the worker, nil is nothing: docker need not be asked then, unless docker-run.sh names another
// launch, or is not there and no container was known; its launch is the one that is looked for then. The caller holds the worker's
// lock.
func (m *Manager) rebuildLost(ctx context.Context, id string, rows []output.PsRow, known *checkpoint) (rebuilt bool, err error) {
	root, err := m.root()
	if err != nil {
		return false, err
	}
	l, err := m.lost(ctx, id)
	if err != nil || l == nil || !l.exists {
		return false, err
	}
	if known != nil && (l.mayBe(known.Launch) || l.written.IsZero() && known.Container != "") {
		return true, m.writeLost(ctx, known)
	}
	if known != nil && l.written.IsZero() {
		l.known, l.launch, l.identity, l.written = known, known.Launch, known.Identity, known.LaunchedAt // as docker-run.sh would tell
	}
	cp := &checkpoint{ID: id, Instance: m.instance(root), Launch: l.launch, Engine: m.Docker.Engine, Identity: l.identity,
		LaunchedAt: l.written}
	storm := cp.Engine.Dialect == dockercmd.Storm
	if storm && l.written.IsZero() {
		return false, nil // the launcher asks docker for launched workers alone
	}
	if rows == nil && !storm {
		if rows, err = m.relist(ctx, root, []*checkpoint{m.anyOf(root)}); err != nil {
			return false, fmt.Errorf("worker %s: find out about its container: %w", id, err)
		}
	}
	search, err := m.searchLost(ctx, cp, l, rows)
	if err != nil || search.rebuilt {
		return search.rebuilt, err
	}
	return m.rebuildGone(ctx, cp, l, search)
}

// lostSearch is what became of a search for the container of a lost worker.
type lostSearch struct {
	rebuilt bool
	denied  []string // containers that ps has shown, and inspect does not know
	other   bool     // the one that docker run's client has written down is of another launch
}

// searchLost looks for the container of a lost worker by what ps has shown, by what docker run's client has written down, and by
// its name, and makes its checkpoint of that.
func (m *Manager) searchLost(ctx context.Context, cp *checkpoint, l *lost, rows []output.PsRow) (s lostSearch, err error) {
	root, err := m.root()
	if err != nil {
		return s, err
	}
	id := cp.ID
	shown := l.among(rows, cp.Instance, id)
	names := append(slices.Clone(shown), cmp.Or(l.container, id), id)
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		found, err := m.docker(root, cp).Inspect(ctx, name)
		switch {
		case errors.Is(err, client.ErrNotFound):
			if slices.Contains(shown, name) {
				s.denied = append(s.denied, name)
			}
			continue
		case err != nil:
			return s, fmt.Errorf("worker %s: find out about its container: %w", id, err)
		case name != id && found[0].ID != name:
			return s, problem(ErrAlive, id, "", "its end is in doubt: docker inspect was asked for container %.12s, and told of %.12s",
				name, found[0].ID)
		}
		if s.rebuilt, err = m.rebuildFound(ctx, *cp, l, found[0]); err != nil || s.rebuilt {
			return s, err
		}
		s.other = s.other || name == l.container
	}
	return s, nil
}

// rebuildGone deals with a lost worker whose container a search has not found. That there is none takes two answers, of ps and of
// inspect, by the workers' own engine. A launch whose client has written a container's id down has come about, though docker knows
// nothing of it now: it becomes a worker again, and what became of it is found out as of any other.
func (m *Manager) rebuildGone(ctx context.Context, cp *checkpoint, l *lost, search lostSearch) (rebuilt bool, err error) {
	root, err := m.root()
	if err != nil {
		return false, err
	}
	marked, err := m.isMarked(root)
	if marked {
		err = m.byOwnEngine(ctx, root, func() error {
			rows, err := m.relist(ctx, root, []*checkpoint{m.anyOf(root)})
			if err != nil {
				return fmt.Errorf("worker %s: find out about its container: %w", cp.ID, err)
			}
			search, err = m.searchLost(ctx, cp, l, rows)
			return err
		})
	}
	container := l.container
	if search.other {
		container = ""
	}
	switch {
	case search.rebuilt: // what is found needs no other witness
		return true, nil
	case err != nil:
		return false, err
	case len(search.denied) == 0 && container != "" && l.launch != "":
		return true, m.rebuild(ctx, cp, l, output.Container{ID: container, Created: l.written, HostConfig: l.host})
	case len(search.denied) > 0 || askKernel(m.Cgroups, cp, container) == kernelLive:
		return false, problem(ErrAlive, cp.ID, "", "its end is in doubt: docker inspect does not know its container %.12s, and ps or the "+
			"kernel does; set right which engine is asked", append(search.denied, container)[0])
	}
	return false, nil
}

// rebuildFound makes a lost worker's checkpoint of the container that inspect has told of, if it is of that launch, or lives.
func (m *Manager) rebuildFound(ctx context.Context, cp checkpoint, l *lost, c output.Container) (rebuilt bool, err error) {
	root, err := m.root()
	if err != nil {
		return false, err
	}
	own := l.owns(c.Config.Labels[LabelLaunch], c.ID)
	cp.Launch = c.Config.Labels[LabelLaunch]
	if cp.Engine.Dialect == dockercmd.Storm { // has no labels
		own, cp.Launch = !c.Created.Before(l.written), newLaunch(c.Created)
		if l.known != nil {
			cp.Launch = l.known.Launch
		}
	}
	h := handle{checkpoint: &cp, root: root}
	if !h.isOurs(c) || !own && !c.State.Status.Alive() {
		return false, nil
	}
	if !own {
		cp.Life = 1 // the worker of that launch was cleaned up: an exit was handed over, and somebody has started the container again
	}
	cp.Identity = numbersOf(c.Config.User)
	if cp.Identity.UID == l.identity.UID {
		cp.Identity.Name = l.identity.Name
	}
	return true, m.rebuild(ctx, &cp, l, c)
}

// rebuild makes a worker's checkpoint of its container, and of what is known of the launch.
func (m *Manager) rebuild(ctx context.Context, cp *checkpoint, l *lost, c output.Container) error {
	if l.known != nil && l.known.Launch == cp.Launch {
		known := *l.known
		known.Container, known.Kernel = c.ID, seenBy(m.Cgroups, c.ID, known.CgroupParent)
		return m.writeLost(ctx, &known)
	}
	machine, err := m.machine()
	if err != nil {
		return err
	}
	cp.Container, cp.LaunchedAt, cp.CgroupParent = c.ID, c.Created, c.HostConfig.CgroupParent
	cp.Resources, cp.Kernel = resourcesOf(c.HostConfig, machine), seenBy(m.Cgroups, c.ID, c.HostConfig.CgroupParent)
	if t := c.Config.StopTimeout; t != nil {
		cp.StopTimeout = new(int64(*t))
	}
	return m.writeLost(ctx, cp)
}

// writeLost writes a checkpoint for a worker that has none, and the command files of its further life, as far as they are missing.
// Exits of earlier lives that are kept for the supervisor are not to be taken for its next one.
func (m *Manager) writeLost(ctx context.Context, cp *checkpoint) error {
	err := m.locked(ctx, func(root string) error {
		if _, err := os.Lstat(stateDir(root, cp.ID)); err != nil {
			return problem(ErrUnknownID, cp.ID, "", "its directory is gone")
		}
		dir, err := scripts.OpenDir(stateDir(root, cp.ID))
		if err != nil {
			return &Error{ErrState, cp.ID, "", err}
		}
		defer dir.Close()
		dir.Sync = true
		if _, err := loadCheckpoint(dir); !errors.Is(err, fs.ErrNotExist) {
			return err // someone has made one
		}
		cp.Life = max(cp.Life, keptLives(root, cp))
		h := &handle{root: root, dir: dir, checkpoint: cp}
		if err := m.writeMissing(h); err != nil {
			return &Error{ErrState, cp.ID, "", err}
		}
		return m.save(h, cp)
	})
	if err != nil {
		return err
	}
	m.log().Warn("worker without a checkpoint rebuilt", slog.String("worker", cp.ID), slog.String("container", cp.Container),
		slog.String("launch", cp.Launch))
	m.tell(cp.ID)
	return nil
}

// numbersOf reads docker's UID:GID, which is what a plan gives to run.
func numbersOf(user string) Identity {
	uid, gid, _ := strings.Cut(user, ":")
	var i Identity
	i.UID, _ = strconv.Atoi(uid)
	i.GID, _ = strconv.Atoi(gid)
	return i
}

// resourcesOf returns what a container may use.
func resourcesOf(c output.HostConfig, machine Machine) Resources {
	r := Resources{CPUPercent: float64(c.NanoCPUs) / 1e7, Memory: c.Memory, MemorySwap: c.MemorySwap}
	if c.PidsLimit != nil {
		r.Pids = *c.PidsLimit
	}
	for name, zone := range machine.Zones {
		if c.CpusetMems != "" && zone.Mems == c.CpusetMems {
			r.NUMA = name
		}
	}
	return r
}

// reopen opens a worker that may have lost its checkpoint. The caller holds the worker's lock.
func (m *Manager) reopen(ctx context.Context, id string) (*handle, error) {
	if _, err := m.rebuildLost(ctx, id, nil, nil); err != nil {
		return nil, err
	}
	return m.openValid(ctx, id)
}

// finishHalf rebuilds a worker that has no checkpoint, or else removes its directories. One that is being launched is left alone.
// Rows and known are as for rebuildLost.
func (m *Manager) finishHalf(ctx context.Context, id string, rows []output.PsRow, known *checkpoint) (rebuilt, removed bool, err error) {
	lock, err := m.lockWorker(ctx, id)
	if err != nil {
		if errors.Is(err, ErrAlive) {
			err = nil
		}
		return false, false, err
	}
	defer lock.release()
	if rebuilt, err = m.rebuildLost(ctx, id, rows, known); err != nil || rebuilt {
		return rebuilt, false, err
	}
	if used, err := m.isUsed(ctx, id); used || err != nil {
		return false, false, err
	}
	err = m.locked(ctx, func(root string) error {
		h, err := openHandle(root, id)
		if err == nil {
			h.dir.Close()
			return nil
		}
		if !errors.Is(err, ErrUnknownID) {
			return err
		}
		removed = true
		return m.removeFiles(root, id)
	})
	m.emptyTrash(ctx)
	return false, removed, err
}

// isUsed reports whether a worker's own directory, of which there is nothing but that, is mounted in the container of its name.
func (m *Manager) isUsed(ctx context.Context, id string) (bool, error) {
	root, err := m.root()
	if err != nil {
		return false, err
	}
	if _, err := os.Lstat(stateDir(root, id)); err == nil || m.Docker.Engine.Dialect == dockercmd.Storm {
		return false, nil // rebuildLost has looked for it; the worker-launcher cannot
	}
	var found []output.Container
	ask := func() (err error) {
		found, err = m.docker(root, m.anyOf(root)).Inspect(ctx, id)
		if isGone(err) {
			found, err = nil, nil
		}
		return err
	}
	if err = ask(); err == nil && len(found) == 0 {
		err = m.byOwnEngine(ctx, root, ask)
	}
	return err == nil && len(found) > 0 && mountsWork(found[0], root, id), err
}

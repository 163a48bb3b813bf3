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
	"strings"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// DefaultReapGrace is how old an orphan must be, when Reaper's Grace is 0.
const DefaultReapGrace = 10 * time.Minute

// Reaper holds the options of Reap.
type Reaper struct {
	// Grace is how long ago an orphan must have been made, by the engine's own clock; 0 is DefaultReapGrace. Negative is none.
	Grace time.Duration
	// DryRun tells what would be removed, and removes nothing.
	DryRun bool
}

// Orphan is a container with the instance's label that no worker owns.
type Orphan struct {
	Container string // its id
	Name      string
	Worker    string // as its labels say
	Launch    string
	State     output.State
	Created   time.Time // zero when it was not asked for
}

// Reaped is what Reap has removed, or would.
type Reaped struct {
	Containers []Orphan
	// Dirs are workers' directories that belong to no worker.
	Dirs []string
	// Foreign are containers that have this instance's labels, and not the worker's own directory, or a launch whose container is
	// another one: others have made them of an image that was made of a worker. They stay.
	Foreign []Orphan
	// Young counts what is no worker's but not old enough.
	Young int
}

// Reap removes what no worker owns: containers with this instance's label, and directories of workers that are not known. It
// takes only what is older than the grace. It does nothing when the engine does not answer, when its answer is not whole, or when
// a worker's state cannot be read: then nobody can tell what is whose.
func (m *Manager) Reap(ctx context.Context, r Reaper) (*Reaped, error) {
	if m.Docker.Engine.Dialect == dockercmd.Storm {
		return nil, fmt.Errorf("reap: %w: the worker-launcher's dialect has no labels to tell one's own containers by",
			client.ErrUnsupported)
	}
	grace := r.Grace
	if grace == 0 {
		grace = DefaultReapGrace
	}
	root, err := m.root()
	if err != nil {
		return nil, err
	}
	if err := m.reapsHere(ctx, root); err != nil {
		return nil, err
	}
	rows, err := m.relist(ctx, root, []*checkpoint{m.anyOf(root)})
	if err != nil {
		return nil, fmt.Errorf("reap: nothing is removed while the engine does not answer: %w", err)
	}
	info, err := m.docker(root, m.anyOf(root)).Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("reap: nothing is removed while the engine's clock is not known: %w", err)
	}
	if err := m.reapsHere(ctx, root); err != nil { // another one may have answered
		return nil, err
	}
	oldest := info.SystemTime // a container's time of creation is by the same clock
	if oldest.IsZero() {
		oldest = time.Now()
	}
	oldest = oldest.Add(-grace)
	reaped := new(Reaped)
	for i := range rows {
		if err := m.reapContainer(ctx, root, orphanOf(&rows[i]), oldest, r.DryRun, reaped); err != nil {
			return reaped, err
		}
	}
	return reaped, m.reapDirs(ctx, rows, grace, r.DryRun, reaped)
}

// reapsHere returns an error unless it is the workers' own engine that is asked.
func (m *Manager) reapsHere(ctx context.Context, root string) error {
	err := m.sameEngine(ctx, root, trustNobody)
	switch {
	case errors.Is(err, ErrOtherEngine), errors.Is(err, ErrState):
		return fmt.Errorf("reap: %w", err)
	case err != nil:
		return fmt.Errorf("reap: nothing is removed while the engine does not answer: %w", err)
	}
	return nil
}

// anyOf stands for all containers of this instance in a relist.
func (m *Manager) anyOf(root string) *checkpoint {
	return &checkpoint{Launch: "any", Instance: m.instance(root), Engine: m.Docker.Engine}
}

// orphanOf returns a row of ps as an orphan.
func orphanOf(row *output.PsRow) Orphan {
	return Orphan{
		Container: row.ID, Name: strings.Join(row.Names, ","), Worker: row.Labels[LabelWorker], Launch: row.Labels[LabelLaunch],
		State: row.State,
	}
}

// owned reports whether a worker on disk owns a container, or may. One whose state cannot be read may own anything. Copied says that
// the worker's own container is another one, of the same launch.
func (m *Manager) owned(ctx context.Context, o Orphan) (owned, copied bool, err error) {
	if ValidID(o.Worker) != nil {
		return false, false, nil
	}
	err = m.read(ctx, func(root string) error {
		h, err := openHandle(root, o.Worker)
		switch {
		case err == nil:
			h.dir.Close()
			copied = h.Launch == o.Launch && h.Container != "" && h.Container != o.Container
			owned = h.Launch == o.Launch && !copied
			return nil
		case errors.Is(err, ErrUnknownID) && !errors.Is(err, fs.ErrNotExist):
			return nil // no directory at all
		case errors.Is(err, ErrUnknownID):
			owned = true // half: Recover's
			return nil
		}
		return err
	})
	return owned, copied, err
}

// reapContainer removes a container if no worker owns it and it was not made after oldest, by the engine's clock.
func (m *Manager) reapContainer(ctx context.Context, root string, o Orphan, oldest time.Time, dryRun bool,
	reaped *Reaped) error {
	owned, copied, err := m.owned(ctx, o)
	if owned || err != nil {
		return err
	}
	if ValidID(o.Worker) == nil {
		lock, err := m.lockWorker(ctx, o.Worker)
		if errors.Is(err, ErrAlive) {
			return nil // it is being launched
		}
		if err != nil {
			return err
		}
		defer lock.release()
		if owned, copied, err = m.owned(ctx, o); owned || err != nil {
			return err
		}
	}
	d := m.docker(root, m.anyOf(root))
	found, err := d.Inspect(ctx, o.Container)
	switch {
	case errors.Is(err, client.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("reap: %w", err)
	case found[0].Config.Labels[LabelInstance] != m.instance(root), found[0].Config.Labels[LabelLaunch] != o.Launch:
		return nil // not what the list said
	}
	o.Created = found[0].Created
	if copied || ValidID(o.Worker) != nil || !mountsWork(found[0], root, o.Worker) {
		reaped.Foreign = append(reaped.Foreign, o)
		return nil
	}
	if o.Created.After(oldest) {
		reaped.Young++
		return nil
	}
	if !dryRun {
		err := d.Rm(ctx, dockercmd.Rm{Force: true, Volumes: true, Containers: []string{found[0].ID}})
		if err != nil && !errors.Is(err, client.ErrNotFound) && !errors.Is(err, client.ErrRemovalInProgress) {
			return fmt.Errorf("reap: %w", err)
		}
		m.log().Info("orphan removed", slog.String("container", o.Container), slog.String("worker", o.Worker))
	}
	reaped.Containers = append(reaped.Containers, o)
	return nil
}

// reapDirs removes the directories of workers that are not known: a worker's own without the supervisor's, and the supervisor's
// without a checkpoint. Those of a worker that has a container stay.
func (m *Manager) reapDirs(ctx context.Context, rows []output.PsRow, grace time.Duration, dryRun bool, reaped *Reaped) error {
	root, err := m.root()
	if err != nil {
		return err
	}
	ids := workerIDs(root)
	for _, e := range dirEntries(filepath.Join(root, "work")) {
		if ValidID(e.Name()) == nil {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	named := map[string]bool{}
	for _, row := range rows {
		named[row.Labels[LabelWorker]] = true
		for _, name := range row.Names {
			named[name] = true
		}
	}
	var doubts []error
	for _, id := range slices.Compact(ids) {
		if named[id] {
			continue
		}
		stray, young := false, false
		err := m.locked(ctx, func(root string) error {
			h, err := openHandle(root, id)
			if err == nil {
				h.dir.Close()
			}
			stray = errors.Is(err, ErrUnknownID)
			young = changedSince(time.Now().Add(-grace), stateDir(root, id), workDir(root, id))
			return nil
		})
		switch {
		case err != nil:
			return err
		case !stray:
			continue
		case young:
			reaped.Young++
			continue
		}
		if !dryRun {
			_, removed, err := m.finishHalf(ctx, id, rows, nil)
			if errors.Is(err, ErrAlive) { // the others can be told of all the same
				doubts = append(doubts, err)
			} else if err != nil {
				return err
			}
			if !removed {
				continue
			}
			m.log().Info("stray directories removed", slog.String("worker", id))
		}
		reaped.Dirs = append(reaped.Dirs, id)
	}
	return errors.Join(doubts...)
}

// changedSince reports whether one of the paths was changed after t.
func changedSince(t time.Time, paths ...string) bool {
	return slices.ContainsFunc(paths, func(path string) bool {
		info, err := os.Lstat(path)
		return err == nil && info.ModTime().After(t)
	})
}

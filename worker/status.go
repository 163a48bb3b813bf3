package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// State is where a worker stands in its life.
type State string

// The states. Unknown means that the engine did not answer: it is not an end.
const (
	Reserved   State = "reserved"
	Launching  State = "launching" // also when the launch was cut off with its supervisor: Wait, Stop and Cleanup find out
	Running    State = "running"
	Paused     State = "paused"
	Restarting State = "restarting"
	Stopping   State = "stopping" // it was told to end, and has a process still
	Exited     State = "exited"
	Gone       State = "gone" // its container was removed by someone else before its exit was known
	Unknown    State = "unknown"
	// Revived is a worker whose exit was recorded, and whose container runs again, because somebody has started it: docker start,
	// docker restart, a restart policy. Stop and Kill end it, and its next exit is an exit of its own; Launch does not adopt it.
	Revived State = "revived"
	// InDoubt is a worker that docker takes for ended, or does not know, while the kernel knows of processes of it: the engine was
	// started with other data, or killed while it started the worker, or another engine is asked. Nothing is recorded, delivered,
	// removed or launched meanwhile; Kill ends it.
	InDoubt State = "in doubt"
)

// Alive reports whether the worker has a process.
func (s State) Alive() bool {
	return s == Running || s == Paused || s == Restarting || s == Stopping || s == Revived || s == InDoubt
}

// Status is what is known of one worker.
type Status struct {
	ID         string
	State      State
	Container  string // the container's id; "" while there is none
	Exit       *Exit  // how it ended, as far as it is known without asking more: Wait returns all of it
	Detail     string // the engine's own words: "Up 8 seconds"
	Source     Source // where the State comes from
	Resources  Resources
	LaunchedAt time.Time

	cgroupParent string
	launch       string
	revivable    bool // docker ps says that it runs, although its exit is recorded
}

// Statuses returns the states of all workers, sorted by id, with one docker ps. When the engine does not answer, workers that are
// not known to have ended are what their cgroups say, or Unknown, and the error says why.
func (m *Manager) Statuses(ctx context.Context) ([]Status, error) {
	var cps []*checkpoint
	var root string
	stateErr := m.read(ctx, func(r string) (err error) {
		root = r
		cps, err = all(r)
		return err
	})
	rows, err := m.relist(ctx, root, cps)
	index := indexRows(rows)
	statuses, known := make([]Status, 0, len(cps)), make([]*checkpoint, 0, len(cps))
	for _, cp := range cps {
		row := index.of(cp)
		s := cp.status(row, err == nil)
		switch {
		case cp.Exit != nil && row != nil && row.State.Alive():
			s.revivable = true
		case s.State == Unknown:
			s = m.withoutEngine(cp, cgroupread.Group{}, false)
		case s.State == Gone && cp.Exit == nil:
			// It may have been cleaned up, or launched anew, after its checkpoint was read.
			h, openErr := m.open(ctx, cp.ID)
			if errors.Is(openErr, ErrUnknownID) {
				continue
			}
			if openErr == nil {
				h.dir.Close()
				cp, s = h.checkpoint, h.status(index.of(h.checkpoint), true)
			}
		}
		statuses, known = append(statuses, s), append(known, cp)
	}
	if err == nil {
		m.confirm(ctx, root, known, statuses)
	}
	slices.SortFunc(statuses, func(a, b Status) int { return strings.Compare(a.ID, b.ID) })
	return statuses, errors.Join(stateErr, err)
}

// relist asks docker ps for all workers that may be alive: once for each instance and dialect, if Manager's fields have been
// changed since some of them were launched.
func (m *Manager) relist(ctx context.Context, root string, cps []*checkpoint) ([]output.PsRow, error) {
	type kind struct {
		dialect  dockercmd.Dialect
		instance string
	}
	groups := map[kind][]*checkpoint{}
	for _, cp := range cps {
		if cp.Launch != "" && !cp.Removed {
			k := kind{cp.Engine.Dialect, cp.Instance}
			groups[k] = append(groups[k], cp)
		}
	}
	var rows []output.PsRow
	var errs []error
	for k, group := range groups {
		d := m.docker(root, group[0])
		ps, labels := dockercmd.Ps{All: true, Filters: []dockercmd.Filter{{Key: "label", Value: LabelInstance + "=" + k.instance}}},
			[]string{LabelWorker, LabelLaunch}
		ps.Format = output.PsBriefFormat(labels...)
		if k.dialect == dockercmd.Storm {
			ps, labels = *stormPs(ids(group)...), nil
		}
		more, err := d.Ps(ctx, ps, labels...)
		for i := range more {
			if labels != nil {
				more[i].Labels[LabelInstance] = k.instance // as the filter has it
			}
		}
		rows, errs = append(rows, more...), append(errs, err)
	}
	return rows, errors.Join(errs...)
}

// streams returns the docker that events are asked of.
func (m *Manager) streams() client.Docker {
	d := m.Docker
	d.Runner = m.traced(d.Runner)
	return d
}

// ids returns the ids of workers.
func ids(cps []*checkpoint) []string {
	ids := make([]string, len(cps))
	for i, cp := range cps {
		ids[i] = cp.ID
	}
	return ids
}

// Liveness reports whether a worker has a process, and where that comes from.
type Liveness struct {
	Alive  bool
	Source Source
	Detail string
}

// Alive reports whether a worker has a process: by docker ps, or, when the engine does not answer, by the worker's cgroup. An error
// means that it is not known: neither yes nor no.
func (m *Manager) Alive(ctx context.Context, id string) (Liveness, error) {
	s, err := m.Status(ctx, id)
	if err != nil && s.Source != FromCgroup {
		return Liveness{}, err
	}
	return Liveness{Alive: s.State.Alive(), Source: s.Source, Detail: s.Detail}, nil
}

// Status returns what is known of one worker, by its exact name. When the engine does not answer, the error says why, and the
// status is what the worker's cgroup says: the Source is then FromCgroup, or the State Unknown.
func (m *Manager) Status(ctx context.Context, id string) (Status, error) {
	h, err := m.open(ctx, id)
	if err != nil {
		return Status{}, err
	}
	defer h.dir.Close()
	if h.Launch == "" || h.Removed {
		return h.status(nil, true), nil
	}
	s, err := m.step(h, StepPs)
	if err != nil {
		return Status{}, err
	}
	rows, err := ask(ctx, s, output.ParsePs)
	if ps, is := s.command.(*dockercmd.Ps); is && err == nil && h.knownByID() && indexRows(rows).of(h.checkpoint) == nil {
		byID := *ps // it may have been renamed
		byID.Filters = []dockercmd.Filter{{Key: "id", Value: h.Container}}
		s.command, s.call.Script = &byID, ""
		rows, err = ask(ctx, s, output.ParsePs)
	}
	if err != nil {
		if h.Exit != nil && askKernel(m.Cgroups, h.checkpoint, h.Container) != kernelLive {
			return h.status(nil, true), nil // nothing says that its container was started again
		}
		if h.Exit != nil {
			s := h.status(nil, true)
			s.State, s.Source, s.Detail = Revived, FromCgroup, "its exit was recorded, and it has processes"
			return s, fmt.Errorf("worker %s: %w", id, err)
		}
		return m.withoutEngine(h.checkpoint, cgroupread.Group{}, false), fmt.Errorf("worker %s: %w", id, err)
	}
	if err := h.refresh(); err != nil && !errors.Is(err, errAnotherLife) { // ps has been asked since that began
		return Status{}, err
	}
	statuses := []Status{h.status(nil, true)}
	for i := range rows {
		if h.isRow(rows[i]) {
			statuses[0] = h.statusOf(&rows[i])
			statuses[0].revivable = h.Exit != nil && rows[i].State.Alive()
		}
	}
	m.confirm(ctx, h.root, []*checkpoint{h.checkpoint}, statuses)
	return statuses[0], nil
}

// status combines what is on disk with what the engine says: with the row of the launch's container, or nil.
func (cp *checkpoint) status(row *output.PsRow, answered bool) Status {
	s := Status{ID: cp.ID, Container: cp.Container, Exit: cp.Exit, Resources: cp.Resources, LaunchedAt: cp.LaunchedAt,
		Source: FromDisk, cgroupParent: cp.CgroupParent, launch: cp.Launch}
	switch {
	case cp.Launch == "":
		s.State, s.Resources = Reserved, cp.Reserved
		return s
	case cp.Exit != nil:
		s.State = Exited
		if !cp.Exit.Known {
			s.State = Gone
		}
		s.Detail = cp.Exit.Reason
		return s
	case !answered:
		s.State, s.Source = Unknown, ""
		return s
	case row == nil:
		s.State, s.Source = Gone, FromPs
		if cp.Container == "" {
			s.State = Launching
		}
		return s
	}
	return cp.statusOf(row)
}

// statusOf returns the status by a row of the worker's own container.
func (cp *checkpoint) statusOf(row *output.PsRow) Status {
	s := Status{
		ID: cp.ID, State: stateOf(row.State), Container: cmp.Or(cp.Container, row.ID), // ps may cut ids
		Detail: row.Status, Source: FromPs, Exit: cp.Exit, Resources: cp.Resources, LaunchedAt: cp.LaunchedAt,
		cgroupParent: cp.CgroupParent, launch: cp.Launch,
	}
	switch {
	case cp.Exit != nil:
		return cp.status(nil, true)
	case s.State == Exited:
		s.Exit = rowExit(row.Status)
	default:
		s.State = cp.runningState(s.State)
	}
	return s
}

// runningState returns the state of a worker that docker says is in a state.
func (cp *checkpoint) runningState(s State) State {
	switch {
	case s == Running && !cp.StopAt.IsZero():
		return Stopping
	case s == Running && cp.Life > 0:
		return Revived
	}
	return s
}

// rowIndex finds the rows of ps by what containers are known by.
type rowIndex struct{ byContainer, byName map[string]*output.PsRow }

func indexRows(rows []output.PsRow) rowIndex {
	x := rowIndex{make(map[string]*output.PsRow, len(rows)), make(map[string]*output.PsRow, len(rows))}
	for i := range rows {
		x.byContainer[rows[i].ID] = &rows[i]
		for _, name := range rows[i].Names {
			x.byName[name] = &rows[i]
		}
	}
	return x
}

// of returns the row of a launch's container, or nil. A container is known by its id: it may have been renamed, and another one
// have its name.
func (x rowIndex) of(cp *checkpoint) *output.PsRow {
	row := x.byName[cp.ID]
	if cp.knownByID() {
		row = x.byContainer[cp.Container]
	}
	if row == nil || !cp.isRow(*row) {
		return nil
	}
	return row
}

// knownByID reports whether docker is asked for the container by its id, and not by the worker's name. The worker-launcher takes
// names.
func (cp *checkpoint) knownByID() bool {
	return cp.Container != "" && cp.Engine.Dialect != dockercmd.Storm
}

// isRow reports whether a row of ps is the container of this launch.
func (cp *checkpoint) isRow(r output.PsRow) bool {
	switch {
	case cp.Container != "" && !strings.HasPrefix(cp.Container, r.ID), !cp.knownByID() && !slices.Contains(r.Names, cp.ID):
		return false
	case cp.Engine.Dialect == dockercmd.Storm:
		return cp.Container != ""
	}
	return r.Labels[LabelInstance] == cp.Instance && r.Labels[LabelWorker] == cp.ID && r.Labels[LabelLaunch] == cp.Launch
}

var exitedRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^Exited \((\d+)\)`) })

// rowExit reads the exit code out of a status text: "Exited (7) 2 minutes ago". Wait says more.
func rowExit(status string) *Exit {
	match := exitedRE().FindStringSubmatch(status)
	if match == nil {
		return nil
	}
	code, err := strconv.Atoi(match[1])
	if err != nil {
		return nil
	}
	e := exitOf(output.ContainerState{Status: output.StateExited, ExitCode: code})
	return &e
}

package worker

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// State is where a worker stands in its life.
type State string

// The states. Unknown means that the engine did not answer: it is not an end.
const (
	Reserved   State = "reserved"
	Launching  State = "launching"
	Running    State = "running"
	Paused     State = "paused"
	Restarting State = "restarting"
	Exited     State = "exited"
	Gone       State = "gone" // its container was removed by someone else before its exit was known
	Unknown    State = "unknown"
)

// Alive says whether the worker has a process.
func (s State) Alive() bool { return s == Running || s == Paused || s == Restarting }

// Status is what is known of one worker.
type Status struct {
	ID         string
	State      State
	Container  string // the container's id; "" while there is none
	Exit       *Exit  // when the worker has ended; Known may be false
	Detail     string // the engine's own words: "Up 8 seconds"
	Resources  Resources
	LaunchedAt time.Time
}

// Statuses tells of all workers with one docker ps, sorted by id. When the engine does not answer, workers that are not known
// to have ended are Unknown, and the error says why.
func (m *Manager) Statuses(ctx context.Context) ([]Status, error) {
	root, err := m.root()
	if err != nil {
		return nil, err
	}
	cps, stateErr := m.all(root)
	asked := slices.DeleteFunc(slices.Clone(cps), func(cp *checkpoint) bool { return cp.Launch == "" || cp.Exit != nil })
	var rows []dockercmd.Row
	if len(asked) > 0 {
		rows, err = m.relist(ctx, root, asked)
	}
	statuses := make([]Status, 0, len(cps))
	for _, cp := range cps {
		statuses = append(statuses, cp.status(rows, err == nil))
	}
	slices.SortFunc(statuses, func(a, b Status) int { return strings.Compare(a.ID, b.ID) })
	return statuses, errors.Join(stateErr, err)
}

// relist is one ps for all workers that may be alive.
func (m *Manager) relist(ctx context.Context, root string, cps []*checkpoint) ([]dockercmd.Row, error) {
	d := m.docker(root, cps[0].ID, cps[0].Identity)
	if d.Engine.Dialect == dockercmd.Storm {
		ids := make([]string, len(cps))
		for i, cp := range cps {
			ids[i] = cp.ID
		}
		return d.Ps(ctx, *stormPs(ids...))
	}
	return d.Ps(ctx, dockercmd.Ps{All: true, Filters: []string{"label=" + LabelInstance + "=" + m.instance(root)}}, LabelInstance, LabelWorker, LabelLaunch)
}

// Alive says whether a worker has a process. An error means that nobody knows, which is neither yes nor no.
func (m *Manager) Alive(ctx context.Context, id string) (bool, error) {
	s, err := m.Status(ctx, id)
	if err != nil {
		return false, err
	}
	return s.State.Alive(), nil
}

// Status tells of one worker, by its exact name.
func (m *Manager) Status(ctx context.Context, id string) (Status, error) {
	h, err := m.open(id)
	if err != nil {
		return Status{}, err
	}
	defer h.dir.Close()
	if h.Launch == "" || h.Exit != nil {
		return h.status(nil, true), nil
	}
	d, c, err := m.step(h, StepPs)
	if err != nil {
		return Status{}, err
	}
	rows, err := d.Ps(ctx, *c.(*dockercmd.Ps), LabelInstance, LabelWorker, LabelLaunch)
	return h.status(rows, err == nil), err
}

// status combines what is on disk with what the engine says. A row counts only if it is of this very launch.
func (cp *checkpoint) status(rows []dockercmd.Row, answered bool) Status {
	s := Status{ID: cp.ID, Container: cp.Container, Exit: cp.Exit, Resources: cp.Resources, LaunchedAt: cp.LaunchedAt}
	switch {
	case cp.Launch == "":
		s.State = Reserved
		return s
	case cp.Exit != nil:
		s.State = Exited
		if !cp.Exit.Known {
			s.State = Gone
		}
		s.Detail = cp.Exit.Reason
		return s
	case !answered:
		s.State = Unknown
		return s
	}
	i := slices.IndexFunc(rows, cp.isRow)
	if i < 0 {
		s.State = Gone
		if cp.Container == "" {
			s.State = Launching
		}
		return s
	}
	s.Container, s.Detail = rows[i].ID, rows[i].Status
	switch rows[i].State {
	case dockercmd.StateCreated:
		s.State = Launching
	case dockercmd.StateRunning:
		s.State = Running
	case dockercmd.StatePaused:
		s.State = Paused
	case dockercmd.StateRestarting:
		s.State = Restarting
	case dockercmd.StateExited, dockercmd.StateDead, dockercmd.StateRemoving:
		s.State = Exited
		s.Exit = rowExit(rows[i].Status)
	default:
		s.State = Unknown
	}
	return s
}

// isRow says whether a row of ps is the container of this launch.
func (cp *checkpoint) isRow(r dockercmd.Row) bool {
	if !slices.Contains(r.Names, cp.ID) {
		return false
	}
	if cp.Engine.Dialect == dockercmd.Storm {
		return cp.Container != "" && strings.HasPrefix(cp.Container, r.ID)
	}
	return r.Labels[LabelInstance] == cp.Instance && r.Labels[LabelWorker] == cp.ID && r.Labels[LabelLaunch] == cp.Launch
}

var exitedRE = regexp.MustCompile(`^Exited \((\d+)\)`)

// rowExit reads the exit code out of a status text: "Exited (7) 2 minutes ago". Wait says more.
func rowExit(status string) *Exit {
	match := exitedRE.FindStringSubmatch(status)
	if match == nil {
		return nil
	}
	code, err := strconv.Atoi(match[1])
	if err != nil {
		return nil
	}
	e := exitOf(dockercmd.ContainerState{Status: dockercmd.StateExited, ExitCode: code})
	return &e
}

// isGone says whether an error means that there is no container of ours.
func isGone(err error) bool { return errors.Is(err, runner.ErrNotFound) || errors.Is(err, ErrForeign) }

package worker

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// beginList asks the engine for all containers, once at a time.
func (r *watch) beginList() {
	if r.listing {
		r.listAgain = true
		return
	}
	r.listing, r.listAgain = true, false
	r.lists++
	r.asked++
	number, cps := r.asked, make([]*checkpoint, 0, len(r.tracks)+1)
	for _, t := range r.tracks {
		cps = append(cps, t.cp)
	}
	if r.m.Docker.Engine.Dialect != dockercmd.Storm { // whose ps wants names
		cps = append(cps, r.m.anyOf(r.root))
	}
	r.wg.Go(func() {
		began := time.Now()
		rows, err := r.m.relist(r.ctx, r.root, cps)
		took := time.Since(began)
		r.post(func() {
			if r.OnRelist != nil {
				r.OnRelist(took, len(rows), err)
			}
			r.listed(number, rows, err)
		})
	})
}

// listed hears what the engine says of all containers. Workers that came to be known after it was asked are no matter of that
// answer.
func (r *watch) listed(number int, rows []dockercmd.Row, err error) {
	r.listing = false
	r.heard(err)
	if err != nil {
		if r.ctx.Err() != nil {
			return
		}
		r.m.log().Warn("engine does not answer, watching on", slog.Any("error", err))
		r.listFailures++
		r.failed(err)
		if errors.Is(err, runner.ErrUnavailable) {
			r.lose()
		}
		for _, t := range r.tracks {
			r.changed(t, r.m.withoutEngine(t.cp, t.group, t.hasGroup))
		}
		r.listTimer.Reset(min(time.Second<<min(r.listFailures-1, 8), r.relist, brokenTime))
		return
	}
	r.listFailures = 0
	byName := make(map[string]*dockercmd.Row, len(rows))
	for i := range rows {
		for _, name := range rows[i].Names {
			byName[name] = &rows[i]
		}
	}
	for _, t := range slices.Collect(maps.Values(r.tracks)) {
		if t.since < number {
			r.judge(t, byName[t.cp.ID], number)
		}
	}
	if !r.tidied {
		r.tidied = true
		r.tidy(byName)
	}
	r.meetAll(rows)
	r.deliverKept()
	r.adoptNew()
	if r.once {
		return // it asks once
	}
	next := r.relist
	if !r.eventsUp() {
		next = min(next, brokenTime)
	}
	if r.listAgain {
		next = 0
	}
	r.listTimer.Reset(next)
}

// judge takes what a list says of one worker; row is what bears its name, or nil.
func (r *watch) judge(t *track, row *dockercmd.Row, number int) {
	if row != nil && !t.cp.isRow(*row) {
		row = nil
	}
	switch {
	case row == nil, row.State.Over(), row.State == dockercmd.StateCreated:
		r.want(t) // inspect decides
	case row.State.Alive():
		t.lives(number)
		r.calm(t)
		r.changed(t, t.cp.statusOf(row))
		r.see(t)
		if t.cp.Container == "" {
			r.want(t)
		}
	default:
		r.changed(t, t.cp.statusOf(row))
	}
}

// lives notes that the engine has said of a worker that it is alive, when it was asked for the number-th time. What was heard before
// that of an end is of an earlier life of the container; what was heard later counts more.
func (t *track) lives(number int) {
	t.seen = time.Now()
	if t.heardAt < number {
		t.facts.lost, t.facts.die, t.facts.state = false, nil, nil
	}
}

// calm lets a worker be that was to be looked at again, if nothing tells of its end.
func (r *watch) calm(t *track) {
	if t.facts.die == nil && t.facts.death == nil {
		delete(r.pending, t.cp.ID)
		t.due, t.giveUp = time.Time{}, time.Time{}
	}
}

// meetAll takes up the workers that other processes have launched. Orphans are told of once.
func (r *watch) meetAll(rows []dockercmd.Row) {
	orphans := map[string]bool{}
	for i := range rows {
		if r.meet(&rows[i]) {
			orphans[rows[i].ID] = true
		}
	}
	r.orphans = orphans
}

// meet takes up a worker that another process has launched, and says whether the container is nobody's.
func (r *watch) meet(row *dockercmd.Row) (orphan bool) {
	id, launch := row.Labels[LabelWorker], row.Labels[LabelLaunch]
	if ValidID(id) != nil || row.Labels[LabelInstance] != r.m.instance(r.root) {
		return false
	}
	owned := func() bool {
		if t := r.tracks[id]; t != nil {
			return t.cp.Launch == launch
		}
		e, known := r.ended[id]
		return known && e.launch == launch
	}
	switch {
	case owned():
		return false
	case r.orphans[row.ID]:
		return true
	}
	r.look(id)
	if owned() || r.m.isHalf(id) { // which is being rebuilt
		return false
	}
	r.m.log().Warn("container of no worker", slog.String("container", row.ID), slog.String("worker", id))
	if r.report != nil {
		r.report.Orphans = append(r.report.Orphans, orphanOf(row))
	}
	return true
}

// adoptNew takes up workers that other processes have begun to launch, and forgets those that are cleaned up.
func (r *watch) adoptNew() {
	there := map[string]bool{}
	for _, id := range workerIDs(r.root) {
		there[id] = true
		if r.tracks[id] == nil && r.ended[id].stamp != stampOf(r.root, id) {
			r.look(id)
		}
	}
	maps.DeleteFunc(r.ended, func(id string, _ ended) bool { return !there[id] })
}

// lose notes that the engine is away, or was: what it says of ends that happen meanwhile may be its own invention.
func (r *watch) lose() {
	r.lostAt = time.Now()
	for _, t := range r.tracks {
		t.facts.lost, t.heardAt = true, r.asked
	}
}

// heard notes whether the engine has answered.
func (r *watch) heard(err error) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	h := &r.health
	if h.Since.IsZero() || h.Engine != (err == nil) {
		h.Since = now
	}
	h.Engine, h.Err = err == nil, err
	if err == nil {
		h.LastRelist = now
	}
}

// want has a worker inspected, together with others.
func (r *watch) want(t *track) { r.wanted[t.cp.ID] = true }

// inspectAtOnce is how many containers one docker inspect asks for.
const inspectAtOnce = 100

// inspectWanted begins to inspect the workers that are wanted, once at a time.
func (r *watch) inspectWanted() {
	if r.once && r.failure != nil {
		clear(r.wanted) // the engine is sick
	}
	if r.inspecting || len(r.wanted) == 0 {
		return
	}
	var asked []*track
	for id := range r.wanted {
		delete(r.wanted, id)
		if t := r.tracks[id]; t != nil {
			asked = append(asked, t)
		}
		if len(asked) == inspectAtOnce {
			break
		}
	}
	if len(asked) == 0 {
		return
	}
	r.inspecting = true
	r.asked++
	number := r.asked
	cps := make([]*checkpoint, len(asked))
	for i, t := range asked {
		cps[i] = t.cp
	}
	r.wg.Go(func() {
		found, errs := r.m.inspectAll(r.ctx, r.root, cps)
		r.post(func() {
			r.inspecting = false
			for i, t := range asked {
				r.inspected(t, found[i], errs[i], number)
			}
		})
	})
}

// inspectAll inspects the containers of workers, with one docker inspect for each dialect. Of each worker there is a container of
// its own or an error, which is runner.ErrNotFound when there is none.
func (m *Manager) inspectAll(ctx context.Context, root string, cps []*checkpoint) (found []dockercmd.Container, errs []error) {
	found, errs = make([]dockercmd.Container, len(cps)), make([]error, len(cps))
	groups := map[dockercmd.Engine][]int{}
	for i, cp := range cps {
		if cp.Engine.Dialect == dockercmd.Storm { // one at a time, and as the worker's user
			found[i], errs[i] = m.findOne(ctx, root, cp)
			continue
		}
		groups[cp.Engine] = append(groups[cp.Engine], i)
	}
	for _, group := range groups {
		refs := make([]string, len(group))
		for j, i := range group {
			refs[j] = cps[i].ref()
			if hint := cidHint(root, cps[i]); hint != "" {
				refs[j] = hint
			}
		}
		all, err := m.docker(root, cps[group[0]]).Inspect(ctx, refs...)
		if err != nil && (!errors.Is(err, runner.ErrNotFound) || errors.Is(err, runner.ErrUnavailable)) { // of some of them, perhaps
			for _, i := range group {
				errs[i] = err
			}
			continue
		}
		for _, i := range group {
			h := handle{checkpoint: cps[i], root: root}
			// Whom its id is known of may have been given another name.
			at := slices.IndexFunc(all, func(c dockercmd.Container) bool { return h.owns(c) && (h.Container != "" || c.Name == h.ID || slices.Contains(refs, c.ID)) })
			if at < 0 {
				errs[i] = problem(runner.ErrNotFound, cps[i].ID, "", "there is no container of launch %s", cps[i].Launch)
				continue
			}
			found[i] = all[at]
		}
	}
	return found, errs
}

// findOne is find for a worker that is known by its checkpoint.
func (m *Manager) findOne(ctx context.Context, root string, cp *checkpoint) (dockercmd.Container, error) {
	d := m.docker(root, cp)
	all, err := d.Inspect(ctx, cp.ref())
	if err != nil {
		return dockercmd.Container{}, err
	}
	h := handle{checkpoint: cp, root: root}
	if len(all) != 1 || !h.owns(all[0]) {
		return dockercmd.Container{}, problem(runner.ErrNotFound, cp.ID, "", "there is no container of launch %s", cp.Launch)
	}
	return all[0], nil
}

// cidHint is the container's id as docker run's client has written it down, for a launch whose answer was not heard; "" is none. The
// file is of this launch: an older one was removed before it. Whose the container is, its labels say.
func cidHint(root string, cp *checkpoint) string {
	if cp.Container != "" {
		return ""
	}
	data, err := os.ReadFile(filepath.Join(stateDir(root, cp.ID), cidFile))
	if id := strings.TrimSpace(string(data)); err == nil && len(id) == 64 && dockercmd.ValidID(id) {
		return id
	}
	return ""
}

// ref is what docker is asked for: the container's id, or the name while that is not known.
func (c *checkpoint) ref() string {
	if c.Container != "" {
		return c.Container
	}
	return c.ID
}

// inspected hears what inspect says of one worker, when it was asked as the number-th question.
func (r *watch) inspected(t *track, c dockercmd.Container, err error, number int) {
	if r.tracks[t.cp.ID] != t {
		return // it has ended meanwhile, or was launched anew
	}
	gone := errors.Is(err, runner.ErrNotFound)
	switch {
	case err != nil && !gone:
		if r.ctx.Err() == nil {
			r.failed(err)
			r.lookLater(t) // the relist, or a later look, asks again
		}
		return
	case gone && t.cp.Container == "", err == nil && c.State.Status == dockercmd.StateCreated:
		// The launch may be under way, or it has come to its end since the checkpoint was read.
		if claimed, err := r.m.isClaimed(t.cp.ID); claimed || err != nil {
			return
		}
		before := t.cp
		r.look(t.cp.ID)
		if r.tracks[t.cp.ID] != t || t.cp.Container != before.Container {
			return
		}
		if t.doubt.IsZero() {
			t.doubt = time.Now()
		}
		if time.Since(t.doubt) < doubtTime {
			r.lookLater(t)
			return
		}
		if !gone {
			t.facts.state, t.container = &c.State, c.ID
		}
		t.facts.gone = gone
		r.finish(t)
	case gone:
		t.facts.gone = true
		r.finish(t)
	case c.State.Status.Alive():
		r.isAlive(t, c, number)
	case c.State.Status.Over():
		t.container = c.ID
		t.facts.state, t.facts.lost = &c.State, t.facts.lost || r.missed(t)
		if t.facts.lost {
			t.facts.engineStarted = engineStarted(r.m.docker(r.root, t.cp))
		}
		if r.lateOOM(t) {
			return
		}
		r.finish(t)
	}
}

// isAlive takes up what is new of a container that runs.
func (r *watch) isAlive(t *track, c dockercmd.Container, number int) {
	t.lives(number)
	t.facts.startedAt, t.doubt = c.State.StartedAt, time.Time{}
	if t.facts.death != nil && c.State.Pid != 0 && c.State.Pid != t.facts.death.PID {
		t.facts.death, t.facts.oomKills = nil, nil // it was started anew
	}
	r.calm(t)
	if t.cp.Container == "" {
		// Docker run's answer has not come, or was lost with the supervisor that waited for it.
		if claimed, err := r.m.isClaimed(t.cp.ID); claimed || err != nil {
			return
		}
		if err := r.adopt(t, c.ID); err != nil {
			r.m.log().Error("worker not adopted", slog.String("worker", t.cp.ID), slog.Any("error", err))
			return
		}
	}
	s := t.cp.status(nil, false)
	s.State, s.Source = stateOf(c.State.Status), FromInspect
	if !t.cp.StopAt.IsZero() && s.State == Running {
		s.State = Stopping
	}
	r.changed(t, s)
	r.watchPid(t, c.State.Pid)
}

// adopt notes the container of a launch whose answer was lost.
func (r *watch) adopt(t *track, container string) error {
	h, err := r.m.open(t.cp.ID)
	if err != nil {
		return err
	}
	defer h.dir.Close()
	if h.Launch != t.cp.Launch {
		return nil // look comes
	}
	if err := r.m.update(h, func(cp *checkpoint) { cp.Container = container }); err != nil {
		return err
	}
	t.cp = h.checkpoint
	r.m.log().Info("worker adopted", slog.String("worker", t.cp.ID), slog.String("container", container))
	return nil
}

// finish records how a worker ended, if that is known.
func (r *watch) finish(t *track) {
	e, ok := t.facts.exit()
	if !ok {
		r.lookLater(t)
		return
	}
	r.recordExit(t, e)
}

func (r *watch) recordExit(t *track, e Exit) {
	h, err := r.m.open(t.cp.ID)
	if errors.Is(err, ErrUnknownID) {
		r.look(t.cp.ID)
		return
	}
	if err == nil {
		defer h.dir.Close()
		if h.Launch != t.cp.Launch {
			r.look(t.cp.ID)
			return
		}
		if t.facts.gone && t.cp.Container == "" && t.facts.death == nil && !e.Known {
			e = cutOff()
		}
		err = r.m.record(h, e, t.container)
		if err == nil && t.facts.gone {
			err = r.m.update(h, func(cp *checkpoint) { cp.Removed = true })
		}
	}
	if err != nil {
		r.m.log().Error("exit not recorded", slog.String("worker", t.cp.ID), slog.Any("error", err))
		r.failed(err)
		r.lookLater(t)
		return
	}
	r.know(h.checkpoint)
}

// lookLater has a worker whose end was noticed looked at again in a while.
func (r *watch) lookLater(t *track) {
	now := time.Now()
	t.due = now.Add(confirmTime)
	if t.giveUp.IsZero() {
		t.giveUp = now.Add(engineTime)
	}
	if r.once && r.failure != nil {
		return // a single pass asks nobody twice
	}
	r.pending[t.cp.ID] = t
	r.settleIn(confirmTime)
}

// settleIn has settleDue called in a while, or sooner.
func (r *watch) settleIn(d time.Duration) {
	if at := time.Now().Add(d); r.settleAt.IsZero() || at.Before(r.settleAt) {
		r.settleAt = at
		r.settleTimer.Reset(d)
	}
}

// settleDue looks at the workers whose end was noticed and not confirmed in time.
func (r *watch) settleDue() {
	now := time.Now()
	r.settleAt = time.Time{}
	for _, t := range slices.Collect(maps.Values(r.pending)) {
		if now.Before(t.due) {
			r.settleIn(t.due.Sub(now))
			continue
		}
		if e, ok := t.facts.byKernel(); ok && !now.Before(t.giveUp) {
			r.m.log().Warn("engine does not confirm an end, the kernel's word stands", slog.String("worker", t.cp.ID))
			r.recordExit(t, e)
			continue
		}
		r.want(t)
		if r.once && !now.Before(t.giveUp) {
			delete(r.pending, t.cp.ID)
			continue
		}
		t.due = now.Add(engineTime)
		if now.Before(t.giveUp) {
			t.due = t.giveUp
		}
		r.settleIn(t.due.Sub(now))
	}
}

// missed says whether nobody knows what the engine went through since a worker's launch.
func (r *watch) missed(t *track) bool {
	return t.seen.IsZero() && (t.found || t.cp.LaunchedAt.Before(r.lostAt))
}

// lateOOM says whether to ask again: the engine may note a kill for lack of memory some moments after the end (20.10).
func (r *watch) lateOOM(t *track) bool {
	s := t.facts.state
	if t.twice || s.OOMKilled || s.ExitCode != 137 || t.facts.oomKills != nil || t.facts.oom || !t.cp.StopAt.IsZero() ||
		time.Since(s.FinishedAt) > time.Second {
		return false
	}
	t.twice = true
	r.lookLater(t)
	return true
}

// stamp tells one writing of a checkpoint from others; the zero stamp is of none.
type stamp struct {
	inode         uint64
	written, size int64
}

// stampOf looks at a worker's checkpoint without reading it.
func stampOf(root, id string) stamp {
	info, err := os.Lstat(filepath.Join(stateDir(root, id), checkpointFile))
	if err != nil {
		return stamp{}
	}
	return stamp{info.Sys().(*syscall.Stat_t).Ino, info.ModTime().UnixNano(), info.Size()}
}

// workerIDs are the workers that have a directory.
func workerIDs(root string) []string {
	var ids []string
	for _, e := range dirEntries(filepath.Join(root, "workers")) {
		if ValidID(e.Name()) == nil {
			ids = append(ids, e.Name())
		}
	}
	return ids
}

func dirEntries(path string) []os.DirEntry {
	entries, _ := os.ReadDir(path) // what was read before an error counts
	return entries
}

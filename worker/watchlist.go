package worker

import (
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
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
func (r *watch) listed(number int, rows []output.PsRow, err error) {
	r.listing = false
	r.heard(err)
	if err != nil {
		if r.ctx.Err() != nil {
			return
		}
		r.m.log().Warn("engine does not answer, watching on", slog.Any("error", err))
		r.listFailures++
		r.failed(err)
		if errors.Is(err, client.ErrUnavailable) {
			r.lose()
		}
		for _, t := range r.tracks {
			r.changed(t, r.m.withoutEngine(t.cp, t.group, t.hasGroup))
		}
		r.listTimer.Reset(min(time.Second<<min(r.listFailures-1, 8), r.relist, brokenTime))
		return
	}
	r.listFailures = 0
	byName := make(map[string]*output.PsRow, len(rows))
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
func (r *watch) judge(t *track, row *output.PsRow, number int) {
	if row != nil && !t.cp.isRow(*row) {
		row = nil
	}
	switch {
	case row == nil, row.State.Over(), row.State == output.StateCreated:
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
func (r *watch) meetAll(rows []output.PsRow) {
	orphans := map[string]bool{}
	for i := range rows {
		if r.meet(&rows[i]) {
			orphans[rows[i].ID] = true
		}
	}
	r.orphans = orphans
}

// meet takes up a worker that another process has launched, and says whether the container is nobody's.
func (r *watch) meet(row *output.PsRow) (orphan bool) {
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

package worker

import (
	"context"
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

// list prepares the question for all containers.
func (r *reconciler) list() func(context.Context) listing {
	number, cps := r.question(), make([]*checkpoint, 0, len(r.tracks)+1)
	for _, t := range r.tracks {
		cps = append(cps, t.cp)
	}
	if r.m.Docker.Engine.Dialect != dockercmd.Storm { // whose ps wants names
		cps = append(cps, r.m.anyOf(r.root))
	}
	return func(ctx context.Context) listing {
		began := time.Now()
		rows, err := r.m.relist(ctx, r.root, cps)
		return listing{number, rows, time.Since(began), err}
	}
}

// listed takes the engine's answer about all containers. It says nothing of workers that came to be known after the question.
func (r *reconciler) listed(l listing) {
	if r.onRelist != nil {
		r.onRelist(l.took, len(l.rows), l.err)
	}
	r.health.relisted(l.err)
	if l.err != nil {
		if r.loop.ctx.Err() == nil {
			r.withoutEngine(l.err)
		}
		return
	}
	byName := make(map[string]*output.PsRow, len(l.rows))
	for i := range l.rows {
		for _, name := range l.rows[i].Names {
			byName[name] = &l.rows[i]
		}
	}
	for _, t := range slices.Collect(maps.Values(r.tracks)) {
		if t.since < l.number {
			r.reconcileRow(t, byName[t.cp.ID], l.number)
		}
	}
	if !r.tidied {
		r.tidied = true
		r.tidy(byName)
	}
	r.adoptRows(l.rows)
	r.exits.deliverKept()
	r.adoptCheckpoints()
	r.lists.next(nil, r.stream.up)
}

// withoutEngine notes that the engine did not answer: workers are then what their cgroups say.
func (r *reconciler) withoutEngine(err error) {
	r.m.log().Warn("engine does not answer, watching on", slog.Any("error", err))
	r.failed(err)
	if errors.Is(err, client.ErrUnavailable) {
		r.markEngineLost()
	}
	for _, t := range r.tracks {
		r.changed(t, r.m.withoutEngine(t.cp, t.group, t.hasGroup))
	}
	r.lists.next(err, r.stream.up)
}

// reconcileRow brings what is known of one worker in step with a list; row is the container of its name, or nil.
func (r *reconciler) reconcileRow(t *track, row *output.PsRow, number int) {
	if row != nil && !t.cp.isRow(*row) {
		row = nil
	}
	switch {
	case row == nil, row.State.Over(), row.State == output.StateCreated:
		r.inspects.enqueue(t.cp.ID) // which decides
	case row.State.Alive():
		t.markAlive(number)
		r.cancelRecheck(t)
		r.changed(t, t.cp.statusOf(row))
		r.inspectUnseen(t)
		if t.cp.Container == "" {
			r.inspects.enqueue(t.cp.ID)
		}
	default:
		r.changed(t, t.cp.statusOf(row))
	}
}

// markAlive notes that the engine has said of a worker that it is alive, when it was asked for the number-th time. What was noticed
// before that of an end is of an earlier life of the container; what was noticed later counts more.
func (t *track) markAlive(number int) {
	t.seen = time.Now()
	if t.noticedBy < number {
		t.obs.engine = engineWatched
		t.obs.revived()
	}
}

// adoptRows adopts the workers that other processes have launched. Each orphan is logged once.
func (r *reconciler) adoptRows(rows []output.PsRow) {
	known := make(map[string]bool, len(r.orphans))
	for _, o := range r.orphans {
		known[o.Container] = true
	}
	r.orphans = nil
	for i := range rows {
		if r.adoptRow(&rows[i], known[rows[i].ID]) {
			r.orphans = append(r.orphans, orphanOf(&rows[i]))
		}
	}
}

// adoptRow adopts a worker that another process has launched, and reports whether the container is an orphan; wasOrphan says that
// it was one in the last list.
func (r *reconciler) adoptRow(row *output.PsRow, wasOrphan bool) (orphan bool) {
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
	case wasOrphan:
		return true
	}
	r.reloadCheckpoint(id)
	if owned() || r.m.isHalf(id) { // which is being rebuilt
		return false
	}
	r.m.log().Warn("container of no worker", slog.String("container", row.ID), slog.String("worker", id))
	return true
}

// adoptCheckpoints adopts workers that other processes have begun to launch, and forgets those that are cleaned up.
func (r *reconciler) adoptCheckpoints() {
	there := map[string]bool{}
	for _, id := range workerIDs(r.root) {
		there[id] = true
		if r.tracks[id] == nil && r.ended[id].stamp != stampOf(r.root, id) {
			r.reloadCheckpoint(id)
		}
	}
	maps.DeleteFunc(r.ended, func(id string, _ endedWorker) bool { return !there[id] })
}

// tidy finishes, once the engine has told of all containers, what repair has left: directories without a checkpoint. One that has a
// container is rebuilt from its labels, any other is removed.
func (r *reconciler) tidy(byName map[string]*output.PsRow) {
	for _, id := range workerIDs(r.root) {
		if !r.m.isHalf(id) {
			continue
		}
		row := byName[id]
		if row != nil && row.Labels[LabelInstance] == r.m.instance(r.root) && row.Labels[LabelWorker] == id {
			r.rebuild(id, row.ID)
			continue
		}
		removed, err := r.m.removeStray(id)
		switch {
		case err != nil:
			r.m.log().Error("half launched worker not removed", slog.String("worker", id), slog.Any("error", err))
		case removed:
			r.m.log().Info("half launched worker removed", slog.String("worker", id))
			r.removed = append(r.removed, id)
		}
	}
}

// rebuild makes a worker's checkpoint of its container.
func (r *reconciler) rebuild(id, container string) {
	r.rebuilding++
	r.loop.wg.Go(func() {
		err := r.m.rebuild(r.loop.ctx, r.root, id, container)
		if err != nil {
			r.m.log().Error("worker not rebuilt", slog.String("worker", id), slog.Any("error", err))
		} else {
			r.m.log().Warn("worker rebuilt from the labels of its container", slog.String("worker", id),
				slog.String("container", container))
		}
		r.loop.post(func() {
			r.rebuilding--
			if err != nil {
				r.tidied = false // the next relist tries again
				r.failed(err)
			}
			r.reloadCheckpoint(id)
		})
	})
}

// workerIDs returns the workers that have a directory.
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

// stampOf returns the stamp of a worker's checkpoint without reading it.
func stampOf(root, id string) stamp {
	info, err := os.Lstat(filepath.Join(stateDir(root, id), checkpointFile))
	if err != nil {
		return stamp{}
	}
	return stamp{info.Sys().(*syscall.Stat_t).Ino, info.ModTime().UnixNano(), info.Size()}
}

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
		err := r.m.sameEngine(ctx, r.root, trustMemory)
		var rows []output.PsRow
		if !errors.Is(err, ErrOtherEngine) && !errors.Is(err, ErrState) { // else it knows nothing of these workers, or may not
			rows, err = r.m.relist(ctx, r.root, cps)
		}
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
	index := indexRows(l.rows)
	for _, t := range slices.Collect(maps.Values(r.tracks)) {
		if t.since < l.number {
			r.reconcileRow(t, index.of(t.cp), l.number)
		}
		if t.wiped > 0 && t.wiped < l.number && index.of(t.cp) != nil { // else inspect decides
			r.mendWiped(t)
		}
	}
	if !r.tidied && !time.Now().Before(r.tidyAfter) {
		r.tidied = true
		r.tidy(l.rows)
	}
	r.adoptRows(l.rows)
	r.seenAgain(l.rows)
	r.exits.deliverKept()
	r.adoptCheckpoints()
	r.lists.next(nil, r.stream.up)
}

// withoutEngine notes that the engine did not answer: workers are then what their cgroups say.
func (r *reconciler) withoutEngine(err error) {
	r.m.log().Warn("engine does not answer, watching on", slog.Any("error", err))
	r.failed(err)
	r.m.engine.forget()
	if errors.Is(err, client.ErrUnavailable) {
		r.markEngineLost()
	}
	for _, t := range r.tracks {
		r.changed(t, r.m.withoutEngine(t.cp, t.group, t.hasGroup))
	}
	r.lists.next(err, r.stream.up)
}

// reconcileRow brings what is known of one worker in step with a list; row is its container, or nil.
func (r *reconciler) reconcileRow(t *track, row *output.PsRow, number int) {
	switch {
	case row == nil, row.State.Over(), row.State == output.StateCreated:
		r.inspects.enqueue(t.cp.ID) // which decides
	case row.State.Alive() && t.obs.die != nil:
		r.inspects.enqueue(t.cp.ID) // it may have been started again after that end
	case row.State.Alive():
		r.markAlive(t, number)
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
// before that of an end is of an earlier life of the container; what was noticed later counts more. An end that could not be recorded
// before somebody has started the container again is not waited for any more.
func (r *reconciler) markAlive(t *track, number int) {
	if t.noticedBy >= number {
		return
	}
	t.obs.revived()
	if t.unrecorded {
		r.m.log().Error("exit of an earlier life not recorded", slog.String("worker", t.cp.ID))
		r.health.unrecorded(t.cp.ID, nil)
		t.unrecorded = false
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
	ctx, cancel := r.loop.brief()
	defer cancel()
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
		if row.State.Alive() && r.tracks[id] == nil {
			r.lookForRevival(id)
		}
		return false
	case wasOrphan:
		return true
	}
	l, err := r.m.lost(ctx, id)
	r.reloadCheckpoint(id)
	switch {
	case owned():
		return false
	case err != nil || l != nil && l.owns(launch, row.ID): // it is being rebuilt, or will be
		r.tidied = r.tidied && r.rebuilding > 0
		return false
	}
	r.m.log().Warn("container of no worker", slog.String("container", row.ID), slog.String("worker", id))
	return true
}

// adoptCheckpoints adopts workers that other processes have begun to launch, forgets those that are cleaned up, and notices
// checkpoints that somebody else has changed, or damaged.
func (r *reconciler) adoptCheckpoints() {
	there := map[string]bool{}
	for _, id := range workerIDs(r.root) {
		there[id] = true
		read := r.ended[id].stamp
		if t := r.tracks[id]; t != nil {
			read = t.stamp
		}
		if read != stampOf(r.root, id) {
			r.reloadCheckpoint(id)
		}
	}
	maps.DeleteFunc(r.ended, func(id string, _ endedWorker) bool { return !there[id] })
	for _, id := range slices.Collect(maps.Keys(r.tracks)) {
		if !there[id] {
			r.reloadCheckpoint(id)
		}
	}
}

// tidy finishes, once the engine has told of all containers, what repair has left: workers without a checkpoint are rebuilt, or
// removed, one after the other.
func (r *reconciler) tidy(rows []output.PsRow) { r.finish(workerIDs(r.root), rows) }

// finish finishes those of the workers that have no checkpoint. Rows is what ps has shown just now; nil is that it is yet to be
// asked, where that is needed.
func (r *reconciler) finish(ids []string, rows []output.PsRow) {
	known := map[string]*checkpoint{}
	for _, id := range ids {
		if t := r.tracks[id]; t != nil {
			known[id] = new(*t.cp)
		}
	}
	r.rebuilding++
	r.loop.wg.Go(func() {
		var errs []error
		left := false
		for _, id := range ids {
			l, err := r.m.lost(r.loop.ctx, id)
			if err == nil && l == nil { // whole: its lock is not taken, which someone else may want
				continue
			}
			rebuilt, removed := false, false
			if err == nil {
				rebuilt, removed, err = r.m.finishHalf(r.loop.ctx, id, rows, known[id])
			}
			switch {
			case err != nil:
				r.m.log().Error("worker without a checkpoint neither rebuilt nor removed", slog.String("worker", id), slog.Any("error", err))
				errs = append(errs, err)
			case removed:
				r.m.log().Info("half launched worker removed", slog.String("worker", id))
				r.loop.post(func() {
					r.removed = append(r.removed, id)
					if t := r.tracks[id]; t != nil && !t.mended.IsZero() {
						t.mended = time.Now() // in vain
					}
					r.reloadCheckpoint(id)
				})
			case rebuilt: // Recover has no Watcher that would be told
				r.loop.post(func() { r.reloadCheckpoint(id) })
			default:
				left = true // it is being launched, or somebody has finished it
			}
		}
		r.loop.post(func() {
			r.rebuilding--
			if err := errors.Join(errs...); err != nil || left {
				r.tidied = false // the next relist tries again
				if err != nil {
					r.failed(err)
					r.tidyAfter = time.Now().Add(engineTime) // who waits for the worker's lock gets it meanwhile
				}
			}
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

package worker

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// Recovery is what Recover has found and put in order.
type Recovery struct {
	// Alive are the workers that run, or may: also those that were found by their labels alone, or whose docker run had not
	// been heard to its end.
	Alive []Status
	// Untaken are the exits that no Watcher has handed over yet, of workers that ended meanwhile too.
	Untaken []Notice
	// SetAside are the paths below quarantine of files that were damaged.
	SetAside []string
	// Swept is how many half written files were removed.
	Swept int
	// Half are the workers whose launch was cut off before docker run, or whose cleanup was, and that are gone now.
	Half []string
	// Orphans are containers of this instance that no worker owns; Reap removes them.
	Orphans []Orphan
}

// Recover takes up what an earlier supervisor of this root has left, and returns when that is done: it puts the files in order,
// asks the engine once for all containers, adopts those that run, also by their labels where a checkpoint was damaged, finishes
// launches whose answer was lost, and records how workers have ended. Set aside again is what the adopted workers had.
//
// Recover delivers no exit: that is a Watcher's, which recovers by itself first; so it is ErrHeld while one runs. When the engine
// does not answer, the error says so, and what could be done without it is done.
func (m *Manager) Recover(ctx context.Context) (*Recovery, error) {
	w := &Watcher{Manager: m}
	report := new(Recovery)
	r := newWatch(ctx, w)
	r.once, r.report = true, report
	err := w.start(r)
	for _, t := range r.tracks {
		report.Alive = append(report.Alive, Status{
			ID: t.cp.ID, State: t.state, Source: t.source, Detail: t.detail, Container: t.cp.Container, Resources: t.cp.Resources, LaunchedAt: t.cp.LaunchedAt,
		})
	}
	slices.SortFunc(report.Alive, func(a, b Status) int { return strings.Compare(a.ID, b.ID) })
	untaken, keptErr := m.Untaken()
	report.Untaken = untaken
	if err == nil {
		err = keptErr
	}
	return report, err
}

// Untaken are the exits that no supervisor has taken, in the order of the launches.
func (m *Manager) Untaken() ([]Notice, error) {
	var found []Notice
	err := m.read(func(root string) error {
		kept, err := keptNotices(root, nil)
		if err != nil {
			return err
		}
		cps, err := all(root)
		if err != nil {
			return err
		}
		for _, cp := range cps {
			if cp.Launch != "" && cp.Exit != nil && !cp.Taken {
				kept = append(kept, cp.notice())
			}
		}
		slices.SortFunc(kept, func(a, b Notice) int {
			return strings.Compare(noticeFile(a.Worker, a.Launch), noticeFile(b.Worker, b.Launch))
		})
		found = slices.CompactFunc(kept, func(a, b Notice) bool { return a.Worker == b.Worker && a.Launch == b.Launch })
		return nil
	})
	return found, err
}

// tidy goes on, once the engine has told of all containers, with what repair has left: directories without a checkpoint. One that
// has a container is rebuilt from its labels, any other is removed.
func (r *watch) tidy(byName map[string]*output.PsRow) {
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
			if r.report != nil {
				r.report.Half = append(r.report.Half, id)
			}
		}
	}
}

// rebuild makes a worker's checkpoint of its container.
func (r *watch) rebuild(id, container string) {
	r.busy++
	r.wg.Go(func() {
		err := r.m.rebuild(r.ctx, r.root, id, container)
		if err != nil {
			r.m.log().Error("worker not rebuilt", slog.String("worker", id), slog.Any("error", err))
		} else {
			r.m.log().Warn("worker rebuilt from the labels of its container", slog.String("worker", id), slog.String("container", container))
		}
		r.post(func() {
			r.busy--
			if err != nil {
				r.tidied = false // the next relist tries again
				r.failed(err)
			}
			r.look(id)
		})
	})
}

// failed notes that a single pass is not whole.
func (r *watch) failed(err error) {
	if r.failure == nil {
		r.failure = err
	}
}

// idle says whether a single pass has come to its end: nothing is asked that was not answered.
func (r *watch) idle() bool {
	return r.lists > 0 && !r.listing && !r.inspecting && r.busy == 0 && len(r.wanted) == 0 && len(r.pending) == 0
}

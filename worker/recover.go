package worker

import (
	"context"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/errline"
)

// Recovery is what Recover has found and put in order.
type Recovery struct {
	// Alive are the workers that run, or may: also those that were found by their labels alone, or whose docker run had
	// not answered.
	Alive []Status
	// PendingExits are the exits that no Watcher has delivered and that were not acknowledged, of workers that ended meanwhile too.
	PendingExits []Notice
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
// launches whose answer was lost, and records how workers have ended. The resources of the adopted workers are set aside again.
//
// Recover delivers no exit: that is a Watcher's, which recovers by itself first; so it is ErrLocked while one runs. When the engine
// does not answer, the error says so, and what could be done without it is done.
func (m *Manager) Recover(ctx context.Context) (*Recovery, error) {
	report := new(Recovery)
	err := m.recover(ctx, report)
	pending, pendingErr := m.PendingExits()
	report.PendingExits = pending
	if err == nil {
		err = pendingErr
	}
	return report, err
}

// recover runs a reconciler once, and fills the report.
func (m *Manager) recover(ctx context.Context, report *Recovery) error {
	release, err := m.lockSupervisor(ctx)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := newReconciler(ctx, m, new(healthKeeper))
	r.rechecks.limit = engineTime
	done, err := r.begin()
	report.Swept, report.SetAside = done.swept, done.setAside
	if err == nil {
		err = r.recover()
	}
	if err == nil {
		err = r.unmended
	}
	m.emptyTrash(ctx)
	cancel()
	r.close()
	for _, t := range r.tracks {
		report.Alive = append(report.Alive, Status{
			ID: t.cp.ID, State: t.state, Source: t.source, Detail: t.detail, Container: t.cp.Container, Resources: t.cp.Resources,
			LaunchedAt: t.cp.LaunchedAt,
		})
	}
	slices.SortFunc(report.Alive, func(a, b Status) int { return strings.Compare(a.ID, b.ID) })
	report.Half, report.Orphans = r.removed, r.orphans
	return err
}

// recover runs the loop until all is answered that was asked. When something cannot be found out, no question is asked twice.
func (r *reconciler) recover() error {
	for {
		if err := r.turn(); err != nil {
			return err
		}
		if r.failure != nil {
			clear(r.inspects.queue)
			clear(r.rechecks.tracks)
		}
		r.inspects.begin()
		if !r.isIdle() && r.lists.failures == 0 {
			continue
		}
		if err := errline.Context(r.loop.ctx); err != nil {
			return err // an answer that came of that is no answer
		}
		return r.failure
	}
}

// isIdle reports whether nothing is asked that was not answered, and nothing is to be looked at again.
func (r *reconciler) isIdle() bool {
	return r.lists.asked > 0 && !r.lists.asking && !r.inspects.busy && r.rebuilding == 0 && len(r.inspects.queue) == 0 &&
		len(r.rechecks.tracks) == 0
}

// PendingExits returns the exits that no supervisor has acknowledged, in the order of the launches.
func (m *Manager) PendingExits() ([]Notice, error) {
	var found []Notice
	err := m.read(context.Background(), func(root string) error {
		kept, err := keptNotices(root, nil)
		if err != nil {
			return err
		}
		cps, err := all(root)
		if err != nil {
			return err
		}
		for _, cp := range cps {
			if cp.Launch != "" && cp.Exit != nil && !cp.Acked {
				kept = append(kept, cp.notice())
			}
		}
		slices.SortFunc(kept, func(a, b Notice) int {
			return strings.Compare(noticeFile(a), noticeFile(b))
		})
		found = slices.CompactFunc(kept, func(a, b Notice) bool { return noticeFile(a) == noticeFile(b) })
		return nil
	})
	return found, err
}

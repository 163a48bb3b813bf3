package worker

import (
	"errors"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/pidwatch"
)

// streamChanged notes whether there is a stream of events. A relist follows, for what happened before it began.
func (r *reconciler) streamChanged(up bool) {
	r.health.update(func(h *Health) { h.Events = up })
	r.lists.soon(0)
}

// streamEnded notes that the engine went away, or the client of docker events.
func (r *reconciler) streamEnded(err error) {
	r.m.log().Warn("docker events ended, starting it again", slog.Any("error", err))
	r.missedStarts = true
	for _, t := range r.tracks {
		t.began = nil // what came after that start may have been missed
	}
	r.markEngineLost()
}

// markEngineLost notes that the engine is away, or was: what it was asked before that says nothing of what happened meanwhile.
func (r *reconciler) markEngineLost() {
	for _, t := range r.tracks {
		t.noticedBy = r.asked
	}
}

// event takes what docker tells of one container of this instance.
func (r *reconciler) event(e output.Event) {
	id, launch := e.Attributes[LabelWorker], e.Attributes[LabelLaunch]
	t := r.tracks[id]
	if t == nil || t.cp.Launch != launch {
		switch {
		case ValidID(id) != nil:
			return
		case t == nil && r.ended[id].launch == launch:
			if e.Action == "start" || e.Action == "die" && e.Time.After(r.ended[id].over.Add(time.Second)) {
				r.lookForRevival(id)
			}
			return
		case e.Action != "start":
			return
		}
		r.reloadCheckpoint(id) // another process launches it
		if t = r.tracks[id]; t == nil || t.cp.Launch != launch {
			return
		}
	}
	if t.cp.Container != "" && e.ActorID != t.cp.Container {
		return
	}
	if t.obs.die != nil && e.Time.After(t.obs.die.Time) && (e.Action == "start" || e.Action == "die") {
		t.again = true // inspect tells of it when the end of this life is recorded
		if e.Action == "die" {
			return
		}
	}
	switch e.Action {
	case "start":
		if t.pid != 0 {
			return
		}
		if r.isLaunchedHere(t) && t.obs.die == nil {
			t.began = &e
			return
		}
		r.inspects.enqueue(id)
	case "oom":
		t.obs.oom = true
	case "die":
		if e.Time.Before(t.cp.LifeAt) {
			return // of an earlier life
		}
		t.obs.die, t.noticedBy, t.began = &e, r.asked, nil
		r.noticed(t)
	case "pause", "unpause":
		s := t.cp.status(nil, false)
		s.State, s.Source = t.cp.runningState(Running), FromEvents
		if e.Action == "pause" {
			s.State = Paused
		}
		r.changed(t, s)
	case "destroy":
		r.inspects.enqueue(id)
	}
}

// isLaunchedHere reports whether a launch of this Manager's is under way, which will tell of its container.
func (r *reconciler) isLaunchedHere(t *track) bool {
	_, is := r.m.launching.Load(t.cp.ID)
	return is && t.cp.Container == ""
}

// died notes the death of a container's first process.
func (r *reconciler) died(d pidwatch.Death, oomKills *int64) {
	t := r.tracks[d.Key]
	if t == nil || t.pid != d.PID {
		return
	}
	t.obs.death, t.obs.oomKills = &d, oomKills
	r.noticed(t)
}

// watchProcess has the kernel tell of the death of a worker's first process.
func (r *reconciler) watchProcess(t *track, pid int) {
	if pid == 0 || pid == t.pid || t.cp.Container == "" {
		return
	}
	t.pid, t.hasGroup, t.obs.pidWatched = pid, false, false
	group, err := r.processes.add(t.cp.ID, t.cp.Container, pid)
	switch {
	case err == nil:
		t.group, t.hasGroup, t.obs.pidWatched = group, true, true
	case errors.Is(err, pidwatch.ErrGone):
		r.recheckSoon(t)
	case isShortage(err):
		t.pid = 0 // the next relist has it inspected again
	}
}

// readRemains reads what the cgroup of a worker has counted that died while no supervisor was there: as long as the engine is away
// as well, the cgroup stays, and what it has counted the engine will never know (20.10).
func (r *reconciler) readRemains(t *track) {
	if t.cp.Container == "" {
		return
	}
	g, err := r.processes.host.ByID(t.cp.Container, t.cp.CgroupParent)
	if err != nil {
		return
	}
	if alive, err := g.Populated(); err != nil || alive {
		return
	}
	if n, known := oomKills(g); known {
		t.obs.oomKills = &n
	}
}

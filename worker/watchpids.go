package worker

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/pidwatch"
)

// watchPid has the kernel tell of the death of a container's first process, where this process can see it. That it is the
// container's is known from its cgroup.
func (r *watch) watchPid(t *track, pid int) {
	if pid == 0 || pid == t.pid || t.cp.Container == "" {
		return
	}
	t.pid, t.hasGroup, t.obs.pidWatched = pid, false, false
	if r.noPids || r.m.Cgroups.Root != "" {
		return
	}
	// A process of another machine, or of a fake's. In /proc/self/ns is nothing to tell them by; the cgroup does.
	if _, err := os.Lstat("/proc/" + strconv.Itoa(pid)); err != nil {
		return
	}
	set, err := r.openPids()
	if err != nil {
		r.noPids = true
		r.m.log().Info("processes cannot be watched here, docker alone tells of their ends", slog.Any("error", err))
		return
	}
	var group cgroupread.Group
	err = set.Add(t.cp.ID, pid, func() (err error) {
		group, err = r.cgroups.ByPID(pid)
		if err == nil && !strings.Contains(group.String(), t.cp.Container) {
			err = fmt.Errorf("process %d is in %s", pid, group)
		}
		return err
	})
	if err != nil {
		r.m.log().Debug("process not watched", slog.String("worker", t.cp.ID), slog.Any("error", err))
		if errors.Is(err, pidwatch.ErrGone) {
			r.lookLater(t)
		}
		return
	}
	t.group, t.hasGroup, t.obs.pidWatched = group, true, true
	r.groups.Store(t.cp.ID, group)
	r.countPids()
}

// openPids makes the set of watched processes when the first is seen.
func (r *watch) openPids() (*pidwatch.Set, error) {
	if r.pids != nil {
		return r.pids, nil
	}
	set, err := pidwatch.New()
	if err != nil {
		return nil, err
	}
	r.pids = set
	r.wg.Go(func() { r.deaths(set) })
	return set, nil
}

// deaths hears of deaths until the set is closed. What the cgroup has counted is read here, at once: the engine removes the cgroup
// some milliseconds later.
func (r *watch) deaths(set *pidwatch.Set) {
	for {
		d, err := set.Next(r.ctx)
		if err != nil {
			return
		}
		var kills *int64
		if g, known := r.groups.Load(d.Key); known {
			if n, known := oomKills(g.(cgroupread.Group)); known {
				kills = &n
			}
		}
		r.post(func() { r.died(d, kills) })
	}
}

// readRemains reads what the cgroup of a worker has counted that died while no supervisor was there: as long as the engine is away
// as well, the cgroup stays, and what it has counted the engine will never know (20.10).
func (r *watch) readRemains(t *track) {
	if t.cp.Container == "" {
		return
	}
	g, err := r.cgroups.ByID(t.cp.Container, t.cp.CgroupParent)
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

// died notes the death of a container's first process. Docker's event makes it an exit; inspect does when that does not come.
func (r *watch) died(d pidwatch.Death, kills *int64) {
	t := r.tracks[d.Key]
	if t == nil || t.pid != d.PID {
		return
	}
	t.obs.death, t.obs.oomKills = &d, kills
	r.countPids()
	r.noticed(t)
}

// oomKills is how many processes of a group the kernel has killed for lack of memory.
func oomKills(g cgroupread.Group) (n int64, known bool) {
	kills, err := g.OOMKills()
	if err != nil {
		return 0, false
	}
	return kills.Get()
}

func (r *watch) countPids() {
	n := r.pids.Len()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health.Pids = n
}

func (r *watch) closePids() {
	if r.pids != nil {
		r.pids.Close()
	}
}

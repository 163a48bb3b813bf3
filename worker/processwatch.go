package worker

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/pidwatch"
)

// processWatch has the kernel tell of the deaths of containers' first processes, where this process can see them. It belongs to the
// loop.
type processWatch struct {
	loop   *loop
	log    *slog.Logger
	host   cgroupread.Host
	health *healthKeeper
	// died takes a death, and how many processes the cgroup had counted as killed for lack of memory by then; nil is not known.
	died func(d pidwatch.Death, oomKills *int64)

	off     bool          // processes cannot be watched here
	lacking bool          // the last could not be watched for a reason that may pass
	set     *pidwatch.Set // nil until the first process is seen
	groups  sync.Map      // the watched processes' cgroups by worker, for the goroutine that waits for deaths
}

// errNotWatched says that a process cannot be seen here.
var errNotWatched = errors.New("the process is not watched")

// isShortage reports whether a process could not be watched for lack of descriptors or memory: that may pass.
func isShortage(err error) bool {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// add watches a container's first process for a worker. The process is known to be the container's by its cgroup, which is
// returned. One that has died is pidwatch.ErrGone; after an error that isShortage reports it may be tried again.
func (p *processWatch) add(id, container string, pid int) (cgroupread.Group, error) {
	if p.off {
		return cgroupread.Group{}, errNotWatched
	}
	// The engine may run on another machine, or be a fake. Nothing in /proc/self/ns tells their processes from ours; the cgroup
	// does.
	if _, err := os.Lstat("/proc/" + strconv.Itoa(pid)); err != nil {
		return cgroupread.Group{}, errNotWatched
	}
	if err := p.open(); isShortage(err) {
		p.lacks(err)
		return cgroupread.Group{}, err
	} else if err != nil {
		p.off = true
		p.log.Info("processes cannot be watched here, docker alone tells of their ends", slog.Any("error", err))
		return cgroupread.Group{}, errNotWatched
	}
	var group cgroupread.Group
	err := p.set.Add(id, pid, func() (err error) {
		group, err = p.host.ByPID(pid)
		if err == nil && !strings.Contains(group.String(), container) {
			err = fmt.Errorf("process %d is in %s", pid, group)
		}
		return err
	})
	if isShortage(err) {
		p.lacks(err)
	}
	if err != nil {
		p.log.Debug("process not watched", slog.String("worker", id), slog.Any("error", err))
		return cgroupread.Group{}, err
	}
	p.lacking = false
	p.groups.Store(id, group)
	p.count()
	return group, nil
}

// first returns the first process of a container as the kernel shows it, the one that has the number 1 in a process namespace of
// its own; 0 is that it cannot be told.
func (p *processWatch) first(container, parent string) int {
	if p.off {
		return 0
	}
	group, err := p.host.ByID(container, parent)
	if err != nil {
		return 0
	}
	pids, _ := group.Procs() // without them, nothing can be told
	first := 0
	for _, pid := range pids {
		switch numbers := namespacePIDs(pid); {
		case len(numbers) == 1: // it is in ours: the container has none of its own
			return 0
		case len(numbers) == 2 && numbers[1] == "1":
			first = pid
		}
	}
	return first
}

// namespacePIDs returns the numbers that a process has, in this process namespace and in each below it that it is in.
func namespacePIDs(pid int) []string {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // it may have ended
	for line := range strings.Lines(string(status)) {
		if numbers, is := strings.CutPrefix(line, "NSpid:"); is {
			return strings.Fields(numbers)
		}
	}
	return nil
}

// lacks logs a shortage once, until a process can be watched again.
func (p *processWatch) lacks(err error) {
	if !p.lacking {
		p.log.Warn("processes not watched yet, docker alone tells of their ends", slog.Any("error", err))
	}
	p.lacking = true
}

// open makes the set of watched processes when the first is seen.
func (p *processWatch) open() (err error) {
	if p.set != nil {
		return nil
	}
	set, err := pidwatch.New()
	if err != nil {
		return err
	}
	p.set = set
	p.loop.wg.Go(func() { p.wait(set) })
	return nil
}

// wait hands deaths to the loop until the set is closed. What the cgroup has counted is read here, at once: the engine removes the
// cgroup some milliseconds later.
func (p *processWatch) wait(set *pidwatch.Set) {
	for {
		d, err := set.Next(p.loop.ctx)
		if err != nil {
			return
		}
		var kills *int64
		if g, known := p.groups.Load(d.Key); known {
			if n, known := oomKills(g.(cgroupread.Group)); known {
				kills = &n
			}
		}
		p.loop.post(func() {
			p.count()
			p.died(d, kills)
		})
	}
}

// remove stops watching for a worker.
func (p *processWatch) remove(id string) {
	if p.set != nil {
		p.set.Remove(id)
		p.groups.Delete(id)
		p.count()
	}
}

func (p *processWatch) count() {
	n := p.set.Len()
	p.health.update(func(h *Health) { h.Pids = n })
}

func (p *processWatch) close() {
	if p.set != nil {
		p.set.Close()
	}
}

// oomKills returns how many processes of a group the kernel has killed for lack of memory.
func oomKills(g cgroupread.Group) (n int64, known bool) {
	kills, err := g.OOMKills()
	if err != nil {
		return 0, false
	}
	return kills.Get()
}

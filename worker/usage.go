package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/dockercmd/toolkit/cgroupread"
)

// Usage is what a worker uses, read from its cgroup.
type Usage struct {
	Memory cgroupread.Memory
	CPU    cgroupread.CPU
	Pids   cgroupread.Pids
}

// MemoryUsage reads a worker's memory figures from the kernel. The engine is asked only when the container's cgroup is not in
// one of the usual places, so that it works while the engine hangs.
func (m *Manager) MemoryUsage(ctx context.Context, id string) (cgroupread.Memory, error) {
	g, err := m.group(ctx, id)
	if err != nil {
		return cgroupread.Memory{}, err
	}
	memory, err := g.Memory()
	return memory, wrapUsage(id, err)
}

// Usage reads a worker's memory, CPU and process figures.
func (m *Manager) Usage(ctx context.Context, id string) (Usage, error) {
	g, err := m.group(ctx, id)
	if err != nil {
		return Usage{}, err
	}
	return usageOf(id, g)
}

// UsageOf returns the Usage of a worker whose Status is known. It reads nothing but the kernel's figures: no docker, no file of the
// Manager's, so that it can be called for all workers every second. A worker without a container that is known is
// cgroupread.ErrGone.
func (m *Manager) UsageOf(s Status) (Usage, error) {
	if s.Container == "" {
		return Usage{}, problem(cgroupread.ErrGone, s.ID, "", "no container of it is known")
	}
	g, err := m.Cgroups.ByID(s.Container, s.cgroupParent)
	if err != nil {
		return Usage{}, wrapUsage(s.ID, err)
	}
	return usageOf(s.ID, g)
}

// usageOf reads the figures of a cgroup.
func usageOf(id string, g cgroupread.Group) (Usage, error) {
	var u Usage
	var errs [3]error
	u.Memory, errs[0] = g.Memory()
	u.CPU, errs[1] = g.CPU()
	u.Pids, errs[2] = g.Pids()
	return u, wrapUsage(id, errors.Join(errs[:]...))
}

// group finds the cgroup of a worker's container by its id, else by the process that the engine names.
func (m *Manager) group(ctx context.Context, id string) (cgroupread.Group, error) {
	h, err := m.launched(ctx, id)
	if err != nil {
		return cgroupread.Group{}, err
	}
	defer h.dir.Close()
	if h.Exit != nil {
		return cgroupread.Group{}, problem(cgroupread.ErrGone, id, "", "it has ended: %s", h.Exit.Reason)
	}
	if h.Container != "" {
		if g, err := m.Cgroups.ByID(h.Container, h.CgroupParent); err == nil {
			return g, nil
		}
	}
	c, err := m.find(ctx, h)
	if err != nil {
		return cgroupread.Group{}, fmt.Errorf("worker %s: find its cgroup: %w", id, err)
	}
	if c.State.Pid == 0 {
		return cgroupread.Group{}, problem(cgroupread.ErrGone, id, "", "its container is %s and has no process", c.State.Status)
	}
	g, err := m.Cgroups.ByPID(c.State.Pid)
	return g, wrapUsage(id, err)
}

func wrapUsage(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("worker %s: read its cgroup: %w", id, err)
}

package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/internal/backoff"
)

// How long processes may take to go after SIGKILL, and how often that is looked at.
const (
	directTime  = 10 * time.Second
	directPause = 20 * time.Millisecond
)

// killDirectly ends all processes in a worker's cgroup without docker.
func (m *Manager) killDirectly(ctx context.Context, h *handle) error {
	if m.Cgroups.Root != "" && filepath.Clean(m.Cgroups.Root) != "/" {
		return problem(ErrUnkillable, h.ID, "", "its processes are not those of this machine: Cgroups.Root is %s", m.Cgroups.Root)
	}
	container := h.containerID("")
	if container == "" {
		return problem(ErrNotLaunched, h.ID, "", "its container is not known, and so neither is its cgroup")
	}
	g, err := m.Cgroups.ByID(container, h.CgroupParent)
	if errors.Is(err, cgroupread.ErrGone) {
		return nil // and so are the processes, if the engine's kernel is this one
	}
	if err != nil {
		return err
	}
	if view := askGroup(g); view == kernelLive && h.KilledAt.IsZero() {
		// Whoever finds that it has ended, and not how, knows by this.
		if err := m.update(ctx, h, func(cp *checkpoint) { cp.KilledAt = time.Now() }); err != nil {
			m.log().Warn("kill without docker not recorded", slog.String("worker", h.ID), slog.Any("error", err))
		}
		m.tell(h.ID)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, directTime, errors.New("processes are left after SIGKILL"))
	defer cancel()
	for {
		pids, err := g.Procs()
		if errors.Is(err, cgroupread.ErrGone) || err == nil && !slices.ContainsFunc(pids, isLive) {
			return m.recordKilled(ctx, h)
		}
		if err != nil {
			return err
		}
		for _, pid := range pids {
			if err := m.killIn(pid, container); err != nil {
				return fmt.Errorf("worker %s: kill process %d: %w", h.ID, pid, err)
			}
		}
		if err := backoff.Sleep(ctx, directPause); err != nil {
			return err
		}
	}
}

// killIn kills a process if it is in the container's cgroup. It is held meanwhile (by its pidfd, where Linux has those), so that a
// process that has its number by now is not hit.
func (m *Manager) killIn(pid int, container string) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	defer p.Release()
	g, err := m.Cgroups.ByPID(pid)
	if errors.Is(err, cgroupread.ErrGone) || err == nil && !strings.Contains(g.String(), container) {
		return nil
	}
	if err != nil {
		return err
	}
	err = p.Signal(syscall.SIGKILL)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return err
}

// recordKilled waits a moment for what the kernel or docker say of the end. Otherwise it records our own SIGKILL.
func (m *Manager) recordKilled(ctx context.Context, h *handle) error {
	if w := m.watching(); w != nil {
		over, cancel := context.WithTimeout(ctx, engineTime+confirmTime)
		defer cancel()
		w.await(over.Done(), h.ID, h.Launch)
	}
	if err := h.refresh(); err != nil || h.Exit != nil {
		return err
	}
	now := time.Now()
	h.obs.killedAt = now
	return m.recordEnd(ctx, h, resolve(h.checkpoint, h.obs, now))
}

// isLive reports whether a process is more than a zombie.
func isLive(pid int) bool {
	_, state := processState(pid)
	return state != "" && state != "Z" && state != "X"
}

// processState returns a process's name and state, a letter of proc(5); "" when there is none.
func processState(pid int) (name, state string) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", ""
	}
	text := string(data) // 4711 (a name) S ...
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open || end+2 >= len(text) {
		return "", ""
	}
	return text[open+1 : end], text[end+2 : end+3]
}

// processes describes what is left in a worker's cgroup.
func (m *Manager) processes(h *handle) []string {
	return m.processesOf(h.containerID(""), h.CgroupParent)
}

// processesOf describes what is left in a container's cgroup; none is also that it is not known.
func (m *Manager) processesOf(container, parent string) []string {
	g, err := m.Cgroups.ByID(container, parent)
	if err != nil {
		return nil
	}
	pids, _ := g.Procs() // what cannot be read is not told
	var left []string
	for _, pid := range pids {
		left = append(left, describeProcess(pid))
	}
	return left
}

// describeProcess returns "4711 (java) S".
func describeProcess(pid int) string {
	name, state := processState(pid)
	return fmt.Sprintf("%d (%s) %s", pid, name, state)
}

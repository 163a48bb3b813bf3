package cgroupread

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// TotalMemory returns the machine's memory in bytes: MemTotal of /proc/meminfo.
func (h Host) TotalMemory() (int64, error) {
	m, err := h.meminfo()
	return m.total, err
}

// FreeMemory returns how many bytes new containers under a cgroup parent can use: the least of what the machine has available
// (MemAvailable) and the room under the limit of the parent and of each group above it, and never below 0. The room is the limit -
// the working set ([Memory.WorkingSet]), as of now: it grows again when a container ends, and page cache that can be dropped does
// not count against it.
//
// The parent is docker's --cgroup-parent: an absolute path, or the name of a slice; "" means the engine's own (/docker, else
// system.slice). Any other relative path is refused: under the cgroupfs driver its place depends on the engine's own group. A
// parent that does not exist yet has no limit; the groups above it may.
func (h Host) FreeMemory(parent string) (int64, error) {
	info, err := h.meminfo()
	if err != nil {
		return 0, err
	}
	mounts, err := h.Mounts()
	if err != nil {
		return 0, err
	}
	memory, ok := memoryMount(hierarchies(mounts))
	if !ok {
		return info.available, nil
	}
	rel, err := h.parentDir(memory, parent)
	if err != nil {
		return 0, err
	}
	free := info.available
	for {
		room, err := h.place(memory, rel).room()
		if err != nil {
			return 0, fmt.Errorf("free memory under cgroup parent %q: %w", parent, err)
		}
		free = min(free, room.Or(free))
		if rel == "" {
			return max(0, free), nil
		}
		rel = rel[:max(0, strings.LastIndexByte(rel, '/'))]
	}
}

// memoryMount returns the hierarchy that carries the memory controller.
func memoryMount(mounts []Mount) (Mount, bool) {
	i := slices.IndexFunc(mounts, func(m Mount) bool { return slices.Contains(m.Controllers, "memory") })
	if i < 0 {
		i = slices.IndexFunc(mounts, func(m Mount) bool { return m.Version == V2 })
	}
	if i < 0 {
		return Mount{}, false
	}
	return mounts[i], true
}

// parentDir returns where a cgroup parent is below a mount, whether it exists or not.
func (h Host) parentDir(m Mount, parent string) (string, error) {
	dirs := []string{"docker", "system.slice"}
	if parent != "" {
		var err error
		if dirs, err = parentDirs(parent); err != nil {
			return "", err
		}
	}
	if _, isSlice := expandSlice(parent); parent != "" && !isSlice && !strings.HasPrefix(parent, "/") {
		return "", fmt.Errorf("cgroup parent %.80q: a relative parent is in different places under different engines: want an "+
			"absolute path or the name of a slice", parent)
	}
	rel, ok, err := h.firstDir(m, dirs)
	if err != nil {
		return "", fmt.Errorf("cgroup parent %q: %w", parent, err)
	}
	if !ok {
		return dirs[0], nil
	}
	return rel, nil
}

// room returns limit - working set. It is unknown or unlimited where there is no limit, or no such group.
func (p place) room() (Figure, error) {
	m, err := Group{places: []place{p}}.Memory()
	limit, ok := m.Limit.Get()
	if errors.Is(err, ErrGone) || errors.Is(err, ErrUnavailable) || err == nil && !ok {
		return Figure{}, nil
	}
	return Known(limit - m.WorkingSet), err
}

// meminfo reads what /proc/meminfo says.
func (h Host) meminfo() (meminfo, error) {
	name := h.path("/proc/meminfo")
	text, err := os.ReadFile(name)
	if err != nil {
		return meminfo{}, fmt.Errorf("read machine's memory: %w", err)
	}
	m, err := parseMeminfo(text)
	if err != nil {
		return meminfo{}, fmt.Errorf("read machine's memory: %s: %w", name, err)
	}
	return m, nil
}

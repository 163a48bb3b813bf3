package cgroupread

import (
	"fmt"
	"strconv"
)

// ByPID returns the group that a process is in now, as /proc/<pid>/cgroup tells. A process that does not exist, or no longer,
// gives [ErrGone]; one that lives but is hidden by /proc's hidepid option gives [os.ErrPermission], as it is not known to be gone;
// one outside this process's cgroup namespace gives [ErrNamespace]. A process that no one has put into a group is in the root
// group: see [Group.IsRoot].
//
// The first process of a container is in the container's group, unless it has moved itself into a group below, as systemd does and
// as podman's containers are; [Host.ByID] gives the whole container then. A process id may be another process's by now: the caller
// knows whether it still holds it (a pidfd, a start time).
func (h Host) ByPID(pid int) (Group, error) {
	if pid <= 0 {
		return Group{}, fmt.Errorf("find cgroup of process %d: a process id is greater than 0", pid)
	}
	members, err := h.memberships(strconv.Itoa(pid))
	if err != nil {
		return Group{}, err
	}
	mounts, err := h.Mounts()
	if err != nil {
		return Group{}, err
	}
	var g Group
	for _, m := range members {
		if escapes(m.group) {
			return Group{}, fmt.Errorf("find cgroup of process %d: %q: %w", pid, m.group, ErrNamespace)
		}
		if p, ok := h.show(m, mounts); ok {
			g.places = append(g.places, p)
		}
	}
	if len(g.places) > 0 {
		return g, nil
	}
	if len(mounts) == 0 {
		return Group{}, fmt.Errorf("find cgroup of process %d: no cgroup hierarchy is mounted: %w", pid, ErrUnavailable)
	}
	return Group{}, fmt.Errorf("find cgroup of process %d: %q: %w", pid, members[0].group, ErrNamespace)
}

// show returns where a process's group can be read: below the mount that shows the most of its hierarchy.
func (h Host) show(m membership, mounts []Mount) (place, bool) {
	var best place
	for _, mount := range mounts {
		if !m.in(mount) || best.dir != "" && len(best.mount.Root) <= len(mount.Root) {
			continue
		}
		if rel, ok := h.rel(m, mount); ok {
			best = h.place(mount, rel)
		}
	}
	return best, best.dir != ""
}

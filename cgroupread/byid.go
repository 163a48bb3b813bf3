package cgroupread

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// ByID returns the group of a container. The id is the whole one: 64 hexadecimal digits in lower case; anything else is refused
// before a path is made of it, so it may come from a file that a container can write. The parent is docker's --cgroup-parent, ""
// for the engine's own; it is where the group is looked for first.
//
// The places that docker and podman use are tried first, under both drivers. A group that is in none of them (a relative parent, a
// rootless engine) is searched through the whole hierarchy, other containers' groups left out: what is in those, their owners may
// have made. No group anywhere is [ErrGone]. A search that was cut short or not permitted is another error: it does not say that
// the container has ended.
func (h Host) ByID(containerID, parent string) (Group, error) {
	if !isContainerID(containerID) {
		return Group{}, fmt.Errorf("container id %.80q: want the whole id, 64 hexadecimal digits in lower case (docker ps --no-trunc)",
			containerID)
	}
	rels, err := layouts(containerID, parent)
	if err != nil {
		return Group{}, err
	}
	mounts, err := h.Mounts()
	if err != nil {
		return Group{}, err
	}
	mounts = hierarchies(mounts)
	if len(mounts) == 0 {
		return Group{}, fmt.Errorf("find cgroup of container %s: no cgroup hierarchy is mounted: %w", containerID, ErrUnavailable)
	}
	var g Group
	for _, m := range mounts {
		rel, ok, err := h.firstDir(m, rels)
		if err == nil && !ok && hasFigures(m, mounts) {
			rel, ok, err = h.search(m, containerID)
			if ok {
				rels = append(rels, rel)
			}
		}
		if err != nil {
			return Group{}, fmt.Errorf("find cgroup of container %s: %w", containerID, err)
		}
		if ok {
			g.places = append(g.places, h.place(m, rel))
		}
	}
	if len(g.places) == 0 {
		return Group{}, fmt.Errorf("find cgroup of container %s: %w", containerID, ErrGone)
	}
	return g, nil
}

// firstDir returns the first of the relative groups that exists below a mount.
func (h Host) firstDir(m Mount, rels []string) (rel string, ok bool, err error) {
	for _, rel := range rels {
		_, err := os.Stat(h.place(m, rel).dir)
		if err == nil {
			return rel, true, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", false, err
		}
	}
	return "", false, nil
}

// hasFigures reports whether a hierarchy has controllers that this package reads. A v2 hierarchy carries those that no v1
// hierarchy has.
func hasFigures(m Mount, all []Mount) bool {
	return slices.ContainsFunc(figureControllers, func(controller string) bool {
		if m.Version == V1 {
			return slices.Contains(m.Controllers, controller)
		}
		return !slices.ContainsFunc(all, func(o Mount) bool { return slices.Contains(o.Controllers, controller) })
	})
}

// search walks a hierarchy for a container's group.
func (h Host) search(m Mount, containerID string) (found string, ok bool, err error) {
	own := h.own(m)
	err = below(h.place(m, "").dir, func(rel string) (next, error) {
		id, isContainer := containerOf(rel[strings.LastIndexByte(rel, '/')+1:])
		switch {
		case id == containerID:
			found, ok = rel, true
			return stop, nil
		case isContainer && !(own == rel || strings.HasPrefix(own, rel+"/")):
			return pass, nil
		}
		return enter, nil
	})
	return found, ok, err
}

// own returns where this process's own group is below a mount, "" when that cannot be told: in an engine that runs in a container,
// the container's group is the one that holds the engine's.
func (h Host) own(m Mount) string {
	members, _ := h.memberships("self")
	for _, member := range members {
		if rel, ok := h.rel(member, m); ok && member.in(m) {
			return rel
		}
	}
	return ""
}

package cgroupread

import (
	"fmt"
	"slices"
	"strings"
)

// layouts returns where engines put a container's group, relative to the top of a hierarchy.
//
//	docker, cgroupfs driver  docker/<id>, <parent>/<id>
//	docker, systemd driver   system.slice/docker-<id>.scope, <parent slice, expanded>/docker-<id>.scope
//	podman, systemd          machine.slice/libpod-<id>.scope, <parent slice, expanded>/libpod-<id>.scope
//	podman, cgroupfs         libpod_parent/libpod-<id>, <parent>/libpod-<id>
func layouts(id, parent string) ([]string, error) {
	if parent == "" {
		return []string{
			"docker/" + id,
			"system.slice/docker-" + id + ".scope",
			"machine.slice/libpod-" + id + ".scope",
			"libpod_parent/libpod-" + id,
		}, nil
	}
	dirs, err := parentDirs(parent)
	if err != nil {
		return nil, err
	}
	var rels []string
	for _, dir := range dirs {
		for _, name := range []string{id, "docker-" + id + ".scope", "libpod-" + id + ".scope", "libpod-" + id} {
			rels = append(rels, joinRel(dir, name))
		}
	}
	return rels, nil
}

// parentDirs returns the groups that a cgroup parent may mean, relative to the top of a hierarchy: a slice's name means the slice
// under systemd and a directory under cgroupfs.
func parentDirs(parent string) ([]string, error) {
	if strings.ContainsAny(parent, "\x00\n") || slices.Contains(strings.Split(parent, "/"), "..") {
		return nil, fmt.Errorf("cgroup parent %.80q: must be a path without \"..\" or the name of a slice", parent)
	}
	elements := slices.DeleteFunc(strings.Split(parent, "/"), func(e string) bool { return e == "" || e == "." })
	dirs := []string{strings.Join(elements, "/")}
	if slice, ok := expandSlice(parent); ok && slice != dirs[0] {
		dirs = slices.Insert(dirs, 0, slice)
	}
	return dirs, nil
}

// expandSlice returns where systemd puts a slice: a-b.slice is in a.slice, and -.slice is the root.
func expandSlice(name string) (rel string, ok bool) {
	base, ok := strings.CutSuffix(name, ".slice")
	switch {
	case !ok || strings.Contains(name, "/"):
		return "", false
	case base == "-":
		return "", true
	}
	var path, prefix string
	for part := range strings.SplitSeq(base, "-") {
		if part == "" {
			return "", false
		}
		prefix += part
		path = joinRel(path, prefix+".slice")
		prefix += "-"
	}
	return path, true
}

// isContainerID reports whether s is a whole container id.
func isContainerID(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// containerOf returns the id of the container that a directory of this name belongs to: <id>, <engine>-<id> and
// <engine>-<id>.scope. The groups of podman's monitors (libpod-conmon-<id>.scope) belong to none.
func containerOf(name string) (id string, ok bool) {
	name = strings.TrimSuffix(name, ".scope")
	if len(name) < 64 {
		return "", false
	}
	engine, id := name[:len(name)-64], name[len(name)-64:]
	if !isContainerID(id) || engine != "" && (!strings.HasSuffix(engine, "-") || strings.HasSuffix(engine, "conmon-")) {
		return "", false
	}
	return id, true
}

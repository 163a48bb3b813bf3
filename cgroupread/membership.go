package cgroupread

import (
	"fmt"
	"slices"
	"strings"
)

// membership is one line of /proc/<pid>/cgroup: the process's group in one hierarchy.
type membership struct {
	version     Version
	controllers []string // of a v1 hierarchy
	name        string   // of a named v1 hierarchy
	group       string   // absolute path in the hierarchy
}

// parseMemberships reads the text of a /proc/<pid>/cgroup file. The lines are id:controllers:group; the v2 line is 0::group. A
// group's path may contain any byte but NUL and newline, colons too.
func parseMemberships(text string) ([]membership, error) {
	var all []membership
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		id, rest, ok1 := strings.Cut(line, ":")
		list, group, ok2 := strings.Cut(rest, ":")
		if !ok1 || !ok2 || !strings.HasPrefix(group, "/") {
			return nil, fmt.Errorf("cgroup line %q: want id:controllers:/group", line)
		}
		// A zombie keeps naming a removed v2 group, with a mark.
		m := membership{version: V1, group: strings.TrimSuffix(group, " (deleted)")}
		if id == "0" && list == "" {
			m.version = V2
		} else {
			m.controllers, m.name = parseOptions(list)
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no cgroup is listed: %w", ErrUnavailable)
	}
	return all, nil
}

// in reports whether a mount shows the membership's hierarchy, or a part of it.
func (m membership) in(mount Mount) bool {
	return m.version == mount.Version && m.name == mount.Name && slices.Equal(m.controllers, mount.Controllers)
}

// escapes reports whether a group's path climbs out of the hierarchy, as the kernel shows a group outside the reader's cgroup
// namespace.
func escapes(group string) bool {
	for element := range strings.SplitSeq(group, "/") {
		if element == ".." {
			return true
		}
	}
	return false
}

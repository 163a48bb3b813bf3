package cgroupread

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// membership is one line of /proc/<pid>/cgroup: the process's group in one hierarchy.
type membership struct {
	version     Version
	controllers []string // of a v1 hierarchy
	name        string   // of a named v1 hierarchy
	group       string   // absolute path in the hierarchy
	marked      bool     // deletedMark stood behind the group: the kernel's mark, or the end of a live group's name
}

// deletedMark stands behind a removed v2 group, which a zombie keeps naming. A group may have a name that ends so.
const deletedMark = " (deleted)"

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
		m := membership{version: V1, group: group}
		if id == "0" && list == "" {
			m.version = V2
			m.group, m.marked = strings.CutSuffix(group, deletedMark)
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

// rel returns where the membership's group lies below a mount. Where its name ends in the mark of a removed group, it is the group
// of that name if there is one.
func (h Host) rel(m membership, mount Mount) (rel string, ok bool) {
	if m.marked {
		rel, ok := mount.rel(m.group + deletedMark)
		if info, err := os.Stat(h.place(mount, rel).dir); ok && err == nil && info.IsDir() {
			return rel, true
		}
	}
	return mount.rel(m.group)
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

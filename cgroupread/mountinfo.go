package cgroupread

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Mount is one place where a cgroup hierarchy can be read.
type Mount struct {
	// Point is the directory, as this process's mount namespace names it. [Host.Root] is not part of it.
	Point string
	// Root is the group that Point shows: "/" for a whole hierarchy, a group's path for a bind mount of that group, as a container
	// gets one.
	Root string
	// Version is V1 or V2.
	Version Version
	// Controllers are those of a v1 hierarchy, in the kernel's order: {"cpu", "cpuacct"}. A v2 hierarchy has none here: its groups
	// differ in what is enabled.
	Controllers []string
	// Name is that of a named v1 hierarchy: "systemd". Such a hierarchy has no controllers.
	Name string
}

// v1Controllers are all that a v1 hierarchy can carry. The list is closed: v1 gets no new ones. Names outside it are other options
// of the mount (rw, xattr, seclabel, release_agent=...).
var v1Controllers = []string{
	"blkio", "cpu", "cpuacct", "cpuset", "debug", "devices", "freezer", "hugetlb", "io", "memory", "misc", "net_cls", "net_prio",
	"perf_event", "pids", "rdma",
}

// parseMounts returns the cgroup mounts in the text of a mountinfo file. A mount that lies hidden under another one, on the same
// point or on one above, is left out.
func parseMounts(mountinfo string) ([]Mount, error) {
	var mounts []Mount
	var ids []string // of mounts
	all := mountTree{ids: map[string]bool{}, top: map[seat]string{}}
	for line := range strings.Lines(mountinfo) {
		line = strings.TrimSuffix(line, "\n")
		// id parent major:minor root point options [optional fields...] - type source super-options
		before, after, ok := strings.Cut(line, " - ")
		head, tail := strings.Split(before, " "), strings.Split(after, " ")
		if !ok || len(head) < 6 || len(tail) < 2 {
			return nil, fmt.Errorf("mountinfo line %q: want at least 6 fields, \" - \" and 2 more", line)
		}
		point := unescape(head[4])
		all.add(head[0], head[1], point)
		m := Mount{Point: point, Root: unescape(head[3])}
		switch tail[0] {
		case "cgroup2":
			m.Version = V2
		case "cgroup":
			m.Version = V1
			m.Controllers, m.Name = parseOptions(tail[len(tail)-1])
		default:
			continue
		}
		if !path.IsAbs(m.Point) || !path.IsAbs(m.Root) {
			return nil, fmt.Errorf("mountinfo line %q: root and mount point of a cgroup mount must be absolute", line)
		}
		m.Point, m.Root = strings.Clone(m.Point), strings.Clone(m.Root) // of a text that may be long
		mounts = append(mounts, m)
		ids = append(ids, head[0])
	}
	all.settle()
	var visible []Mount
	for i, m := range mounts {
		if all.at(m.Point) == ids[i] {
			visible = append(visible, m)
		}
	}
	return visible, nil
}

// seat is where a mount is put: a point in another mount, by its id.
type seat struct{ parent, point string }

// mountTree finds the mount that a path leads to.
type mountTree struct {
	ids   map[string]bool
	seats []seat          // in the order of the text
	on    []string        // the ids of the mounts on seats
	top   map[seat]string // the latest mount on a seat
}

func (t *mountTree) add(id, parent, point string) {
	if id == parent { // the first mount of all is its own parent
		parent = ""
	}
	t.ids[id] = true
	t.seats, t.on = append(t.seats, seat{parent, point}), append(t.on, id)
}

// settle puts the mounts on their seats. A parent that is not in the text, as that of a container's root, is none.
func (t *mountTree) settle() {
	for i, s := range t.seats {
		if !t.ids[s.parent] {
			s.parent = ""
		}
		t.top[s] = t.on[i]
	}
}

// at returns the id of the mount that a path leads to, as the kernel walks it: from the root, and at each step into what is mounted
// there, and into what is mounted on that.
func (t *mountTree) at(point string) string {
	in := ""
	enter := func(point string) {
		stray := point != "/" // look for a mount without a parent, once
		for range t.seats {   // and not for ever, if the text has mounts in a circle
			id, ok := t.top[seat{in, point}]
			if !ok && stray {
				id, ok = t.top[seat{"", point}]
				stray = false
			}
			if !ok {
				return
			}
			in = id
		}
	}
	enter("/")
	for i := 1; i <= len(point); i++ {
		if i == len(point) || point[i] == '/' {
			enter(point[:i])
		}
	}
	return in
}

// parseOptions picks the controllers and the name out of the super-options of a v1 mount.
func parseOptions(options string) (controllers []string, name string) {
	for option := range strings.SplitSeq(options, ",") {
		if value, ok := strings.CutPrefix(option, "name="); ok {
			name = strings.Clone(unescape(value))
			continue
		}
		if slices.Contains(v1Controllers, option) {
			controllers = append(controllers, strings.Clone(option))
		}
	}
	return controllers, name
}

// unescape undoes the kernel's escapes: space, tab, newline and backslash come as a backslash and three octal digits.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] <= '3' && isOctal(s[i+1]) && isOctal(s[i+2]) && isOctal(s[i+3]) {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// rel returns where a group of the mount's hierarchy lies below its mount point, "" for the point itself. It fails when the mount
// does not show the group.
func (m Mount) rel(group string) (rel string, ok bool) {
	if m.Root == "/" {
		return strings.TrimPrefix(group, "/"), true
	}
	below, ok := strings.CutPrefix(group, m.Root)
	if !ok || below != "" && below[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(below, "/"), true
}

// sameHierarchy reports whether two mounts show the same hierarchy, or parts of it.
func (m Mount) sameHierarchy(o Mount) bool {
	return m.Version == o.Version && m.Name == o.Name && slices.Equal(m.Controllers, o.Controllers)
}

// hierarchies returns one mount for each hierarchy: the one that shows the most of it.
func hierarchies(mounts []Mount) []Mount {
	var best []Mount
	for _, m := range mounts {
		i := slices.IndexFunc(best, m.sameHierarchy)
		switch {
		case i < 0:
			best = append(best, m)
		case len(m.Root) < len(best[i].Root):
			best[i] = m
		}
	}
	return best
}

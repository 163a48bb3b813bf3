package cgroupread

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Group is the control group of a container or of a process: one directory on v2, one per hierarchy on v1. It holds names, no
// descriptors, so it may be kept for as long as is useful; once the group has vanished every reading fails with [ErrGone].
type Group struct {
	places []place
}

// place is where a group is in one hierarchy.
type place struct {
	mount Mount
	group string // path in the hierarchy, as /proc/<pid>/cgroup names it
	dir   string // the directory to read, with Host.Root
}

func (h Host) place(m Mount, rel string) place {
	return place{mount: m, group: joinGroup(m.Root, rel), dir: h.path(joinGroup(m.Point, rel))}
}

// joinGroup appends a relative group, or "", to an absolute one.
func joinGroup(base, rel string) string {
	switch {
	case rel == "":
		return base
	case base == "/":
		return "/" + rel
	}
	return base + "/" + rel
}

// Dir returns the directory that holds the files of a controller ("memory", "cpu", "cpuacct", "pids", "io", "blkio"...). On v2 it
// is the same for all, whether or not the controller is enabled there. A controller without a mounted hierarchy gives
// [ErrUnavailable].
func (g Group) Dir(controller string) (string, error) {
	p, err := g.at(controller)
	return p.dir, err
}

// IsRoot reports whether the group is the root in every hierarchy: that of a process that was not put into a group. Root groups
// have no limits, and most figures are [ErrUnavailable]. In a private cgroup namespace the namespace's own group looks like the
// root.
func (g Group) IsRoot() bool {
	return len(g.places) > 0 && !slices.ContainsFunc(g.places, func(p place) bool { return p.group != "/" })
}

// String returns the group's path, as the memory hierarchy names it where there is one.
func (g Group) String() string {
	p, err := g.main()
	if err != nil {
		return "no cgroup"
	}
	return p.group
}

// at returns where a controller's files are: in the v1 hierarchy that carries it, else in v2.
func (g Group) at(controller string) (place, error) {
	for _, p := range g.places {
		if slices.Contains(p.mount.Controllers, controller) {
			return p, nil
		}
	}
	for _, p := range g.places {
		if p.mount.Version == V2 {
			return p, nil
		}
	}
	return place{}, fmt.Errorf("cgroup controller %s: %w", controller, ErrUnavailable)
}

// main returns the place that stands for the group as a whole: that of the first controller that we read whose group is not the
// root. A v2 hierarchy beside v1 comes after them: not every engine puts containers there.
func (g Group) main() (place, error) {
	var first place
	for _, controller := range figureControllers {
		p, err := g.at(controller)
		if err == nil && p.group != "/" {
			return p, nil
		}
		if first.dir == "" {
			first = p
		}
	}
	if first.dir == "" {
		return place{}, fmt.Errorf("find processes of cgroup: %w", ErrUnavailable)
	}
	return first, nil
}

// figureControllers are the controllers whose files this package reads.
var figureControllers = []string{"memory", "pids", "cpuacct", "cpu"}

// read returns the content of one of the group's files; buf is overwritten when it is large enough. The error tells a group that
// is gone from a file that the kernel does not offer.
func (p place) read(buf []byte, file string) ([]byte, error) {
	name := p.dir + string(filepath.Separator) + file
	text, err := appendFile(buf[:0], name)
	if err == nil {
		return text, nil
	}
	switch {
	case errors.Is(err, syscall.ENODEV):
		err = ErrGone // The group went away between open and read.
	case errors.Is(err, syscall.EOPNOTSUPP):
		err = ErrUnavailable
	case errors.Is(err, os.ErrNotExist):
		err = ErrUnavailable
		if _, statErr := os.Stat(p.dir); errors.Is(statErr, os.ErrNotExist) {
			err = ErrGone
		}
	}
	return nil, fmt.Errorf("read %s: %w", name, err)
}

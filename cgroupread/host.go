package cgroupread

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Host is a machine's view of its control groups. The zero value is this machine.
type Host struct {
	// Root is the directory that holds proc and sys; "" means "/". A captured tree makes a machine of any kind for a test.
	Root string

	mounts *[]Mount // read before; nil is not
}

// Fixed returns h with what is mounted now, so that it is not read again for each group: a machine full of containers has
// thousands of mounts beside those of its control groups. It is for as long as these stay where they are, as they usually do.
func (h Host) Fixed() (Host, error) {
	mounts, err := Host{Root: h.Root}.Mounts()
	if err != nil {
		return h, err
	}
	h.mounts = &mounts
	return h, nil
}

// Version tells which kinds of hierarchy carry a machine's controllers.
type Version int

const (
	// V1 has one hierarchy per controller, or per joined set of controllers, and no cgroup2 mount.
	V1 Version = iota + 1
	// V2 has the one cgroup2 hierarchy. A v1 hierarchy that carries no controller (systemd's name=systemd) may stand beside it.
	V2
	// Hybrid has v1 controllers and a cgroup2 mount beside them, with or without controllers of its own. What v1 carries is read
	// from v1, everything else from cgroup2.
	Hybrid
)

// String returns "v1", "v2" or "hybrid".
func (v Version) String() string {
	switch v {
	case V1:
		return "v1"
	case V2:
		return "v2"
	case Hybrid:
		return "hybrid"
	}
	return fmt.Sprintf("Version(%d)", int(v))
}

// Version returns which cgroup hierarchies are mounted on the machine. With no hierarchy to read from it fails with
// [ErrUnavailable].
func (h Host) Version() (Version, error) {
	mounts, err := h.Mounts()
	if err != nil {
		return 0, err
	}
	var v1, v2 bool
	for _, m := range mounts {
		v1 = v1 || len(m.Controllers) > 0
		v2 = v2 || m.Version == V2
	}
	switch {
	case v1 && v2:
		return Hybrid, nil
	case v1:
		return V1, nil
	case v2:
		return V2, nil
	}
	return 0, fmt.Errorf("no cgroup hierarchy is mounted: %w", ErrUnavailable)
}

// Mounts returns the mounted cgroup hierarchies that this process sees, in the order of mountinfo. One hierarchy may be mounted
// several times.
func (h Host) Mounts() ([]Mount, error) {
	if h.mounts != nil {
		return slices.Clone(*h.mounts), nil
	}
	text, err := os.ReadFile(h.path("/proc/self/mountinfo"))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %w", err)
	}
	mounts, err := parseMounts(string(text))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %w", err)
	}
	return mounts, nil
}

// path returns where a path of the machine is for this process.
func (h Host) path(name string) string {
	if h.Root == "" {
		return filepath.FromSlash(name)
	}
	return filepath.Join(h.Root, filepath.FromSlash(name))
}

// memberships returns the lines of /proc/<pid>/cgroup; pid is "self" or a number.
func (h Host) memberships(pid string) ([]membership, error) {
	text, err := os.ReadFile(h.path("/proc/" + pid + "/cgroup"))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		err = ErrGone
		if h.hides(pid) {
			err = fmt.Errorf("/proc hides it (hidepid); run as its user, as root or in the group that /proc is mounted with: %w",
				os.ErrPermission)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("find cgroup of process %s: %w", pid, err)
	}
	members, err := parseMemberships(string(text))
	if err != nil {
		return nil, fmt.Errorf("find cgroup of process %s: %w", pid, err)
	}
	return members, nil
}

// hides reports whether a process of this machine lives although /proc does not show it: other users' processes are hidden where
// /proc is mounted with hidepid. A signal to one of them is not permitted, while one that has ended cannot be signalled at all.
func (h Host) hides(pid string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil || filepath.Clean(h.path("/")) != filepath.FromSlash("/") {
		return false
	}
	p, err := os.FindProcess(n)
	if err != nil {
		return false
	}
	defer p.Release()
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrPermission)
}

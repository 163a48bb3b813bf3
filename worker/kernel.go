package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/cgroupread"
)

// An end has two witnesses: what docker says, and the kernel. Docker's word may be wrong: an engine that was started with other
// data knows no container of ours, one that was killed while it started a container takes it for created, a client may ask another
// engine than before. The kernel's word cannot be, where it is the engine's own kernel.

// kernelView is what the kernel says of a container's processes.
type kernelView int

const (
	kernelUnknown kernelView = iota // it cannot be asked: it is another machine's, or no container is known
	kernelEmpty                     // none is left
	kernelLive                      // there are some
)

func (v kernelView) String() string {
	switch v {
	case kernelEmpty:
		return "empty"
	case kernelLive:
		return "live"
	}
	return "unknown"
}

// askKernel returns what the kernel says of the processes of a launch's container; "" is one that is not known. That there is no
// cgroup of it counts only if one was seen before by this very kernel: else the engine may run on another one, or in a desktop's
// virtual machine.
func askKernel(host cgroupread.Host, cp *checkpoint, container string) kernelView {
	if container == "" {
		return kernelUnknown
	}
	group, err := host.ByID(container, cp.CgroupParent)
	if err == nil {
		return askGroup(group)
	}
	if errors.Is(err, cgroupread.ErrGone) && cp.Kernel != "" && cp.Kernel == kernelOf(host) {
		return kernelEmpty
	}
	return kernelUnknown
}

// askGroup returns what the kernel says of the processes of a container whose cgroup was seen.
func askGroup(group cgroupread.Group) kernelView {
	live, err := group.Populated()
	switch {
	case err == nil && live:
		return kernelLive
	case err == nil, errors.Is(err, cgroupread.ErrGone):
		return kernelEmpty
	}
	return kernelUnknown
}

// inDoubt returns the error for a worker that docker takes for ended while processes of it live.
func (h *handle) inDoubt(d decision) error {
	return problem(ErrAlive, h.ID, "", "its end is in doubt: %s; kill it, or set right which engine is asked", d.reason)
}

// seenBy returns the kernel that a container's processes were seen by: this one if its cgroup is found, and "" if not.
func seenBy(host cgroupread.Host, container, parent string) string {
	if _, err := host.ByID(container, parent); err != nil {
		return ""
	}
	return kernelOf(host)
}

// kernelOf returns a name for the running kernel, and for what of its cgroups can be seen from here: a supervisor in a container
// may have a view of its own. "" is that it cannot be told.
func kernelOf(host cgroupread.Host) string {
	if host.Root != "" {
		return "below " + host.Root
	}
	return thisKernel()
}

var thisKernel = sync.OnceValue(func() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	view, err := os.Readlink(filepath.Join("/proc/self/ns", "cgroup"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + view
})

// isRemoved reports whether a launch's container is known to be gone, and nothing of it lives.
func (m *Manager) isRemoved(cp *checkpoint) bool {
	return cp.Removed && askKernel(m.Cgroups, cp, cp.Container) != kernelLive
}

// noteContainer notes a launch's container, in whichever life it is, and this kernel if it can see that. It looks before it takes
// the lock.
func (m *Manager) noteContainer(ctx context.Context, h *handle, container string) error {
	seen := seenBy(m.Cgroups, container, h.CgroupParent)
	note := func() error {
		return m.update(ctx, h, func(cp *checkpoint) {
			cp.Container = container
			if seen != "" {
				cp.Kernel = seen
			}
		})
	}
	err := note()
	if errors.Is(err, errAnotherLife) {
		err = note()
	}
	return err
}

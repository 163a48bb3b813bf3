package cgroupread

import "errors"

var (
	// ErrGone means that the group does not exist, or no longer: the container has ended, or the process has.
	ErrGone = errors.New("cgroup is gone")

	// ErrUnavailable means that the group exists and that the kernel keeps no such figure for it: its controller is not mounted or
	// not enabled there, or it is the root group, which has no limits and, on v2, hardly any figures.
	ErrUnavailable = errors.New("not available in this cgroup")

	// ErrNamespace means that a group lies outside what this process can see: outside its cgroup namespace or outside every mounted
	// part of the hierarchy. A supervisor that itself runs in a container needs the host's view:
	// docker run --cgroupns=host --volume=/sys/fs/cgroup:/sys/fs/cgroup:ro.
	ErrNamespace = errors.New("cgroup lies outside the visible hierarchy (a supervisor in a container needs --cgroupns=host and " +
		"the host's /sys/fs/cgroup)")
)

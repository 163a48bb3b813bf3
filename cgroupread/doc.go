// Package cgroupread finds the control group of a running container and reads the kernel's figures for it.
//
// It asks neither docker nor the engine: figures come while a daemon hangs, and one reading costs tens of microseconds where a
// docker call costs tens of milliseconds. A [Host] finds a [Group] by process id or by container id, under the cgroupfs and the
// systemd driver, with cgroup v1, cgroup v2 and both together; the Group reads [Memory], [CPU], [Pids] and its processes.
//
// Its rules:
//
//   - Mount points are taken from mountinfo and never assumed.
//   - A figure that the kernel does not keep is unknown, never 0: see [Figure].
//   - A group that has vanished is [ErrGone]; a figure that is not offered is [ErrUnavailable]; nothing else is either of them.
//     A search that was cut short is no proof of absence and says so.
//   - A path is made of a process id, of a container id of 64 hexadecimal digits or of the supervisor's own cgroup parent, and
//     of nothing else.
//
// Which controllers a machine has where is settled per controller: what a v1 hierarchy carries is read there, everything else from
// cgroup2.
//
// All values are plain and safe for concurrent use.
package cgroupread

// Package pidwatch notices the death of processes that are not our children, such as the first processes of containers.
//
// A supervisor did not fork its containers' processes, so it cannot wait for them, and asking docker costs a client process each
// time. The kernel can tell: a [Set] holds one pidfd for each process, all in one epoll set. It starts no process and no
// goroutine, costs nothing while nothing dies, and tells of a death within about a millisecond, also while the docker daemon hangs
// or is down. On Linux 6.15 and later it tells how the process ended as well.
//
// Its rules:
//
//   - A process is known by its pidfd and never by its number alone, which the kernel gives to another process some day: see
//     [Set.Add].
//   - An Add that returned nil is followed by exactly one [Death], unless its key is removed or replaced before; an Add that
//     failed, by none.
//   - A death is not lost while nobody calls [Set.Next]: it is there at the next call.
//   - A process is dead when the last of its threads has ended. It is never reported sooner, not when its first thread ends
//     before the others, and not when it executes another program.
//   - What the kernel did not tell is unknown, never 0: see [Death.Known].
//
// It takes a Linux kernel of 5.3 or later, and pids as this process sees them: a supervisor that runs in a container needs docker
// run --pid=host. Elsewhere [New] fails with [errors.ErrUnsupported].
package pidwatch

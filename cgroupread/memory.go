package cgroupread

import "math"

// Memory is what the kernel charges to a group and to the groups below it, in bytes. The figures are read one after the other, not
// at one instant.
type Memory struct {
	// Current is all that is charged: the processes' own memory, page cache, tmpfs and kernel memory. (memory.current; v1:
	// memory.usage_in_bytes)
	Current int64
	// WorkingSet is Current - inactive_file, and never below 0: what remains when the kernel has dropped the file pages that no
	// one has used lately. On v1 inactive_file is total_inactive_file. It is the figure to hold against a limit: Current grows
	// with every file that is read (a process of 49 kB that had read a file of 200 MB had a Current of 216 MB), up to the limit,
	// and harms no one. It is the formula of docker stats and of the kubelet.
	WorkingSet int64
	// Anon is the processes' own memory, without shared memory. (anon; v1: total_rss)
	Anon int64
	// File is page cache, tmpfs and shared memory included. (file; v1: total_cache)
	File int64
	// Shmem is the part of File that is tmpfs and shared memory, which cannot be dropped. Old v1 kernels do not keep it. (shmem;
	// v1: total_shmem)
	Shmem Figure
	// Peak is the greatest Current so far. v2 keeps it since Linux 5.19. (memory.peak; v1: memory.max_usage_in_bytes)
	Peak Figure
	// Limit is the group's own hard limit, docker's --memory. Groups above may have lower ones: see [Host.FreeMemory].
	// (memory.max; v1: memory.limit_in_bytes)
	Limit Figure
	// Swap is swap in use; unknown without swap accounting. (memory.swap.current; v1: total_swap)
	Swap Figure
	// SwapLimit is the limit of swap alone: docker's --memory-swap minus --memory. Unknown without swap accounting.
	// (memory.swap.max; v1: memory.memsw.limit_in_bytes - memory.limit_in_bytes)
	SwapLimit Figure
	// OOMKills counts the processes that the kernel has killed here for lack of memory: see [Group.OOMKills], which reads it alone.
	// v1 keeps it since Linux 4.13. (memory.events oom_kill; v1: memory.oom_control oom_kill)
	OOMKills Figure
}

// Memory reads the group's memory figures. In the root group of v2, and where the memory controller is not enabled, it fails with
// [ErrUnavailable].
func (g Group) Memory() (Memory, error) {
	p, err := g.at("memory")
	if err != nil {
		return Memory{}, err
	}
	r := reader{place: p, buf: make([]byte, 0, bufferSize)}
	read := r.memoryV2
	if p.mount.Version == V1 {
		read = r.memoryV1
	}
	m := read()
	if r.err != nil {
		return Memory{}, r.err
	}
	return m, nil
}

func (r *reader) memoryV2() (m Memory) {
	var anon, file, inactive Figure
	m.Current = r.number("memory.current")
	r.lines("memory.stat",
		line{key: "anon", into: &anon},
		line{key: "file", into: &file},
		line{key: "inactive_file", into: &inactive},
		line{key: "shmem", into: &m.Shmem, may: true})
	m.Anon, m.File, m.WorkingSet = anon.n, file.n, workingSet(m.Current, inactive.n)
	m.Limit = r.optionalFigure("memory.max")
	m.Peak = r.optionalFigure("memory.peak")
	m.Swap = r.optionalFigure("memory.swap.current")
	m.SwapLimit = r.optionalFigure("memory.swap.max")
	r.optional(func() { m.OOMKills = r.oomKills() })
	return m
}

func (r *reader) memoryV1() (m Memory) {
	var anon, file, inactive Figure
	m.Current = r.number("memory.usage_in_bytes")
	r.lines("memory.stat",
		line{key: "total_rss", into: &anon},
		line{key: "total_cache", into: &file},
		line{key: "total_inactive_file", into: &inactive},
		line{key: "total_shmem", into: &m.Shmem, may: true},
		line{key: "total_swap", into: &m.Swap, may: true})
	m.Anon, m.File, m.WorkingSet = anon.n, file.n, workingSet(m.Current, inactive.n)
	m.Limit = v1Limit(r.optionalFigure("memory.limit_in_bytes"))
	m.Peak = r.optionalFigure("memory.max_usage_in_bytes")
	m.SwapLimit = v1SwapLimit(v1Limit(r.optionalFigure("memory.memsw.limit_in_bytes")), m.Limit)
	r.optional(func() { m.OOMKills = r.oomKills() })
	return m
}

// workingSet computes the formula that Memory.WorkingSet documents. The two figures are read at different instants, so the
// difference may be negative.
func workingSet(current, inactiveFile int64) int64 { return max(0, current-inactiveFile) }

// v1Limit reads a v1 limit: "not set" is shown as the greatest number of whole pages that an int64 counts, or more on kernels
// before 3.19.
func v1Limit(f Figure) Figure {
	const largestPage = 1 << 20
	if f.n >= math.MaxInt64-largestPage {
		return Unlimited()
	}
	return f
}

// v1SwapLimit takes the limit of memory out of the limit of memory and swap together.
func v1SwapLimit(both, memory Figure) Figure {
	b, ok := both.Get()
	if !ok {
		return both
	}
	return Known(max(0, b-memory.Or(b)))
}

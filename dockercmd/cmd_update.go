package dockercmd

import (
	"slices"

	"github.com/dockercmd/toolkit/internal/table"
)

// Update is docker update: change the limits and the restart policy of containers, running or not. What is not given stays.
type Update struct {
	// BlkioWeight is 10 to 1000.
	BlkioWeight uint64
	// CPUPeriod is the length of the scheduler's period in microseconds. Prefer CPUs.
	CPUPeriod int64
	// CPUQuota is the time per period in microseconds.
	CPUQuota int64
	// CPURtPeriod is the real-time period in microseconds.
	CPURtPeriod int64
	// CPURtRuntime is the real-time share in microseconds.
	CPURtRuntime int64
	// CPUShares is the weight against other containers; 1024 is usual, 2 the least.
	CPUShares int64
	// CPUs is the most CPU time it may use.
	CPUs CPUs
	// CpusetCpus are the CPUs it may use: 0-3 or 0,1.
	CpusetCpus string
	// CpusetMems are the NUMA nodes whose memory it may use.
	CpusetMems string
	// KernelMemory limits kernel memory; engines since 20.10 warn, kernels since 5.4 ignore it.
	KernelMemory Bytes
	// Memory is the memory limit, at least 6m. An engine refuses one above the container's memory and swap together: give
	// MemorySwap too.
	Memory Bytes
	// MemoryReservation is the soft limit, below Memory.
	MemoryReservation Bytes
	// MemorySwap is the limit of memory and swap together; -1 is unlimited.
	MemorySwap Bytes
	// PidsLimit is the most processes and threads; -1 is unlimited.
	PidsLimit int64
	// Restart is what the engine does when the container ends. A container that was made with --rm takes none.
	Restart RestartPolicy

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var updateSpec = table.Spec{
	Names:    []string{"update", "container update"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Update).Table() },
}

func (u *Update) flags() []Flag {
	return []Flag{
		{Name: "blkio-weight", Value: one(&u.BlkioWeight, unsigned), Usage: "block IO weight, 10 to 1000"},
		{Name: "cpu-period", Value: one(&u.CPUPeriod, integer), Usage: "scheduler period in microseconds"},
		{Name: "cpu-quota", Value: one(&u.CPUQuota, integer), Usage: "time per period in microseconds"},
		{Name: "cpu-rt-period", Value: one(&u.CPURtPeriod, integer), Lacks: []Dialect{Nerdctl},
			Usage: "real-time period in microseconds"},
		{Name: "cpu-rt-runtime", Value: one(&u.CPURtRuntime, integer), Lacks: []Dialect{Nerdctl},
			Usage: "real-time share in microseconds"},
		{Name: "cpu-shares", Short: 'c', Value: one(&u.CPUShares, integer), Storm: "--cpu-shares=", Usage: "CPU weight"},
		{Name: "cpus", Value: one(&u.CPUs, cpus), Storm: "--cpus=", Usage: "number of CPUs"},
		{Name: "cpuset-cpus", Value: one(&u.CpusetCpus, word), Storm: "--cpuset-cpus=", Usage: "CPUs it may use"},
		{Name: "cpuset-mems", Value: one(&u.CpusetMems, word), Storm: "--cpuset-mems=", Usage: "NUMA nodes whose memory it may use"},
		{Name: "kernel-memory", Value: one(&u.KernelMemory, size), Until: "29.0", Lacks: []Dialect{Podman},
			Usage: "kernel memory limit (obsolete)"},
		{Name: "memory", Short: 'm', Value: one(&u.Memory, size), Usage: "memory limit"},
		{Name: "memory-reservation", Value: one(&u.MemoryReservation, size), Usage: "soft memory limit"},
		{Name: "memory-swap", Value: one(&u.MemorySwap, swapSize), Usage: "limit of memory and swap together"},
		{Name: "pids-limit", Value: one(&u.PidsLimit, integer), Lacks: []Dialect{Podman}, Podman: "5.4", API: "1.40",
			Usage: "most processes and threads"},
		{Name: "restart", Value: one(&u.Restart, restart), Lacks: []Dialect{Podman}, Podman: "5.4", Usage: "restart policy"},
	}
}

func (u *Update) appendOperands(dst []string) []string { return append(dst, u.Containers...) }
func (u *Update) setOperands(words []string) error {
	u.Containers = tail(words, 0)
	return needContainers(words)
}
func (u *Update) check(p *problems) {
	p.names(u.Containers)
	changes := slices.ContainsFunc(Flags(u), func(f Flag) bool { return f.Value.IsSet() })
	if !changes && len(u.Extra) == 0 {
		p.Client("OPTIONS", "none given, and docker wants one; give what to change")
	}
	// Run's limits keep the same rules.
	limits := &Run{
		BlkioWeight: u.BlkioWeight, CPUPeriod: u.CPUPeriod, CPUQuota: u.CPUQuota, CPUShares: u.CPUShares, CPUs: u.CPUs,
		CpusetCpus: u.CpusetCpus, CpusetMems: u.CpusetMems, Memory: u.Memory, MemoryReservation: u.MemoryReservation,
		MemorySwap: u.MemorySwap, PidsLimit: u.PidsLimit,
	}
	limits.checkResources(p)
}

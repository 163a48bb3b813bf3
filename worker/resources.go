package worker

import (
	"cmp"
	"fmt"
	"math"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Resources are what a worker may use, and what is set aside for it.
type Resources struct {
	// CPUPercent is CPU time in percent of one CPU: 150 is one and a half. 0 is no limit, and nothing set aside.
	CPUPercent float64 `yaml:"cpu-percent" json:"cpuPercent,omitempty"`
	// Memory is the memory limit, at least 6m. 0 is no limit, and nothing set aside.
	Memory dockercmd.Bytes `yaml:"memory" json:"memory,omitempty"`
	// MemorySwap is the limit of memory and swap together; 0 is the engine's default, -1 no limit.
	MemorySwap dockercmd.Bytes `yaml:"memory-swap" json:"memorySwap,omitempty"`
	// NUMA is the zone whose CPUs and memory the worker uses, by the machine's name for it: "0". "" is all zones.
	NUMA string `yaml:"numa" json:"numa,omitempty"`
	// Pids is the most processes and threads; 0 is no limit.
	Pids int64 `yaml:"pids-limit" json:"pidsLimit,omitempty"`
}

// isZero reports whether nothing is asked for.
func (r Resources) isZero() bool { return r == Resources{} }

// cpus returns CPUPercent as docker counts it.
func (r Resources) cpus() (dockercmd.CPUs, error) { return dockercmd.CPUPercent(r.CPUPercent) }

// or returns r with what it leaves zero taken from reserved.
func (r Resources) or(reserved Resources) Resources {
	return Resources{
		CPUPercent: cmp.Or(r.CPUPercent, reserved.CPUPercent),
		Memory:     cmp.Or(r.Memory, reserved.Memory),
		MemorySwap: cmp.Or(r.MemorySwap, reserved.MemorySwap),
		NUMA:       cmp.Or(r.NUMA, reserved.NUMA),
		Pids:       cmp.Or(r.Pids, reserved.Pids),
	}
}

// maxCPUPercent is more than the kernel can count: 8192 CPUs.
const maxCPUPercent = 100 * 10_000

// check finds what docker would refuse on every machine.
func (r Resources) check() *Error {
	bad := func(field, format string, args ...any) *Error {
		return &Error{Kind: ErrSpec, Field: field, Err: fmt.Errorf(format, args...)}
	}
	switch cpus, err := r.cpus(); {
	case math.IsNaN(r.CPUPercent), r.CPUPercent > maxCPUPercent:
		return bad("cpu-percent", "%v is no share of any machine; give percent of one CPU, such as 150", r.CPUPercent)
	case r.CPUPercent < 0:
		return bad("cpu-percent", "%v is negative; give percent of one CPU, such as 150", r.CPUPercent)
	case err != nil:
		return bad("cpu-percent", "%v is too precise; docker counts CPUs in billionths, which leaves seven decimals", r.CPUPercent)
	case r.CPUPercent > 0 && cpus < 10*dockercmd.MilliCPU:
		return bad("cpu-percent", "%v is under docker's minimum of 1", r.CPUPercent)
	}
	switch {
	case r.Memory < 0:
		return bad("memory", "%d is negative; give a size such as 512m", r.Memory)
	case r.Memory > 0 && r.Memory < dockercmd.MinMemory:
		return bad("memory", "%s is under docker's minimum of %s", r.Memory, dockercmd.MinMemory)
	case r.MemorySwap < -1:
		return bad("memory-swap", "%d is negative; -1 is no limit", r.MemorySwap)
	case r.MemorySwap > 0 && r.Memory == 0:
		return bad("memory-swap", "goes with memory only; give that too")
	case r.MemorySwap > 0 && r.MemorySwap < r.Memory:
		return bad("memory-swap", "%s is under memory, %s, and it counts both together", r.MemorySwap, r.Memory)
	case r.Pids < -1:
		return bad("pids-limit", "%d is negative; -1 is no limit", r.Pids)
	}
	return nil
}

// fits returns an error unless the machine has what is asked for beside what is set aside already.
func (r Resources) fits(id string, m Machine, set *ledger) error {
	lacks := func(field, format string, args ...any) error { return problem(ErrReserve, id, field, format, args...) }
	zone, known := m.Zones[r.NUMA]
	if r.NUMA != "" && !known {
		return lacks("numa", "the machine has no zone %q; it has %s", r.NUMA, m.zoneNames())
	}
	taken, takenInZone := set.others(id, r.NUMA)
	want := amountOf(r)
	// Memory is compared without adding to it: the sum of a wrong number could be beyond what can be counted.
	if have := dockercmd.CPUs(m.CPUs) * dockercmd.CPU; want.cpus > 0 && want.cpus > have-taken.cpus {
		return lacks("cpu-percent", "%v with %v set aside for others is above the machine's %v (%d CPUs)", r.CPUPercent,
			taken.percent(), 100*m.CPUs, m.CPUs)
	}
	if r.Memory > 0 && r.Memory > m.Memory-taken.memory {
		return lacks("memory", "%s with %s set aside for others is above the machine's %s", r.Memory, taken.memory, m.Memory)
	}
	if r.NUMA == "" {
		return nil
	}
	if have := dockercmd.CPUs(zone.cpuCount()) * dockercmd.CPU; want.cpus > 0 && want.cpus > have-takenInZone.cpus {
		return lacks("cpu-percent", "%v with %v set aside for others is above the %v of zone %s", r.CPUPercent,
			takenInZone.percent(), 100*zone.cpuCount(), r.NUMA)
	}
	if r.Memory > 0 && zone.Memory > 0 && r.Memory > zone.Memory-takenInZone.memory {
		return lacks("memory", "%s with %s set aside for others is above the %s of zone %s", r.Memory, takenInZone.memory,
			zone.Memory, r.NUMA)
	}
	return nil
}

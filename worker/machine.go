package worker

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd"
)

// Machine describes what workers share: CPUs, memory and NUMA zones of the host.
type Machine struct {
	CPUs   int
	Memory dockercmd.Bytes
	// Zones are the NUMA zones by name; a machine without NUMA has one, "0". A CPU that two zones name is in the first of them alone:
	// it can be set aside only once.
	Zones map[string]Zone
}

// Zone is a set of CPUs and the memory near them.
type Zone struct {
	// CPUs is a list such as 0-3,8-11: docker's --cpuset-cpus.
	CPUs string
	// Mems is the list of memory nodes: docker's --cpuset-mems.
	Mems string
	// Memory is the zone's memory; 0 is unknown.
	Memory dockercmd.Bytes
}

// ReadMachine describes the machine whose proc and sys lie below root; "" is this one.
func ReadMachine(root string) (Machine, error) {
	total, err := cgroupread.Host{Root: root}.TotalMemory()
	if err != nil {
		return Machine{}, fmt.Errorf("read the machine's memory: %w", err)
	}
	sys := filepath.Join("/", root, "sys/devices/system")
	online, err := os.ReadFile(filepath.Join(sys, "cpu/online"))
	if err != nil {
		return Machine{}, fmt.Errorf("read the machine's CPUs: %w", err)
	}
	cpus := strings.TrimSpace(string(online))
	m := Machine{CPUs: countList(cpus), Memory: dockercmd.Bytes(total), Zones: map[string]Zone{}}
	if m.CPUs == 0 {
		return Machine{}, fmt.Errorf("read the machine's CPUs: %q is no list of CPUs", cpus)
	}
	nodes, _ := filepath.Glob(filepath.Join(sys, "node/node[0-9]*"))
	slices.SortFunc(nodes, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }) // node2 before node10
	taken := map[int]bool{}
	for _, dir := range nodes {
		name := strings.TrimPrefix(filepath.Base(dir), "node")
		zone, err := readZone(dir, name)
		if err != nil {
			return Machine{}, fmt.Errorf("read NUMA zone %s: %w", name, err)
		}
		zone.CPUs = without(zone.CPUs, taken)
		m.Zones[name] = zone
	}
	if len(m.Zones) == 0 {
		m.Zones["0"] = Zone{CPUs: cpus, Mems: "0", Memory: m.Memory}
	}
	return m, nil
}

// readZone reads the CPUs and the memory of a NUMA zone.
func readZone(dir, name string) (Zone, error) {
	list, err := os.ReadFile(filepath.Join(dir, "cpulist"))
	if err != nil {
		return Zone{}, err
	}
	z := Zone{CPUs: strings.TrimSpace(string(list)), Mems: name}
	info, err := os.ReadFile(filepath.Join(dir, "meminfo"))
	if errors.Is(err, fs.ErrNotExist) {
		return z, nil
	}
	// Node 0 MemTotal:       24737108 kB
	for scanner := bufio.NewScanner(bytes.NewReader(info)); scanner.Scan(); {
		f := strings.Fields(scanner.Text())
		if len(f) == 5 && f[2] == "MemTotal:" {
			kb, err := strconv.ParseInt(f[3], 10, 64)
			if err != nil {
				return Zone{}, err
			}
			z.Memory = dockercmd.Bytes(kb) * dockercmd.KiB
		}
	}
	return z, err
}

func (z Zone) cpuCount() int { return countList(z.CPUs) }

func (m Machine) zoneNames() string {
	if len(m.Zones) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(m.Zones)), ", ")
}

// countList counts the numbers of a kernel list such as 0-3,8, each once; 0 when it is none.
func countList(list string) int { return len(parseList(list)) }

// maxCPU is more than any kernel numbers.
const maxCPU = 1 << 16

// parseList returns the numbers of a kernel list such as 0-3,8, in order and each once; nil when it is none.
func parseList(list string) []int {
	var all []int
	for part := range strings.SplitSeq(list, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		a, err1 := strconv.Atoi(low)
		b, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || b < a || a < 0 || b > maxCPU || len(all) > maxCPU {
			return nil
		}
		for n := a; n <= b; n++ {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// without returns a list without the numbers that are taken, and takes the rest. A list without any of them, and a text that is no
// list, stay as they are.
func without(list string, taken map[int]bool) string {
	all := parseList(list)
	free := slices.DeleteFunc(slices.Clone(all), func(n int) bool { return taken[n] })
	for _, n := range free {
		taken[n] = true
	}
	if len(free) == len(all) {
		return list
	}
	return formatList(free)
}

// formatList is the way back of parseList.
func formatList(all []int) string {
	var parts []string
	for i := 0; i < len(all); {
		j := i
		for j+1 < len(all) && all[j+1] == all[j]+1 {
			j++
		}
		part := strconv.Itoa(all[i])
		if j > i {
			part += "-" + strconv.Itoa(all[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

package output

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// statsSample is what the engine's API answers to GET /containers/ID/stats. One of a container that does not run has zeros.
type statsSample struct {
	ID       string `json:"id"`
	CPUStats struct {
		Usage struct {
			Total  uint64   `json:"total_usage"`  // nanoseconds
			PerCPU []uint64 `json:"percpu_usage"` // cgroup v1
		} `json:"cpu_usage"`
		System uint64 `json:"system_cpu_usage"` // nanoseconds of all CPUs
		Online uint32 `json:"online_cpus"`
	} `json:"cpu_stats"`
	Memory struct {
		Usage uint64            `json:"usage"`
		Limit uint64            `json:"limit"`
		Stats map[string]uint64 `json:"stats"`
	} `json:"memory_stats"`
	Networks map[string]struct {
		Received uint64 `json:"rx_bytes"`
		Sent     uint64 `json:"tx_bytes"`
	} `json:"networks"`
	Block struct {
		Bytes []struct {
			Op    string `json:"op"` // Read on cgroup v1, read on v2
			Value uint64 `json:"value"`
		} `json:"io_service_bytes_recursive"`
	} `json:"blkio_stats"`
	PIDs struct {
		Current uint64 `json:"current"`
	} `json:"pids_stats"`
}

// ParseStatsSamples reads two answers of the engine's API to GET /containers/ID/stats?stream=false&one-shot=true, of a moment and
// of a later one; they are of the container with that id and name, which 28.5 leaves out of them. CPU is what was used in between;
// all else is of the later moment, and exact, where docker stats rounds.
func ParseStatsSamples(id, name string, earlier, later []byte) (StatsRow, error) {
	var samples [2]statsSample
	for i, text := range [][]byte{earlier, later} {
		if err := json.Unmarshal(text, &samples[i]); err != nil {
			return StatsRow{}, fmt.Errorf("a sample of stats: %w", err)
		}
		switch has := samples[i].ID; {
		case has == "" && samples[i].CPUStats.System == 0: // one of a container that does not run has its id
			return StatsRow{}, errors.New("a sample of stats: it names no container, and holds no figures")
		case has != "" && has != id:
			return StatsRow{}, fmt.Errorf("a sample of stats: of container %.12q, not of %.12q", has, id)
		}
	}
	was, is := &samples[0], &samples[1]
	s := StatsRow{
		ID: id, Name: name, CPUPercent: is.cpuSince(was), Memory: is.memory(),
		MemoryLimit: amount(is.Memory.Limit), PIDs: int64(amount(is.PIDs.Current)), Raw: later,
	}
	if s.MemoryLimit > 0 {
		s.MemoryPercent = float64(s.Memory) / float64(s.MemoryLimit) * 100
	}
	for _, n := range is.Networks {
		s.NetReceived = amount(uint64(s.NetReceived), n.Received)
		s.NetSent = amount(uint64(s.NetSent), n.Sent)
	}
	for _, b := range is.Block.Bytes {
		switch strings.ToLower(b.Op) {
		case "read":
			s.BlockRead = amount(uint64(s.BlockRead), b.Value)
		case "write":
			s.BlockWritten = amount(uint64(s.BlockWritten), b.Value)
		}
	}
	return s, nil
}

// cpuSince returns the share of one CPU, in percent, that was used since an earlier sample.
func (s *statsSample) cpuSince(was *statsSample) float64 {
	used := float64(s.CPUStats.Usage.Total) - float64(was.CPUStats.Usage.Total)
	all := float64(s.CPUStats.System) - float64(was.CPUStats.System)
	if used <= 0 || all <= 0 {
		return 0
	}
	return used / all * float64(cmp.Or(int(s.CPUStats.Online), len(s.CPUStats.Usage.PerCPU))) * 100
}

// memory returns what is in use without files that the kernel can drop.
func (s *statsSample) memory() dockercmd.Bytes {
	for _, name := range []string{"total_inactive_file", "inactive_file"} { // cgroup v1, v2
		if cached, has := s.Memory.Stats[name]; has && cached < s.Memory.Usage {
			return amount(s.Memory.Usage - cached)
		}
	}
	return amount(s.Memory.Usage)
}

// amount returns a sum, or the largest amount that there is.
func amount(parts ...uint64) (sum dockercmd.Bytes) {
	for _, n := range parts {
		if n > uint64(math.MaxInt64-sum) {
			return math.MaxInt64
		}
		sum += dockercmd.Bytes(n)
	}
	return sum
}

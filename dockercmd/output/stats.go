package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// StatsRow is what one container uses, as stats tells it: rounded to three or four digits, for people, and exact where the engine's
// API was asked. A figure that docker does not know, for which it prints --, is -1. A container that does not run has zeros.
type StatsRow struct {
	ID   string // 64 digits with --no-trunc, else 12; "" when nothing is known
	Name string
	// CPUPercent counts one CPU as 100.
	CPUPercent float64
	// Memory and MemoryLimit are in powers of 1024 from docker, of 1000 from podman; without a limit of its own, the limit is
	// the machine's memory, or the largest size where the kernel's own figure for no limit comes through.
	Memory        dockercmd.Bytes
	MemoryLimit   dockercmd.Bytes
	MemoryPercent float64
	// The others are in powers of 1000, and count from the container's start.
	NetReceived  dockercmd.Bytes
	NetSent      dockercmd.Bytes
	BlockRead    dockercmd.Bytes
	BlockWritten dockercmd.Bytes
	PIDs         int64 // processes and threads

	Raw json.RawMessage // the whole object
}

// ParseStats reads the output of stats --no-stream --format=JSONFormat, and podman's array.
func ParseStats(out []byte) ([]StatsRow, error) { return rows("stats", out, readStats) }

func readStats(line json.RawMessage) (StatsRow, error) {
	var raw struct {
		ID, Name, Container, CPUPerc, MemPerc, MemUsage, NetIO, BlockIO, PIDs string
		// Podman's names; its id, name and pids are docker's but for the case.
		CPU   string `json:"cpu_percent"`
		Mem   string `json:"mem_percent"`
		Usage string `json:"mem_usage"`
		Net   string `json:"net_io"`
		Block string `json:"block_io"`
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		return StatsRow{}, err
	}
	s := StatsRow{ID: raw.ID, Name: raw.Name, Raw: line}
	if s.Name == "" || s.Name == "--" {
		s.Name = raw.Container // as the line named it
	}
	if s.ID == "" && s.Name == "" {
		return StatsRow{}, errors.New("it names no container")
	}
	var err error
	for _, f := range []struct {
		name, text string
		at         *float64
	}{
		{"CPU", raw.CPUPerc + raw.CPU, &s.CPUPercent},
		{"memory share", raw.MemPerc + raw.Mem, &s.MemoryPercent},
	} {
		if *f.at, err = parsePercent(f.text); err != nil {
			return StatsRow{}, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, f := range []struct {
		name, text    string
		first, second *dockercmd.Bytes
	}{
		{"memory", raw.MemUsage + raw.Usage, &s.Memory, &s.MemoryLimit},
		{"network", raw.NetIO + raw.Net, &s.NetReceived, &s.NetSent},
		{"block devices", raw.BlockIO + raw.Block, &s.BlockRead, &s.BlockWritten},
	} {
		first, second, _ := strings.Cut(f.text, "/")
		if *f.first, err = parseAmount(first); err == nil {
			*f.second, err = parseAmount(second)
		}
		if err != nil {
			return StatsRow{}, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	s.PIDs = -1
	if raw.PIDs != "" && raw.PIDs != "--" {
		s.PIDs, err = strconv.ParseInt(raw.PIDs, 10, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return StatsRow{}, fmt.Errorf("%.40q is not a number of processes", raw.PIDs)
		}
	}
	return s, nil
}

// parsePercent reads "0.18%"; "--" and nothing are -1.
func parsePercent(s string) (float64, error) {
	if s == "" || strings.HasPrefix(s, "--") {
		return -1, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || n != n || n > 1e12 || n < -1e12 {
		return 0, fmt.Errorf("%.40q is not a share such as 0.18%%", s)
	}
	return n, nil
}

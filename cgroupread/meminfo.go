package cgroupread

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// meminfo is what is taken from /proc/meminfo, in bytes.
type meminfo struct {
	total, available int64
}

// parseMeminfo reads lines of the form "MemTotal:       24731700 kB". Kernels before 3.14 do not tell what is available: it is then
// MemFree + Buffers + Cached + SReclaimable - Shmem.
func parseMeminfo(text []byte) (meminfo, error) {
	var total, available, free, buffers, cached, reclaimable, shmem Figure
	fields := map[string]*Figure{
		"MemTotal": &total, "MemAvailable": &available,
		"MemFree": &free, "Buffers": &buffers, "Cached": &cached, "SReclaimable": &reclaimable, "Shmem": &shmem,
	}
	for line := range bytes.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(string(line)), ":")
		into := fields[key]
		if !ok || into == nil {
			continue
		}
		digits, isKB := strings.CutSuffix(strings.TrimSpace(value), " kB")
		n, ok := parseNumber([]byte(digits))
		if !ok || !isKB || n > math.MaxInt64/1024/8 {
			return meminfo{}, fmt.Errorf("line %.80q: want a number of kB", line)
		}
		*into = Known(n * 1024)
	}
	if available.IsUnknown() && !free.IsUnknown() {
		available = Known(max(0, free.n+buffers.n+cached.n+reclaimable.n-shmem.n))
	}
	if total.IsUnknown() || available.IsUnknown() {
		return meminfo{}, fmt.Errorf("no line MemTotal, or neither MemAvailable nor MemFree")
	}
	return meminfo{total: total.n, available: available.n}, nil
}

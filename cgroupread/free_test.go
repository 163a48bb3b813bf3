package cgroupread

import (
	"strings"
	"testing"
)

func TestFreeMemory(t *testing.T) {
	t.Parallel()
	const kB = 1024
	const available = 5243880 * kB // of the hand-written trees
	for _, test := range []struct {
		name   string
		tree   string
		parent string
		want   int64
	}{
		// 1 GiB - (12115968 - 9211904), as captured: now, and not by the peak, and without the cache.
		{"limit on the parent", hybrid, "/storm", 1<<30 - (10706944 - 9211904)},
		{"no limit", hybrid, "/docker", 24182932 * kB},
		{"engine's own parent", hybrid, "", 24182932 * kB},
		{"parent not made yet", hybrid, "/nobody/yet", 24182932 * kB},
		{"parent not made yet, below one with a limit", hybrid, "/storm/new", 1<<30 - (10706944 - 9211904)},
		{"limit above the parent, v1", v1Systemd, "storm-workers.slice", 314572800 - (104857600 - 20971520)},
		{"old kernel's available", v1Systemd, "", (201640 + 11264 + 1805312 + 120832 - 99328) * kB},
		{"limit above the parent, v2", v2Systemd, "storm-workers.slice", 524288000 - (220000000 - 50000000)},
		{"the same slice by its path", v2Systemd, "/storm.slice/storm-workers.slice", 524288000 - (220000000 - 50000000)},
		{"root slice", v2Systemd, "-.slice", available},
		{"slice not made yet", v2Systemd, "other-one.slice", available},
		{"slice not made yet, in one with a limit", v2Systemd, "storm-other.slice", 524288000 - (220000000 - 50000000)},
		{"limit of the own namespace", v2Private, "", 67108864 - (30000000 - 12000000)},
		{"inside a v1 container", v1Inside, "", 268435456 - (50000000 - 2000000)},
		{"no cgroups", bare, "", available},
		{"memory on cgroup2 beside v1", split, "/docker", available},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := tree(t, test.tree).FreeMemory(test.parent)
			if err != nil || got != test.want {
				t.Errorf("got %d, %v, want %d", got, err, test.want)
			}
		})
	}
}

func TestFreeMemoryIsNeverNegative(t *testing.T) {
	t.Parallel()
	h := plant(t, map[string]string{
		"/proc/self/mountinfo":                oneMount,
		"/proc/meminfo":                       "MemTotal: 8 kB\nMemAvailable: 4 kB\n",
		"/sys/fs/cgroup/storm/memory.current": "9000\n",
		"/sys/fs/cgroup/storm/memory.max":     "8000\n",
		"/sys/fs/cgroup/storm/memory.stat":    "anon 1\nfile 1\ninactive_file 0\n",
	})
	if got, err := h.FreeMemory("/storm"); err != nil || got != 0 {
		t.Errorf("got %d, %v, want 0", got, err)
	}
	if got, err := h.TotalMemory(); err != nil || got != 8192 {
		t.Errorf("total: got %d, %v, want 8192", got, err)
	}
}

func TestFreeMemoryRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, parent, want string }{
		{"relative", "rel", "absolute path"},
		{"relative with a slash", "a/b.slice", "absolute path"},
		{"climbing", "/../x", `".."`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, err := tree(t, hybrid).FreeMemory(test.parent); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %d, %v, want an error that says %q", got, err, test.want)
			}
		})
	}
	for name, content := range map[string]string{
		"empty": "", "no total": "MemAvailable: 1 kB\n", "no available": "MemTotal: 1 kB\n",
		"no unit": "MemTotal: 1\n", "words": "MemTotal: x kB\n", "beyond 64 bits": "MemTotal: 9223372036854775807 kB\n",
	} {
		t.Run("meminfo "+name, func(t *testing.T) {
			t.Parallel()
			h := plant(t, map[string]string{"/proc/self/mountinfo": oneMount, "/proc/meminfo": content})
			if _, err := h.FreeMemory(""); err == nil || !strings.Contains(err.Error(), "meminfo") {
				t.Errorf("got %v, want an error that names meminfo", err)
			}
			if _, err := h.TotalMemory(); err == nil {
				t.Error("total: got no error")
			}
		})
	}
}

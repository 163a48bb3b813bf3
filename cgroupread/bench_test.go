package cgroupread

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkMemory reads one group of a captured tree, and the same files the plain way beside it: naive/ours is how many times
// longer that takes.
func BenchmarkMemory(b *testing.B) {
	for _, test := range []struct{ tree, id string }{{hybrid, idBusy}, {v2Systemd, idA}} {
		b.Run(test.tree[:2], func(b *testing.B) {
			g := find(b, tree(b, test.tree), test.id)
			dir, err := g.Dir("memory")
			if err != nil {
				b.Fatal(err)
			}
			files := []string{"memory.current", "memory.stat", "memory.max", "memory.peak", "memory.swap.current", "memory.swap.max",
				"memory.events"}
			if test.tree == hybrid {
				files = []string{"memory.usage_in_bytes", "memory.stat", "memory.limit_in_bytes", "memory.max_usage_in_bytes",
					"memory.memsw.limit_in_bytes", "memory.oom_control"}
			}
			var ours, naive time.Duration
			b.ReportAllocs()
			for b.Loop() {
				t0 := time.Now()
				if _, err := g.Memory(); err != nil {
					b.Fatal(err)
				}
				t1 := time.Now()
				b.StopTimer()
				naiveMemory(b, dir, files)
				naive += time.Since(t1)
				ours += t1.Sub(t0)
				b.StartTimer()
			}
			b.ReportMetric(float64(naive)/float64(ours), "naive/ours")
		})
	}
}

// BenchmarkOOMKills reads the count alone; all/alone is how many times longer Memory takes.
func BenchmarkOOMKills(b *testing.B) {
	for _, test := range []struct{ tree, id string }{{hybrid, idBusy}, {v2Systemd, idA}} {
		b.Run(test.tree[:2], func(b *testing.B) {
			g := find(b, tree(b, test.tree), test.id)
			var alone, all time.Duration
			b.ReportAllocs()
			for b.Loop() {
				t0 := time.Now()
				if _, err := g.OOMKills(); err != nil {
					b.Fatal(err)
				}
				t1 := time.Now()
				b.StopTimer()
				if _, err := g.Memory(); err != nil {
					b.Fatal(err)
				}
				all += time.Since(t1)
				alone += t1.Sub(t0)
				b.StartTimer()
			}
			b.ReportMetric(float64(all)/float64(alone), "all/alone")
		})
	}
}

// naiveMemory reads every number of the files into a map.
func naiveMemory(b *testing.B, dir string, files []string) {
	figures := map[string]int64{}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			b.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			fields := strings.Fields(file + " " + line)
			n, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
			if err == nil {
				figures[strings.Join(fields[:len(fields)-1], " ")] = n
			}
		}
	}
	if len(figures) < len(files) {
		b.Fatalf("%d figures in %d files", len(figures), len(files))
	}
}

// BenchmarkFind finds a container where its parent says, where it must be searched, and one that is not there.
func BenchmarkFind(b *testing.B) {
	h := tree(b, hybrid)
	for _, test := range []struct{ name, id, parent string }{
		{"known layout", idStorm, "/storm"},
		{"searched", idStorm, ""},
		{"gone", idD, ""},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := h.ByID(test.id, test.parent); (err != nil) != (test.id == idD) {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("by pid", func(b *testing.B) {
		for b.Loop() {
			if _, err := h.ByPID(pidStorm); err != nil {
				b.Fatal(err)
			}
		}
	})
}

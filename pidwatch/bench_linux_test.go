package pidwatch

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// BenchmarkIdle waits in vain for a millisecond in each round. Everything that this process's CPU does is counted, timers and all.
func BenchmarkIdle(b *testing.B) {
	for _, n := range []int{300, 3000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s, f := newSet(b), grandchildren(b, n, 0, holding)
			for i, pid := range f.pids {
				add(b, s, strconv.Itoa(i), pid)
			}
			runtime.GC()
			start, rounds := cpu(b), 0
			for b.Loop() {
				ctx, cancel := context.WithTimeout(b.Context(), time.Millisecond)
				if d, err := s.Next(ctx); err != context.DeadlineExceeded {
					b.Fatalf("got %+v, %v, want no death", d, err)
				}
				cancel()
				rounds++
			}
			used := float64(cpu(b)-start) / float64(rounds)
			b.ReportMetric(used, "cpu-ns/round")
			b.ReportMetric(used/float64(n), "cpu-ns/worker")
		})
	}
}

// cpu returns the CPU time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkDeath kills one process after the other, out of 300 that are watched. Its figures are medians from the kill: until the
// Set has noticed the death, and until Next has returned it, with the exit code.
func BenchmarkDeath(b *testing.B) {
	var noticed, returned []time.Duration
	s := newSet(b)
	var pids []int
	b.StopTimer()
	for i := range b.N {
		if len(pids) == 0 {
			pids = grandchildren(b, 300, 0, reaping).pids
			for _, pid := range pids {
				add(b, s, strconv.Itoa(pid), pid)
			}
		}
		result := make(chan Death)
		go func() {
			d, err := s.Next(b.Context())
			if err != nil {
				b.Error(err)
			}
			result <- d
		}()
		await(b, "Next waits", func() bool { return len(s.turn) == 1 })
		b.StartTimer()
		start := time.Now()
		kill(b, pids[0])
		d := <-result
		end := time.Now()
		b.StopTimer()
		if d.PID != pids[0] || s.tells && !d.Known {
			b.Fatalf("death %d: got %+v, want %d", i, d, pids[0])
		}
		noticed, returned = append(noticed, d.At.Sub(start)), append(returned, end.Sub(start))
		pids = pids[1:]
	}
	b.ReportMetric(microseconds(median(noticed)), "µs-noticed")
	b.ReportMetric(microseconds(median(returned)), "µs-returned")
}

// BenchmarkBurst kills 100 at once; the figures run from the first kill to the return of the median and of the last death.
func BenchmarkBurst(b *testing.B) {
	var medians, lasts []time.Duration
	b.StopTimer()
	for range b.N {
		s, f := newSet(b), grandchildren(b, 100, 0, reaping)
		for _, pid := range f.pids {
			add(b, s, strconv.Itoa(pid), pid)
		}
		b.StartTimer()
		start := time.Now()
		for _, pid := range f.pids {
			kill(b, pid)
		}
		var all []time.Duration
		for range f.pids {
			next(b, s)
			all = append(all, time.Since(start))
		}
		b.StopTimer()
		medians, lasts = append(medians, median(all)), append(lasts, all[len(all)-1])
	}
	b.ReportMetric(microseconds(median(medians)), "µs-median")
	b.ReportMetric(microseconds(median(lasts)), "µs-last")
}

func median(all []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// BenchmarkAdd adds and removes a watch beside 1000 others, which also show what one takes of this process's memory. The kernel's
// part, a file and its place in the epoll set, is not in that figure.
func BenchmarkAdd(b *testing.B) {
	s := newSet(b)
	const others = 1000
	var keys []string
	for i := range others {
		keys = append(keys, strconv.Itoa(i))
	}
	before := heap()
	for _, key := range keys {
		add(b, s, key, os.Getpid())
	}
	each := float64(heap()-before) / others
	for b.Loop() {
		add(b, s, "a", os.Getpid())
		s.Remove("a")
	}
	b.ReportMetric(each, "heap-B/worker")
	runtime.KeepAlive(keys)
}

// heap returns the bytes in use on the heap.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

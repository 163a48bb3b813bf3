package worker_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// BenchmarkMany launches, lists and ends a thousand workers and ten thousand on the fake, which costs what our own code costs: the
// figures for one worker should be the same for both.
func BenchmarkMany(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			var launch, list, end, clean time.Duration
			for b.Loop() {
				r := newRig(b)
				r.Log = nil
				r.Docker.Runner = r.fake
				r.Machine.Memory = 1 << 50
				finish := make(chan struct{})
				r.fake.Images["waits:1"] = func(ctx context.Context, _ *runnertest.Container) int {
					select {
					case <-ctx.Done():
					case <-finish:
					}
					return 7
				}
				var exits sync.WaitGroup
				exits.Add(n)
				w := &worker.Watcher{Manager: r.Manager, OnExit: func(_ context.Context, e worker.Notice) error {
					if e.Exit.Code != 7 {
						b.Errorf("got %+v", e)
					}
					exits.Done()
					return nil
				}}
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan error, 1)
				go func() { done <- w.Run(ctx) }()
				ids := make([]string, n)
				launch += timed(func() {
					for i := range ids {
						ids[i] = fmt.Sprintf("worker-%d", i)
						s := worker.Spec{ID: ids[i], Image: "waits:1", User: "someone", Command: []string{"x"},
							Resources: worker.Resources{Memory: 6 * dockercmd.MiB}}
						if _, err := r.Launch(ctx, s); err != nil {
							b.Fatal(err)
						}
					}
				})
				list += timed(func() {
					if all, err := r.Statuses(ctx); err != nil || len(all) != n || all[0].State != worker.Running {
						b.Fatalf("got %d, %v", len(all), err)
					}
				})
				end += timed(func() {
					close(finish)
					exits.Wait()
				})
				clean += timed(func() {
					for _, o := range r.CleanupAll(ctx, ids...) {
						if o.Err != nil {
							b.Error(o.Err)
						}
					}
				})
				cancel()
				<-done
				if err := r.fake.Close(); err != nil {
					b.Error(err)
				}
			}
			per := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(b.N) / float64(n) }
			b.ReportMetric(per(launch), "µs/launch")
			b.ReportMetric(per(list), "µs/list")
			b.ReportMetric(per(end), "µs/exit")
			b.ReportMetric(per(clean), "µs/cleanup")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

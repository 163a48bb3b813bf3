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

// manyCost is what leading many workers through their lives has cost, for each worker.
type manyCost struct{ launch, list, exit, cleanup time.Duration }

// leadMany launches n workers on the fake, lists them, ends them all at once, and cleans up, and returns what clock counts of each.
func leadMany(t testing.TB, n int, clock func() time.Duration) (c manyCost) {
	r := newRig(t)
	r.Log = nil
	r.Cgroups.Root = t.TempDir() // there is no search for them on this machine
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
			t.Errorf("got %+v", e)
		}
		exits.Done()
		return nil
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	ids := make([]string, n)
	each := func(f func()) time.Duration {
		before := clock()
		f()
		return (clock() - before) / time.Duration(n)
	}
	c.launch = each(func() {
		for i := range ids {
			ids[i] = fmt.Sprintf("worker-%d", i)
			s := worker.Spec{ID: ids[i], Image: "waits:1", User: "someone", Command: []string{"x"},
				Resources: worker.Resources{Memory: 6 * dockercmd.MiB}}
			if _, err := r.Launch(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
	})
	c.list = each(func() {
		if all, err := r.Statuses(ctx); err != nil || len(all) != n || all[0].State != worker.Running {
			t.Fatalf("got %d, %v", len(all), err)
		}
	})
	c.exit = each(func() {
		close(finish)
		exits.Wait()
	})
	c.cleanup = each(func() {
		for _, o := range r.CleanupAll(ctx, ids...) {
			if o.Err != nil {
				t.Error(o.Err)
			}
		}
	})
	cancel()
	<-done
	if err := r.fake.Close(); err != nil {
		t.Error(err)
	}
	return c
}

// BenchmarkMany launches, lists and ends a thousand workers and ten thousand on the fake, which costs what our own code costs: the
// figures for one worker should be the same for both.
func BenchmarkMany(b *testing.B) {
	inMemory(b)
	began := time.Now()
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			var all manyCost
			for b.Loop() {
				c := leadMany(b, n, func() time.Duration { return time.Since(began) })
				all.launch, all.list, all.exit, all.cleanup = all.launch+c.launch, all.list+c.list, all.exit+c.exit, all.cleanup+c.cleanup
			}
			for what, d := range map[string]time.Duration{"launch": all.launch, "list": all.list, "exit": all.exit, "cleanup": all.cleanup} {
				b.ReportMetric(float64(d.Microseconds())/float64(b.N), "µs/"+what)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// TestGrowth checks that a worker costs as much of this process's CPU among 800 as among 100, by a wide margin: what is quadratic
// would cost eight times as much.
func TestGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("the CPU of this process is compared: make test does that in a run of its own")
	}
	const margin = 3
	few, many := leadMany(t, 100, selfCPU), leadMany(t, 800, selfCPU)
	for what, cost := range map[string][2]time.Duration{"launch": {few.launch, many.launch}, "list": {few.list, many.list},
		"exit": {few.exit, many.exit}, "cleanup": {few.cleanup, many.cleanup}} {
		t.Logf("%s: %v among 100, %v among 800", what, cost[0], cost[1])
		if cost[1] > margin*cost[0]+20*time.Microsecond {
			t.Errorf("%s: a worker costs %v among 800, and %v among 100", what, cost[1], cost[0])
		}
	}
}

package worker_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/worker"
)

// BenchmarkNewPlan makes all lines and files of a worker's life, with everything set, and of a thousand.
func BenchmarkNewPlan(b *testing.B) {
	for _, n := range []int{1, 1000} {
		specs := make([]worker.Spec, n)
		for i := range specs {
			specs[i] = planSpecs["everything"]
			specs[i].ID = fmt.Sprintf("worker-%d", i)
		}
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range specs {
					if _, err := worker.NewPlan(s, setting); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkStatuses asks for the states of 300 workers on the fake: with one docker ps for all, and with one for each. What a real
// docker ps costs beside it, 20 ms and more each time, is not in it.
func BenchmarkStatuses(b *testing.B) {
	const workers = 300
	r := newRig(b)
	r.Log = nil
	ids := make([]string, workers)
	for i := range ids {
		ids[i] = fmt.Sprintf("worker-%d", i)
		s := spec(ids[i], "serve")
		s.Memory = 6 * dockercmd.MiB
		if _, err := r.Launch(context.Background(), s); err != nil {
			b.Fatal(err)
		}
	}
	count := func(b *testing.B, look func() error) {
		before := len(r.calls.Records())
		for b.Loop() {
			if err := look(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(r.calls.Records())-before)/float64(b.N), "docker/op")
	}
	b.Run("one for all", func(b *testing.B) {
		count(b, func() error {
			statuses, err := r.Statuses(context.Background())
			if err == nil && len(statuses) != workers {
				err = fmt.Errorf("got %d statuses", len(statuses))
			}
			return err
		})
	})
	b.Run("one for each", func(b *testing.B) {
		count(b, func() error {
			for _, id := range ids {
				if _, err := r.Status(context.Background(), id); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

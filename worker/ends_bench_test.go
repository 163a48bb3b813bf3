package worker_test

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/worker"
)

// endsAtOnce is how many workers the verbs for many are measured with.
const endsAtOnce = 50

// ends is a verb that ends or removes workers, and the one bare docker line that does the same.
type ends struct {
	name    string
	workers int
	removes bool // those that have ended
	ours    func(context.Context, *worker.Manager, []string) error
	bare    []string
	most    float64 // times the CPU of the bare line
}

// BenchmarkEnds measures the CPU of docker's clients that ending and removing workers takes, the Lane's included, against one bare
// docker line for as many containers, in turn, and how many processes. It fails when the CPU is far beyond the bound.
func BenchmarkEnds(b *testing.B) {
	e := enginetest.Require(b)
	all := func(outcomes []worker.Outcome) (err error) {
		for _, o := range outcomes {
			err = errors.Join(err, o.Err)
		}
		return err
	}
	for _, v := range []ends{
		{"Stop", 1, false, func(ctx context.Context, m *worker.Manager, ids []string) error { return errorOf(m.Stop(ctx, ids[0])) },
			[]string{"stop"}, 1.15},
		{"Cleanup", 1, true, func(ctx context.Context, m *worker.Manager, ids []string) error {
			return errorOf(m.Cleanup(ctx, ids[0]))
		},
			[]string{"rm", "--volumes"}, 1.15},
		{"StopAll", endsAtOnce, false, func(ctx context.Context, m *worker.Manager, ids []string) error {
			return all(m.StopAll(ctx, ids...))
		},
			[]string{"stop"}, 1.5},
		{"CleanupAll", endsAtOnce, true, func(ctx context.Context, m *worker.Manager, ids []string) error {
			return all(m.CleanupAll(ctx, ids...))
		},
			[]string{"rm", "--volumes"}, 1.5},
	} {
		b.Run(v.name, func(b *testing.B) { v.measure(b, e) })
	}
}

func (v ends) measure(b *testing.B, e *enginetest.Engine) {
	dir := b.TempDir()
	calls := &runner.Recorder{Runner: runner.Exec{}}
	m := &worker.Manager{Root: filepath.Join(dir, "root"), LockDir: filepath.Join(dir, "locks"),
		Docker:  client.Docker{Program: e.Docker, Runner: calls, Lane: new(client.Lane)},
		Machine: &worker.Machine{CPUs: 1000, Memory: 1 << 50}}
	ctx, cancel := context.WithCancel(context.Background())
	w := &worker.Watcher{Manager: m, Relist: time.Hour, OnExit: func(context.Context, worker.Notice) error { return nil }}
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	until(b, "there are events", func() bool { return w.Health().Events })
	time.Sleep(6 * time.Second) // the stream vouches for the engine
	var ours, bare time.Duration
	processes, rounds := 0, 0
	for b.Loop() {
		ids := v.launch(b, e, m)
		others := v.launch(b, e, m)
		if v.removes {
			for _, o := range m.StopAll(ctx, append(ids, others...)...) {
				if o.Err != nil {
					b.Fatal(o.Err)
				}
			}
		}
		containers := make([]string, len(others))
		for i, id := range others {
			s, err := m.Status(ctx, id)
			if err != nil {
				b.Fatal(err)
			}
			containers[i] = s.Container
		}
		time.Sleep(time.Second) // the Watcher has nothing left to ask
		before, started := clientsCPU(), len(calls.Records())
		if err := v.ours(ctx, m, ids); err != nil {
			b.Fatal(err)
		}
		ours += clientsCPU() - before
		for _, c := range calls.Records()[started:] {
			processes++
			b.Logf("%.200q", c.Argv)
		}
		time.Sleep(time.Second) // nor has it after ours
		before = childrenCPU()
		if out, err := exec.Command(e.Docker, append(v.bare, containers...)...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		bare += childrenCPU() - before
		rounds++
		m.StopAll(ctx, append(ids, others...)...) // what is there still
		m.CleanupAll(ctx, append(ids, others...)...)
	}
	m.Docker.Lane.Close()
	cancel()
	<-done
	ratio := float64(ours) / float64(bare)
	b.ReportMetric(ratio, "x-cpu-of-bare")
	b.ReportMetric(float64(processes)/float64(rounds), "processes")
	b.ReportMetric(float64(bare.Microseconds())/float64(rounds)/1000, "bare-cpu-ms")
	b.ReportMetric(0, "ns/op")
	if rounds > 5 && ratio > farBeyond*v.most {
		b.Errorf("%.2f times the CPU of a bare line, and %.2f are promised", ratio, v.most)
	}
}

// launch launches workers that end at once when they are told to, four at a time.
func (v ends) launch(b *testing.B, e *enginetest.Engine, m *worker.Manager) []string {
	ids := make([]string, v.workers)
	slots := make(chan struct{}, 4)
	var launched sync.WaitGroup
	for i := range ids {
		ids[i] = e.Name(b)
		slots <- struct{}{}
		launched.Go(func() {
			defer func() { <-slots }()
			_, err := m.Launch(context.Background(), worker.Spec{ID: ids[i], Image: e.Image, User: nobody, Network: "none",
				Command: []string{"sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"}})
			if err != nil {
				b.Error(err)
			}
		})
	}
	launched.Wait()
	return ids
}

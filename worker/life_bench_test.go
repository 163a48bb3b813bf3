package worker_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/worker"
)

// lifeWay is a way to lead a life: to launch a worker, to learn how it ended, and to remove it.
type lifeWay struct {
	name  string
	lane  *client.Lane
	bare  bool // docker run, docker wait and docker rm by hand
	calls runner.Recorder
	m     *worker.Manager
	w     *worker.Watcher
	exits chan worker.Notice

	cpu  time.Duration // of docker's clients
	wall time.Duration // of the launches
}

// BenchmarkLife measures whole lives by lines, by a Lane and by bare docker lines, in turn, and reports ratios to the bare lines: CPU
// of docker's clients, wall time of launches, and docker processes. It fails when the CPU is far beyond the bound.
func BenchmarkLife(b *testing.B) {
	e := enginetest.Require(b)
	ways := []*lifeWay{{name: "bare", bare: true}, {name: "lines"}, {name: "lane", lane: new(client.Lane)}}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, way := range ways {
		way.begin(ctx, b, e)
	}
	time.Sleep(6 * time.Second) // the streams vouch for the engine
	counted := map[string]int{}
	for _, way := range ways {
		counted[way.name] = len(way.calls.Records())
	}
	lives := 0
	for b.Loop() {
		for _, way := range ways {
			way.live(b, e)
		}
		lives++
		ways = append(ways[1:], ways[0])
	}
	slices.SortFunc(ways, func(x, y *lifeWay) int { return map[bool]int{true: -1, false: 1}[x.bare] })
	bare := ways[0]
	for _, way := range ways {
		if way.lane != nil {
			before := childrenCPU()
			way.lane.Close() // its client's CPU counts when it has ended
			way.cpu += childrenCPU() - before
		}
		processes := float64(len(way.calls.Records())-counted[way.name]) / float64(lives)
		ratio := float64(way.cpu) / float64(bare.cpu)
		b.ReportMetric(ratio, way.name+"-x-cpu")
		b.ReportMetric(float64(way.wall)/float64(bare.wall), way.name+"-x-launch")
		if !way.bare {
			b.ReportMetric(processes, way.name+"-processes")
		}
		if most := map[string]float64{"bare": 1, "lines": 1.15, "lane": 0.8}[way.name]; lives > 5 && ratio > farBeyond*most {
			b.Errorf("%s: %.2f times the CPU of bare lines, and %.2f are promised", way.name, ratio, most)
		}
	}
	b.ReportMetric(float64(bare.cpu.Milliseconds())/float64(lives), "bare-cpu-ms")
	b.ReportMetric(0, "ns/op")
}

func (l *lifeWay) begin(ctx context.Context, b *testing.B, e *enginetest.Engine) {
	dir := b.TempDir()
	l.calls.Runner = runner.Exec{}
	l.m = &worker.Manager{Root: filepath.Join(dir, "root"), LockDir: filepath.Join(dir, "locks"),
		Docker: client.Docker{Program: e.Docker, Runner: &l.calls, Lane: l.lane}}
	if l.bare {
		return
	}
	l.exits = make(chan worker.Notice, 1)
	l.w = &worker.Watcher{Manager: l.m, Relist: time.Hour, OnExit: func(_ context.Context, n worker.Notice) error {
		l.exits <- n
		return nil
	}}
	done := make(chan error, 1)
	go func() { done <- l.w.Run(ctx) }()
	b.Cleanup(func() { <-done })
	until(b, "there are events", func() bool { return l.w.Health().Events })
}

// live leads one life.
func (l *lifeWay) live(b *testing.B, e *enginetest.Engine) {
	before := childrenCPU()
	defer func() { l.cpu += childrenCPU() - before }()
	id := e.Name(b)
	spec := worker.Spec{ID: id, Image: e.Image, User: nobody, Network: "none",
		Command: []string{"sh", "-c", "until [ -e /worker/go ]; do sleep 0.05; done; exit 7"}}
	if l.bare {
		l.liveBare(b, e, spec)
		return
	}
	began := time.Now()
	if _, err := l.m.Launch(context.Background(), spec); err != nil {
		b.Fatal(err)
	}
	l.wall += time.Since(began)
	l.end(b, id, l.m.Root)
	if n := <-l.exits; n.Exit.Code != 7 {
		b.Errorf("got %+v", n)
	}
	if _, err := l.m.Cleanup(context.Background(), id); err != nil {
		b.Error(err)
	}
}

func (l *lifeWay) end(b *testing.B, id, root string) {
	if err := os.WriteFile(filepath.Join(root, "work", id, "work", "go"), nil, 0o644); err != nil {
		b.Fatal(err)
	}
}

// liveBare leads one life by the very lines of the plan, without anything around them.
func (l *lifeWay) liveBare(b *testing.B, e *enginetest.Engine, spec worker.Spec) {
	plan, err := l.m.Plan(context.Background(), spec)
	if err != nil {
		b.Fatal(err)
	}
	for _, dir := range plan.Dirs {
		if err := os.MkdirAll(dir.Path, 0o755); err != nil {
			b.Fatal(err)
		}
	}
	for _, f := range plan.Files {
		if err := os.WriteFile(f.Path, f.Data, 0o755); err != nil {
			b.Fatal(err)
		}
	}
	docker := func(args ...string) string {
		out, err := exec.Command(e.Docker, args...).CombinedOutput()
		if err != nil {
			b.Fatalf("%q: %v: %s", args, err, out)
		}
		return string(out)
	}
	began := time.Now()
	docker(plan.Step(worker.StepRun).Command.(*dockercmd.Run).Args()...)
	l.wall += time.Since(began)
	l.end(b, spec.ID, l.m.Root)
	docker("wait", spec.ID)
	docker("rm", "--volumes", spec.ID)
}

package sdkbench

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/worker"
)

// BenchmarkLife leads whole lives in turn, by a Manager that has a Lane and a Watcher, and by the SDK: a container is started, ends
// with a code, which is learned, and is removed. It reports the wall time as a ratio to the SDK's, and the CPU of each with that of
// docker's clients. A line costs the start of a client, which the SDK does not have: there is no bound.
func BenchmarkLife(b *testing.B) {
	e := enginetest.Private(b)
	s := newSDK(b, e)
	dir := b.TempDir()
	m := &worker.Manager{Root: filepath.Join(dir, "root"), LockDir: filepath.Join(dir, "locks"),
		Docker: client.Docker{Program: e.Docker().Program, Env: e.Env(), Lane: new(client.Lane)}}
	exits := make(chan worker.Notice, 1)
	w := &worker.Watcher{Manager: m, OnExit: func(_ context.Context, n worker.Notice) error {
		exits <- n
		return nil
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); !w.Health().Events; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("no events within a minute")
		}
	}
	command := []string{"sh", "-c", "exit 7"}
	ways := []*way{
		{name: "sdk", ask: func(ctx context.Context) (int, error) {
			c, err := s.ContainerCreate(ctx, &container.Config{Image: e.Image, Cmd: command, User: "65534:65534"},
				&container.HostConfig{NetworkMode: "none"}, nil, nil, "")
			if err != nil {
				return 0, err
			}
			ended, failed := s.ContainerWait(ctx, c.ID, container.WaitConditionNextExit)
			if err := s.ContainerStart(ctx, c.ID, container.StartOptions{}); err != nil {
				return 0, err
			}
			code := 0
			select {
			case end := <-ended:
				code = int(end.StatusCode)
			case err := <-failed:
				return 0, err
			}
			return code, s.ContainerRemove(ctx, c.ID, container.RemoveOptions{RemoveVolumes: true})
		}},
		{name: "lane", ask: func(ctx context.Context) (int, error) {
			spec := worker.Spec{ID: "w1", Image: e.Image, User: "65534:65534", Network: "none", Command: command}
			if _, err := m.Launch(ctx, spec); err != nil {
				return 0, err
			}
			n := <-exits
			_, err := m.Cleanup(ctx, "w1")
			return n.Exit.Code, err
		}},
	}
	rounds := inTurn(b, ways, 7)
	m.Docker.Lane.Close()
	cancel()
	<-done
	for _, w := range ways {
		b.ReportMetric(float64(w.cpu.Microseconds())/1000/float64(rounds), w.name+"-cpu-ms")
	}
	b.ReportMetric(float64(median(ways, "lane"))/float64(median(ways, "sdk")), "lane-x-wall")
	b.ReportMetric(0, "ns/op")
}

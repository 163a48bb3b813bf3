package worker_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/worker"
)

// stub is a docker that takes no time: docker run prints an id, docker info an engine.
func stub(_ context.Context, c runner.Cmd) (runner.Process, error) {
	var out string
	switch c.Argv[1] {
	case "run":
		var id [32]byte
		rand.Read(id[:])
		out = hex.EncodeToString(id[:])
	case "info":
		out = `{"ID":"STUB","DockerRootDir":"/var/lib/docker","ServerVersion":"28.5.2"}`
	}
	_, err := io.WriteString(c.Stdout, out+"\n")
	return stubProcess{}, err
}

// stubProcess is a process that has ended.
type stubProcess struct{}

func (stubProcess) PID() int               { return 0 }
func (stubProcess) Signal(os.Signal) error { return os.ErrProcessDone }
func (stubProcess) Wait() error            { return nil }

// inMemory has the temporary directories of a benchmark lie in memory, where there is such a place: what a disk's own file system
// takes to make a file (0.1 to 1 ms of the kernel's CPU have been seen) is nobody's to save.
func inMemory(b *testing.B) {
	const dir = "/dev/shm"
	if _, err := os.Stat(dir); err == nil {
		b.Setenv("TMPDIR", dir)
	}
}

// BenchmarkOwnWork measures the CPU time of a launch that is the Manager's own, beside a docker that takes none, and as a ratio to
// no more than making the launch's plan, directories and files.
func BenchmarkOwnWork(b *testing.B) {
	inMemory(b)
	const most = 4.0                      // times the bare files; 7.2 it was
	const mostTime = 1 * time.Millisecond // of CPU; 2.3 ms it was
	var bare, launch time.Duration
	var launches int
	launchAll := func(each func(worker.Spec)) time.Duration {
		before := selfCPU()
		for i := range 100 {
			each(spec(fmt.Sprintf("worker-%d", i), "serve"))
		}
		return selfCPU() - before
	}
	for b.Loop() {
		r := newRig(b)
		r.Log = nil
		r.Docker = client.Docker{Runner: runner.RunnerFunc(stub)}
		r.Machine.Memory = 1 << 50
		r.Cgroups.Root = b.TempDir() // no search of this machine's cgroups
		at := b.TempDir()
		bare += launchAll(func(s worker.Spec) {
			plan, err := r.Plan(context.Background(), s)
			if err != nil {
				b.Fatal(err)
			}
			for _, d := range plan.Dirs {
				if err := os.MkdirAll(filepath.Join(at, d.Path), 0o700); err != nil {
					b.Fatal(err)
				}
			}
			for _, f := range plan.Files {
				if err := os.WriteFile(filepath.Join(at, f.Path), f.Data, f.Mode); err != nil {
					b.Fatal(err)
				}
			}
		})
		launch += launchAll(func(s worker.Spec) {
			if _, err := r.Launch(context.Background(), s); err != nil {
				b.Fatal(err)
			}
			launches++
		})
	}
	ratio := float64(launch) / float64(bare)
	b.ReportMetric(float64(bare.Microseconds())/float64(launches), "µs-bare")
	b.ReportMetric(float64(launch.Microseconds())/float64(launches), "µs-launch")
	b.ReportMetric(ratio, "launch-x-bare")
	b.ReportMetric(0, "ns/op")
	if b.N > 5 && ratio > farBeyond*most {
		b.Errorf("a launch costs %.1f times the CPU of its bare files, and %.1f are promised", ratio, most)
	}
	if each := launch / time.Duration(launches); b.N > 5 && float64(each) > farBeyond*float64(mostTime) {
		b.Errorf("a launch costs the Manager %v of CPU, and %v are promised", each, mostTime)
	}
}

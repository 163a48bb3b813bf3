package runnertest_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// all launches n containers, lists them once and removes them in one call, and returns how many goroutines there were beyond
// those at the beginning while all ran.
func all(b testing.TB, d *runnertest.Docker, n int) (goroutines int) {
	do := func(words ...string) {
		p, err := d.Start(b.Context(), runner.Cmd{Argv: append([]string{"docker"}, words...), Stdout: io.Discard})
		if err == nil {
			err = p.Wait()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	before := runtime.NumGoroutine()
	rm := []string{"rm", "-f"}
	for i := range n {
		name := fmt.Sprintf("w%d", i)
		do("run", "-d", "--name="+name, "--label=dockercmd.worker="+name, "img")
		rm = append(rm, name)
	}
	goroutines = runtime.NumGoroutine() - before
	do("ps", "--all", "--no-trunc", "--filter=label=dockercmd.worker", `--format={{.ID}} {{.Names}} {{.State}} {{.Status}}`)
	do(rm...)
	return goroutines
}

// BenchmarkManyContainers measures ns/container, which stays the same while the fake is linear.
func BenchmarkManyContainers(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}}
			defer d.Close()
			begun := cpuTime(b)
			for b.Loop() {
				all(b, d, n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/container")
			b.ReportMetric(float64(cpuTime(b)-begun)/float64(b.N*n), "cpu-ns/container") // tells more where others share the machine
		})
	}
}

// cpuTime returns the CPU time that this process has used, in nanoseconds.
func cpuTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// TestGoroutinesPerContainer counts them: one for the program is all.
func TestGoroutinesPerContainer(t *testing.T) {
	d := fake(t, patient)
	const n = 1000
	if got := all(t, d, n); got > n+50 {
		t.Errorf("%d containers have %d goroutines, want one each", n, got)
	}
	if got := must(t, d, "ps -aq"); strings.TrimSpace(got) != "" {
		t.Errorf("there are still containers: %q", got)
	}
}

package dockercmd_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// benchRun returns a line with 27 flags, as a supervisor starts a worker.
func benchRun() *dockercmd.Run {
	return &dockercmd.Run{
		Name: "worker-1", User: "1000:1000", Detach: true, Networks: []dockercmd.Network{{Name: "host"}}, ReadOnly: true,
		Volumes: []dockercmd.Volume{{Source: "/sys/fs/cgroup", Target: "/sys/fs/cgroup", Options: []string{"ro"}},
			{Source: "/srv/w", Target: "/srv/w"}, {Source: "/srv/tmp", Target: "/tmp"}},
		Mounts:     []dockercmd.Mount{{Type: "bind", Source: "/srv/a", Target: "/a", ReadOnly: true}},
		CpusetCpus: "0,1", CpusetMems: "0", CgroupParent: "/workers", GroupAdd: []string{"1000"}, Workdir: "/srv/w",
		CIDFile: "/srv/w/cid",
		CapDrop: []string{"ALL"}, SecurityOpts: []dockercmd.SecurityOpt{"no-new-privileges", "seccomp=/s.json"},
		CPUs:   2600 * dockercmd.MilliCPU,
		Memory: 512 * dockercmd.MiB, PidsLimit: 1000, Init: new(true), Env: []string{"A=1", "B=2"},
		Labels: map[string]string{"app": "web", "id": "7"}, StopTimeout: new(int64(30)),
		Image: "reg:5000/app:1", Command: []string{"bash", "/srv/w/worker.sh"},
	}
}

// naive renders the line of benchRun as one writes it by hand.
func naive(r *dockercmd.Run) []string {
	args := []string{"run"}
	add := func(format string, v ...any) { args = append(args, fmt.Sprintf(format, v...)) }
	add("--name=%s", r.Name)
	add("--user=%s", r.User)
	if r.Detach {
		add("--detach")
	}
	for _, n := range r.Networks {
		add("--network=%s", n)
	}
	if r.ReadOnly {
		add("--read-only")
	}
	for _, v := range r.Volumes {
		if len(v.Options) > 0 {
			add("--volume=%s:%s:%s", v.Source, v.Target, v.Options[0])
		} else {
			add("--volume=%s:%s", v.Source, v.Target)
		}
	}
	for _, m := range r.Mounts {
		add("--mount=type=%s,source=%s,target=%s,readonly", m.Type, m.Source, m.Target)
	}
	add("--cpuset-cpus=%s", r.CpusetCpus)
	add("--cpuset-mems=%s", r.CpusetMems)
	add("--cgroup-parent=%s", r.CgroupParent)
	for _, g := range r.GroupAdd {
		add("--group-add=%s", g)
	}
	add("--workdir=%s", r.Workdir)
	add("--cidfile=%s", r.CIDFile)
	for _, c := range r.CapDrop {
		add("--cap-drop=%s", c)
	}
	for _, o := range r.SecurityOpts {
		add("--security-opt=%s", o)
	}
	add("--cpus=%g", float64(r.CPUs)/1e9)
	add("--memory=%dm", r.Memory/dockercmd.MiB)
	add("--pids-limit=%d", r.PidsLimit)
	if *r.Init {
		add("--init")
	}
	for _, e := range r.Env {
		add("--env=%s", e)
	}
	keys := make([]string, 0, len(r.Labels))
	for k := range r.Labels {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		add("--label=%s=%s", k, r.Labels[k])
	}
	add("--stop-timeout=%d", *r.StopTimeout)
	return append(append(args, r.Image), r.Command...)
}

// TestByHandSaysTheSame holds the line written by hand, which the benchmarks compare with, to ours.
func TestByHandSaysTheSame(t *testing.T) {
	t.Parallel()
	r := benchRun()
	got := r.Args()
	if want := naive(r); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nby hand\n%q", got, want)
	}
	if flags := len(got) - 1 - 3; flags != 27 {
		t.Errorf("the line has %d flags, want 27", flags)
	}
}

// TestArgsAllocates holds a line to the text of its words and the list of them; arenas and bound copies are kept from line to
// line. The best of many lines counts: the race detector has pools forget things at random.
func TestArgsAllocates(t *testing.T) {
	r := benchRun()
	best := math.Inf(1)
	for range 100 {
		best = min(best, testing.AllocsPerRun(1, func() { _ = r.Args() }))
	}
	if best > 4 {
		t.Errorf("%.1f allocations a line, want 4 at most", best)
	}
}

func BenchmarkArgs(b *testing.B) {
	r := benchRun()
	b.ReportAllocs()
	for b.Loop() {
		_ = r.Args()
	}
}

// toNaive takes turns between a way of ours and the line written by hand, so that what else the machine does falls on both, and
// reports how many times as long as by hand ours takes. It fails far beyond the bound alone, since figures are noisy.
func toNaive(b *testing.B, bound float64, ours func(*dockercmd.Run)) {
	r := benchRun()
	var a, z time.Duration
	for b.Loop() {
		start := time.Now()
		for range 16 { // the clock itself takes a while
			ours(r)
		}
		middle := time.Now()
		for range 16 {
			_ = naive(r)
		}
		a += middle.Sub(start)
		z += time.Since(middle)
	}
	ratio := float64(a) / float64(z)
	b.ReportMetric(ratio, "x-naive")
	b.ReportMetric(bound, "x-bound")
	b.ReportMetric(0, "ns/op")
	if b.N > 100 && ratio > 2*bound {
		b.Errorf("it takes %.2f times as long as by hand, and the bound is %.2f", ratio, bound)
	}
}

func BenchmarkArgsToNaive(b *testing.B) { toNaive(b, 1, func(r *dockercmd.Run) { _ = r.Args() }) }

// BenchmarkStringToNaive renders the line as a shell takes it, quoted, which by hand it is not.
func BenchmarkStringToNaive(b *testing.B) { toNaive(b, 1.5, func(r *dockercmd.Run) { _ = r.String() }) }

func BenchmarkString(b *testing.B) {
	r := benchRun()
	b.ReportAllocs()
	for b.Loop() {
		_ = r.String()
	}
}

func BenchmarkNaive(b *testing.B) {
	r := benchRun()
	b.ReportAllocs()
	for b.Loop() {
		_ = naive(r)
	}
}

// BenchmarkParseGrows reads lines of 10 to 10000 flags: the time for one word stays the same.
func BenchmarkParseGrows(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		args := []string{"run"}
		for i := range n {
			args = append(args, "--env=KEY"+strconv.Itoa(i)+"=value")
		}
		args = append(args, "busybox")
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := dockercmd.Parse(args); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(args)), "ns/word")
		})
	}
}

func BenchmarkParse(b *testing.B) {
	args := benchRun().Args()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dockercmd.Parse(args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	r := benchRun()
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Validate(); err != nil {
			b.Fatal(err)
		}
	}
}

package dockercmd_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"github.com/dockercmd/toolkit/dockercmd"
)

// benchRun is a line with 27 flags, as a supervisor starts a worker.
func benchRun() *dockercmd.Run {
	return &dockercmd.Run{
		Name: "worker-1", User: "1000:1000", Detach: true, Networks: []dockercmd.Network{{Name: "host"}}, ReadOnly: true,
		Volumes:    []dockercmd.Volume{{Source: "/sys/fs/cgroup", Target: "/sys/fs/cgroup", Options: []string{"ro"}}, {Source: "/srv/w", Target: "/srv/w"}, {Source: "/srv/tmp", Target: "/tmp"}},
		Mounts:     []dockercmd.Mount{{Type: "bind", Source: "/srv/a", Target: "/a", ReadOnly: true}},
		CpusetCpus: "0,1", CpusetMems: "0", CgroupParent: "/workers", GroupAdd: []string{"1000"}, Workdir: "/srv/w", CIDFile: "/srv/w/cid",
		CapDrop: []string{"ALL"}, SecurityOpts: []dockercmd.SecurityOpt{"no-new-privileges", "seccomp=/s.json"}, CPUs: 2600 * dockercmd.MilliCPU,
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

// floor is the line of benchRun by hand, in the fewest steps that a general program can hope for: one arena, one list.
func floor(r *dockercmd.Run) []string {
	arena := make([]byte, 0, 1024)
	words := make([]string, 0, 40)
	end := func(start int) {
		words = append(words, unsafe.String(unsafe.SliceData(arena[start:]), len(arena)-start))
	}
	flag := func(name, value string) {
		start := len(arena)
		arena = append(append(arena, name...), value...)
		end(start)
	}
	words = append(words, "run")
	flag("--name=", r.Name)
	flag("--user=", r.User)
	if r.Detach {
		words = append(words, "--detach")
	}
	for _, n := range r.Networks {
		flag("--network=", n.Name)
	}
	if r.ReadOnly {
		words = append(words, "--read-only")
	}
	for _, v := range r.Volumes {
		start := len(arena)
		arena = append(append(append(append(arena, "--volume="...), v.Source...), ':'), v.Target...)
		if len(v.Options) > 0 {
			arena = append(append(arena, ':'), v.Options[0]...)
		}
		end(start)
	}
	for _, m := range r.Mounts {
		start := len(arena)
		arena = append(append(append(append(arena, "--mount=type="...), m.Type...), ",source="...), m.Source...)
		arena = append(append(append(arena, ",target="...), m.Target...), ",readonly"...)
		end(start)
	}
	flag("--cpuset-cpus=", r.CpusetCpus)
	flag("--cpuset-mems=", r.CpusetMems)
	flag("--cgroup-parent=", r.CgroupParent)
	for _, g := range r.GroupAdd {
		flag("--group-add=", g)
	}
	flag("--workdir=", r.Workdir)
	flag("--cidfile=", r.CIDFile)
	for _, c := range r.CapDrop {
		flag("--cap-drop=", c)
	}
	for _, o := range r.SecurityOpts {
		flag("--security-opt=", string(o))
	}
	start := len(arena)
	arena = strconv.AppendFloat(append(arena, "--cpus="...), float64(r.CPUs)/1e9, 'g', -1, 64)
	end(start)
	start = len(arena)
	arena = append(strconv.AppendInt(append(arena, "--memory="...), int64(r.Memory/dockercmd.MiB), 10), 'm')
	end(start)
	start = len(arena)
	arena = strconv.AppendInt(append(arena, "--pids-limit="...), r.PidsLimit, 10)
	end(start)
	if *r.Init {
		words = append(words, "--init")
	}
	for _, e := range r.Env {
		flag("--env=", e)
	}
	var keys [8]string
	sorted := keys[:0]
	for k := range r.Labels {
		sorted = append(sorted, k)
	}
	slices.Sort(sorted)
	for _, k := range sorted {
		start := len(arena)
		arena = append(append(append(append(arena, "--label="...), k...), '='), r.Labels[k]...)
		end(start)
	}
	start = len(arena)
	arena = strconv.AppendInt(append(arena, "--stop-timeout="...), *r.StopTimeout, 10)
	end(start)
	return append(append(words, r.Image), r.Command...)
}

// TestByHandSaysTheSame keeps the benchmarks honest.
func TestByHandSaysTheSame(t *testing.T) {
	t.Parallel()
	r := benchRun()
	got := r.Args()
	for name, byHand := range map[string][]string{"naive": naive(r), "floor": floor(r)} {
		if !slices.Equal(got, byHand) {
			t.Errorf("got\n%q\n%s says\n%q", got, name, byHand)
		}
	}
	if flags := len(got) - 1 - 3; flags != 27 {
		t.Errorf("the line has %d flags, want 27", flags)
	}
}

// TestArgsAllocates holds a line to the text of its words and the list of them; the arenas are kept from line to line.
func TestArgsAllocates(t *testing.T) {
	r := benchRun()
	if got := testing.AllocsPerRun(100, func() { _ = r.Args() }); got > 4 {
		t.Errorf("%.1f allocations a line, want 4 at most", got)
	}
}

func BenchmarkArgs(b *testing.B) {
	r := benchRun()
	b.ReportAllocs()
	for b.Loop() {
		_ = r.Args()
	}
}

// inTurns takes turns between two ways, so that what else the machine does falls on both, and reports how many times as long as
// the second the first takes. The target is in the name of the benchmark's metric.
func inTurns(b *testing.B, metric string, first, second func()) {
	var a, z time.Duration
	for b.Loop() {
		start := time.Now()
		for range 16 { // the clock itself takes a while
			first()
		}
		middle := time.Now()
		for range 16 {
			second()
		}
		a += middle.Sub(start)
		z += time.Since(middle)
	}
	b.ReportMetric(float64(a)/float64(z), metric)
	b.ReportMetric(0, "ns/op")
}

// BenchmarkArgsToFloor wants 2 at most.
func BenchmarkArgsToFloor(b *testing.B) {
	r := benchRun()
	inTurns(b, "x-floor", func() { _ = r.Args() }, func() { _ = floor(r) })
}

func BenchmarkArgsToNaive(b *testing.B) {
	r := benchRun()
	inTurns(b, "x-naive", func() { _ = r.Args() }, func() { _ = naive(r) })
}

// BenchmarkStringToFloor is the line as a shell takes it, quoted: it wants 3 at most.
func BenchmarkStringToFloor(b *testing.B) {
	r := benchRun()
	inTurns(b, "x-floor", func() { _ = r.String() }, func() { _ = floor(r) })
}

func BenchmarkString(b *testing.B) {
	r := benchRun()
	b.ReportAllocs()
	for b.Loop() {
		_ = r.String()
	}
}

func BenchmarkFloor(b *testing.B) {
	r := benchRun()
	b.ReportAllocs()
	for b.Loop() {
		_ = floor(r)
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

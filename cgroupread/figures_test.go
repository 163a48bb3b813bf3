package cgroupread

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func find(t testing.TB, h Host, id string) Group {
	t.Helper()
	g, err := h.ByID(id, "")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestMemory(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		tree string
		id   string
		want Memory
	}{
		{"captured, after an OOM kill", hybrid, idBusy, Memory{
			Current: 1863680, WorkingSet: 319488, Anon: 65536, File: 1544192, Shmem: Known(0), Peak: Known(67108864),
			Limit: Known(67108864), Swap: Known(0), SwapLimit: Known(67108864), OOMKills: Known(1)}},
		{"v1, kernel 3.10", v1Systemd, idA, Memory{
			Current: 40960000, WorkingSet: 20960000, Anon: 9000000, File: 30000000, Peak: Known(80000000), Limit: Known(134217728)}},
		{"v1, limit of a kernel before 3.19, cache above usage", v1Moved, idA, Memory{
			Current: 1000, WorkingSet: 0, Anon: 500, File: 2000, Limit: Unlimited()}},
		{"v1, no limits", v1Inside, idB, Memory{
			Current: 10000000, WorkingSet: 8000000, Anon: 5000000, File: 4000000, Shmem: Known(0), Peak: Known(10000000),
			Limit: Unlimited(), Swap: Known(0), SwapLimit: Unlimited(), OOMKills: Known(0)}},
		{"v2, everything", v2Systemd, idA, Memory{
			Current: 30000000, WorkingSet: 18000000, Anon: 8000000, File: 20000000, Shmem: Known(1000000), Peak: Known(66060288),
			Limit: Known(67108864), Swap: Known(4096), SwapLimit: Known(67108864), OOMKills: Known(2)}},
		{"v2, captured", v2Real, idReal, Memory{
			Current: 8888320, WorkingSet: 8888320, Anon: 1138688, File: 8028160, Shmem: Known(8028160), Peak: Known(67108864),
			Limit: Known(67108864), Swap: Known(0), SwapLimit: Unlimited(), OOMKills: Known(1)}},
		{"v2, no limits", v2Systemd, idB, Memory{
			Current: 20000000, WorkingSet: 11000000, Anon: 8000000, File: 10000000, Shmem: Known(0), Peak: Known(20000000),
			Limit: Unlimited(), Swap: Known(0), SwapLimit: Unlimited(), OOMKills: Known(0)}},
		{"v2, swap limit of 0, inactive file above current", v2Systemd, idC, Memory{
			Current: 5000000, WorkingSet: 0, Anon: 2000000, File: 1000000, Shmem: Known(0), Peak: Known(6000000),
			Limit: Known(33554432), Swap: Known(0), SwapLimit: Known(0), OOMKills: Known(0)}},
		{"v2, kernel 5.10 without swap accounting", v2Nested, idA, Memory{
			Current: 40000000, WorkingSet: 28000000, Anon: 8000000, File: 20000000, Shmem: Known(0),
			Limit: Known(134217728), OOMKills: Known(0)}},
		{"memory on cgroup2 beside v1", split, idA, Memory{
			Current: 30000000, WorkingSet: 18000000, Anon: 8000000, File: 20000000, Shmem: Known(1000000), Peak: Known(1),
			Limit: Known(67108864), Swap: Known(0), SwapLimit: Known(0), OOMKills: Known(0)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := find(t, tree(t, test.tree), test.id).Memory()
			if err != nil || got != test.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, test.want)
			}
			kills, err := find(t, tree(t, test.tree), test.id).OOMKills()
			if offered := !errors.Is(err, ErrUnavailable); kills != test.want.OOMKills || offered && err != nil {
				t.Errorf("OOM kills alone: got %s, %v, want %s", kills, err, test.want.OOMKills)
			}
		})
	}
}

func TestCPU(t *testing.T) {
	t.Parallel()
	const us, ms = time.Microsecond, time.Millisecond
	for _, test := range []struct {
		name string
		tree string
		id   string
		want CPU
	}{
		{"captured, throttled", hybrid, idBusy, CPU{
			Usage: 14448343712, User: 14320 * ms, System: 130 * ms, Periods: 291, ThrottledPeriods: 284, ThrottledTime: 11957146065}},
		{"v1, joined hierarchy", v1Systemd, idA, CPU{Usage: 5123456789, User: 4000 * ms, System: 1110 * ms}},
		{"v2", v2Systemd, idA, CPU{
			Usage: 2000000 * us, User: 1500000 * us, System: 500000 * us, Periods: 120, ThrottledPeriods: 30, ThrottledTime: 1500000 * us}},
		{"v2, captured", v2Real, idReal, CPU{
			Usage: 4396061 * us, User: 1786298 * us, System: 2609762 * us, Periods: 66, ThrottledPeriods: 53, ThrottledTime: 3393677 * us}},
		{"v2, controller not enabled", v2Nested, idD, CPU{Usage: 1000 * us, User: 750 * us, System: 250 * us}},
		{"v1 beside memory on cgroup2", split, idA, CPU{
			Usage: 2000 * ms, User: 1500 * ms, System: 500 * ms, Periods: 4, ThrottledPeriods: 1, ThrottledTime: 7 * ms}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := find(t, tree(t, test.tree), test.id).CPU()
			if err != nil || got != test.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

func TestPids(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		tree string
		id   string
		want Pids
	}{
		{"captured", hybrid, idBusy, Pids{1, Known(20)}},
		{"v1, no limit", v1Systemd, idA, Pids{3, Unlimited()}},
		{"v2, captured", v2Real, idReal, Pids{1, Known(20)}},
		{"v2", v2Systemd, idA, Pids{4, Known(20)}},
		{"beside memory on cgroup2", split, idA, Pids{9, Unlimited()}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := find(t, tree(t, test.tree), test.id).Pids()
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestProcs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		tree      string
		id        string
		want      []int
		populated bool
	}{
		{"captured", hybrid, idBusy, []int{pidBusy}, true},
		{"groups below, one with a process of another pid namespace", v2Nested, idA, []int{666, 701, 705, 1200}, true},
		{"empty", v2Nested, idD, nil, false},
		{"v2, captured", v2Real, idReal, []int{pidReal}, true},
		{"podman", v2Systemd, idC, []int{503}, true},
		{"v1", v1Systemd, idA, []int{811}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := find(t, tree(t, test.tree), test.id)
			got, err := g.Procs()
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
			if got, err := g.Populated(); err != nil || got != test.populated {
				t.Errorf("populated: got %v, %v, want %v", got, err, test.populated)
			}
		})
	}
}

// TestHiddenProcesses checks that a v1 group whose only process is outside this process's pid namespace is populated although its
// process id cannot be known.
func TestHiddenProcesses(t *testing.T) {
	t.Parallel()
	h := plant(t, map[string]string{
		"/proc/self/mountinfo":                    "24 23 0:22 / /m rw - cgroup cgroup rw,memory\n",
		"/m/docker/" + idA + "/cgroup.procs":      "0\n",
		"/m/docker/" + idB + "/cgroup.procs":      "",
		"/m/docker/" + idB + "/init/cgroup.procs": "",
	})
	g := find(t, h, idA)
	if pids, err := g.Procs(); err != nil || len(pids) != 0 {
		t.Errorf("got %v, %v, want none", pids, err)
	}
	if ok, err := g.Populated(); err != nil || !ok {
		t.Errorf("populated: got %v, %v, want true", ok, err)
	}
	if ok, err := find(t, h, idB).Populated(); err != nil || ok {
		t.Errorf("populated, no processes at all: got %v, %v, want false", ok, err)
	}
}

// TestConcurrent uses one Group in many goroutines, for the race detector.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	g := find(t, tree(t, hybrid), idBusy)
	want, err := g.Memory()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			got, err := g.Memory()
			if err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
			if _, err := g.Procs(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestGone checks that every reading of a group reports when it has vanished.
func TestGone(t *testing.T) {
	t.Parallel()
	for name, mountinfo := range map[string]string{
		"v1": "24 23 0:22 / /sys/fs/cgroup rw - cgroup cgroup rw,memory,cpu,cpuacct,pids\n",
		"v2": oneMount,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := plant(t, map[string]string{
				"/proc/self/mountinfo":                       mountinfo,
				"/sys/fs/cgroup/docker/" + idA + "/some":     "",
				"/sys/fs/cgroup/docker/" + idA + "/sub/some": "",
			})
			g := find(t, h, idA)
			readings := map[string]func() error{
				"Memory":    func() error { _, err := g.Memory(); return err },
				"OOMKills":  func() error { _, err := g.OOMKills(); return err },
				"CPU":       func() error { _, err := g.CPU(); return err },
				"Pids":      func() error { _, err := g.Pids(); return err },
				"Procs":     func() error { _, err := g.Procs(); return err },
				"Populated": func() error { _, err := g.Populated(); return err },
			}
			for name, read := range readings {
				if err := read(); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrGone) {
					t.Errorf("%s without its files: got %v, want ErrUnavailable", name, err)
				}
			}
			if err := os.RemoveAll(h.path("/sys/fs/cgroup/docker")); err != nil {
				t.Fatal(err)
			}
			for name, read := range readings {
				if err := read(); !errors.Is(err, ErrGone) || errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), idA) {
					t.Errorf("%s: got %v, want ErrGone with the group's path", name, err)
				}
			}
			if _, err := h.ByID(idA, ""); !errors.Is(err, ErrGone) {
				t.Errorf("ByID: got %v, want ErrGone", err)
			}
		})
	}
}

// TestMalformed checks that a file which is not what it should be is an error with its name, and never a figure of 0.
func TestMalformed(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"memory.current": "4096\n", "memory.stat": "anon 1\nfile 2\ninactive_file 3\n", "memory.max": "max\n",
		"cpu.stat":     "usage_usec 3\nuser_usec 1\nsystem_usec 2\n",
		"pids.current": "1\n", "pids.max": "max\n",
		"cgroup.procs": "1\n", "cgroup.events": "populated 1\n",
	}
	for _, test := range []struct{ name, file, content, want string }{
		{"empty", "memory.current", "", "not a number"},
		{"negative", "memory.current", "-1\n", "not a number"},
		{"max where a number is due", "memory.current", "max\n", "not a number"},
		{"two numbers", "memory.max", "1 2\n", "not a number"},
		{"stat cut off", "memory.stat", "anon 1\nfil", `no line "file"`},
		{"stat with words", "memory.stat", "anon 1\nfile x\ninactive_file 3\n", `no line "file"`},
		{"no usage", "cpu.stat", "user_usec 1\nsystem_usec 2\n", `no line "usage_usec"`},
		{"tasks", "pids.current", "one\n", "not a number"},
		{"process id", "cgroup.procs", "1\nx\n", "not a number"},
		{"greater than any process id", "cgroup.procs", "2147483648\n", "not a number"},
		{"events", "cgroup.events", "frozen 0\n", `no line "populated"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"/proc/self/mountinfo": oneMount}
			for name, content := range good {
				files["/sys/fs/cgroup/docker/"+idA+"/"+name] = content
			}
			files["/sys/fs/cgroup/docker/"+idA+"/"+test.file] = test.content
			g := find(t, plant(t, files), idA)
			var errs []error
			_, err := g.Memory()
			errs = append(errs, err)
			_, err = g.CPU()
			errs = append(errs, err)
			_, err = g.Pids()
			errs = append(errs, err)
			_, err = g.Procs()
			errs = append(errs, err)
			_, err = g.Populated()
			err = errors.Join(append(errs, err)...)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), idA) {
				t.Errorf("got %v, want it to say %q and where", err, test.want)
			}
			if errors.Is(err, ErrGone) || errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v, which is neither ErrGone nor ErrUnavailable", err)
			}
		})
	}
}

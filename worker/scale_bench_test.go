package worker_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/pidwatch"
	"github.com/dockercmd/toolkit/worker"
)

// scaleWorkers is how many real workers the scale is measured with; half of them end in it.
const scaleWorkers = 300

// scale is a machine full of workers on an engine of the benchmark's own, whose costs nobody else causes.
type scale struct {
	*worker.Manager
	engine *enginetest.PrivateEngine
	dir    string
	ids    []string
	table  strings.Builder
	missed []string
}

// BenchmarkScale measures side by side, in one run, what the design promises for 300 real workers, and prints a table of the
// ratios: one relist against Storm's one docker ps for each worker, pidfd and events against a bare docker events, StopAll and
// CleanupAll against one docker stop and docker rm for each. It fails where a figure is far beyond what is promised.
func BenchmarkScale(b *testing.B) {
	for b.Loop() {
		s := newScale(b)
		w := tabwriter.NewWriter(&s.table, 0, 1, 2, ' ', 0)
		fmt.Fprintln(w, "what\tours\tthe other way\tratio\twanted\t")
		s.memory(b, w)
		s.whole(b, w)
		s.relist(b, w)
		s.deaths(b, w)
		s.batch(b, w)
		w.Flush()
		b.Log("\n" + s.table.String())
		for _, m := range s.missed {
			b.Errorf("not as promised: %s", m)
		}
		b.ReportMetric(0, "ns/op")
	}
}

func newScale(b *testing.B) *scale {
	s := &scale{engine: enginetest.Private(b), dir: b.TempDir()}
	s.Manager = &worker.Manager{
		Root: filepath.Join(s.dir, "root"), LockDir: filepath.Join(s.dir, "locks"), Instance: "scale",
		Docker:  client.Docker{Program: s.engine.Docker().Program, Env: s.engine.Env(), Lane: new(client.Lane)},
		Machine: &worker.Machine{CPUs: 1000, Memory: 1 << 50, Zones: map[string]worker.Zone{"0": {CPUs: "0", Mems: "0"}}},
		Users: func(context.Context, string) (worker.Identity, error) {
			return worker.Identity{UID: 65534, GID: 65534}, nil
		},
	}
	b.Cleanup(func() { s.Docker.Lane.Close() })
	for i := range scaleWorkers {
		s.ids = append(s.ids, fmt.Sprintf("worker-%d", i+1))
	}
	return s
}

// launch launches workers, four at once.
func (s *scale) launch(b *testing.B, ids []string) {
	var all sync.WaitGroup
	slots := make(chan struct{}, 4)
	for _, id := range ids {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			spec := worker.Spec{ID: id, Image: s.engine.Image, User: "65534:65534", Network: "none",
				Command: []string{"sleep", "100000"}}
			if _, err := s.Launch(context.Background(), spec); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
}

// farBeyond is how many times what is promised fails the benchmark.
const farBeyond = 1.5

// row adds a line to the table, and notes a promise that is not kept by far.
func (s *scale) row(w *tabwriter.Writer, what, ours, other string, ratio, most float64) {
	verdict := "ok"
	if ratio > most {
		verdict = "missed"
	}
	if ratio > farBeyond*most {
		verdict = "MISSED"
		s.missed = append(s.missed, fmt.Sprintf("%s: %.4g, wanted at most %.4g", what, ratio, most))
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%.4g\t<= %.4g\t%s\n", what, ours, other, ratio, most, verdict)
}

// memory measures what a supervisor needs for each worker, beyond what it needs for none.
func (s *scale) memory(b *testing.B, w *tabwriter.Writer) {
	base := liveMemory()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	watcher := &worker.Watcher{Manager: s.Manager, Relist: time.Hour}
	done := make(chan error, 1)
	go func() { done <- watcher.Run(ctx) }()
	s.launch(b, s.ids)
	until(b, "all workers are watched", func() bool { return watcher.Health().Pids == scaleWorkers })
	each := float64(liveMemory()-base) / scaleWorkers
	s.row(w, "supervisor's memory for a worker, KiB", fmt.Sprintf("%.1f", each/1024), "64", each/1024/64, 1)
	const idle = 10 * time.Second
	time.Sleep(time.Second) // for the last relist to be over
	before := selfCPU()
	time.Sleep(idle)
	per := float64((selfCPU() - before).Nanoseconds()) / scaleWorkers / idle.Seconds()
	s.row(w, "CPU of an idle worker in a second's round, ns", fmt.Sprintf("%.0f", per), "1000", per/1000, 1)
	waiting := len(children("docker"))
	if waiting > 2 {
		s.missed = append(s.missed, fmt.Sprintf("%d docker processes stay, wanted the events' and the Lane's", waiting))
	}
	fmt.Fprintf(w, "docker processes that stay\t%d\t%d\t%.4g\t<= 2\t\n", waiting, scaleWorkers, float64(waiting)/scaleWorkers)
	cancel()
	<-done
}

// The environment of a supervisor whose memory is measured.
const (
	scaleDir    = "DOCKERCMD_TEST_SCALE_DIR"
	scaleDocker = "DOCKERCMD_TEST_SCALE_DOCKER"
)

// scaleSupervisor is a supervisor that watches the workers below a directory, and says so when it does.
func scaleSupervisor() int {
	dir := os.Getenv(scaleDir)
	m := &worker.Manager{Root: filepath.Join(dir, "root"), LockDir: filepath.Join(dir, "locks"), Instance: "scale",
		Docker: client.Docker{Program: os.Getenv(scaleDocker), Lane: new(client.Lane)}}
	w := &worker.Watcher{Manager: m, Relist: time.Second}
	go func() {
		for w.Health().Pids < scaleWorkers {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(10 * time.Second) // some relists
		fmt.Println("watching")
	}()
	fmt.Println(w.Run(context.Background()))
	return 1
}

// whole measures the memory of a supervisor process that watches all workers, together with its docker processes: with what several
// of them share divided among them, which is what the machine has less of, and besides what each has in memory by itself, where the
// two clients count docker's own program twice.
func (s *scale) whole(b *testing.B, w *tabwriter.Writer) {
	s.Docker.Lane.Close()
	s.Docker.Lane = new(client.Lane)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(append(os.Environ(), s.engine.Env()...), child.As("scale"), scaleDir+"="+s.dir,
		scaleDocker+"="+s.Docker.Program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if lines.Scan(); lines.Text() != "watching" {
		b.Errorf("the supervisor says %q", lines.Text())
	}
	rss, pss := memoryOf(cmd.Process.Pid)
	parts := []string{fmt.Sprintf("%.1f alone", mib(rss))}
	for _, pid := range descendants(cmd.Process.Pid) {
		r, p := memoryOf(pid)
		rss, pss = rss+r, pss+p
		parts = append(parts, fmt.Sprintf("%.1f", mib(r)))
	}
	cancel()
	_ = cmd.Wait()
	s.row(w, "a supervisor and its docker processes, MiB (PSS)", fmt.Sprintf("%.1f", mib(pss)), "45", mib(pss)/45, 1)
	fmt.Fprintf(w, "the same by RSS, MiB\t%.1f = %s\t\t\t\t\n", mib(rss), strings.Join(parts, " + "))
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// memoryOf returns what a process has in memory, and that with what it shares with others divided among them.
func memoryOf(pid int) (rss, pss int64) {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "Rss:":
			rss = n << 10
		case "Pss:":
			pss = n << 10
		}
	}
	return rss, pss
}

// relist measures one list of all workers, against one docker ps for each: client, engine and containerd together.
func (s *scale) relist(b *testing.B, w *tabwriter.Writer) {
	look := func(f func()) time.Duration {
		before := s.totalCPU(b)
		f()
		return s.totalCPU(b) - before
	}
	const rounds = 20
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	lists := make(chan error)
	watcher := &worker.Watcher{Manager: s.Manager, Relist: 10 * time.Millisecond,
		OnRelist: func(_ time.Duration, n int, err error) {
			if n != scaleWorkers && err == nil {
				err = fmt.Errorf("%d containers", n)
			}
			select {
			case lists <- err:
			case <-ctx.Done():
			}
		}}
	done := make(chan error, 1)
	go func() { done <- watcher.Run(ctx) }()
	until(b, "all workers are watched", func() bool {
		select {
		case <-lists:
		default:
		}
		return watcher.Health().Pids == scaleWorkers && watcher.Health().Events
	})
	ours := look(func() {
		for range rounds {
			if err := <-lists; err != nil {
				b.Fatal(err)
			}
		}
	}) / rounds
	cancel()
	<-done
	storm := look(func() {
		for _, id := range s.ids {
			s.engine.Run(b, "ps", "--filter", "name="+id, "--quiet")
		}
	})
	s.row(w, "CPU of a round over all, client and engine", ours.String(), storm.String(), float64(ours)/float64(storm), 0.01)
}

// deaths measures how long after a death the exit is handed over, with its code, against the line of a bare docker events.
func (s *scale) deaths(b *testing.B, w *tabwriter.Writer) {
	var mu sync.Mutex
	handed, bare, noticed := map[string]time.Time{}, map[string]time.Time{}, map[string]time.Time{}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	watcher := &worker.Watcher{Manager: s.Manager, OnExit: func(_ context.Context, n worker.Notice) error {
		mu.Lock()
		defer mu.Unlock()
		if n.Exit.Code != 137 {
			b.Errorf("got %+v", n)
		}
		handed[n.Worker] = time.Now()
		return nil
	}}
	done := make(chan error, 1)
	go func() { done <- watcher.Run(ctx) }()
	until(b, "all workers are watched", func() bool { return watcher.Health().Pids == scaleWorkers && watcher.Health().Events })
	events := exec.CommandContext(ctx, s.engine.Docker().Program, "events", "--filter=event=die",
		"--format={{.Actor.Attributes.name}}")
	events.Env = s.engine.Env()
	out, err := events.StdoutPipe()
	if err == nil {
		err = events.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			mu.Lock()
			bare[lines.Text()] = time.Now()
			mu.Unlock()
		}
	}()
	pids := s.pids(b)
	// A watcher of our own, for the kernel's word alone.
	stopPids := watchDeaths(b, pids, func(id string) {
		mu.Lock()
		noticed[id] = time.Now()
		mu.Unlock()
	})
	defer stopPids()
	time.Sleep(time.Second) // for the bare stream to be there
	have := func(ids []string) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return !slices.ContainsFunc(ids, func(id string) bool {
				return handed[id].IsZero() || bare[id].IsZero() ||
					noticed[id].IsZero()
			})
		}
	}
	sequence, burst := s.ids[:30], s.ids[30:150]
	killed := map[string]time.Time{}
	kill := func(id string) {
		killed[id] = time.Now()
		if err := syscall.Kill(pids[id], syscall.SIGKILL); err != nil {
			b.Fatal(err)
		}
	}
	for _, id := range sequence {
		kill(id)
		until(b, "the exit of "+id, have([]string{id}))
	}
	for _, id := range burst {
		kill(id)
	}
	until(b, "the exits of the burst", have(burst))
	mu.Lock()
	defer mu.Unlock()
	after := func(when map[string]time.Time, ids []string) time.Duration {
		var all []time.Duration
		for _, id := range ids {
			all = append(all, when[id].Sub(killed[id]))
		}
		slices.Sort(all)
		return all[len(all)/2].Round(10 * time.Microsecond)
	}
	p := after(noticed, sequence)
	s.row(w, "a death is noticed, median", p.String(), "5ms", float64(p)/float64(5*time.Millisecond), 1)
	for name, ids := range map[string][]string{"in sequence": sequence, "in a burst of 120": burst} {
		ours, other := after(handed, ids), after(bare, ids)
		s.row(w, "exit with its code, median, "+name, ours.String(), other.String(), float64(ours)/float64(other), 1.05)
	}
	cancel()
	<-done
	_ = events.Wait()
}

// batch measures the client's CPU of ending and removing 50 workers, against one docker stop and one docker rm for each.
func (s *scale) batch(b *testing.B, w *tabwriter.Writer) {
	look := func(f func()) time.Duration {
		before := clientsCPU()
		f()
		return clientsCPU() - before
	}
	together, alone := s.ids[150:200], s.ids[200:250]
	ours := look(func() {
		for _, o := range append(s.StopAll(context.Background(), together...), s.CleanupAll(context.Background(), together...)...) {
			if o.Err != nil {
				b.Error(o.Err)
			}
		}
	})
	other := look(func() {
		for _, id := range alone {
			s.engine.Run(b, "stop", id)
			s.engine.Run(b, "rm", id)
		}
	})
	s.row(w, "client CPU of stop and remove of 50", ours.String(), other.String(), float64(ours)/float64(other), 0.2)
}

// pids returns the first processes of the workers' containers.
func (s *scale) pids(b *testing.B) map[string]int {
	pids := map[string]int{}
	all, err := s.Docker.Inspect(context.Background(), s.ids...)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range all {
		pids[c.Name] = c.State.Pid
	}
	return pids
}

func until(b testing.TB, what string, done func() bool) {
	b.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatalf("not within two minutes: %s", what)
		}
	}
}

func liveMemory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

func cpuOf(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func selfCPU() time.Duration     { return cpuOf(syscall.RUSAGE_SELF) }
func childrenCPU() time.Duration { return cpuOf(syscall.RUSAGE_CHILDREN) }

// clientsCPU returns what the clients that have ended have used, and those that answer a Lane's questions.
func clientsCPU() time.Duration {
	total := childrenCPU()
	for _, pid := range childrenOf(os.Getpid()) {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if !strings.Contains(string(line), "dial-stdio") {
			continue
		}
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, task := range tasks {
			var ran int64
			data, _ := os.ReadFile(task)
			if _, err := fmt.Sscan(string(data), &ran); err == nil {
				total += time.Duration(ran)
			}
		}
	}
	return total
}

// totalCPU returns what the clients that have ended, and the engine with all that it has started, have used.
func (s *scale) totalCPU(b *testing.B) time.Duration {
	total := clientsCPU()
	for _, pid := range append(descendants(s.engine.PID()), s.engine.PID()) {
		total += processCPU(pid)
	}
	return total
}

// processCPU reads the 14th and 15th field of /proc/PID/stat, which count in hundredths of a second.
func processCPU(pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// descendants returns the processes below one, by the parents that /proc names.
func descendants(pid int) (all []int) {
	for _, child := range childrenOf(pid) {
		all = append(append(all, child), descendants(child)...)
	}
	return all
}

func childrenOf(pid int) (pids []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		data, _ := os.ReadFile(task)
		for _, f := range strings.Fields(string(data)) {
			n, _ := strconv.Atoi(f)
			pids = append(pids, n)
		}
	}
	return pids
}

// children returns this process's children of a name.
func children(name string) (pids []int) {
	for _, pid := range childrenOf(os.Getpid()) {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if strings.TrimSpace(string(comm)) == name {
			pids = append(pids, pid)
		}
	}
	return pids
}

// watchDeaths tells of the deaths of processes by the kernel's word alone.
func watchDeaths(b *testing.B, pids map[string]int, died func(id string)) (stop func()) {
	set, err := pidwatch.New()
	if err != nil {
		b.Fatal(err)
	}
	for id, pid := range pids {
		if err := set.Add(id, pid, nil); err != nil {
			b.Fatal(err)
		}
	}
	go func() {
		for {
			d, err := set.Next(context.Background())
			if err != nil {
				return
			}
			died(d.Key)
		}
	}()
	return func() { set.Close() }
}

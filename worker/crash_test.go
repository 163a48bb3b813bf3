package worker_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// The environment of a test binary that is to be a supervisor: where its files are, and at which step it is to fall, by its number
// or its kind; the first of a kind counts.
const (
	crashDir = "DOCKERCMD_TEST_CRASH_DIR"
	crashAt  = "DOCKERCMD_TEST_CRASH_AT"
)

// crashed is the exit code of a supervisor that has fallen.
const crashed = 86

// crashSupervisor plays a supervisor's whole life: it takes up what its predecessor has left, launches workers, ends and removes
// them, and returns when all exits are acknowledged. At the step that its environment names, it is killed.
func crashSupervisor(dir string) int {
	at, err := strconv.Atoi(os.Getenv(crashAt))
	kind := ""
	if err != nil {
		kind = os.Getenv(crashAt)
	}
	var mu sync.Mutex
	steps, err := os.OpenFile(filepath.Join(dir, "steps"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	n := 0
	m := crashManager(dir)
	m.Log = slog.New(acts(func(act string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(steps, act)
		if n++; n == at || act == kind {
			os.Exit(crashed)
		}
	}))
	taken, err := os.OpenFile(filepath.Join(dir, "taken"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	cleaned := make(chan struct{}) // the worker wh has been cleaned up: its exit is not taken before
	w := &worker.Watcher{Manager: m, OnExit: func(ctx context.Context, n worker.Notice) error {
		if n.Worker == "wh" {
			select {
			case <-cleaned:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		_, err := fmt.Fprintf(taken, "%s %s %v %d\n", n.Worker, n.Launch, n.Exit.Known, n.Exit.Code)
		return err
	}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	if err := crashLife(ctx, m, w, cleaned); err != nil {
		fmt.Println(err)
		return 1
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		fmt.Println(err)
		return 1
	}
	return 0
}

// acts is a slog.Handler that is called with what a Manager traces: its writes, docker calls and deliveries.
type acts func(act string)

// Enabled reports whether a level is that of traces.
func (f acts) Enabled(_ context.Context, l slog.Level) bool { return l == slog.LevelDebug }

// Handle calls f with the act, and what it is about.
func (f acts) Handle(_ context.Context, r slog.Record) error {
	act := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "file" || a.Key == "command" {
			act += " " + a.Value.String()
		}
		return true
	})
	f(act)
	return nil
}

// WithAttrs returns f: a Manager's logger has no attributes of its own.
func (f acts) WithAttrs([]slog.Attr) slog.Handler { return f }

// WithGroup returns f, likewise.
func (f acts) WithGroup(string) slog.Handler { return f }

func crashManager(dir string) *worker.Manager {
	return &worker.Manager{
		Root: filepath.Join(dir, "root"), LockDir: filepath.Join(dir, "locks"), Instance: "crash",
		Docker: client.Docker{Runner: runnertest.Remote{Socket: filepath.Join(dir, "sock")}},
		Machine: &worker.Machine{CPUs: 4, Memory: 8 * dockercmd.GiB,
			Zones: map[string]worker.Zone{"0": {CPUs: "0-3", Mems: "0", Memory: 8 * dockercmd.GiB}}},
		Users: func(context.Context, string) (worker.Identity, error) { return someone, nil },
	}
}

// crashLife does what a supervisor does. Each of its calls may meet what an earlier life has left.
func crashLife(ctx context.Context, m *worker.Manager, w *worker.Watcher, cleaned chan<- struct{}) error {
	for !w.Health().Engine {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the Watcher does not begin: %w", err)
		}
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
	launch := func(id string, command ...string) error {
		s := spec(id, command...)
		_, err := m.Launch(ctx, s)
		if errors.Is(err, worker.ErrAlive) { // by another spec, of a life before
			if _, err := m.Stop(ctx, id); err != nil {
				return err
			}
			_, err = m.Launch(ctx, s)
		}
		return err
	}
	if err := m.Reserve("wc", worker.Resources{Memory: dockercmd.GiB}); err != nil && !errors.Is(err, worker.ErrAlive) {
		return err
	}
	for _, code := range []string{"7", "8"} {
		if err := launch("wa", "exit", code); err != nil {
			return err
		}
		if _, err := m.Wait(ctx, "wa"); err != nil {
			return err
		}
	}
	if _, err := m.Cleanup(ctx, "wa"); err != nil {
		return err
	}
	if err := launch("wh", "exit", "9"); err != nil {
		return err
	}
	if _, err := m.Wait(ctx, "wh"); err != nil {
		return err
	}
	if _, err := m.Cleanup(ctx, "wh"); err != nil {
		return err
	}
	close(cleaned)
	if err := launch("bad", "fail"); err == nil {
		return errors.New("a worker without a program was launched")
	}
	for _, id := range []string{"wb", "wc", "wd"} {
		if err := launch(id, "serve"); err != nil {
			return err
		}
	}
	if _, err := m.Stop(ctx, "wb"); err != nil {
		return err
	}
	if _, err := m.Cleanup(ctx, "wb"); err != nil {
		return err
	}
	for _, o := range append(m.StopAll(ctx, "wc", "wd"), m.CleanupAll(ctx, "wc", "wd")...) {
		if o.Err != nil {
			return o.Err
		}
	}
	for w.Health().PendingExits > 0 {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("exits are not taken: %w", err)
		}
		time.Sleep(time.Millisecond)
	}
	_, err := m.Reap(ctx, worker.Reaper{Grace: -1})
	return err
}

// crashRig is a fake docker that outlives supervisors.
type crashRig struct {
	dir  string
	fake *runnertest.Docker

	mu    sync.Mutex
	codes map[string]int // by launch, what its container has ended with
}

func newCrashRig(t *testing.T) *crashRig {
	r := &crashRig{codes: map[string]int{}}
	var err error
	if r.dir, err = os.MkdirTemp("", "dockercmd-crash-"); err != nil { // short, for the socket
		t.Fatal(err)
	}
	r.fake = &runnertest.Docker{Images: map[string]runnertest.Program{image: r.program,
		"stranger:1": func(ctx context.Context, _ *runnertest.Container) int {
			<-ctx.Done()
			return 0
		}}}
	r.fake.Lookup = func(c *runnertest.Container) error {
		if c.Name == "bad" {
			return exec.ErrNotFound
		}
		return nil
	}
	l, err := net.Listen("unix", filepath.Join(r.dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	go r.fake.Serve(l)
	t.Cleanup(func() {
		if err := r.fake.Close(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(r.dir); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *crashRig) program(ctx context.Context, c *runnertest.Container) int {
	code := app(ctx, c)
	if ctx.Err() != nil {
		code = 137
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.codes[c.Labels[worker.LabelLaunch]] = code
	return code
}

// supervise runs one supervisor to its end, or its fall at a step; "0" is none. It returns the steps that it has come to.
func (r *crashRig) supervise(t *testing.T, at string) (steps []string, fell bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), child.As("crash"), crashDir+"="+r.dir, crashAt+"="+at)
	out, err := cmd.CombinedOutput()
	exit, _ := errors.AsType[*exec.ExitError](err)
	fell = exit != nil && exit.ExitCode() == crashed
	if err != nil && !fell {
		t.Errorf("step %s: supervisor: %v\n%s", at, err, out)
	}
	return lines(t, filepath.Join(r.dir, "steps")), fell
}

func lines(t *testing.T, path string) (all []string) {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		all = append(all, s.Text())
	}
	return all
}

// mayRepeat returns the launches whose exits a fallen supervisor had handed over and not noted as taken.
func (r *crashRig) mayRepeat(t *testing.T) map[string]bool {
	t.Helper()
	handed := map[string]bool{}
	for _, line := range lines(t, filepath.Join(r.dir, "taken")) {
		handed[strings.Fields(line)[1]] = true
	}
	pending, err := crashManager(r.dir).PendingExits()
	if err != nil {
		t.Error(err)
	}
	may := map[string]bool{}
	for _, n := range pending {
		may[n.Launch] = handed[n.Launch]
	}
	return may
}

// check holds what must be true when the last supervisor has gone; step is where an earlier one fell.
func (r *crashRig) check(t *testing.T, at, step string, mayRepeat map[string]bool) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[string]int{}
	for _, line := range lines(t, filepath.Join(r.dir, "taken")) {
		var id, launch string
		var known bool
		var code int
		if _, err := fmt.Sscan(line, &id, &launch, &known, &code); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		seen[launch]++
		want, ran := r.codes[launch]
		if ran && (!known || code != want) {
			t.Errorf("step %s, %s: worker %s ended with %d, but %q was delivered", at, step, id, want, line)
		}
		if !ran && known && id != "bad" {
			t.Errorf("step %s, %s: %q was delivered of a container that never ran", at, step, line)
		}
	}
	for launch, n := range seen {
		if n > 2 || n == 2 && !mayRepeat[launch] {
			t.Errorf("step %s, %s: the exit of %s was delivered %d times", at, step, launch, n)
		}
	}
	for launch, code := range r.codes {
		if seen[launch] == 0 {
			t.Errorf("step %s, %s: the exit of %s, %d, was never delivered", at, step, launch, code)
		}
	}
	rows, err := (client.Docker{Runner: r.fake}).Ps(t.Context(), dockercmd.Ps{All: true})
	if err != nil || len(rows) != 1 || rows[0].Names[0] != "stranger" || rows[0].State != output.StateRunning {
		t.Errorf("step %s, %s: the containers that are left: %+v, %v", at, step, rows, err)
	}
	if left := files(t, filepath.Join(r.dir, "root")); len(left) > 0 {
		t.Errorf("step %s, %s: files are left: %q", at, step, left)
	}
	exits, err := os.ReadDir(filepath.Join(r.dir, "root", "exits"))
	if err != nil || len(exits) > 0 {
		t.Errorf("step %s, %s: exits are left: %v, %v", at, step, exits, err)
	}
}

// TestCrash kills a supervisor at each of its steps in turn: before every write, before and after every docker call and every
// delivery. The next supervisor goes on, and nothing is lost, nothing left behind, and no exit wrong. Only the exit that was being
// handed over may come twice.
func TestCrash(t *testing.T) {
	enginetest.Slow(t)
	t.Parallel()
	run := func(t *testing.T, at string) (steps []string, fell bool) {
		r := newCrashRig(t)
		if _, err := (client.Docker{Runner: r.fake}).Run(t.Context(),
			dockercmd.Run{Name: "stranger", Image: "stranger:1"}); err != nil {
			t.Fatal(err)
		}
		steps, fell = r.supervise(t, at)
		last, may := "none", map[string]bool(nil)
		if fell {
			last, may = steps[len(steps)-1], r.mayRepeat(t)
			r.supervise(t, "0")
		}
		r.check(t, at, last, may)
		return steps, fell
	}
	whole, _ := run(t, "0")
	want := map[string]bool{}
	for _, step := range whole {
		want[step] = true
	}
	got := map[string]int{}
	var mu sync.Mutex
	slots := make(chan struct{}, 2*runtime.NumCPU())
	var all sync.WaitGroup
	stride := 1
	if testing.Short() {
		stride = 7 // a sample: each costs a process or two
	}
	for at := 1; at <= len(whole)+20 && !t.Failed(); at += stride { // the order of steps is not the same each time
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if steps, fell := run(t, strconv.Itoa(at)); fell {
				mu.Lock()
				defer mu.Unlock()
				got[steps[len(steps)-1]]++
			}
		})
	}
	all.Wait()
	for _, kind := range slices.Sorted(maps.Keys(want)) {
		// Several goroutines take steps: the numbers may have passed a kind by, and some of its places come only now and then.
		for tries := 0; got[kind] == 0 && stride == 1 && !t.Failed() && tries < 5; tries++ {
			if _, fell := run(t, kind); fell {
				got[kind]++
			}
		}
	}
	total := 0
	for _, n := range got {
		total += n
	}
	t.Logf("a supervisor's life has %d steps of %d kinds; it was killed at %d of them, of %d kinds", len(whole), len(want), total,
		len(got))
	for _, step := range slices.Sorted(maps.Keys(want)) {
		if got[step] == 0 && !t.Failed() && stride == 1 {
			t.Errorf("no supervisor was killed at the step %q", step)
		}
	}
}

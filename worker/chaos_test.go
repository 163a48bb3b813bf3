package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/worker"
)

// The environment of a test binary that is to be a supervisor in the chaos: where its files are, its engine, and its image.
const (
	chaosDir   = "DOCKERCMD_TEST_CHAOS_DIR"
	chaosHost  = "DOCKERCMD_TEST_CHAOS_HOST"
	chaosImage = "DOCKERCMD_TEST_CHAOS_IMAGE"
)

// chaosTime names how long the chaos lasts; without it there is none.
const chaosTime = "DOCKERCMD_CHAOS"

const chaosWorkers = 60

// chaosScript lives and ends as its arguments say: after so many seconds, with that code. Before that it writes down what it will
// end with: a container's name for itself is the beginning of its id. A polite end is written down, too.
const chaosScript = `me=/truth/$(cat /etc/hostname); echo $$ >$me.start; trap 'echo 3 >$me; exit 3' TERM; ` +
	`i=0; while [ $i -lt $1 ]; do sleep 0.1; i=$((i+1)); done; trap '' TERM; echo $2 >$me; exit $2`

// chaosManager returns a supervisor's Manager; it is made anew in each of its lives.
func chaosManager(dir string) *worker.Manager {
	env := slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "DOCKER_") })
	return &worker.Manager{
		Root: filepath.Join(dir, "root"), LockDir: filepath.Join(dir, "locks"), Instance: "chaos", KillDirectly: true,
		Docker: client.Docker{Env: append(env, "DOCKER_HOST="+os.Getenv(chaosHost)), Short: 10 * time.Second,
			Long: 30 * time.Second},
		Machine: &worker.Machine{CPUs: 1000, Memory: 1 << 50, Zones: map[string]worker.Zone{"0": {CPUs: "0", Mems: "0"}}},
		Users: func(context.Context, string) (worker.Identity, error) {
			return worker.Identity{UID: 65534, GID: 65534}, nil
		},
	}
}

// chaosSupervisor keeps so many workers running until there is a file stop; then it ends and removes all of them. It may be killed
// at any moment, and goes on where it was.
func chaosSupervisor(dir string) int {
	m := chaosManager(dir)
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	m.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	taken, err := os.OpenFile(filepath.Join(dir, "taken"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	var mu sync.Mutex
	ended := map[string]bool{}
	w := &worker.Watcher{Manager: m, Relist: 5 * time.Second, OnExit: func(_ context.Context, n worker.Notice) error {
		_, err := fmt.Fprintf(taken, "%s %s %s %v %d %q %q\n", n.Worker, n.Launch, "c"+n.Container, n.Exit.Known, n.Exit.Code,
			n.Exit.Source, n.Exit.Reason)
		mu.Lock()
		defer mu.Unlock()
		ended[n.Worker] = true
		return err
	}}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stopping := func() bool {
		_, err := os.Stat(filepath.Join(dir, "stop"))
		return err == nil
	}
	var lives sync.WaitGroup
	for i := range 4 { // so many launches at once are worth it
		lives.Go(func() {
			for !stopping() {
				for id := i; id < chaosWorkers && !stopping(); id += 4 {
					chaosLife(ctx, m, fmt.Sprintf("worker-%02d", id))
				}
			}
		})
	}
	lives.Wait()
	var ids []string
	for i := range chaosWorkers {
		ids = append(ids, fmt.Sprintf("worker-%02d", i))
	}
	for ctx.Err() == nil {
		left := slices.DeleteFunc(append(m.StopAll(ctx, ids...), m.CleanupAll(ctx, ids...)...), func(o worker.Outcome) bool {
			return o.Err == nil || errors.Is(o.Err, worker.ErrUnknownID)
		})
		if len(left) == 0 && w.Health().PendingExits == 0 && w.Health().Engine {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, err := m.Reap(ctx, worker.Reaper{Grace: -1}); err != nil {
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

// chaosLife does one thing with one worker, whatever it is now.
func chaosLife(ctx context.Context, m *worker.Manager, id string) {
	s := worker.Spec{
		ID: id, Image: os.Getenv(chaosImage), User: "65534:65534", Network: "none",
		Command: []string{"sh", "-c", chaosScript, "life", strconv.Itoa(20 + rand.IntN(200)), strconv.Itoa(rand.IntN(100))},
		Mounts:  []dockercmd.Mount{{Type: "bind", Source: filepath.Join(os.Getenv(chaosDir), "truth"), Target: "/truth"}},
	}
	grace := 5 * time.Second
	s.StopGrace = &grace
	st, err := m.Status(ctx, id)
	switch {
	case errors.Is(err, worker.ErrUnknownID):
		chaosLaunch(ctx, m, s)
	case err != nil: // nobody knows: it is left alone
	case st.State == worker.Exited || st.State == worker.Gone:
		if st.Exit != nil && rand.IntN(3) > 0 {
			_, _ = m.Cleanup(ctx, id)
		} else if st.Exit != nil {
			chaosLaunch(ctx, m, s) // its exit is kept
		}
	case st.State == worker.Running && rand.IntN(60) == 0:
		_, _ = m.Stop(ctx, id)
	case st.State == worker.Running && rand.IntN(60) == 0:
		_, _ = m.Kill(ctx, id)
	}
}

// chaosLaunch notes what a launch that fails says. What comes of one that does not, the Watcher tells.
func chaosLaunch(ctx context.Context, m *worker.Manager, s worker.Spec) {
	if _, err := m.Launch(ctx, s); err != nil {
		m.Log.Info("launch failed", slog.String("worker", s.ID), slog.Any("error", err))
	}
}

// chaos is the test's side of it.
type chaos struct {
	dir    string
	engine *enginetest.PrivateEngine
	env    []string
	kills  int
	repeat map[string]int // by launch, how often its exit may come again
	away   [][2]time.Time // when the engine was away
}

// supervise keeps a supervisor running, and kills it again and again until over is closed; then it lets the last one come to its
// end.
func (c *chaos) supervise(t *testing.T, over <-chan struct{}, every time.Duration) {
	for {
		cmd := exec.Command(os.Args[0])
		cmd.Env = c.env
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-time.After(every/2 + rand.N(every)):
			_ = cmd.Process.Kill()
			<-done
			c.kills++
			c.noteRepeats(t)
			continue
		case err := <-done:
			t.Errorf("a supervisor ended by itself: %v", err)
			return
		case <-over:
		}
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the last supervisor: %v", err)
			}
		case <-time.After(3 * time.Minute):
			_ = cmd.Process.Signal(os.Interrupt)
			t.Error("the last supervisor does not come to its end")
			_ = cmd.Process.Kill()
			<-done
		}
		return
	}
}

// noteRepeats notes what the supervisor that fell just now had handed over and not noted as taken.
func (c *chaos) noteRepeats(t *testing.T) {
	handed := map[string]bool{}
	for _, line := range lines(t, filepath.Join(c.dir, "taken")) {
		if f := strings.Fields(line); len(f) > 1 {
			handed[f[1]] = true
		}
	}
	pending, err := chaosManager(c.dir).PendingExits()
	if err != nil {
		t.Errorf("after a kill: %v", err)
	}
	for _, n := range pending {
		if handed[n.Launch] {
			c.repeat[n.Launch]++
		}
	}
}

// without runs f while the engine is away.
func (c *chaos) without(f func()) {
	began := time.Now()
	f()
	c.away = append(c.away, [2]time.Time{began.Add(-time.Second), time.Now().Add(time.Second)})
}

func (c *chaos) wasAway(at time.Time) bool {
	return slices.ContainsFunc(c.away, func(w [2]time.Time) bool { return at.After(w[0]) && at.Before(w[1]) })
}

// TestChaos lets sixty workers live and die at random on an engine of the test's own, while the supervisor is killed again and
// again, and the engine is stopped, started and frozen. Each exit is handed over, once unless the supervisor fell before it could
// note that; never with a wrong code; nothing is left behind, and strangers are not touched.
func TestChaos(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv(chaosTime))
	if err != nil || length < 30*time.Second {
		t.Skipf("NOT TESTED: the chaos takes a time of at least 30s in %s; make chaos sets it", chaosTime)
	}
	c := &chaos{engine: enginetest.Private(t), repeat: map[string]int{}}
	if c.dir, err = os.MkdirTemp("", "dockercmd-chaos-"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if !t.Failed() || os.Getenv("DOCKERCMD_CHAOS_KEEP") == "" {
			os.RemoveAll(c.dir)
		}
	}()
	truth := filepath.Join(c.dir, "truth")
	if err := errors.Join(os.Chmod(c.dir, 0o755), os.Mkdir(truth, 0o777), os.Chmod(truth, 0o777)); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{chaosDir: c.dir, chaosHost: c.engine.Host, chaosImage: c.engine.Image} {
		t.Setenv(key, value)
	}
	c.env = append(os.Environ(), child.As("chaos"))
	strangers := map[string]string{}
	for _, s := range []string{"worker-61", "stranger"} {
		strangers[s] = c.engine.Run(t, "run", "--detach", "--name="+s, "--network=none", "--label=dockercmd.instance=other",
			"--label=dockercmd.worker="+s,
			c.engine.Image, "sleep", "100000")
	}

	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		c.supervise(t, over, 4*time.Second)
	}()
	frozen := min(20*time.Second, length/6)
	calm := func() { time.Sleep(length / 12) }
	began := time.Now()
	calm()
	calm()
	c.without(func() { c.engine.Stop(t); c.engine.Start(t) })
	calm()
	c.engine.Freeze(t)
	time.Sleep(frozen)
	c.engine.Thaw(t)
	if length >= 3*time.Minute {
		calm()
		c.without(func() { c.engine.Stop(t); c.engine.Start(t, "--live-restore") })
		calm()
		c.without(func() { c.engine.Stop(t); time.Sleep(3 * time.Second); c.engine.Start(t, "--live-restore") })
		calm()
		c.engine.Freeze(t)
		time.Sleep(frozen)
		c.engine.Thaw(t)
	}
	time.Sleep(max(0, length-time.Since(began)))
	for c.started(t) < chaosWorkers && time.Since(began) < 6*length {
		time.Sleep(time.Second) // a slow machine launches fewer in the same time
	}
	if err := os.WriteFile(filepath.Join(c.dir, "stop"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	close(over)
	<-ended
	c.tally(t, strangers)
	if least := int(length / (6 * time.Second)); c.kills < least {
		t.Errorf("the supervisor was killed %d times, want at least %d", c.kills, least)
	}
}

// started returns how many containers have run.
func (c *chaos) started(t *testing.T) (n int) {
	t.Helper()
	for _, e := range entries(t, filepath.Join(c.dir, "truth")) {
		if strings.HasSuffix(e, ".start") {
			n++
		}
	}
	return n
}

// tally holds what was handed over against what the workers themselves have written down.
func (c *chaos) tally(t *testing.T, strangers map[string]string) {
	type handed struct {
		launch string
		known  bool
		code   int
		source string
		reason string
	}
	byContainer, containers := map[string][]handed{}, map[string]string{}
	sources := map[string]int{}
	for _, line := range lines(t, filepath.Join(c.dir, "taken")) {
		var id, container string
		var h handed
		if _, err := fmt.Sscanf(line, "%s %s %s %t %d %q %q", &id, &h.launch, &container, &h.known, &h.code, &h.source,
			&h.reason); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		container = strings.TrimPrefix(container, "c")
		if was, seen := containers[h.launch]; seen && was != container {
			t.Errorf("launch %s has two containers: %q and %q", h.launch, was, container)
		}
		containers[h.launch] = container
		if container != "" {
			byContainer[container[:12]] = append(byContainer[container[:12]], h)
		}
		sources[h.source]++
	}
	log := lines(t, filepath.Join(c.dir, "log"))
	started, told, unknown, wrong, repeats := 0, 0, 0, 0, 0
	for _, e := range entries(t, filepath.Join(c.dir, "truth")) {
		id, isStart := strings.CutSuffix(e, ".start")
		if !isStart {
			continue
		}
		started++
		hs := byContainer[id]
		if len(hs) == 0 {
			t.Errorf("the exit of container %s was never handed over; the log says:\n%s", id, strings.Join(mentions(log, id), "\n"))
			continue
		}
		if more := len(hs) - 1; more > 0 {
			repeats += more
			if more > c.repeat[hs[0].launch] {
				t.Errorf("the exit of container %s was handed over %d times, and may have been %d times", id, len(hs),
					1+c.repeat[hs[0].launch])
			}
		}
		h := hs[0]
		text, err := os.ReadFile(filepath.Join(c.dir, "truth", id))
		info, _ := os.Stat(filepath.Join(c.dir, "truth", id))
		want, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		switch {
		case !h.known:
			unknown++
			if err == nil && len(c.away) > 0 && !c.wasAway(info.ModTime()) {
				t.Errorf("container %s ended with %d at %s while the engine was there, but %q was handed over", id, want,
					info.ModTime().Format(time.TimeOnly), h.reason)
			}
		case err == nil && h.code != want && h.code != 137: // it was killed after it had written that down
			wrong++
			t.Errorf("container %s ended with %d, but %q (%s) was handed over", id, want, h.reason, h.source)
		case errors.Is(err, fs.ErrNotExist) && h.code != 137 && h.code != 143:
			wrong++
			t.Errorf("container %s was killed, but %q (%s) was handed over", id, h.reason, h.source)
		default:
			told++
		}
	}
	t.Logf("supervisor killed %d times; %d containers ran; exits handed over with the right code: %d, unknown while the engine was away: %d, wrong: %d, handed over again: %d; by source: %v",
		c.kills, started, told, unknown, wrong, repeats, sources)
	if started < chaosWorkers {
		t.Errorf("only %d containers ran", started)
	}
	left := strings.Fields(c.engine.Run(t, "ps", "--all", "--quiet", "--no-trunc"))
	slices.Sort(left)
	var want []string
	for _, id := range strangers {
		want = append(want, id)
	}
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("containers left: %q, want those of strangers: %q", left, want)
	}
	if got := files(t, filepath.Join(c.dir, "root")); len(got) > 0 {
		t.Errorf("files are left: %q", got)
	}
}

// mentions returns the lines that hold a word.
func mentions(log []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(log), func(line string) bool { return !strings.Contains(line, word) })
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

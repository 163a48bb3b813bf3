package worker_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/worker"
)

// chaosRole is, in the environment of a test binary that is to be a supervisor in the chaos, its role.
const chaosRole = "DOCKERCMD_TEST_CHAOS"

// role is what a supervisor in the chaos has to know: where its files are, its name, which begins its workers' names and is its
// instance, its engine, how many workers it has, and how many seconds they live.
type role struct {
	Dir, Name, Host, Image string
	Workers                int
	Least, More            float64
	Beat                   float64 // seconds between two signs of life; 0 is a tenth
	Glance                 bool    // it looks at all workers at once, with one docker ps
	Patience               int     // by how much more time docker has than on a machine that is not emulated; 0 is none
}

// theRole returns this process's role.
func theRole() (r role) {
	if err := json.Unmarshal([]byte(os.Getenv(chaosRole)), &r); err != nil {
		panic(err)
	}
	return r
}

// worker returns the name of a worker.
func (r role) worker(i int) string { return fmt.Sprintf("%s-%02d", r.Name, i) }

// chaosTime names how long the chaos lasts; without it there is none.
const chaosTime = "DOCKERCMD_CHAOS"

const chaosWorkers = 60 // on a machine that is not emulated

// chaosScript lives and ends as its arguments say: after so many beats, with that code. Before that it writes down what
// it will end with: a container's name for itself is the beginning of its id, and a container that is started again lives another
// life. A polite end is written down, too, and again and again that it lives. What is written outlives a power cut.
const chaosScript = `h=$(cat /etc/hostname); n=0; while [ -e /truth/$h.$n.start ]; do n=$((n+1)); done; me=/truth/$h.$n; ` +
	`echo $3 >$me.start; sync $me.start; trap 'echo 3 >$me; sync $me; exit 3' TERM; ` +
	`i=0; while [ $i -lt $1 ]; do : >$me.beat; sleep $4; i=$((i+1)); done; trap '' TERM; echo $2 >$me; sync $me; exit $2`

// manager returns a supervisor's Manager; it is made anew in each of its lives.
func (r role) manager() *worker.Manager {
	env := slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "DOCKER_") })
	patience := time.Duration(cmp.Or(r.Patience, 1))
	return &worker.Manager{
		Root: filepath.Join(r.Dir, "root"), LockDir: filepath.Join(r.Dir, "locks"), Instance: r.Name, KillDirectly: true,
		Docker: client.Docker{Program: filepath.Join(r.Dir, "docker"), Env: append(env, "DOCKER_HOST="+r.Host),
			Short: patience * 10 * time.Second, Long: patience * 30 * time.Second},
		Machine: &worker.Machine{CPUs: 1000, Memory: 1 << 50, Zones: map[string]worker.Zone{"0": {CPUs: "0", Mems: "0"}}},
		Users: func(context.Context, string) (worker.Identity, error) {
			return worker.Identity{UID: 65534, GID: 65534}, nil
		},
	}
}

// chaosSupervisor keeps so many workers running until there is a file stop; then it ends and removes all of them. It may be killed
// at any moment, and goes on where it was.
func chaosSupervisor(r role) int {
	m, dir := r.manager(), r.Dir
	if rand.IntN(2) == 0 { // the other one of its lives asks by lines alone
		m.Docker.Lane = new(client.Lane)
		defer m.Docker.Lane.Close()
	}
	go r.gauge()
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	go func() { // it goes with its test
		for parent := os.Getppid(); os.Getppid() == parent; {
			time.Sleep(time.Second)
		}
		os.Exit(1)
	}()
	m.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	taken, err := os.OpenFile(filepath.Join(dir, "taken"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	w := &worker.Watcher{Manager: m, Relist: 5 * time.Second, OnExit: func(_ context.Context, n worker.Notice) error {
		line, err := json.Marshal(chaosExit{n, chaosLives(n), time.Now()})
		if err == nil {
			_, err = taken.Write(append(line, '\n'))
		}
		return errors.Join(err, taken.Sync())
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
				look := r.glance(ctx, m)
				for id := i; id < r.Workers && !stopping(); id += 4 {
					st, err := look(r.worker(id))
					r.life(ctx, m, r.worker(id), st, err)
				}
			}
		})
	}
	lives.Wait()
	var ids []string
	for i := range r.Workers {
		ids = append(ids, r.worker(i))
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

// glance returns a way to tell a worker's status: by looking when it is asked, or at all of them beforehand.
func (r role) glance(ctx context.Context, m *worker.Manager) func(id string) (worker.Status, error) {
	if !r.Glance {
		return func(id string) (worker.Status, error) { return m.Status(ctx, id) }
	}
	all, err := m.Statuses(ctx)
	return func(id string) (worker.Status, error) {
		i := slices.IndexFunc(all, func(s worker.Status) bool { return s.ID == id })
		switch {
		case err != nil:
			return worker.Status{}, err
		case i < 0:
			return worker.Status{}, worker.ErrUnknownID
		}
		return all[i], nil
	}
}

// life does one thing with one worker, whatever it is now.
func (r role) life(ctx context.Context, m *worker.Manager, id string, st worker.Status, err error) {
	beat := cmp.Or(r.Beat, 0.1)
	beats := int((r.Least + r.More*rand.Float64()) / beat)
	s := worker.Spec{
		ID: id, Image: r.Image, User: "65534:65534", Network: "none",
		Command: []string{"sh", "-c", chaosScript, "life", strconv.Itoa(beats), strconv.Itoa(rand.IntN(100)), id, fmt.Sprint(beat)},
		Mounts:  []dockercmd.Mount{{Type: "bind", Source: filepath.Join(r.Dir, "truth"), Target: "/truth"}},
	}
	grace := 5 * time.Second
	s.StopGrace = &grace
	switch {
	case errors.Is(err, worker.ErrUnknownID):
		r.launch(ctx, m, s)
	case err != nil: // nobody knows: it is left alone
	case st.State == worker.Exited || st.State == worker.Gone:
		if st.Exit != nil && rand.IntN(3) > 0 {
			_, _ = m.Cleanup(ctx, id)
		} else if st.Exit != nil {
			r.launch(ctx, m, s) // its exit is kept
		}
	case st.State.Alive() && st.State != worker.InDoubt && rand.IntN(60) == 0:
		_, _ = m.Stop(ctx, id)
	case st.State.Alive() && st.State != worker.InDoubt && rand.IntN(60) == 0:
		_, _ = m.Kill(ctx, id)
	}
}

// chaosLives reports whether a process of the life that is said to have ended lives. A later life of the same container may.
func chaosLives(n worker.Notice) bool {
	if n.Container == "" || n.Exit.FinishedAt.IsZero() {
		return false
	}
	for range 20 { // which goes in a moment
		g, err := (cgroupread.Host{}).ByID(n.Container, "")
		if err != nil {
			return false
		}
		pids, err := g.Procs()
		if err != nil || !slices.ContainsFunc(pids, func(pid int) bool { return startOf(pid).Before(n.Exit.FinishedAt) }) {
			return false
		}
		time.Sleep(100 * time.Millisecond)
	}
	return true
}

// startOf returns when a process was started; one that is gone was not.
func startOf(pid int) time.Time {
	never := time.Now().Add(time.Hour)
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	uptime, upErr := os.ReadFile("/proc/uptime")
	if err != nil || upErr != nil {
		return never
	}
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // from the state, field 3, on
	if len(f) < 20 {
		return never
	}
	ticks, err := strconv.ParseFloat(f[19], 64)
	up, upErr := strconv.ParseFloat(strings.Fields(string(uptime))[0], 64)
	if err != nil || upErr != nil {
		return never
	}
	const perSecond = 100 // USER_HZ
	return time.Now().Add(-time.Duration((up - ticks/perSecond) * float64(time.Second)))
}

// launch notes a launch, or what one that fails says. What comes of one that does not, the Watcher tells.
func (r role) launch(ctx context.Context, m *worker.Manager, s worker.Spec) {
	l, err := m.Launch(ctx, s)
	if err != nil {
		m.Log.Info("launch failed", slog.String("worker", s.ID), slog.Any("error", err))
		return
	}
	err = appendSynced(filepath.Join(r.Dir, "launched"), fmt.Sprintf("%s %s %s\n", s.ID, l.Launch, l.Container))
	if err != nil {
		panic(err)
	}
}

// appendSynced appends to a file what a power cut shall not take away.
func appendSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// chaos is the test's side of it.
type chaos struct {
	role
	mounted bool // the supervisor's files are on a small disk
	engine  *enginetest.PrivateEngine
	env     []string
	kills   int
	terms   int            // how often all processes got SIGTERM
	stops   int            // how often the supervisor was halted for a while
	repeat  map[string]int // by launch, how often its exit may come again
	outages *outages

	mu       sync.Mutex
	torments map[string]int
	copies   map[string]bool // containers that have a worker's labels
}

// outages are the times when the engine was away, or lied.
type outages struct {
	engine sync.Mutex // one who breaks the engine, or wants it whole, at a time

	mu   sync.Mutex
	away [][2]time.Time
}

// newChaos returns a supervisor's chaos on an engine: its files are made, and it is removed with the test.
func newChaos(t *testing.T, e *enginetest.PrivateEngine, o *outages, r role, small bool) *chaos {
	t.Helper()
	c := &chaos{role: r, engine: e, outages: o, repeat: map[string]int{}, torments: map[string]int{}, copies: map[string]bool{}}
	var err error
	if c.Dir, err = os.MkdirTemp("", "dockercmd-chaos-"); err != nil {
		t.Fatal(err)
	}
	c.Host, c.Image = e.Host, e.Image
	c.makeRoot(t, small)
	t.Cleanup(func() {
		c.unmountRoot(t)
		if !t.Failed() || os.Getenv("DOCKERCMD_CHAOS_KEEP") == "" {
			os.RemoveAll(c.Dir)
		}
	})
	truth := filepath.Join(c.Dir, "truth")
	if err := errors.Join(os.Chmod(c.Dir, 0o755), os.Mkdir(truth, 0o777), os.Chmod(truth, 0o777)); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c.role)
	if err != nil {
		t.Fatal(err)
	}
	c.env = append(os.Environ(), child.As("chaos"), chaosRole+"="+string(text))
	c.writeClient(t)
	return c
}

// harm is what becomes of a supervisor.
type harm int

const (
	sigkill harm = iota
	sigterm      // with all its clients
	sigstop      // for a while
)

// supervise keeps a supervisor running, and does harm to it again and again until over is closed; then it lets the last one come to
// its end.
func (c *chaos) supervise(t *testing.T, over <-chan struct{}, every time.Duration, harms ...harm) {
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
		if c.harm(t, cmd.Process, done, over, every, harms) {
			continue
		}
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the last supervisor: %v", err)
			}
		case <-time.After(5 * time.Minute):
			_ = cmd.Process.Signal(os.Interrupt)
			t.Error("the last supervisor does not come to its end")
			_ = cmd.Process.Kill()
			<-done
		}
		return
	}
}

// harm does harm to one supervisor until it has ended of that, or until over is closed: then it returns false.
func (c *chaos) harm(t *testing.T, p *os.Process, done <-chan error, over <-chan struct{}, every time.Duration, harms []harm) bool {
	for {
		select {
		case <-time.After(every/2 + rand.N(every)):
		case err := <-done:
			t.Errorf("a supervisor ended by itself: %v", err)
			return true
		case <-over:
			return false
		}
		switch harms[rand.IntN(len(harms))] {
		case sigstop:
			_ = p.Signal(syscall.SIGSTOP)
			time.Sleep(rand.N(2 * every))
			_ = p.Signal(syscall.SIGCONT)
			c.stops++
			continue
		case sigterm:
			c.terminateAll(p.Pid)
			c.terms++
		default:
			_ = p.Kill()
		}
		<-done
		c.kills++
		c.noteRepeats(t)
		return true
	}
}

// noteRepeats notes what the supervisor that fell just now had handed over and not noted as taken.
func (c *chaos) noteRepeats(t *testing.T) {
	handed := map[string]bool{}
	for _, h := range ledger(t, c.Dir) {
		handed[fmt.Sprintf("%s %d", h.Launch, h.Life)] = true
	}
	pending, err := c.manager().PendingExits()
	if err != nil {
		t.Errorf("after a kill: %v", err)
	}
	for _, n := range pending {
		if life := fmt.Sprintf("%s %d", n.Launch, n.Life); handed[life] {
			c.repeat[life]++
		}
	}
}

// terminateAll sends SIGTERM to the supervisor and to all its docker clients, as the stop of a service does.
func (c *chaos) terminateAll(supervisor int) {
	_ = syscall.Kill(supervisor, syscall.SIGTERM)
	for _, e := range dirNames("/proc") {
		pid, err := strconv.Atoi(e)
		if err != nil || pid == supervisor || pid == os.Getpid() {
			continue
		}
		comm, _ := os.ReadFile(filepath.Join("/proc", e, "comm"))
		env, err := os.ReadFile(filepath.Join("/proc", e, "environ"))
		if err == nil && string(comm) == "docker\n" && strings.Contains(string(env), c.Dir) {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
	}
}

func dirNames(path string) (names []string) {
	list, _ := os.ReadDir(path) // processes come and go
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// without runs f while the engine is away.
func (o *outages) without(f func()) {
	began := time.Now()
	f()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away = append(o.away, [2]time.Time{began.Add(-time.Second), time.Now().Add(time.Second)})
}

// breaks runs f, which breaks the engine, while nobody else needs it.
func (o *outages) breaks(f func()) {
	o.engine.Lock()
	defer o.engine.Unlock()
	o.without(f)
}

// wereBetween reports whether the engine was away, or lied, at some time between an end and the moment when it was handed over.
func (o *outages) wereBetween(from, to time.Time) bool {
	return slices.ContainsFunc(o.away, func(w [2]time.Time) bool { return to.After(w[0]) && from.Before(w[1]) })
}

// TestChaos lets sixty workers live and die at random on an engine of the test's own, while the supervisor is killed again and
// again, and the engine is stopped, started and frozen. Each exit is handed over, once unless the supervisor fell before it could
// note that; never with a wrong code; nothing is left behind, and strangers are not touched.
func TestChaos(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv(chaosTime))
	if err != nil || length < 30*time.Second {
		t.Skipf("NOT TESTED: the chaos takes a time of at least 30s in %s; make chaos sets it", chaosTime)
	}
	e := enginetest.Private(t)
	workers, every, patience := pace(t, e)
	c := newChaos(t, e, new(outages), role{Name: "worker", Workers: workers, Least: 2, More: 20, Patience: patience}, true)
	strangers := map[string]string{}
	for _, s := range []string{"worker-61", "stranger"} {
		strangers[s] = c.engine.Run(t, "run", "--detach", "--name="+s, "--network=none", "--label=dockercmd.instance=other",
			"--label=dockercmd.worker="+s,
			c.engine.Image, "sleep", "100000")
	}

	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		c.supervise(t, over, every, sigkill, sigkill, sigterm)
	}()
	tormented := make(chan struct{})
	go func() {
		defer close(tormented)
		c.torment(t, over, strangers)
	}()
	frozen := min(20*time.Second, length/6)
	calm := func() { time.Sleep(length / 12) }
	began := time.Now()
	calm()
	calm()
	c.outages.breaks(func() { c.engine.Stop(t); c.engine.Start(t) })
	calm()
	c.outages.breaks(func() { c.engine.Kill(t); c.engine.Start(t, "--live-restore") }) // whatever it was starting
	calm()
	c.outages.breaks(func() {
		c.engine.Kill(t)
		c.engine.Start(t, "--live-restore", "--data-root="+filepath.Join(c.engine.Dir, "other"))
		time.Sleep(5 * time.Second)
		c.engine.Kill(t)
		c.engine.Start(t, "--live-restore")
	})
	freeze := func() {
		c.outages.engine.Lock()
		defer c.outages.engine.Unlock()
		c.engine.Freeze(t)
		time.Sleep(frozen)
		c.engine.Thaw(t)
	}
	freeze()
	if length >= 3*time.Minute {
		calm()
		c.outages.breaks(func() { c.engine.Stop(t); c.engine.Start(t, "--live-restore") })
		calm()
		c.outages.breaks(func() { c.engine.Stop(t); time.Sleep(3 * time.Second); c.engine.Start(t, "--live-restore") })
		calm()
		freeze()
	}
	time.Sleep(max(0, length-time.Since(began)))
	for n := 0; n < workers && time.Since(began) < max(6*length, 5*every); n, _ = c.started(t) {
		time.Sleep(time.Second) // a slow machine launches fewer in the same time
	}
	close(over)
	<-tormented // the last supervisor's last questions are answered truly: it finds no leftovers where inspect and ps both lie
	if err := os.WriteFile(filepath.Join(c.Dir, "stop"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	<-ended
	c.tally(t, strangers)
	if least := int(length / (every + every/2)); c.kills < least {
		t.Errorf("the supervisor was killed %d times, want at least %d", c.kills, least)
	}
}

// pace returns how many workers a machine can take, how often their supervisor may fall and yet launch some, and by how much more
// time it gives docker: an emulated machine is ten times slower.
func pace(t *testing.T, e *enginetest.PrivateEngine) (workers int, every time.Duration, patience int) {
	t.Helper()
	took := time.Hour
	for range 3 {
		began := time.Now()
		e.Run(t, "run", "--rm", "--network=none", e.Image, "true")
		took = min(took, time.Since(began))
	}
	if took < 1500*time.Millisecond {
		return chaosWorkers, 4 * time.Second, 1
	}
	t.Logf("a container takes %v here: fewer workers, and fewer deaths of their supervisor", took)
	return chaosWorkers / 10, 30 * took, 10
}

// started returns how many containers have run, and how many lives they had.
func (c *chaos) started(t *testing.T) (containers, lives int) {
	t.Helper()
	for _, e := range entries(t, filepath.Join(c.Dir, "truth")) {
		if strings.HasSuffix(e, ".start") {
			lives++
		}
		if strings.HasSuffix(e, ".0.start") {
			containers++
		}
	}
	return containers, lives
}

// chaosExit is an exit that the chaos's supervisor was handed: a line of its ledger.
type chaosExit struct {
	worker.Notice
	Lives bool // processes of the worker did so, still
	At    time.Time
}

// ledger returns all exits that were handed over.
func ledger(t *testing.T, dir string) (all []chaosExit) {
	t.Helper()
	for _, line := range lines(t, filepath.Join(dir, "taken")) {
		var h chaosExit
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, h)
	}
	return all
}

// handedOver returns all exits that were handed over, and holds that no process was alive then, and no launch has two containers.
func handedOver(t *testing.T, dir string) []chaosExit {
	t.Helper()
	containers := map[string]string{}
	all := ledger(t, dir)
	for _, h := range all {
		if h.Lives {
			t.Errorf("it had processes when it was said to have ended: %+v", h)
		}
		if was, seen := containers[h.Launch]; seen && was != h.Container {
			t.Errorf("launch %s has two containers: %q and %q", h.Launch, was, h.Container)
		}
		containers[h.Launch] = h.Container
	}
	return all
}

// tally holds what was handed over against what the workers themselves have written down.
func (c *chaos) tally(t *testing.T, strangers map[string]string) {
	byContainer, sources := map[string][]chaosExit{}, map[string]int{}
	for _, h := range handedOver(t, c.Dir) {
		if h.Container != "" {
			byContainer[h.Container[:12]] = append(byContainer[h.Container[:12]], h)
		}
		sources[string(h.Exit.Source)]++
	}
	log := lines(t, filepath.Join(c.Dir, "log"))
	started, lives, told, unknown, wrong, repeats, unseen, undone, early := 0, 0, 0, 0, 0, 0, 0, 0, 0
	for _, e := range entries(t, filepath.Join(c.Dir, "truth")) {
		id, isStart := strings.CutSuffix(e, ".0.start")
		if !isStart {
			continue
		}
		started++
		// What each of its lives has written down: the code, or "" when it was killed before.
		var wrote []string
		var when []time.Time
		for n := 0; ; n++ {
			life := filepath.Join(c.Dir, "truth", fmt.Sprintf("%s.%d", id, n))
			start, err := os.Stat(life + ".start")
			if err != nil {
				break
			}
			text, _ := os.ReadFile(life)
			at := start.ModTime()
			if info, err := os.Stat(life); err == nil {
				at = info.ModTime()
			}
			wrote, when = append(wrote, strings.TrimSpace(string(text))), append(when, at)
		}
		lives += len(wrote)
		hs := byContainer[id]
		if len(hs) == 0 && slices.ContainsFunc(mentions(log, id), func(line string) bool {
			return strings.Contains(line, "container of a failed launch is removed")
		}) {
			undone++
			continue
		}
		if len(hs) == 0 {
			t.Errorf("the exit of container %s was never handed over; the log says:\n%s", id, strings.Join(mentions(log, id), "\n"))
			continue
		}
		byLife := map[int][]chaosExit{}
		before := 0 // its launch was cut off before it was started, and somebody has started it later
		for _, h := range hs {
			if h.Life == 0 && isUnstarted(h.Exit) && len(hs) > 1 {
				before = 1
				continue
			}
			byLife[h.Life-before] = append(byLife[h.Life-before], h)
		}
		// One that is ended before its script begins writes nothing, nor does one that is started when its worker is being removed,
		// or launched anew: sh does not find the script, and ends with 2.
		for life := 0; len(byLife) > len(wrote) && life < 100; life++ {
			if hs := byLife[life]; len(hs) > 0 && slices.Contains([]int{2, 137, 143}, hs[0].Exit.Code) {
				delete(byLife, life)
				early++
				for later := life + 1; later <= life+len(hs)+100; later++ {
					if hs, is := byLife[later]; is {
						delete(byLife, later)
						byLife[later-1] = hs
					}
				}
				life--
			}
		}
		if len(byLife) > len(wrote) {
			t.Errorf("container %s lived %d times, and %d exits were handed over", id, len(wrote), len(byLife))
		}
		unseen += max(0, len(wrote)-len(byLife)) // it was started again before anybody was there to see the end
		for life, hs := range byLife {
			h := hs[0]
			if more := len(hs) - 1; more > 0 {
				repeats += more
				if may := c.repeat[fmt.Sprintf("%s %d", h.Launch, h.Life)]; more > may {
					t.Errorf("the exit of container %s was handed over %d times, and may have been %d times", id, len(hs), 1+may)
				}
			}
			// Of a container with lives that nobody saw the end of, the exit is that of any of its lives.
			fits := func(n int) bool {
				if wrote[n] == "" {
					return h.Exit.Code == 137 || h.Exit.Code == 143
				}
				return strconv.Itoa(h.Exit.Code) == wrote[n] || h.Exit.Code == 137 // it was killed after it had written that down
			}
			switch {
			case !h.Exit.Known:
				unknown++
				missed := func(at time.Time) bool { return c.outages.wereBetween(at, h.At) }
				if !slices.ContainsFunc(when, missed) && len(wrote) == 1 && wrote[0] != "" && h.Exit.Reason != unknownStart {
					t.Errorf("container %s ended with %s at %s while the engine was there, but %q was handed over", id, wrote[0],
						when[0].Format(time.TimeOnly), h.Exit.Reason)
				}
			case len(byLife) == len(wrote) && !fits(life), !slices.ContainsFunc(numbers(len(wrote)), fits):
				wrong++
				t.Errorf("container %s wrote %q, but of its life %d %q (%s) was handed over", id, wrote, life, h.Exit.Reason, h.Exit.Source)
			default:
				told++
			}
		}
	}
	wantOneAtATime(t, filepath.Join(c.Dir, "truth"))
	t.Logf("supervisor killed %d times, %d of them with all its clients by SIGTERM; %d containers lived %d lives, %d of which ended unseen, %d launches undone, %d ended before they began; "+
		"exits handed over with the right code: %d, unknown while the engine was away: %d, wrong: %d, handed over again: %d; by source: %v; "+
		"torments: %v", c.kills, c.terms, started, lives, unseen, undone, early, told, unknown, wrong, repeats, sources, c.torments)
	if started < c.Workers {
		failed := mentions(log, "launch failed")
		t.Errorf("only %d containers ran; %d launches failed, the last of them:\n%s", started, len(failed),
			strings.Join(failed[max(0, len(failed)-5):], "\n"))
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
	if got := files(t, filepath.Join(c.Dir, "root")); len(got) > 0 {
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

// unknownStart is what is said of a worker whose engine was killed while it started it.
const unknownStart = "unknown: the engine does not know that it was started"

// isUnstarted reports whether an exit is that of a launch which was not started, as far as anybody knows.
func isUnstarted(e worker.Exit) bool {
	return strings.HasPrefix(e.Reason, "never started") || e.Reason == unknownStart
}

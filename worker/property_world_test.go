package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// world is a supervisor, an engine and strangers, and what is known of them by other ways than the supervisor's. It holds:
//
//   - An exit is handed over once, and not again after it was taken. A container that somebody starts again has an exit of each life
//     that was noticed.
//   - An exit of a program that ran has its code, or says that it is not known; of one that never ran, nothing.
//   - While a worker's program runs, nobody says that it has ended.
//   - A worker's program runs once at a time.
//   - A worker whose launch has succeeded is ended by nobody who was not asked to.
//   - A stranger's container is not touched.
//   - Docker is not asked without a pause.
//   - When the engine is well again and all is cleaned up, every launch that succeeded has had its exit taken, and nothing is left.
type world struct {
	t          *testing.T
	rig        *rig
	m          *worker.Manager // of the present supervisor
	watcher    *worker.Watcher
	stop       func()
	faults     faults
	at         string
	all        sync.WaitGroup // operations that go on beside the others
	lostRuns   bool           // a docker run may have been answered by nobody
	engineDown bool           // it was stopped
	kind       worldKind
	mortal     *mortal // the present supervisor's end
	swapped    bool    // another engine is asked
	cgroups    string  // where the supervisor looks for cgroups
	unlock     func()  // frees the lock on Root that somebody holds; nil is nobody

	mu        sync.Mutex
	running   map[string]string // by worker, the launch whose program runs
	codes     map[string][]int  // by launch, what its program may have ended with
	ran       map[string]string // by launch, the worker it is of
	ends      map[string]int    // by launch, how often its program has ended
	good      map[string]bool   // launches that Launch has answered for
	asks      map[string]int    // by worker, how often somebody began, or ceased, to ask for its end
	asking    map[string]int    // by worker, who asks for its end now
	unasked   map[string]bool   // launches whose program was ended although nobody had asked for it
	taken     map[string]int    // by launch
	took      map[string]bool   // by launch and life
	repeats   map[string]bool   // launches whose exits may come again: the supervisor fell before it could note that they were taken
	damaged   map[string]string // by worker, the file of it that was damaged last
	forgotten map[string]bool   // launches of workers that have lost both files that name them
	refusing  bool
	minute    time.Time       // in which docker was asked last
	questions int             // that it was asked in that minute
	strangers map[string]bool // names of strangers' containers that must run
	problems  []string
	tally     map[string]int
}

// worldKind is what kind of world it is.
type worldKind struct {
	kernel bool // the supervisor sees the containers' cgroups
	today  bool // the engine is one of 28.5 that runs its containerd itself, and makes up the ends that it has missed
	disk   bool // the supervisor has a small disk of its own, which takes root
	lane   bool // supervisors ask by a client.Lane
}

// kindOf returns the kind of a seed's world.
func kindOf(seed uint64) worldKind {
	return worldKind{kernel: seed%2 == 0, today: seed/2%2 == 0, disk: seed%5 == 0 && os.Geteuid() == 0, lane: seed%3 == 0}
}

// workerIDs are the workers of a world.
var workerIDs = []string{"w1-x", "w2-x", "w3-x"}

func newWorld(t *testing.T, kind worldKind) *world {
	w := &world{
		kind: kind, ends: map[string]int{}, took: map[string]bool{}, repeats: map[string]bool{},
		t: t, rig: newRig(t), running: map[string]string{}, codes: map[string][]int{}, ran: map[string]string{},
		good: map[string]bool{}, asks: map[string]int{}, asking: map[string]int{}, unasked: map[string]bool{},
		taken: map[string]int{}, strangers: map[string]bool{}, damaged: map[string]string{},
		forgotten: map[string]bool{}, tally: map[string]int{},
	}
	w.rig.fake.Images = map[string]runnertest.Program{image: w.program, "stranger:1": w.stranger}
	w.rig.setFault(w.answer)
	if w.cgroups = t.TempDir(); kind.kernel { // else it stays empty
		w.rig.fake.CgroupRoot = w.cgroups
	}
	if kind.today {
		w.rig.fake.Engine, w.rig.fake.OwnContainerd = "28.5", true
	}
	if kind.disk {
		w.mountRoot()
	}
	w.runStranger("stranger")
	w.begin()
	return w
}

// manager returns the Manager of another supervisor.
func (w *world) manager() *worker.Manager {
	m := w.rig.another(w.rig.Root)
	m.Cgroups.Root = w.cgroups
	if w.kind.lane {
		m.Docker.Lane = new(client.Lane)
	}
	return m
}

// incarnate makes the Manager of a new supervisor.
func (w *world) incarnate() {
	life, die := context.WithCancel(context.Background())
	w.m, w.mortal = w.manager(), &mortal{life: life, die: die}
	w.m.Log = slog.New(mortalHandler{w.m.Log.Handler(), w.mortal})
}

// begin starts a new supervisor.
func (w *world) begin() {
	w.incarnate()
	w.watcher = &worker.Watcher{Manager: w.m, OnExit: w.take}
	done := make(chan struct{})
	watcher, mortal, lane, err := w.watcher, w.mortal, w.m.Docker.Lane, error(nil)
	go func() {
		defer close(done)
		err = watcher.Run(mortal.life)
	}()
	synctest.Wait()
	w.stop = func() {
		mortal.die()
		lane.Close() // with its process
		if <-done; !mortal.isDead() && !errors.Is(err, context.Canceled) {
			w.wrong("the Watcher ended with %v", err)
		}
		synctest.Wait()
		w.noteRepeats()
	}
}

func (w *world) wrong(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, w.at+": "+fmt.Sprintf(format, args...))
}

func (w *world) count(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally[what]++
}

// program runs as a worker: exit N, later SECONDS N, serve, stubborn.
func (w *world) program(ctx context.Context, c *runnertest.Container) int {
	id, launch := c.Labels[worker.LabelWorker], c.Labels[worker.LabelLaunch]
	w.mu.Lock()
	if other := w.running[id]; other != "" {
		w.problems = append(w.problems, fmt.Sprintf("%s: %s runs twice: launches %s and %s", w.at, id, other, launch))
	}
	w.running[id], w.ran[launch] = launch, id
	asks := w.asks[id]
	w.tally["programs"]++
	w.mu.Unlock()
	code := 0
	w.mu.Lock()
	again := w.ends[launch] > 0
	w.mu.Unlock()
	if words := argvOf(c); words[0] == "later" {
		seconds, _ := strconv.Atoi(words[1])
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
			code, _ = strconv.Atoi(words[2])
		case <-ctx.Done():
		}
	} else {
		code = app(ctx, c)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, id)
	w.ends[launch]++
	w.codes[launch] = append(w.codes[launch], code)
	if ctx.Err() != nil && w.asks[id] == asks && w.asking[id] == 0 {
		w.unasked[launch] = true
		w.wasUnasked(launch)
	}
	if ctx.Err() != nil {
		if !again {
			w.codes[launch] = nil
		}
		w.codes[launch] = append(w.codes[launch], 137, 143) // by SIGKILL, or by SIGTERM under docker's init
	}
	if words := argvOf(c); words[0] == "serve" {
		w.codes[launch] = append(w.codes[launch], 137) // a kill may be behind the SIGTERM that it has heard
	}
	return code
}

// wasUnasked holds that a launch that has succeeded was not ended by one who was not asked to. The caller holds w.mu.
func (w *world) wasUnasked(launch string) {
	if w.good[launch] && w.unasked[launch] {
		w.problems = append(w.problems, w.at+": launch "+launch+" was ended, and nobody had asked for that")
	}
}

// asked notes that somebody asks for the end of workers; call what it returns when they cease to.
func (w *world) asked(ids ...string) (ceased func()) {
	note := func(by int) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, id := range ids {
			w.asks[id]++
			w.asking[id] += by
		}
	}
	note(1)
	return func() { note(-1) }
}

// take acknowledges an exit, as OnExit.
func (w *world) take(_ context.Context, n worker.Notice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong := func(format string, args ...any) {
		w.problems = append(w.problems, fmt.Sprintf("%s: launch %s of %s: ", w.at, n.Launch, n.Worker)+fmt.Sprintf(format, args...))
	}
	life := lifeOf(n)
	if w.took[life] && !w.repeats[n.Launch] {
		wrong("its exit (%s) comes again after it was taken", n.Exit)
	}
	switch {
	case w.running[n.Worker] == n.Launch && w.ends[n.Launch] <= n.Life:
		wrong("it is said to have ended (%s), and its program runs", n.Exit)
	case n.Exit.Known && w.ran[n.Launch] == "":
		wrong("it never ran, and is said to have ended with %s", n.Exit)
	case n.Exit.Known && !slices.Contains(w.codes[n.Launch], n.Exit.Code):
		wrong("it ended with one of %d, and is said to have ended with %s", w.codes[n.Launch], n.Exit)
	case n.Exit.OOM:
		wrong("memory was not lacking, and is said to have been: %s", n.Exit)
	}
	if w.refusing {
		return errors.New("not now")
	}
	w.taken[n.Launch]++
	w.took[life] = true
	if n.Life > 0 {
		w.tally["exits of later lives"]++
	}
	w.tally["exits"]++
	if n.Exit.Known {
		w.tally["exits with their codes"]++
	}
	return nil
}

// stranger runs as a stranger's container, to the world's end.
func (w *world) stranger(ctx context.Context, c *runnertest.Container) int {
	<-ctx.Done()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.strangers[c.Name] {
		w.problems = append(w.problems, w.at+": the stranger's container "+c.Name+" was ended")
	}
	return 0
}

func (w *world) runStranger(name string) {
	w.mu.Lock()
	was := w.strangers[name]
	w.strangers[name] = true
	w.mu.Unlock()
	if was {
		return
	}
	if w.direct(&dockercmd.Run{Name: name, Image: "stranger:1", Detach: true}) != nil && name != "stranger" {
		w.mu.Lock()
		delete(w.strangers, name)
		w.mu.Unlock()
	}
}

func (w *world) removeStranger(name string) {
	w.mu.Lock()
	was := w.strangers[name]
	delete(w.strangers, name)
	w.mu.Unlock()
	if was {
		_ = w.direct(&dockercmd.Rm{Force: true, Containers: []string{name}})
	}
}

// direct runs a stranger's docker line, with an engine that is well. It fails while the engine is away.
func (w *world) direct(c dockercmd.Command) error {
	w.faults.mu.Lock()
	kept := w.faults.by
	w.faults.by = nil
	w.faults.mu.Unlock()
	defer func() {
		w.faults.mu.Lock()
		defer w.faults.mu.Unlock()
		w.faults.by = kept
	}()
	_, err := w.rig.docker().Stream(context.Background(), c, client.Streams{})
	return err
}

// answer returns the fault of a command that docker is about to answer. More commands a minute than anybody needs are a problem, and
// slowed down: a loop without a pause would never let the minute end.
func (w *world) answer(c dockercmd.Command) *runnertest.Fault {
	const most = 5000
	w.mu.Lock()
	if minute := time.Now().Truncate(time.Minute); minute != w.minute {
		w.minute, w.questions = minute, 0
	}
	w.questions++
	n := w.questions
	if n == most {
		w.problems = append(w.problems, fmt.Sprintf("%s: docker is asked %d times in a minute, docker %s last", w.at, n, c.Subcommand()))
	}
	w.mu.Unlock()
	if n >= most {
		return &runnertest.Fault{Delay: time.Second}
	}
	return w.faults.fault(c)
}

// ended holds that a worker whose exit a call has told does not run.
func (w *world) ended(id string, e worker.Exit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	launch := w.running[id]
	run, err := os.ReadFile(filepath.Join(w.rig.Root, "workers", id, "docker-run.sh"))
	// It may be the end of a later launch that is told: a stranger has started what an earlier one had left.
	later := err == nil && !bytes.Contains(run, []byte(launch))
	if launch != "" && !(later && w.taken[launch] > 0) {
		w.problems = append(w.problems, fmt.Sprintf("%s: %s ended (%s), and its launch %s runs", w.at, id, e, launch))
	}
}

// endedBefore reports whether what runs is a later life, which nobody may have noticed yet: Wait tells what is recorded, also while
// it is handed over.
func (w *world) endedBefore(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ends[w.running[id]] > 0
}

// look holds what must be true at any time.
func (w *world) look() {
	h := w.watcher.Health()
	if !h.Engine {
		w.count("engine away")
	}
	for name := range w.strangers {
		if w.engineDown {
			break
		}
		if err := w.direct(&dockercmd.Exec{Container: name, Command: []string{"exec"}, Detach: true}); err != nil {
			w.wrong("the stranger's container %s: %v", name, err)
		}
	}
}

// noteRepeats notes which exits were taken by a supervisor that has ended before it could note so.
func (w *world) noteRepeats() {
	var pending []worker.Notice
	var err error
	if w.unlock == nil {
		pending, err = w.manager().PendingExits()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.unlock != nil, errors.Is(err, worker.ErrState) && w.tally["files damaged"] > 0: // nobody can tell
		for launch := range w.taken {
			w.repeats[launch] = true
		}
	case err != nil:
		w.problems = append(w.problems, fmt.Sprintf("%s: pending exits: %v", w.at, err))
	}
	for _, n := range pending {
		if w.took[lifeOf(n)] {
			w.repeats[n.Launch] = true
		}
	}
}

// lifeOf names the life whose exit a notice is.
func lifeOf(n worker.Notice) string {
	return fmt.Sprintf("%s of %s, life %d", n.Launch, n.Worker, n.Life)
}

// end heals everything, cleans up, and holds that nothing is left.
func (w *world) end() {
	w.mortal.spare()
	w.bury()
	w.release()
	w.freeDisk()
	w.startEngine()
	w.heal()
	w.mu.Lock()
	w.refusing = false
	w.mu.Unlock()
	for _, id := range workerIDs {
		w.removeStranger(id)
		w.removeStranger("copy-of-" + id)
		_ = w.direct(&dockercmd.Rename{Container: "moved-" + id, NewName: id}) // if it was moved
		_ = w.direct(&dockercmd.Unpause{Containers: []string{id}})             // if it was paused
	}
	w.all.Wait()
	if err := w.m.AcceptEngine(context.Background()); err != nil { // if the first launch was tried on the other one
		w.wrong("%v", err)
	}
	rest(5 * time.Minute)
	if h := w.watcher.Health(); !h.Engine || !h.Events || h.Unrecorded > 0 || h.Busy != nil {
		w.wrong("the engine is well, and the Watcher says %v", h)
	}
	ctx := context.Background()
	defer w.asked(workerIDs...)()
	for _, o := range w.m.StopAll(ctx, workerIDs...) {
		if o.Err != nil && !errors.Is(o.Err, worker.ErrUnknownID) && !errors.Is(o.Err, worker.ErrNotLaunched) {
			w.wrong("stop: %v", o.Err)
		}
		if o.Exit != nil {
			w.ended(o.ID, *o.Exit)
		}
	}
	for _, o := range w.m.CleanupAll(ctx, workerIDs...) {
		if o.Err != nil && !errors.Is(o.Err, worker.ErrUnknownID) {
			w.wrong("cleanup: %v", o.Err)
		}
	}
	if _, err := w.m.Reap(ctx, worker.Reaper{Grace: -1}); err != nil {
		w.wrong("reap: %v", err)
	}
	rest(2 * time.Minute)
	for what, n := range w.watcher.Held() {
		if n > 0 {
			w.wrong("the Watcher holds %d %s", n, what)
		}
	}
	if err := w.m.Reserve("all-x", worker.Resources{Memory: 8 * dockercmd.GiB}); err != nil {
		w.wrong("a reservation is left: %v", err)
	}
	if _, err := w.m.Cleanup(ctx, "all-x"); err != nil {
		w.wrong("%v", err)
	}
	w.stop()
	w.removeStranger("stranger")
	if names := w.rig.names(w.t); len(names) > 0 {
		w.wrong("containers are left: %q", names)
	}
	if left := files(w.t, w.rig.Root); len(left) > 0 {
		w.wrong("files are left: %q", left)
	}
	for dir, most := range map[string]int{"exits": 0, "quarantine": w.tally["files damaged"]} {
		if entries, _ := os.ReadDir(filepath.Join(w.rig.Root, dir)); len(entries) > most {
			w.wrong("%s are left: %v", dir, entries)
		}
	}
	for launch := range w.good {
		if w.taken[launch] == 0 && w.forgotten[launch] {
			continue
		}
		if w.taken[launch] != 1 && (w.taken[launch] == 0 || w.taken[launch] > w.ends[launch] && !w.repeats[launch]) {
			w.wrong("the exit of launch %s was taken %d times", launch, w.taken[launch])
		}
	}
	if len(w.running) > 0 {
		w.wrong("programs run: %v", w.running)
	}
	if err := w.rig.fake.Close(); err != nil {
		w.wrong("%v", err)
	}
	if strings.Contains(w.rig.log.String(), "level=ERROR") && os.Getenv("DOCKERCMD_TEST_LOG") != "" {
		w.t.Log(w.rig.log.String())
	}
}

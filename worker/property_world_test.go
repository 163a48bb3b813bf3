package worker_test

import (
	"context"
	"errors"
	"fmt"
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
//   - An exit is handed over once, and not again after it was taken.
//   - An exit of a program that ran has its code, or says that it is not known; of one that never ran, nothing.
//   - While a worker's program runs, nobody says that it has ended.
//   - A worker's program runs once at a time.
//   - A stranger's container is not touched.
//   - When the engine is well again and all is cleaned up, every launch that succeeded has had its exit taken, and nothing is left.
type world struct {
	t        *testing.T
	rig      *rig
	m        *worker.Manager // of the present supervisor
	watcher  *worker.Watcher
	stop     func()
	faults   faults
	at       string
	all      sync.WaitGroup // operations that go on beside the others
	lostRuns bool           // a docker run may have been answered by nobody

	mu        sync.Mutex
	running   map[string]string // by worker, the launch whose program runs
	codes     map[string][]int  // by launch, what its program may have ended with
	ran       map[string]bool   // launches
	good      map[string]bool   // launches that Launch has answered for
	taken     map[string]int    // by launch
	refusing  bool
	strangers map[string]bool // names of strangers' containers that must run
	problems  []string
	tally     map[string]int
}

// workerIDs are the workers of a world.
var workerIDs = []string{"w1-x", "w2-x", "w3-x"}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, rig: newRig(t), running: map[string]string{}, codes: map[string][]int{}, ran: map[string]bool{},
		good:  map[string]bool{},
		taken: map[string]int{}, strangers: map[string]bool{}, tally: map[string]int{},
	}
	w.rig.fake.Images = map[string]runnertest.Program{image: w.program, "stranger:1": w.stranger}
	w.rig.fake.Fault = w.faults.fault
	w.runStranger("stranger")
	w.begin()
	return w
}

// begin starts a new supervisor.
func (w *world) begin() {
	w.m = w.rig.another(w.rig.Root)
	w.watcher = &worker.Watcher{Manager: w.m, OnExit: w.take}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	watcher := w.watcher
	go func() { done <- watcher.Run(ctx) }()
	synctest.Wait()
	w.stop = func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			w.wrong("the Watcher ended with %v", err)
		}
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
	w.running[id], w.ran[launch] = launch, true
	w.tally["programs"]++
	w.mu.Unlock()
	code := 0
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
	w.codes[launch] = append(w.codes[launch], code)
	if ctx.Err() != nil {
		w.codes[launch] = []int{137, 143} // by SIGKILL, or by SIGTERM under docker's init
	}
	if words := argvOf(c); words[0] == "serve" {
		w.codes[launch] = append(w.codes[launch], 137) // a kill may be behind the SIGTERM that it has heard
	}
	return code
}

// take acknowledges an exit, as OnExit.
func (w *world) take(_ context.Context, n worker.Notice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong := func(format string, args ...any) {
		w.problems = append(w.problems, fmt.Sprintf("%s: launch %s of %s: ", w.at, n.Launch, n.Worker)+fmt.Sprintf(format, args...))
	}
	if w.taken[n.Launch] > 0 {
		wrong("its exit (%s) comes again after it was taken", n.Exit)
	}
	switch {
	case w.running[n.Worker] == n.Launch:
		wrong("it is said to have ended (%s), and its program runs", n.Exit)
	case n.Exit.Known && !w.ran[n.Launch]:
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

// direct runs a stranger's docker line, with an engine that is well.
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

// ended holds that a worker whose exit a call has told does not run.
func (w *world) ended(id string, e worker.Exit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	launch := w.running[id]
	if launch != "" {
		w.problems = append(w.problems, fmt.Sprintf("%s: %s ended (%s), and its launch %s runs", w.at, id, e, launch))
	}
}

// look holds what must be true at any time.
func (w *world) look() {
	h := w.watcher.Health()
	if !h.Engine {
		w.count("engine away")
	}
	for name := range w.strangers {
		if err := w.direct(&dockercmd.Exec{Container: name, Command: []string{"exec"}, Detach: true}); err != nil {
			w.wrong("the stranger's container %s: %v", name, err)
		}
	}
}

// end heals everything, cleans up, and holds that nothing is left.
func (w *world) end() {
	w.faults.mu.Lock()
	w.faults.by = nil
	w.faults.mu.Unlock()
	w.mu.Lock()
	w.refusing = false
	w.mu.Unlock()
	for _, id := range workerIDs {
		w.removeStranger(id)
		_ = w.direct(&dockercmd.Rename{Container: "moved-" + id, NewName: id}) // if it was moved
		_ = w.direct(&dockercmd.Unpause{Containers: []string{id}})             // if it was paused
	}
	w.all.Wait()
	rest(5 * time.Minute)
	if h := w.watcher.Health(); !h.Engine || !h.Events {
		w.wrong("the engine is well, and the Watcher says %v", h)
	}
	ctx := context.Background()
	for _, o := range w.m.StopAll(ctx, workerIDs...) {
		if o.Err != nil && !errors.Is(o.Err, worker.ErrUnknownID) && !errors.Is(o.Err, worker.ErrNotLaunched) {
			w.wrong("stop: %v", o.Err)
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
	for _, dir := range []string{"exits", "quarantine"} {
		if entries, _ := os.ReadDir(filepath.Join(w.rig.Root, dir)); len(entries) > 0 {
			w.wrong("%s are left: %v", dir, entries)
		}
	}
	for launch := range w.good {
		if w.taken[launch] != 1 {
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

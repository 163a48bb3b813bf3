package worker_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/scripts"
	"github.com/dockercmd/toolkit/worker"
)

// argvOf returns what a worker's container is to run, out of its script.
func argvOf(c *runnertest.Container) []string {
	if len(c.Args) == 2 && c.Args[0] == scripts.DefaultShell {
		path, _ := c.Path(c.Args[1])
		if data, err := os.ReadFile(path); err == nil {
			if w, err := scripts.ParseWorker(data); err == nil {
				return w.Argv
			}
		}
	}
	return []string{"serve"}
}

// randomOp makes an operation, by draws that depend on nothing but the generator.
func randomOp(rng *rand.Rand) op {
	id := workerIDs[rng.IntN(len(workerIDs))]
	kinds := []struct {
		weight int
		make   func() op
	}{
		{10, func() op { return opLaunch(rng, id) }},
		{4, func() op { return opCall(rng, id) }},
		{2, func() op { return opBeside(rng, id) }},
		{6, func() op { return opFault(rng) }},
		{4, func() op { return op{"the engine is well", (*world).heal} }},
		{6, func() op { return opTime(rng) }},
		{2, func() op { return op{"crash", (*world).crash} }},
		{4, func() op { return opDie(rng) }},
		{1, func() op { return op{"recover", (*world).recover} }},
		{5, func() op { return opStranger(rng, id) }},
		{3, func() op { return opRevive(rng, id) }},
		{3, func() op { return opEngine(rng) }},
		{2, func() op { return opLie(rng) }},
		{2, func() op { return opLock(rng) }},
		{2, func() op { return opDisk(rng) }},
		{2, func() op { return opRefuse(rng) }},
		{2, func() op { return opDamage(rng, id) }},
	}
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	at := rng.IntN(total)
	for _, k := range kinds {
		if at < k.weight {
			return k.make()
		}
		at -= k.weight
	}
	panic("not reached")
}

// opTimeout is how long an operation may take, of the bubble's time: more than all deadlines in a row.
const opTimeout = 20 * time.Minute

func (w *world) during(call func(ctx context.Context)) {
	ctx, cancel := context.WithTimeout(w.mortal.life, opTimeout)
	defer cancel()
	done := make(chan struct{})
	go func() { // which ends when the supervisor dies
		defer close(done)
		call(ctx)
	}()
	<-done
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		w.wrong("it has no end")
	}
}

func opLaunch(rng *rand.Rand, id string) op {
	commands := [][]string{
		{"serve"}, {"serve"}, {"stubborn"}, {"exit", fmt.Sprint(rng.IntN(10))}, {"exit", "137"}, {"exit", "255"},
		{"later", fmt.Sprint(rng.IntN(90)), fmt.Sprint(rng.IntN(256))},
	}
	s := spec(id, commands[rng.IntN(len(commands))]...)
	s.StopGrace = new(time.Duration(rng.IntN(2)*5) * time.Second)
	s.Resources.Memory = dockercmd.GiB
	return op{fmt.Sprintf("launch %s %v", id, s.Command),
		func(w *world) { w.during(func(ctx context.Context) { w.launch(ctx, s) }) }}
}

func (w *world) launch(ctx context.Context, s worker.Spec) {
	l, err := w.m.Launch(ctx, s)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.good[l.Launch] = true
	w.wasUnasked(l.Launch)
	w.tally["launched"]++
	if l.Adopted {
		w.tally["adopted"]++
	}
}

// opCall makes one of the Manager's other calls.
func opCall(rng *rand.Rand, id string) op {
	name := []string{"stop", "kill", "cleanup", "wait", "stopall", "cleanupall", "reap", "statuses"}[rng.IntN(8)]
	patience := time.Duration(rng.IntN(60)) * time.Second
	return op{name + " " + id, func(w *world) {
		w.during(func(ctx context.Context) { w.call(ctx, name, id, patience) })
	}}
}

func (w *world) call(ctx context.Context, name, id string, patience time.Duration) {
	var e worker.Exit
	var err error
	switch name {
	case "stop", "kill", "cleanup":
		defer w.asked(id)()
	case "stopall", "cleanupall", "reap":
		defer w.asked(workerIDs...)()
	}
	switch name {
	case "stop":
		e, err = w.m.Stop(ctx, id)
	case "kill":
		e, err = w.m.Kill(ctx, id)
	case "wait":
		soon, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		e, err = w.m.Wait(soon, id)
	case "cleanup":
		var last *worker.Exit
		if last, err = w.m.Cleanup(ctx, id); last != nil {
			e = *last
		}
	case "stopall":
		for _, o := range w.m.StopAll(ctx, workerIDs...) {
			if o.Err == nil && o.Exit != nil {
				w.ended(o.ID, *o.Exit)
			}
		}
		return
	case "cleanupall":
		w.m.CleanupAll(ctx, workerIDs...)
		return
	case "reap":
		_, _ = w.m.Reap(ctx, worker.Reaper{Grace: -1}) // it may refuse
		return
	default:
		_, _ = w.m.Statuses(ctx) // it may fail
		return
	}
	if err == nil && !(name == "wait" && w.endedBefore(id)) {
		w.ended(id, e)
	}
}

// opBeside begins a call, or a launch, that goes on beside those that follow.
func opBeside(rng *rand.Rand, id string) op {
	name := []string{"stop", "kill", "cleanup", "launch"}[rng.IntN(4)]
	return op{"begin to " + name + " " + id, func(w *world) {
		w.all.Go(func() {
			ctx, cancel := context.WithTimeout(w.mortal.life, opTimeout)
			defer cancel()
			m := w.m
			if name != "launch" {
				defer w.asked(id)()
			}
			switch name {
			case "stop":
				_, _ = m.Stop(ctx, id) // what comes of these is for the Watcher to see
			case "kill":
				_, _ = m.Kill(ctx, id)
			case "cleanup":
				_, _ = m.Cleanup(ctx, id)
			case "launch":
				w.launch(ctx, spec(id, "serve"))
			}
		})
	}}
}

// opFault makes a subcommand fail from now on, or all of them.
func opFault(rng *rand.Rand) op {
	subcommand := []string{"", "run", "ps", "inspect", "events", "stop", "kill", "rm", "wait"}[rng.IntN(9)]
	how := []string{"down", "hung", "broken", "lost", "half", "slow"}[rng.IntN(6)]
	return op{fmt.Sprintf("%s: %q", how, subcommand), func(w *world) { w.fail(subcommand, how) }}
}

func (w *world) fail(subcommand, how string) {
	if w.swapped {
		w.heal() // the engine that fails is the workers' own: another one would not run what is launched there, and know nothing of it
	}
	if subcommand == "" || subcommand == "run" {
		w.lostRuns = true
	}
	f := map[string]func() *runnertest.Fault{
		"down":   runnertest.Down,
		"broken": runnertest.Broken,
		"hung":   hung,
		"slow":   func() *runnertest.Fault { return &runnertest.Fault{Delay: 7 * time.Second} },
		"lost": func() *runnertest.Fault {
			f := runnertest.Broken()
			f.Lost = true
			return f
		},
		"half": func() *runnertest.Fault { return half(subcommand) },
	}[how]()
	w.faults.set(subcommand, f)
}

// half returns an engine that does what it is asked, and a client that prints half of the answer, or no more than its beginning.
func half(subcommand string) *runnertest.Fault {
	reply := map[string]runnertest.Reply{
		"run":     {Stdout: "0123456789ab"},
		"ps":      {}, // as if there were no containers
		"inspect": {Stdout: `[{"Id":"01234`},
		"events":  {Stdout: `{"Type":"contai`},
	}[subcommand]
	if subcommand == "" || subcommand == "stop" || subcommand == "kill" || subcommand == "rm" || subcommand == "wait" {
		reply = runnertest.Reply{Stderr: "unexpected EOF\n", Code: 1}
	}
	return &runnertest.Fault{Lost: true, Reply: &reply}
}

// heal has the workers' own engine asked, without faults. Another one that was asked has ended, and its connections with it.
func (w *world) heal() {
	was := w.swapped
	w.swapped = false
	w.faults.mu.Lock()
	w.faults.by = nil
	w.faults.mu.Unlock()
	if was {
		w.rig.fake.Disconnect()
	}
}

func opTime(rng *rand.Rand) op {
	d := []time.Duration{10 * time.Millisecond, time.Second, 10 * time.Second, time.Minute, 5 * time.Minute}[rng.IntN(5)]
	return op{fmt.Sprintf("%v pass", d), func(*world) { rest(d) }}
}

// crash ends the supervisor; the next one begins.
func (w *world) crash() {
	w.stop()
	w.begin()
	w.count("crash")
}

// recover ends the supervisor and first asks what there is, with Recover.
func (w *world) recover() {
	w.release()
	rest(time.Minute)
	w.stop()
	w.incarnate()
	w.during(func(ctx context.Context) {
		if _, err := w.m.Recover(ctx); errors.Is(err, worker.ErrLocked) || errors.Is(err, worker.ErrState) {
			w.wrong("recover: %v", err)
		}
	})
	w.begin()
}

// opStranger does what others do to a worker's container, or to its name.
func opStranger(rng *rand.Rand, id string) op {
	switch rng.IntN(8) {
	case 0:
		return op{"a stranger kills " + id, func(w *world) {
			if !w.strangers[id] {
				defer w.asked(id)()
				_ = w.direct(&dockercmd.Kill{Containers: []string{id}}) // if it runs
			}
		}}
	case 1:
		return op{"a stranger removes " + id, func(w *world) {
			if !w.strangers[id] {
				defer w.asked(id)()
				_ = w.direct(&dockercmd.Rm{Force: true, Containers: []string{id}}) // if it is there
			}
		}}
	case 2, 6:
		takes := rng.IntN(2) == 0
		return op{fmt.Sprintf("a stranger renames %s, and takes its name: %v", id, takes), func(w *world) {
			if w.lostRuns || w.strangers[id] { // whose container is known to nobody by its id is known by its name alone
				return
			}
			if w.direct(&dockercmd.Rename{Container: id, NewName: "moved-" + id}) == nil && takes {
				w.runStranger(id)
			}
		}}
	case 4:
		return op{"a stranger pauses " + id, func(w *world) {
			if !w.strangers[id] {
				_ = w.direct(&dockercmd.Pause{Containers: []string{id}}) // if it runs
			}
		}}
	case 5:
		return op{"a stranger lets " + id + " go on", func(w *world) { _ = w.direct(&dockercmd.Unpause{Containers: []string{id}}) }}
	case 3:
		return op{"a stranger names " + id + " back",
			func(w *world) { _ = w.direct(&dockercmd.Rename{Container: "moved-" + id, NewName: id}) }}
	}
	return op{"a stranger takes the name " + id, func(w *world) { w.runStranger(id) }}
}

func opRefuse(rng *rand.Rand) op {
	refuse := rng.IntN(2) == 0
	return op{fmt.Sprintf("exits are refused: %v", refuse), func(w *world) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refusing = refuse
	}}
}

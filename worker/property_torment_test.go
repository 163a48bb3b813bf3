package worker_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// opRevive does what starts a worker's container again, or makes another one that has its labels.
func opRevive(rng *rand.Rand, id string) op {
	switch rng.IntN(3) {
	case 0:
		return op{"a stranger starts " + id, func(w *world) {
			if !w.strangers[id] {
				_ = w.direct(&dockercmd.Start{Containers: []string{id}}) // if it is there
			}
		}}
	case 1:
		return op{"a stranger restarts " + id, func(w *world) {
			if !w.strangers[id] {
				defer w.asked(id)()
				_ = w.direct(&dockercmd.Restart{Timeout: new(int64(1)), Containers: []string{id}}) // if it is there
			}
		}}
	}
	return op{"a stranger copies the labels of " + id, func(w *world) { w.copyLabels(id) }}
}

// copyLabels starts a container with a worker's labels, as one of an image that docker commit has made of the worker has them.
func (w *world) copyLabels(id string) {
	name := "copy-of-" + id
	if w.strangers[name] || w.engineDown {
		return
	}
	launch := w.running[id]
	if launch == "" {
		launch = "another"
	}
	labels := map[string]string{worker.LabelInstance: w.rig.instance(w.t), worker.LabelWorker: id, worker.LabelLaunch: launch}
	w.mu.Lock()
	w.strangers[name] = true
	w.mu.Unlock()
	if err := w.direct(&dockercmd.Run{Name: name, Image: "stranger:1", Detach: true, Labels: labels}); err != nil {
		w.wrong("%v", err)
	}
}

// opEngine stops the engine in the way that keeps containers alive, or starts it, or has another engine asked.
func opEngine(rng *rand.Rand) op {
	d := time.Duration(1+rng.IntN(120)) * time.Second
	switch rng.IntN(6) {
	case 0:
		return op{"the engine is killed", (*world).killEngine}
	case 1, 2:
		return op{"the engine is started", (*world).startEngine}
	case 3:
		return op{"the engine is killed and started at once", func(w *world) {
			w.killEngine()
			w.startEngine()
		}}
	case 4:
		return op{fmt.Sprintf("the engine is killed, and started after %v", d), func(w *world) {
			w.killEngine()
			rest(d)
			w.startEngine()
		}}
	}
	return op{"another engine is asked", func(w *world) {
		w.swapped = true
		w.faults.mu.Lock()
		w.faults.by = nil
		w.faults.mu.Unlock()
		w.faults.set("", &runnertest.Fault{Reply: &runnertest.Reply{Stderr: "Error response from daemon: page not found\n", Code: 1}})
		w.faults.set("info", &runnertest.Fault{Lie: nextEngine})
		w.faults.set("ps", &runnertest.Fault{Reply: &runnertest.Reply{}})
		w.faults.set("inspect", notFound())
		for _, c := range []string{"stop", "kill", "wait"} {
			w.faults.set(c, &runnertest.Fault{Reply: &runnertest.Reply{Stderr: "Error response from daemon: No such container: it\n", Code: 1}})
		}
		w.faults.set("rm", &runnertest.Fault{Reply: &runnertest.Reply{Stderr: "Error response from daemon: No such container: it\n"}})
		w.faults.set("events", hung())
	}}
}

func notFound() *runnertest.Fault {
	return &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "[]\n", Stderr: "Error: No such container: it\n", Code: 1}}
}

// killEngine ends the engine; containers live on.
func (w *world) killEngine() {
	w.rig.fake.StopEngine(runnertest.LiveRestore)
	w.engineDown = true
}

func (w *world) startEngine() {
	w.rig.fake.StartEngine()
	w.engineDown = false
}

// opLie has docker say what is not so. Where the supervisor cannot ask the kernel, it has no way of knowing, so there it does not.
func opLie(rng *rand.Rand) op {
	how := []string{"no such container", "nothing"}[rng.IntN(2)]
	return op{"inspect lies: " + how, func(w *world) {
		switch {
		case !w.kind.kernel:
		case how == "nothing":
			w.faults.set("inspect", &runnertest.Fault{Reply: &runnertest.Reply{}})
		default:
			w.faults.set("inspect", notFound())
		}
	}}
}

// opLock has somebody hold the lock on Root for a while.
func opLock(rng *rand.Rand) op {
	d := []time.Duration{time.Second, 15 * time.Second, 3 * time.Minute}[rng.IntN(3)]
	return op{fmt.Sprintf("the lock is held for %v", d), func(w *world) {
		if w.unlock != nil {
			return
		}
		f, err := os.OpenFile(filepath.Join(w.rig.Root, "lock"), os.O_RDWR, 0)
		if err != nil {
			return // nobody has made it yet
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			f.Close()
			return
		}
		timer := time.AfterFunc(d, func() { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) })
		w.unlock = func() {
			timer.Stop()
			_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
			f.Close()
		}
		w.count("locks held")
	}}
}

func (w *world) release() {
	if w.unlock != nil {
		w.unlock()
		w.unlock = nil
	}
}

// opDamage damages what the supervisor has on its disk of a worker, or takes it away.
func opDamage(rng *rand.Rand, id string) op {
	file := []string{"worker.json", "worker.json", "docker-run.sh"}[rng.IntN(3)]
	how := []string{"empty", "cut off", "gone"}[rng.IntN(3)]
	return op{fmt.Sprintf("%s of %s is %s", file, id, how), func(w *world) { w.damage(id, file, how) }}
}

// damage damages a file of a worker. Which of its exits were taken, the supervisor may have forgotten then.
func (w *world) damage(id, file, how string) {
	path := filepath.Join(w.rig.Root, "workers", id, file)
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	switch how {
	case "gone":
		err = os.Remove(path)
	case "empty":
		err = os.Truncate(path, 0)
	default:
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		w.wrong("%v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally["files damaged"]++
	if w.damaged[id] != "" && w.damaged[id] != file { // nothing says of which launch it was
		for launch, of := range w.ran {
			w.forgotten[launch] = w.forgotten[launch] || of == id
		}
	}
	w.damaged[id] = file
	for launch, of := range w.ran {
		if of == id {
			w.repeats[launch] = true
		}
	}
}

package runnertest

import (
	"context"
	"io"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// firstRestart is how long the engine waits before the first restart; each further one waits twice as long, up to a minute.
const firstRestart = 100 * time.Millisecond

// start starts a container that has no process. What the image lacks is kept in its record, and returned in the engine's words
// with the exit code of docker run. Without an error the container runs, and exit is closed when its process ends next.
func (d *Docker) start(b *containerRecord, stdin io.Reader) (exit <-chan struct{}, text string, code int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b.state == output.StatePaused {
		return nil, "cannot start a paused container, try unpause instead", 125
	}
	if b.running() {
		return b.nextExit(), "", 0
	}
	if b.removing {
		return nil, "container is marked for removal and cannot be started", 125
	}
	program := b.program
	if text, code := d.lookup(d.view(b, b.words(), b.env, nil)); text != "" {
		d.noteNetwork(b, "connect")
		d.noteNetwork(b, "disconnect")
		b.exitCode, b.errText = code, text
		if code == 125 {
			b.exitCode = 128 // as the engine notes it, whatever the client exits with
		}
		return nil, text, code
	}
	b.over, b.exit, b.byHand, b.restarts = make(chan struct{}), make(chan struct{}), false, 0
	b.stop = &stopOrder{make(chan struct{})}
	ctx, l := d.newProcess(b)
	d.wg.Go(func() { d.supervise(ctx, b, l, program, stdin) })
	return b.nextExit(), "", 0
}

// newProcess makes the container running. The caller holds d.mu.
func (d *Docker) newProcess(b *containerRecord) (context.Context, *processRun) {
	ctx, cancel := context.WithCancel(context.Background())
	d.lastPID++
	l := &processRun{pid: firstPID + d.lastPID, cancel: cancel, ended: make(chan struct{}), recorded: make(chan struct{})}
	l.hasInit = b.run.Init != nil && *b.run.Init || b.run.PID != ""
	d.setMemory(l, 1<<20)
	b.process = l
	b.state, b.startedAt, b.exitCode, b.errText, b.oomKilled = output.StateRunning, time.Now(), 0, "", false
	d.openCgroup(b)
	d.noteNetwork(b, "connect")
	d.note(b, "start")
	if d.closed {
		l.kill(syscall.SIGKILL)
	}
	return ctx, l
}

// supervise runs a container from its start to the end that is not followed by a restart.
func (d *Docker) supervise(ctx context.Context, b *containerRecord, l *processRun, program Program, stdin io.Reader) {
	delay := firstRestart
	for {
		d.mu.Lock()
		c := d.view(b, b.words(), b.env, l)
		d.mu.Unlock()
		errStream := stderr
		if b.run.TTY {
			errStream = stdout
		}
		c.Stdout, c.Stderr = logWriter{b.log, stdout, l.ended, b.run.TTY}, logWriter{b.log, errStream, l.ended, b.run.TTY}
		if stdin != nil {
			c.Stdin = stdin
		}
		code := program(ctx, c)
		l.cancel()
		if !d.endProcess(b, l, code) {
			return
		}
		if !sleepUnless(delay, b.stop.ch) {
			d.mu.Lock()
			d.settle(b)
			d.mu.Unlock()
			return
		}
		delay = min(2*delay, time.Minute)
		d.mu.Lock()
		d.awaitResponsive()
		if isClosed(b.stop.ch) { // meanwhile
			d.settle(b)
			d.mu.Unlock()
			return
		}
		b.restarts++
		ctx, l = d.newProcess(b)
		d.mu.Unlock()
	}
}

// sleepUnless sleeps, and reports whether ch stayed open that long.
func sleepUnless(delay time.Duration, ch <-chan struct{}) bool {
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ch:
		return false
	}
}

// endProcess records the end of a process, and says, as soon as the engine knows of it, whether the container is to be restarted.
func (d *Docker) endProcess(b *containerRecord, l *processRun, code int) (restart bool) {
	d.mu.Lock()
	if l.fatal != 0 {
		code = 128 + int(l.fatal)
	}
	l.code, l.endedAt = code&0xff, time.Now()
	close(l.ended)
	d.setMemory(l, 0)
	d.closeCgroup(b)
	if d.engine.unresponsive {
		d.engine.pendingExits = append(d.engine.pendingExits, pendingExit{b, l})
	} else {
		d.recordExit(b, l, withEvents)
	}
	d.mu.Unlock()
	<-l.recorded
	return l.restart
}

// recordExit lets the engine notice the end of a process. The caller holds d.mu.
func (d *Docker) recordExit(b *containerRecord, l *processRun, how eventMode) {
	defer close(l.recorded)
	b.process, b.exitCode, b.finishedAt = nil, l.code, l.endedAt
	if how == withEvents {
		d.noteDeath(b)
		d.noteNetwork(b, "disconnect")
	}
	if !d.closed && b.wantsRestart() {
		b.state = output.StateRestarting
		close(b.exit)
		b.exit = make(chan struct{})
		l.restart = true
		return
	}
	d.settle(b)
}

// noteDeath records that a container's process has ended. An engine of 28.5 tells of a stop before that, and how long it ran.
func (d *Docker) noteDeath(b *containerRecord) {
	facts := []string{"exitCode", strconv.Itoa(b.exitCode)}
	if d.is28() {
		facts = append(facts, "execDuration", strconv.Itoa(int(b.finishedAt.Sub(b.startedAt).Seconds())))
		for _, done := range b.stops {
			d.noteStop(b, done)
		}
	}
	b.stops = nil
	d.note(b, "die", facts...)
}

func (b *containerRecord) wantsRestart() bool {
	if isClosed(b.stop.ch) || b.removing {
		return false
	}
	r := b.run.Restart
	switch r.Policy {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		return b.exitCode != 0 && (r.Max == 0 || b.restarts < r.Max)
	}
	return false
}

// settle makes the end final. The caller holds d.mu.
func (d *Docker) settle(b *containerRecord) {
	b.state = output.StateExited
	if b.autoRemove {
		d.remove(b)
	}
	close(b.exit)
	close(b.over)
}

// remove takes a container off the list. The caller holds d.mu.
func (d *Docker) remove(b *containerRecord) {
	if d.containers.remove(b) {
		d.note(b, "destroy")
		close(b.gone)
	}
}

// halt sends a signal and ends restarts, as docker stop and kill do. The caller holds the Docker's mutex.
func (b *containerRecord) halt(sig syscall.Signal) {
	if b.stop != nil {
		b.stop.give()
	}
	if b.process != nil {
		b.process.deliver(sig)
	}
}

// deliver applies a signal to a process. The caller holds the Docker's mutex.
func (l *processRun) deliver(sig syscall.Signal) {
	if sig == syscall.SIGKILL {
		l.kill(sig)
		return
	}
	heard := false
	for _, n := range l.listeners {
		if len(n.signals) > 0 && !slices.Contains(n.signals, os.Signal(sig)) {
			continue
		}
		heard = true
		select {
		case n.ch <- sig:
		default:
		}
	}
	if _, fatal := defaultAction(sig); !heard && fatal && l.hasInit {
		l.kill(sig)
	}
}

// kill ends the process by a signal. The caller holds the Docker's mutex.
func (l *processRun) kill(sig syscall.Signal) {
	if l.fatal == 0 {
		l.fatal = sig
	}
	l.cancel()
}

// setMemory sets the memory in use of a process. The caller holds d.mu.
func (d *Docker) setMemory(l *processRun, n int64) {
	d.memory += n - l.memory
	l.memory = n
	l.peak = max(l.peak, n)
}

// isOver returns a channel that is closed once the container has ended for good; it is closed already for one that is not running.
// The caller holds the Docker's mutex.
func (b *containerRecord) isOver() <-chan struct{} { return orClosed(b.over) }

// nextExit returns a channel that is closed when the container's process ends next, to be restarted or not: what docker wait waits
// for (20.10 engine). The caller holds the Docker's mutex.
func (b *containerRecord) nextExit() <-chan struct{} { return orClosed(b.exit) }

func orClosed(ch chan struct{}) <-chan struct{} {
	if ch == nil {
		ch = make(chan struct{})
		close(ch)
	}
	return ch
}

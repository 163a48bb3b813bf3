package runnertest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/runner"
)

// firstPID is where the fakes' process ids begin: Linux gives none from 1<<22 on (PID_MAX_LIMIT).
const firstPID = 1 << 22

// exitStatus is how a process ends.
type exitStatus struct {
	code   int
	signal syscall.Signal // that ended it, or 0
}

// bySignal returns the exit status of a process that a signal ends.
func bySignal(sig syscall.Signal) exitStatus { return exitStatus{128 + int(sig), sig} }

// client is a process that a fake pretends to run: the docker client, or whatever a Script answers for. Its main function is
// one goroutine, the only one that writes to the Cmd's writers.
type client struct {
	cmd    runner.Cmd
	pid    int
	killed chan struct{} // closed when it has been ended from outside: main must return
	done   chan struct{} // closed when err is final
	cut    chan struct{} // closed when the engine has gone away

	interrupted bool // main's own: the engine went away while it waited for it
	api         bool // what it prints is the body of an answer of the engine's API, not what a docker client makes of that

	mu       sync.Mutex
	onSignal func(syscall.Signal) (exitStatus, bool) // says whether the signal ends the process, and how
	outside  *exitStatus                             // how it has been ended from outside
	cause    error                                   // why, when that was the context
	writeErr error
	err      error
}

// startClient runs main in a goroutine that wg counts, and stops it when ctx ends: with SIGTERM, and after the grace with SIGKILL.
func startClient(ctx context.Context, wg *sync.WaitGroup, pid int, c runner.Cmd, grace time.Duration,
	onSignal func(syscall.Signal) (exitStatus, bool), main func(*client) int) *client {
	p := &client{cmd: c, pid: pid, killed: make(chan struct{}), done: make(chan struct{}), cut: make(chan struct{}),
		onSignal: onSignal}
	wg.Go(func() { p.finish(main(p)) })
	wg.Go(func() { p.supervise(ctx, grace) })
	return p
}

func (p *client) supervise(ctx context.Context, grace time.Duration) {
	select {
	case <-p.done:
		return
	case <-ctx.Done():
	}
	p.mu.Lock()
	p.cause = errline.Context(ctx)
	p.mu.Unlock()
	if grace >= 0 {
		_ = p.Signal(syscall.SIGTERM) // the only failure is that it has ended
		select {
		case <-p.done:
			return
		case <-time.After(grace):
		}
	}
	_ = p.Signal(syscall.SIGKILL)
}

// finish records what Wait returns.
func (p *client) finish(code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	end := exitStatus{code: code}
	if p.outside != nil {
		end = *p.outside
	}
	cause := p.cause
	switch {
	case cause == nil:
		cause = p.writeErr
	case p.writeErr != nil:
		cause = fmt.Errorf("%w; %w", cause, p.writeErr)
	}
	p.err = cause
	if end.code != 0 {
		p.err = &runner.ExitError{Code: end.code, Signal: end.signal, Cause: cause}
	}
	close(p.done)
}

// PID returns a number that no process of the machine has.
func (p *client) PID() int { return p.pid }

// Wait returns when main has.
func (p *client) Wait() error {
	<-p.done
	return p.err
}

// Signal does to the fake process what the signal would do to the real one.
func (p *client) Signal(s os.Signal) error {
	sig, ok := s.(syscall.Signal)
	if !ok {
		return fmt.Errorf("runnertest: the signal %v is no syscall.Signal", s)
	}
	select {
	case <-p.done:
		return os.ErrProcessDone
	default:
	}
	p.mu.Lock()
	onSignal := p.onSignal
	p.mu.Unlock()
	end, ends := bySignal(sig), true
	if sig != syscall.SIGKILL {
		end, ends = onSignal(sig)
	}
	if ends {
		p.end(end)
	}
	return nil
}

// end ends the process from outside; only the first time counts.
func (p *client) end(end exitStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.outside == nil {
		p.outside = &end
		close(p.killed)
	}
}

// handle replaces what signals do, from now on.
func (p *client) handle(onSignal func(syscall.Signal) (exitStatus, bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onSignal = onSignal
}

// write delivers output, unless the process has been killed meanwhile; the first failure is part of what Wait returns.
func (p *client) write(w io.Writer, b []byte) {
	select {
	case <-p.killed:
		return
	default:
	}
	if w == nil || p.writeErr != nil {
		return
	}
	if _, err := w.Write(b); err != nil {
		p.writeErr = fmt.Errorf("deliver output: %w", err)
	}
}

// out and errln print a whole text; errln adds the line's end.
func (p *client) out(text string)   { p.write(p.cmd.Stdout, []byte(text)) }
func (p *client) errln(text string) { p.write(p.cmd.Stderr, []byte(text+"\n")) }

// path returns the path of a file of the command line: a relative one begins at the client's working directory.
func (p *client) path(name string) string {
	if p.cmd.Dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.cmd.Dir, name)
}

// disconnect tells the process that the engine has gone away. It is for the Docker, with its mutex.
func (p *client) disconnect() {
	if !isClosed(p.cut) {
		close(p.cut)
	}
}

// await waits for ch, and returns false when the process is ended from outside or the engine goes away before.
func (p *client) await(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	case <-p.killed:
		return false
	case <-p.cut:
		if isClosed(ch) { // its answer was on the way
			return true
		}
		p.interrupted = true
		return false
	}
}

// pause waits for a while in the same way.
func (p *client) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.killed:
		return false
	}
}

// defaultAction returns what a signal does to a process that does not handle it: most end it, some are ignored. Those that would
// stop it until SIGCONT are taken for nothing, too: the fakes have no stopped processes.
func defaultAction(sig syscall.Signal) (exitStatus, bool) {
	switch sig {
	case syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGURG, syscall.SIGWINCH,
		syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU:
		return exitStatus{}, false
	}
	return bySignal(sig), true
}

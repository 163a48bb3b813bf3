package runner

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/internal/errline"
)

// The delays of an Exec that names none.
const (
	DefaultGrace     = 5 * time.Second
	defaultWaitDelay = 2 * time.Second
)

// Exec starts processes on this machine. Its zero value is ready, and it is safe for concurrent use.
//
// Every process leads a process group of its own, so that a signal meant for the supervisor, such as ctrl-C, does not
// reach it, and so that stopping it stops its children, too. That also takes the terminal away from it: a command
// that must read from one is better run with os/exec.
//
// When the context ends, the group gets SIGTERM, and after Grace SIGKILL; that of a [Cmd] with KillOnly gets SIGKILL at once.
// Children that are left in the group when the process itself has gone get SIGKILL at once. A process that then still lives for WaitDelay is abandoned: Wait
// returns an [AbandonedError], the pipes are closed, and one goroutine stays behind, which reaps the process whenever
// it ends. Wait thus returns at most Grace + 3×WaitDelay after the context's end, whatever the process does and
// however long the Cmd's own writers block.
//
// A process that ends by itself leaves its children alone.
//
// There is no parent-death signal: Linux ties it to the thread that started the child, and Go ends threads at will, so
// that it kills healthy processes. A supervisor that dies finds its containers again by their labels.
type Exec struct {
	// Grace is how long a process may take to end after SIGTERM before it gets SIGKILL. Zero means [DefaultGrace];
	// a negative one means SIGKILL at once.
	Grace time.Duration

	// WaitDelay is how long output is awaited after the process has ended, since a grandchild may hold the pipe open
	// for ever, and how long a process may outlive SIGKILL. Output that has to be cut off makes Wait return
	// [exec.ErrWaitDelay]. Zero or less means 2 seconds.
	WaitDelay time.Duration
}

// Start starts c. What cannot be started gives a [StartError]; its kinds are [exec.ErrNotFound] when there is no such
// program, [fs.ErrPermission] when it may not be executed, and the context's error when that has ended already.
func (e Exec) Start(ctx context.Context, c Cmd) (Process, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, &StartError{Program: c.Argv[0], Err: errline.Context(ctx)}
	}
	if c.Dir != "" {
		if _, err := os.Stat(c.Dir); err != nil {
			return nil, &StartError{Program: c.Argv[0], Hint: "make the working directory first, or leave Cmd.Dir empty", Err: err}
		}
	}
	path, err := lookPath(c.Argv[0])
	if err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{
		Path:        path,
		Args:        slices.Clone(c.Argv),
		Env:         c.Env,
		Dir:         c.Dir,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if len(c.EnvDefaults) > 0 {
		cmd.Env = withDefaults(cmd.Environ(), c.EnvDefaults)
	}
	if c.Hold != nil {
		cmd.ExtraFiles = []*os.File{c.Hold}
	}
	var s streams
	err = s.connect(cmd, c)
	if err == nil {
		err = cmd.Start()
	}
	s.closeChildEnds()
	if err != nil {
		s.closeParentEnds()
		return nil, startError(c.Argv[0], err)
	}
	s.copy()
	p := &process{cmd: cmd, streams: &s, exited: make(chan struct{}), done: make(chan struct{})}
	if c.KillOnly {
		e.Grace = -1
	}
	go p.watch()
	go p.supervise(ctx, e.withDefaults())
	return p, nil
}

// withDefaults returns an environment with the variables of defaults that it lacks.
func withDefaults(env, defaults []string) []string {
	for _, d := range defaults {
		name, _, _ := strings.Cut(d, "=")
		if !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") }) {
			env = append(env, d)
		}
	}
	return env
}

func (e Exec) withDefaults() Exec {
	if e.Grace == 0 {
		e.Grace = DefaultGrace
	}
	if e.WaitDelay <= 0 {
		e.WaitDelay = defaultWaitDelay
	}
	return e
}

// process is a child of this process that leads a group of its own.
type process struct {
	cmd     *exec.Cmd
	streams *streams

	exited chan struct{} // closed when the process has ended
	done   chan struct{} // closed when err is final
	err    error

	// A process id, and that of a group, means this process only until it is reaped. Reaping is the last that supervise
	// does to it, and so no signal of supervise's can hit another; a Signal of somebody else's looks at ended first.
	mu        sync.Mutex
	ended     bool
	abandoned bool // by supervise: watch reaps
}

func (p *process) PID() int { return p.cmd.Process.Pid }

func (p *process) Signal(sig os.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return os.ErrProcessDone
	}
	return p.cmd.Process.Signal(sig)
}

func (p *process) Wait() error {
	<-p.done
	return p.err
}

// watch notices the end of the process without reaping it, which keeps its id and its group's id from being reused. The reaping is
// left to supervise, unless it has abandoned the process.
func (p *process) watch() {
	const byPID = 1 // P_PID of waitid(2), which Linux numbers alike on every machine
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(p.PID()), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if errno != syscall.EINTR {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.abandoned {
		p.cmd.Wait()
	}
	close(p.exited)
}

// supervise waits for the process to end, and stops it when ctx ends.
func (p *process) supervise(ctx context.Context, e Exec) {
	defer close(p.done)
	var cause error
	select {
	case <-p.exited:
	case <-ctx.Done():
		var gone bool
		if cause, gone = p.stop(ctx, e); !gone {
			p.streams.drain(0, e.WaitDelay)
			p.err = &AbandonedError{PID: p.PID(), Cause: cause}
			return
		}
	}
	err := p.cmd.Wait()
	streamErr := p.streams.drain(e.WaitDelay, e.WaitDelay)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		p.err = exitError(exit.Sys().(syscall.WaitStatus), errline.Join(cause, streamErr))
		return
	}
	p.err = errline.Join(cause, err, streamErr)
}

// stop ends the group, first with SIGTERM and then with SIGKILL, and returns why, unless the process had ended by itself before.
// It reports whether the process is gone; one that outlives SIGKILL is abandoned.
func (p *process) stop(ctx context.Context, e Exec) (cause error, gone bool) {
	if p.exitsWithin(0) {
		return nil, true
	}
	cause = errline.Context(ctx)
	if e.Grace > 0 {
		p.signalGroup(syscall.SIGTERM)
		if p.exitsWithin(e.Grace) {
			p.signalGroup(syscall.SIGKILL) // for the children it has left
			return cause, true
		}
	}
	err := p.signalGroup(syscall.SIGKILL)
	if p.exitsWithin(e.WaitDelay) {
		return cause, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.abandoned = !p.ended
	return errline.Join(cause, err), p.ended
}

func (p *process) exitsWithin(d time.Duration) bool {
	select {
	case <-p.exited:
		return true
	default:
	}
	if d <= 0 {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.exited:
		return true
	case <-t.C:
		return false
	}
}

func (p *process) signalGroup(sig syscall.Signal) error {
	return os.NewSyscallError("kill", syscall.Kill(-p.PID(), sig))
}

func exitError(s syscall.WaitStatus, cause error) *ExitError {
	if s.Signaled() {
		return &ExitError{Code: 128 + int(s.Signal()), Signal: s.Signal(), Cause: cause}
	}
	return &ExitError{Code: s.ExitStatus(), Cause: cause}
}

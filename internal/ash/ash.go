// Package ash runs shell scripts as busybox's sh does, for a fake container: it starts no program, opens no file and sends no
// signal of the machine by itself. Files, signals and the end come from its caller ([Process]), so that a script has what its
// container has.
//
// The grammar is POSIX's and local; words are parsed and expanded by mvdan.cc/sh. That module's own interpreter is not used: it
// joins commands by pipes of the operating system, on which testing/synctest's time stands still, it knows no traps of signals, its
// wait cannot be interrupted, and it is bash.
//
// What it does not do, though busybox does, it refuses: a message, exit code 2 (127 for an applet), and a call of Process.Refused.
// It never takes what it cannot run for done.
package ash

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Process is what runs, and all that it can see.
type Process struct {
	// Args begin with the program: the name of an applet, perhaps with /bin/ in front, or the path of a script in Files.
	Args []string

	// Env is NAME=value. Without a PATH among them, DefaultPath is the PATH.
	Env []string

	// Unstarted is the exit status when the kernel refuses to run the file that is to be the process: what the container's runtime has
	// for that.
	Unstarted int

	// Dir is the working directory, an absolute path.
	Dir string

	// PID is what $$ shows. A process 1 is not ended by a signal that it does not handle.
	PID int

	// Stdin, Stdout and Stderr must not be nil. Stdout and Stderr are written by several goroutines at once.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Files is the container's file system.
	Files Files

	// Listen, when set, makes the signals that are named, and no others, come through the channel from now on.
	Listen func(ch chan os.Signal, signals []os.Signal)

	// Kill, when set, sends a signal to process 1 if the process itself is another one.
	Kill func(sig syscall.Signal)

	// Memory, when set, is told how many bytes the script's variables take, once they are many.
	Memory func(n int64)

	// Refused, when set, is told what the script asks for and package ash does not do. Several goroutines may call it at once.
	Refused func(what string)
}

// Files is a file system. Names are absolute and clean. Errors are *fs.PathError with a syscall.Errno, as in package os, or other
// errors for what the file system does not know: these are refusals.
type Files interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Stat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	Mkdir(name string, perm fs.FileMode) error
	Remove(name string) error
	Rename(from, to string) error
	Chmod(name string, mode fs.FileMode) error
}

// File is an open file.
type File interface {
	io.ReadWriteCloser
	Stat() (fs.FileInfo, error)
}

// DefaultPath is docker's default for PATH.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Limits keep a script from harming the test that runs it.
const (
	maxScript = 1 << 20  // bytes of a script
	maxOpen   = 20_000   // what may open a construct in it: the parser and the shell take some kilobytes of stack for each
	maxBytes  = 64 << 20 // of all variables, or of one substitution
	maxDepth  = 200      // of calls, of eval, and of shells in shells
	maxTasks  = 1000     // in the background at once
	burst     = 1000     // commands that take no time; then comes a pause, so that a loop does not stop the time of a bubble
)

// Run runs the process until its end or that of ctx, and returns the exit code. Nothing of it is left then.
func Run(ctx context.Context, p Process) int {
	ctx, cancel := context.WithCancel(ctx)
	m := &machine{Process: p, tasks: map[int]*task{}}
	m.lastPID = p.PID
	main := &task{pid: p.PID, ctx: ctx, cancel: cancel, signals: make(chan os.Signal, 16), main: true}
	m.tasks[p.PID] = main
	s := m.newShell(main)
	code := s.execute(p.Args)
	cancel()
	m.wg.Wait()
	return code & 0xff
}

// machine is what the shells of a process share.
type machine struct {
	Process
	wg      sync.WaitGroup
	mu      sync.Mutex
	tasks   map[int]*task
	lastPID int
	ran     int // commands since the latest pause
}

// task is what a signal can reach: the process itself, and what it runs in the background.
type task struct {
	pid     int
	main    bool
	ctx     context.Context
	cancel  context.CancelFunc
	signals chan os.Signal // those that it handles

	mu      sync.Mutex
	handled []os.Signal
	killed  syscall.Signal

	done   chan struct{} // closed when it has ended
	status int           // then
}

// signal sends a signal to a task that is not the main one of a process.
func (t *task) signal(sig syscall.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.Contains(t.handled, os.Signal(sig)) && sig != syscall.SIGKILL {
		select {
		case t.signals <- sig:
		default:
		}
		return
	}
	switch sig {
	case 0, syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGURG, syscall.SIGWINCH:
		return
	}
	if t.pid == 1 {
		return
	}
	if t.killed == 0 {
		t.killed = sig
	}
	t.cancel()
}

// newTask starts nothing yet; nil means that there are too many.
func (m *machine) newTask(ctx context.Context) *task {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.tasks) >= maxTasks {
		maps.DeleteFunc(m.tasks, func(_ int, t *task) bool { return t.done != nil && closed(t.done) })
	}
	if len(m.tasks) >= maxTasks {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	m.lastPID++
	t := &task{pid: m.lastPID, ctx: ctx, cancel: cancel, signals: make(chan os.Signal, 16), done: make(chan struct{})}
	m.tasks[t.pid] = t
	return t
}

// end records a task's end. Its number is forgotten by the wait that learns of it.
func (m *machine) end(t *task, status int) {
	t.cancel()
	t.mu.Lock()
	t.status = status
	if t.killed != 0 {
		t.status = 128 + int(t.killed)
	}
	t.mu.Unlock()
	close(t.done)
}

func (m *machine) task(pid int) *task {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tasks[pid]
}

func (m *machine) forget(pid int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tasks, pid)
}

// tick counts a command.
func (m *machine) tick(ctx context.Context) {
	m.mu.Lock()
	m.ran++
	pause := m.ran%burst == 0
	m.mu.Unlock()
	if pause {
		wait(ctx, time.Millisecond)
	}
}

// wait sleeps, and reports whether ctx lasted that long.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// abs returns a path as the shell's process would resolve it.
func (s *shell) abs(name string) string {
	if !path.IsAbs(name) {
		name = s.dir + "/" + name
	}
	return path.Clean(name)
}

// refuse says, on standard error and to the caller, what is not done here.
func (s *shell) refuse(code int, format string, args ...any) int {
	what := fmt.Sprintf(format, args...)
	fmt.Fprintf(s.stderr(), "sh: the fake busybox has no %s\n", what)
	if s.m.Refused != nil {
		s.m.Refused(what)
	}
	return code
}

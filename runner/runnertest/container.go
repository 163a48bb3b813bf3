package runnertest

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// Container is what a [Program] sees of the container that it runs in. Its fields are the program's own copy.
type Container struct {
	// ID has 64 digits. Name has no slash.
	ID, Name string

	// Image is as the command line gave it.
	Image string

	// Args are the entrypoint and the command, or the command of docker exec. They may be empty: a real image has a command
	// of its own then, and so has the Program.
	Args []string

	// Env is NAME=value, as the command line gave it. There is no PATH unless that is among them.
	Env []string

	// Labels are the container's.
	Labels map[string]string

	// Run is the command that made the container.
	Run dockercmd.Run

	// Stdin is the client's standard input with --interactive, and empty without. Reading it is not cut short when the
	// container is killed.
	Stdin io.Reader

	// Stdout and Stderr are kept for docker logs and for attached clients. They never block.
	Stdout, Stderr io.Writer

	d       *Docker
	b       *containerRecord
	process *processRun
	isExec  bool
	mounts  []bindMount
	dir     string // the working directory; "" is /
}

// bindMount is a folder or file of the host in a container.
type bindMount struct {
	source, target string
	readOnly       bool
}

// Notify returns a channel of the signals that docker stop and docker kill send, or of those of them that are named, and
// keeps them from killing the program. When sixteen signals wait to be received, further ones are lost. It is SIGTERM that docker
// stop sends, unless the container has another stop signal.
//
// A program that has not asked for a signal is treated as Linux treats it: with --init, or in another container's process
// namespace, the signal ends it; as process 1 it does not notice, so that docker stop has to kill it when the grace is over.
// The channel of a docker exec stays silent: signals go to the container's first process.
func (c *Container) Notify(signals ...os.Signal) <-chan os.Signal {
	ch := make(chan os.Signal, 16)
	if c.process == nil || c.isExec {
		return ch
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	c.process.listeners = append(c.process.listeners, listener{slices.Clone(signals), ch})
	return ch
}

// Path returns where a path of the container lies on the host, through the container's bind mounts (--volume with a path,
// --mount with type=bind). It is false when the path is in no bind mount. The innermost mount counts. Nothing keeps a program
// from writing to a read-only mount.
func (c *Container) Path(name string) (host string, ok bool) {
	name = path.Clean("/" + name)
	best := -1
	for _, m := range c.mounts {
		below, inside := strings.CutPrefix(name, m.target)
		if m.target == "/" {
			below, inside = name, true
		}
		if inside && (below == "" || strings.HasPrefix(below, "/")) && len(m.target) > best {
			best, host = len(m.target), filepath.Join(m.source, filepath.FromSlash(below))
		}
	}
	return host, best >= 0
}

// PID returns the id of the container's first process, as docker inspect shows it. No process of the machine has it.
func (c *Container) PID() int {
	if c.process == nil {
		return 0
	}
	return c.process.pid
}

// SetMemory makes the container use n bytes of memory of its own, in the files of [Docker.CgroupRoot]. At first it uses
// 1 MiB. More than --memory allows makes the kernel kill it: the program's context ends, the exit code is 137, and inspect
// says OOMKilled.
func (c *Container) SetMemory(n int64) {
	if c.process == nil {
		return
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if c.b.process != c.process {
		return
	}
	limit := int64(c.b.run.Memory)
	killed := limit > 0 && n > limit
	if killed {
		n = limit
	}
	c.d.setMemory(c.process, n)
	if killed {
		if !c.b.oomKilled {
			c.d.note(c.b, "oom")
		}
		c.b.oomKilled = true
		c.process.kill(syscall.SIGKILL)
	}
	c.d.writeMemory(c.b, killed)
}

// containerRecord is a container as the engine keeps it. The Docker's mutex guards what is below the line.
type containerRecord struct {
	id      string
	image   string // as the command line gave it
	program Program
	run     dockercmd.Run
	labels  map[string]string
	env     []string
	mounts  []bindMount
	created time.Time
	place   int // in containerList.row
	log     *outputLog
	gone    chan struct{} // closed when it has been removed

	name       string
	state      output.State
	exitCode   int
	errText    string
	oomKilled  bool
	startedAt  time.Time
	finishedAt time.Time
	restarts   int
	removing   bool
	autoRemove bool
	byHand     bool            // docker stop or docker kill has ended it
	stops      []chan struct{} // the requests to stop it, since it was started

	process *processRun   // of its process; nil when it has none
	over    chan struct{} // closed when it has ended and is not started again by itself; nil before the first start
	exit    chan struct{} // closed at the next end of its process, and then replaced if it is started again by itself
	stop    *stopOrder    // ends the restarts; new with each start
}

// processRun is one process in a container, from its start to its end.
type processRun struct {
	pid       int
	hasInit   bool
	cancel    context.CancelFunc
	ended     chan struct{} // closed when the process has ended; output is refused from then on
	recorded  chan struct{} // closed when the engine knows of it
	code      int           // how it has ended
	endedAt   time.Time
	restart   bool // what the engine makes of it
	fatal     syscall.Signal
	listeners []listener
	memory    int64
	peak      int64
}

type listener struct {
	signals []os.Signal // none are all
	ch      chan os.Signal
}

// stopOrder keeps a container from being restarted.
type stopOrder struct{ ch chan struct{} }

func (o *stopOrder) give() {
	if !isClosed(o.ch) {
		close(o.ch)
	}
}

// words returns the entrypoint and the command.
func (b *containerRecord) words() []string {
	if e := b.run.Entrypoint; e != nil && *e != "" {
		return append([]string{*e}, b.run.Command...)
	}
	return b.run.Command
}

// view returns the container as a program with these words sees it; process is nil before it has started.
func (d *Docker) view(b *containerRecord, words, env []string, l *processRun) *Container {
	labels := make(map[string]string, len(b.labels))
	for k, v := range b.labels {
		labels[k] = v
	}
	return &Container{
		ID: b.id, Name: b.name, Image: b.image, Run: b.run,
		Args: slices.Clone(words), Env: slices.Clone(env), Labels: labels,
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard,
		d: d, b: b, process: l, mounts: b.mounts, dir: b.run.Workdir,
	}
}

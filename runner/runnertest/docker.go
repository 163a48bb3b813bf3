package runnertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// The versions that the fake says it is.
const (
	ClientVersion = "28.2.2"
	EngineVersion = "20.10.24+dfsg1"
)

// Docker is a docker client and its engine in memory, as a Runner. It knows the commands of package dockercmd (run, start, exec,
// stop, kill, pause, unpause, restart, rename, wait, rm, ps, inspect, logs, events, images, image inspect, pull, load, rmi,
// version), without global options in front of them, and refuses every other line as docker refuses an unknown command.
//
// Only Images must be set. The fields must not change once it is in use; it is safe for concurrent use and must not be
// copied. Its functions may be called by several goroutines at once. Close it when the test ends.
//
// Of the flags of run these have an effect: name, detach, rm, init, restart, user, env, env-file, entrypoint, label,
// label-file, volume, mount, memory, cpus, cgroup-parent, cidfile, stop-signal, stop-timeout, interactive, tty, attach,
// sig-proxy, pull. All others are checked for their form and otherwise ignored, since no program here could tell.
// There are no health checks and no networks, and a pause is only what docker says of a container: its program goes on.
type Docker struct {
	// Images are the programs that can be run, by the exact name that a command line gives: "busybox:1.36" and "busybox"
	// are two images. A nil Program ends at once, with 0.
	Images map[string]Program

	// Engine is the version of the engine that the fake speaks for: "20.10", which "" is too, or "28.5". One of 28.5 heeds
	// --signal of stop and restart, tells of a stop before the die, puts execDuration into the die, gives an exec of a missing
	// program the code 127, and words many refusals in another way. What Outage says was seen with 20.10, and with 28.5 where
	// containerd is a service of its own. Start refuses any other version.
	Engine string

	// Registry are the images that docker pull, docker load and a run without --pull=never can fetch, by their exact names.
	Registry map[string]Program

	// Exec runs the commands of docker exec. Nil means the program of the container's image.
	Exec Program

	// Lookup, when set, is asked before any program starts, by run, start or exec, whether the image has the program
	// c.Args[0]. An error that is [exec.ErrNotFound] gives docker's exit code 127, one that is [fs.ErrPermission] gives
	// 126, in docker's words; any other is a refusal of the engine (125) in its own words. The Container that it gets has
	// no streams and has not started. Lookup must not run docker commands itself.
	Lookup func(c *Container) error

	// Fault, when set, is asked before each command what goes wrong with it; nil is nothing. See [Fault].
	Fault func(c dockercmd.Command) *Fault

	// CgroupRoot, when set, is a directory in which the fake keeps proc and sys/fs/cgroup of a machine with cgroup v2 and
	// the cgroupfs driver, with a group for each running container, so that cgroupread.Host{Root: CgroupRoot} reads the
	// containers' memory. See [Container.SetMemory].
	CgroupRoot string

	// OwnContainerd says that the engine runs its containerd itself, as dockerd does where containerd is no service of its own. Both
	// are away in an outage then, and an engine of 28.5 tells of an end that came meanwhile with the code 255, whatever it was.
	OwnContainerd bool

	// EngineID is the engine's own id, which docker info tells; "" is that of all other fakes.
	EngineID string

	// Grace is how long a docker client that ignores SIGTERM outlives its context, as in [runner.Exec]. Zero means
	// [runner.DefaultGrace]; a negative one means that it gets SIGKILL at once. The container of a client that gets SIGKILL
	// runs on.
	Grace time.Duration

	mu         sync.Mutex
	closed     bool
	images     map[string]Program // that are there now; see here
	containers containerList
	engine     engineState
	responsive *sync.Cond // signaled when the engine responds again, or is closed
	events     eventLog
	clients    map[*client]bool
	open       map[io.Closer]bool // listeners and connections of Serve
	lastPID    int
	memory     int64 // what the running containers have for themselves
	cgroups    error // what went wrong with the files in CgroupRoot

	lackMu  sync.Mutex
	lacking []error // what Busybox was asked for and cannot do
	wg      sync.WaitGroup
}

// Program is what a container runs. It is called in a goroutine of its own and returns the exit code.
//
// ctx ends when the container is killed; the program must then return soon, and what it returns does not count: the exit
// code is 137, or that of the signal. Until it returns, the container goes on, like one with a process that hangs in the
// kernel. A program receives other signals only if it asks for them: see [Container.Notify].
type Program func(ctx context.Context, c *Container) int

// Start runs a docker command line. Its first word must be docker, perhaps with a path in front of it.
func (d *Docker) Start(ctx context.Context, c runner.Cmd) (runner.Process, error) {
	if err := startable(ctx, c); err != nil {
		return nil, err
	}
	if path.Base(c.Argv[0]) != "docker" {
		return nil, notDocker(c)
	}
	if err := d.knownEngine(); err != nil {
		return nil, &runner.StartError{Program: c.Argv[0], Err: err}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, &runner.StartError{Program: c.Argv[0], Err: errors.New("the fake docker is closed")}
	}
	d.lastPID++
	p := startClient(ctx, &d.wg, firstPID+d.lastPID, c, graceOr(d.Grace), clientSignal, d.main)
	if d.clients == nil {
		d.clients = make(map[*client]bool)
	}
	d.clients[p] = true
	return p, nil
}

// Close kills all containers and clients, waits until every Program has returned, and reports what went wrong with the files in
// CgroupRoot, and what [Busybox] was asked for and cannot do. Nothing can be started afterwards.
func (d *Docker) Close() error {
	d.mu.Lock()
	d.closed = true
	d.thaw()
	d.deliverExits(withEvents)
	for p := range d.clients {
		p.end(bySignal(syscall.SIGKILL))
	}
	for b := range d.containers.all() {
		b.halt(syscall.SIGKILL)
	}
	for c := range d.open {
		c.Close()
	}
	d.mu.Unlock()
	d.wg.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lackMu.Lock()
	defer d.lackMu.Unlock()
	return errors.Join(append(slices.Clone(d.lacking), d.cgroups)...)
}

func notDocker(c runner.Cmd) error {
	return &runner.StartError{Program: c.Argv[0], Err: exec.ErrNotFound, Hint: "the fake runs docker and nothing else"}
}

// main runs the docker client.
func (d *Docker) main(p *client) int {
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.clients, p)
	}()
	words := p.cmd.Argv[1:]
	if len(words) > 0 && strings.HasPrefix(words[0], "-") {
		p.errln(fmt.Sprintf("runnertest: the fake docker takes no options in front of the subcommand, and got %.20q", words[0]))
		return 125
	}
	c, err := dockercmd.Parse(slices.Clone(words))
	if err != nil {
		return refuse(p, words, err)
	}
	return d.perform(p, c)
}

// perform carries out a command, or what goes wrong with it.
func (d *Docker) perform(p *client, c dockercmd.Command) int {
	if d.Fault != nil {
		if f := d.Fault(c); f != nil {
			return f.apply(d, p, c)
		}
	}
	return d.ask(p, c)
}

// ask carries out a command, if the engine can be reached and stays there until it has answered.
func (d *Docker) ask(p *client, c dockercmd.Command) int {
	code, ok := d.reach(p, c)
	if ok {
		code = d.run(p, c)
	}
	if p.interrupted {
		return disconnected(p, c)
	}
	return code
}

// run carries out a command.
func (d *Docker) run(p *client, c dockercmd.Command) int {
	switch c := c.(type) {
	case *dockercmd.Run:
		return d.runRun(p, c)
	case *dockercmd.Start:
		return d.runStart(p, c)
	case *dockercmd.Exec:
		return d.runExec(p, c)
	case *dockercmd.Stop:
		return d.runStop(p, c)
	case *dockercmd.Kill:
		return d.runKill(p, c)
	case *dockercmd.Pause:
		return d.runPause(p, c)
	case *dockercmd.Unpause:
		return d.runUnpause(p, c)
	case *dockercmd.Restart:
		return d.runRestart(p, c)
	case *dockercmd.Rename:
		return d.runRename(p, c)
	case *dockercmd.Wait:
		return d.runWait(p, c)
	case *dockercmd.Rm:
		return d.runRm(p, c)
	case *dockercmd.Ps:
		return d.runPs(p, c)
	case *dockercmd.Inspect:
		return d.runInspect(p, c)
	case *dockercmd.Logs:
		return d.runLogs(p, c)
	case *dockercmd.Events:
		return d.runEvents(p, c)
	case *dockercmd.Images:
		return d.runImages(p, c)
	case *dockercmd.ImageInspect:
		return d.runInspect(p, &dockercmd.Inspect{Type: "image", Format: c.Format, Names: c.Images})
	case *dockercmd.Pull:
		return d.runPull(p, c)
	case *dockercmd.Load:
		return d.runLoad(p, c)
	case *dockercmd.Rmi:
		return d.runRmi(p, c)
	case *dockercmd.Version:
		return d.runVersion(p, c)
	case *dockercmd.Info:
		return d.runInfo(p, c)
	case *dockercmd.SystemDialStdio:
		return d.runDialStdio(p)
	}
	p.errln("docker: unknown command: docker " + c.Subcommand() + "\n\nRun 'docker --help' for more information")
	return 1
}

// clientSignal returns what a signal does to a client that waits for an answer: 28.2.2 exits with 128+n on SIGINT and SIGTERM
// without a message, dies of SIGHUP, and ignores SIGUSR1. (Measured with docker wait, logs --follow and stop.)
func clientSignal(sig syscall.Signal) (exitStatus, bool) {
	switch sig {
	case syscall.SIGINT, syscall.SIGTERM:
		return exitStatus{code: 128 + int(sig)}, true
	case syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE:
		return exitStatus{}, false
	}
	return defaultAction(sig)
}

// find returns a container, or nil and the engine's words. The caller holds d.mu.
func (d *Docker) find(ref string) (*containerRecord, string) { return d.containers.find(ref) }

// daemonError formats an error of the engine as the client does.
func daemonError(text string) string { return "Error response from daemon: " + text }

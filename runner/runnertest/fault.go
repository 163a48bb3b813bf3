package runnertest

import (
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Fault is what goes wrong with one docker command. Its fields combine, in their order here; the zero Fault changes nothing.
type Fault struct {
	// Delay is how long docker takes before it does anything.
	Delay time.Duration

	// Release, when set, is what docker waits for, after Delay; a channel that is never closed is a daemon
	// that hangs. The client can be stopped meanwhile, and then nothing is done.
	Release <-chan struct{}

	// Engine is an error in talking to the engine, in the client's words: each command shows it as it does, with its own
	// exit code. [Down], [Denied] and [Broken] make the usual ones.
	Engine string

	// Reply, when set, is what docker prints, instead of an error of the engine.
	Reply *Reply

	// Lost makes the engine do what it was asked, as far as that takes no waiting for a container to end, before Engine or
	// Reply take the place of its answer: the container is started, and the supervisor does not learn of it.
	Lost bool

	// Slow, when positive, is how long each byte of standard output takes.
	Slow time.Duration

	// Lie, when set, makes what the client prints on standard output of what docker would print, all of it at once. It is called
	// in the client's goroutine, when the command is over.
	Lie func(stdout []byte) []byte

	// Cut, when set, breaks standard output off. Docker has done what it was asked, unless Engine or Reply say otherwise.
	Cut *Cut
}

// Reply is an answer in place of docker's own.
type Reply struct {
	Stdout, Stderr string
	Code           int
}

// socket is what the client calls the engine.
const socket = "unix:///var/run/docker.sock"

// Down returns the fault of an engine that does not run.
func Down() *Fault {
	return &Fault{Engine: noEngineAt(socket)}
}

func noEngineAt(host string) string {
	return "Cannot connect to the Docker daemon at " + host + ". Is the docker daemon running?"
}

// Denied returns the fault of a user who may not use the engine's socket. For docker run the exit code is 126, which the client
// makes of the words "permission denied".
func Denied() *Fault {
	return &Fault{Engine: "permission denied while trying to connect to the Docker daemon socket at " + socket +
		`: Get "http://%2Fvar%2Frun%2Fdocker.sock/_ping": dial unix /var/run/docker.sock: connect: permission denied`}
}

// Broken returns the fault of an engine that goes away before it answers. Whether it has done what it was asked is Lost's to say.
func Broken() *Fault {
	return &Fault{Engine: `error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers": EOF`}
}

// apply carries out a command with the fault.
func (f *Fault) apply(d *Docker, p *client, c dockercmd.Command) int {
	a := f.intercept(p)
	code := f.perform(d, p, c)
	if a != nil {
		code = a.end(code)
	}
	return code
}

func (f *Fault) perform(d *Docker, p *client, c dockercmd.Command) int {
	if !p.pause(f.Delay) {
		return 0
	}
	if f.Release != nil && !p.await(f.Release) {
		return 0
	}
	if f.Lost {
		d.performSilently(p, c)
	}
	switch {
	case f.Reply != nil:
		p.out(f.Reply.Stdout)
		p.write(p.cmd.Stderr, []byte(f.Reply.Stderr))
		return f.Reply.Code
	case f.Engine != "":
		return engineError(p, c, f.Engine)
	}
	return d.ask(p, c)
}

// performSilently lets the engine do what the client asks for, without an answer.
func (d *Docker) performSilently(p *client, c dockercmd.Command) {
	switch c := c.(type) {
	case *dockercmd.Run:
		quiet := *c
		quiet.Detach, quiet.Attach = true, nil
		d.runRun(p.withoutOutput(), &quiet)
	case *dockercmd.Start:
		quiet := *c
		quiet.Attach, quiet.Interactive = false, false
		d.runStart(p.withoutOutput(), &quiet)
	case *dockercmd.Exec:
		quiet := *c
		quiet.Detach = true
		d.runExec(p.withoutOutput(), &quiet)
	case *dockercmd.Stop:
		d.beginStop(c)
	case *dockercmd.Rm:
		d.beginRm(c)
	case *dockercmd.Kill:
		d.runKill(p.withoutOutput(), c)
	}
}

// withoutOutput returns a client whose output is dropped, and which ends when p does.
func (p *client) withoutOutput() *client {
	cmd := p.cmd
	cmd.Stdout, cmd.Stderr = nil, nil
	return &client{cmd: cmd, pid: p.pid, killed: p.killed, done: p.done, cut: p.cut, onSignal: clientSignal}
}

// engineError prints an error in talking to the engine as the command does. (Measured with 28.2.2 and a socket that is not there.)
func engineError(p *client, c dockercmd.Command, text string) int {
	times := 1
	switch c := c.(type) {
	case *dockercmd.Run:
		return runError(p, c.CIDFile, text, codeByText(text))
	case *dockercmd.Version:
		return versionText(p, c, engineReleases[defaultEngine], text)
	case *dockercmd.SystemDialStdio:
		text = "failed to open the raw stream connection: dial unix " + strings.TrimPrefix(socket, "unix://") +
			": connect: no such file or directory"
	case *dockercmd.Inspect:
		times = len(c.Names)
		p.out(emptyInspect(c.Format))
	case *dockercmd.Start, *dockercmd.Stop, *dockercmd.Rm, *dockercmd.Kill, *dockercmd.Wait:
		times = len(dockercmd.Operands(c))
	}
	for range times {
		p.errln(text)
	}
	if c, ok := c.(*dockercmd.Start); ok && !c.Attach && !c.Interactive {
		p.errln("Error: failed to start containers: " + strings.Join(c.Containers, ", "))
	}
	return 1
}

// codeByText returns the exit code of docker run, which the client derives from the text of the error (28.2.2).
func codeByText(text string) int {
	for _, s := range []string{"executable file not found", "no such file or directory", "system cannot find the file specified"} {
		if strings.Contains(text, s) {
			return 127
		}
	}
	if strings.Contains(text, "permission denied") || strings.Contains(text, "is a directory") {
		return 126
	}
	return 125
}

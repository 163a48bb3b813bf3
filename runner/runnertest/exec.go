package runnertest

import (
	"context"
	"slices"
	"strconv"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// runExec runs docker exec.
func (d *Docker) runExec(p *client, c *dockercmd.Exec) int {
	env, err := environment(p, c.EnvFiles, c.Env)
	if err != nil {
		p.errln(err.Error())
		return 1
	}
	d.mu.Lock()
	b, text := d.find(c.Container)
	if text == "" && b.process == nil {
		text = d.notRunning(b)
		if b.state == output.StateRestarting {
			text = "Container " + b.id + " is restarting, wait until the container is running"
		}
	}
	if text == "" && b.state == output.StatePaused {
		text = "Container " + c.Container + " is paused, unpause the container before exec"
	}
	if text != "" {
		d.mu.Unlock()
		p.errln(daemonError(text))
		return 1
	}
	if c.TTY && c.Interactive && !c.Detach {
		d.mu.Unlock()
		p.errln(notTTY)
		return 1
	}
	l := b.process
	id := newID()
	d.note(b, execAction("exec_create", c.Command), "execID", id)
	d.note(b, execAction("exec_start", c.Command), "execID", id)
	view := d.view(b, c.Command, slices.Concat(b.env, env), l)
	program := b.program
	d.mu.Unlock()
	view.isExec = true
	if c.Workdir != "" {
		view.dir = c.Workdir
	}
	if d.Exec != nil {
		program = d.Exec
	}
	if d.Lookup != nil {
		if err := d.Lookup(view); err != nil {
			return d.execProblem(p, c, err)
		}
	}
	if c.Interactive && p.cmd.Stdin != nil && !c.Detach {
		view.Stdin = p.cmd.Stdin
	}
	return d.execute(p, c, view, program, id)
}

// execProblem prints that the program cannot be started: on standard output, unless detached, with the code 126 for all causes
// (20.10 engine), or 127 for a program that is not there (28.5).
func (d *Docker) execProblem(p *client, c *dockercmd.Exec, err error) int {
	text, code := err.Error(), 126
	if why, known := d.programProblem(c.Command, err); known {
		text = "OCI runtime exec failed: exec failed: unable to start container process: " + why
		if d.is28() {
			code = codeByText(why)
		}
	}
	if c.Detach {
		p.errln(daemonError(text))
		return 1
	}
	p.out(text + "\r\n")
	return code
}

// execute runs the program beside the container's own. It ends with the container, not with the client.
func (d *Docker) execute(p *client, c *dockercmd.Exec, view *Container, program Program, id string) int {
	book := new(outputLog)
	over := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	view.Stdout, view.Stderr = logWriter{book, stdout, over, c.TTY}, logWriter{book, stderr, over, c.TTY}
	if c.TTY {
		view.Stderr = view.Stdout
	}
	var code int
	d.wg.Go(func() {
		defer cancel()
		code = program(ctx, view)
		shown := code & 0xff
		if ctx.Err() != nil {
			shown = 137
		}
		d.mu.Lock()
		d.awaitResponsive()
		d.note(view.b, "exec_die", "execID", id, "exitCode", strconv.Itoa(shown))
		d.mu.Unlock()
		close(over)
	})
	killed := make(chan struct{})
	d.wg.Go(func() {
		select {
		case <-view.process.ended:
			close(killed)
			cancel()
		case <-over:
		}
	})
	if c.Detach {
		return 0
	}
	p.handle(ignoreInterrupts) // SIGINT and SIGTERM do nothing to docker exec from 28 on
	done := book.follow(p, 0, over, func(c chunk) {
		if c.stream == stdout {
			p.write(p.cmd.Stdout, c.data)
		} else {
			p.write(p.cmd.Stderr, c.data)
		}
	})
	switch {
	case !done:
		return 0
	case isClosed(killed):
		return 137
	}
	return code & 0xff
}

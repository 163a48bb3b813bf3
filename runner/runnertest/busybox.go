package runnertest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/dockercmd/toolkit/internal/ash"
)

// BusyboxLookup looks up a program for an image whose Program is [Busybox]; it is a [Docker.Lookup]. The programs are busybox's
// applets, in /bin, and the scripts in the container's bind mounts.
func BusyboxLookup(c *Container) error {
	if len(c.Args) == 0 {
		return nil
	}
	if c.Args[0] == "/bin" {
		return fmt.Errorf("%w: %w", syscall.EISDIR, fs.ErrPermission)
	}
	err := ash.Lookup(mountedFiles(c.mounts), c.environ(), c.workdir(), c.Args[0])
	lacking, isLacking := errors.AsType[ash.LackingError](err)
	switch {
	case isLacking:
		c.lacks(lacking.What)
		return fmt.Errorf("runnertest: the fake busybox has no %s", lacking.What)
	case errors.Is(err, fs.ErrNotExist):
		return exec.ErrNotFound
	}
	return err
}

// Busybox is a Program that runs the words of its command line as the image busybox does: an applet (cat, chmod, echo, env, false,
// kill, mkdir, mv, printf, pwd, rm, seq, sh, sleep, test, touch, true, yes), or a shell script in a bind mount. sh runs scripts (sh
// FILE, sh -c TEXT, or from standard input) with POSIX's grammar, functions, pipes, redirections, jobs in the background and traps
// of signals. Their files are those in the container's bind mounts, and nothing else of the machine; no program of the machine is
// run. Time is that of the caller: sleep takes none under testing/synctest.
//
// What busybox can do and this cannot (other applets, bash's grammar, files outside bind mounts) fails with a message on the
// container's standard error, and [Docker.Close] returns it as an error, so that a test does not take it for what docker would do.
func Busybox(ctx context.Context, c *Container) int {
	p := ash.Process{
		Args: c.Args, Env: c.environ(), Dir: c.workdir(), PID: 1,
		Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr, Files: mountedFiles(c.mounts), Refused: c.lacks, Unstarted: 1,
	}
	if c.d.is28() {
		p.Unstarted = 255 // of runc 1.3
	}
	switch {
	case c.isExec:
		p.PID = 30
		p.Kill = c.killMain
	case c.process != nil:
		if c.process.hasInit {
			p.PID = 7 // after docker's init
			p.Kill = func(sig syscall.Signal) { c.killMain(sig) }
		}
		p.Listen = c.listen
		p.Memory = func(n int64) { c.SetMemory(1<<20 + n) }
	}
	return ash.Run(ctx, p)
}

// environ returns what the process has: with what docker adds to the command line's variables.
func (c *Container) environ() []string {
	env := slices.Clone(c.Env)
	for _, v := range []string{"PATH=" + ash.DefaultPath, "HOSTNAME=" + c.ID[:min(12, len(c.ID))], "HOME=/root"} {
		name, _, _ := strings.Cut(v, "=")
		if !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") }) {
			env = append(env, v)
		}
	}
	return env
}

func (c *Container) workdir() string {
	if c.dir != "" {
		return c.dir
	}
	return "/"
}

// listen makes the named signals come through ch, and no others any more.
func (c *Container) listen(ch chan os.Signal, signals []os.Signal) {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	l := slices.DeleteFunc(c.process.listeners, func(l listener) bool { return l.ch == ch })
	if len(signals) > 0 {
		l = append(l, listener{signals, ch})
	}
	c.process.listeners = l
}

// killMain sends a signal from inside the container to its process 1, which not even SIGKILL ends if it does not want to.
func (c *Container) killMain(sig syscall.Signal) {
	if sig == syscall.SIGKILL {
		return
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	c.process.deliver(sig)
}

// lacks records what the fake cannot do, for Close.
func (c *Container) lacks(what string) {
	c.d.lackMu.Lock()
	defer c.d.lackMu.Unlock()
	const enough = 20
	if len(c.d.lacking) < enough {
		c.d.lacking = append(c.d.lacking, fmt.Errorf("runnertest: container %s: the fake busybox has no %s", c.Name, what))
	}
}

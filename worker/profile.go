package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// Via is how a profiling command gets into a worker's container.
type Via string

const (
	// ViaExec is docker exec: the program is the container's, under all of its restrictions.
	ViaExec Via = "exec"
	// ViaNsenter is nsenter(1) into the mount and process namespaces of the container's process, as the worker's user but
	// outside its seccomp and capability bounds, and with no environment but a PATH. It works while the engine hangs, and needs
	// root.
	ViaNsenter Via = "nsenter"
)

// Profile runs a command inside a worker's container, as the worker's user, and returns the command's exit code. The error
// tells of docker or nsenter alone.
func (m *Manager) Profile(ctx context.Context, id string, via Via, command []string, s client.Streams) (int, error) {
	if len(command) == 0 {
		return -1, problem(ErrSpec, id, "", "no command to profile with; give one")
	}
	h, err := m.launched(ctx, id)
	if err != nil {
		return -1, err
	}
	defer h.dir.Close()
	if h.Exit != nil {
		return -1, problem(client.ErrNotRunning, id, "", "it has ended: %s", h.Exit.Reason)
	}
	switch via {
	case ViaExec, "":
		return m.profileExec(ctx, h, command, s)
	case ViaNsenter:
		return m.profileNsenter(ctx, h, command, s)
	}
	return -1, problem(ErrSpec, id, "", "%q is no way into a container; use exec or nsenter", via)
}

// profileExec runs a command with docker exec.
func (m *Manager) profileExec(ctx context.Context, h *handle, command []string, s client.Streams) (int, error) {
	d := m.docker(h.root, h.checkpoint)
	c := dockercmd.Exec{User: h.Identity.user(), Interactive: s.Stdin != nil, Container: h.ID, Command: command}
	if h.Container != "" {
		c.Container = h.Container
	}
	code, err := d.Exec(ctx, c, s)
	if err != nil {
		return -1, fmt.Errorf("worker %s: profile: %w", h.ID, err)
	}
	return code, nil
}

// profileNsenter runs a command with nsenter.
func (m *Manager) profileNsenter(ctx context.Context, h *handle, command []string, s client.Streams) (int, error) {
	pid, err := m.pid(ctx, h)
	if err != nil {
		return -1, err
	}
	argv := []string{"nsenter", "--target", strconv.Itoa(pid), "--mount", "--pid", "--net", "--ipc", "--uts",
		"--setuid", strconv.Itoa(h.Identity.UID), "--setgid", strconv.Itoa(h.Identity.GID), "--"}
	var said bytes.Buffer
	cmd := runner.Cmd{Argv: append(argv, command...), Env: profileEnv, Stdin: s.Stdin, Stdout: s.Stdout,
		Stderr: &lastLine{w: s.Stderr, line: &said}}
	p, err := runner.Exec{}.Start(ctx, cmd)
	if err == nil {
		err = p.Wait()
	}
	exit, ended := errors.AsType[*runner.ExitError](err)
	switch {
	case err == nil:
		return 0, nil
	case ended && ctx.Err() == nil && strings.HasPrefix(said.String(), "nsenter: "):
		return -1, fmt.Errorf("worker %s: profile: %s", h.ID, said.String())
	case ended && ctx.Err() == nil:
		return exit.Code, nil
	}
	return -1, fmt.Errorf("worker %s: profile: %w", h.ID, err)
}

// profileEnv is all of the environment that a program gets by nsenter: the worker can read it, and the supervisor's own may hold
// secrets.
var profileEnv = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}

// lastLine is a Writer that keeps the beginning of the last line of what it passes on.
type lastLine struct {
	w    io.Writer
	line *bytes.Buffer
	over bool // the line has ended
}

func (l *lastLine) Write(p []byte) (int, error) {
	const enough = 200
	for line := range bytes.Lines(p) {
		if l.over {
			l.line.Reset()
		}
		l.over = bytes.HasSuffix(line, []byte("\n"))
		line = bytes.TrimRight(line, "\r\n")
		l.line.Write(line[:max(0, min(len(line), enough-l.line.Len()))])
	}
	if l.w == nil {
		return len(p), nil
	}
	return l.w.Write(p)
}

// pid returns a process of the worker's container, by its host number. All of them share the container's namespaces; the lowest
// number is usually the first process. It is taken from the container's cgroup, so that it is no other worker's.
func (m *Manager) pid(ctx context.Context, h *handle) (int, error) {
	g, err := m.group(ctx, h.ID)
	if err != nil {
		return 0, err
	}
	pids, err := g.Procs()
	if err != nil {
		return 0, wrapUsage(h.ID, err)
	}
	if len(pids) == 0 {
		return 0, problem(client.ErrNotRunning, h.ID, "", "its cgroup holds no process")
	}
	return slices.Min(pids), nil
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/dockercmd"
)

var (
	errNotYours = errors.New("is not yours")
	errNotAsked = errors.New("cannot be told whose it is")
)

// asType is errors.AsType, with nil for no error of the type.
func asType[E error](err error) E {
	e, _ := errors.AsType[E](err)
	return e
}

// process is docker about to be started: its file, words and environment.
type process struct {
	file string
	argv []string
	env  []string
	who  caller
	gid  int
}

// systemPath is docker's PATH.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// prepare makes sure that docker's file is root's alone, and finds out which group it runs with.
func (s *session) prepare(line dockercmd.CommandLine) (*process, error) {
	f, err := openTrusted(s.conf.Docker, unix.O_RDONLY)
	if err != nil {
		return nil, fail(statusSetup, "docker: %w", err)
	}
	f.Close()
	p := &process{file: s.conf.Docker, who: s.who, argv: append([]string{s.conf.Docker}, line.Args()[1:]...)}
	if p.gid, err = groupID(s.conf.DockerGroup); err != nil {
		return nil, fail(statusSetup, "configuration: docker-group: %w", err)
	}
	p.env = environment(s.conf.Environment)
	return p, nil
}

// environment returns docker's whole environment: of the caller's nothing is taken over.
func environment(conf map[string]string) []string {
	all := map[string]string{"PATH": systemPath, "HOME": "/nonexistent", "DOCKER_CONFIG": "/etc/dockercmd/docker", "LANG": "C.UTF-8"}
	maps.Copy(all, conf)
	var env []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		env = append(env, name+"="+all[name])
	}
	return env
}

// The limits of docker's process.
const (
	maxDescriptors = 1024
	dockerUmask    = 0o077
)

// become replaces the launcher by docker, as the caller, with the group of the engine's socket and no other. The caller can signal
// that process; to look into it, or to take its descriptors, the caller would need its group, too.
func (p *process) become() error {
	unix.Umask(dockerUmask)
	for what, limit := range map[int]unix.Rlimit{
		unix.RLIMIT_CORE: {}, unix.RLIMIT_NOFILE: {Cur: maxDescriptors, Max: maxDescriptors},
	} {
		if err := unix.Setrlimit(what, &limit); err != nil {
			return fail(statusExec, "limits: %w", err)
		}
	}
	if err := os.Chdir("/"); err != nil {
		return fail(statusExec, "%w", err)
	}
	if p.who.mighty {
		err := errors.Join(syscall.Setgroups([]int{p.gid}), syscall.Setresgid(p.gid, p.gid, p.gid),
			syscall.Setresuid(p.who.uid, p.who.uid, p.who.uid))
		if err != nil {
			return fail(statusExec, "become user %d: %w", p.who.uid, err)
		}
	}
	runtime.LockOSThread() // what is asked for next is this thread's, which starts docker
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fail(statusExec, "no new privileges: %w", err)
	}
	err := unix.Exec(p.file, p.argv, p.env)
	return fail(statusExec, "start %s: %w", p.file, err)
}

// closeInherited has what the caller has left open close when docker starts. Standard input, output and error stay.
func closeInherited() {
	_ = unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC) // Linux before 5.11 does not know it: docker then inherits them, as always
}

// askTime is how long docker may take to tell whose a container is.
const askTime = 20 * time.Second

// ownerFormat is what docker inspect prints of a container.
const ownerFormat = `{{.Id}} {{with .Config.Labels}}{{index . "` + ownerLabel + `"}}{{end}}`

// ownerOf asks docker for a container's id, and for whose it is.
func (s *session) ownerOf(container string) (id, owner string, err error) {
	p, err := s.prepare(dockercmd.CommandLine{Command: &dockercmd.Inspect{Type: "container", Format: ownerFormat,
		Names: []string{container}}})
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.file, p.argv[1:]...)
	cmd.Env, cmd.Dir = p.env, "/"
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &atMost{w: &out, left: 4 << 10}, &atMost{w: &said, left: 4 << 10}
	if p.who.mighty {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(p.who.uid), Gid: uint32(p.gid),
			Groups: []uint32{uint32(p.gid)}}}
	}
	if err := cmd.Run(); err != nil {
		if strings.Contains(strings.ToLower(said.String()), "no such ") {
			return "", "", fail(statusDocker, "Error: No such container: %s", container)
		}
		return "", "", fail(statusDocker, "docker inspect %s: %w: %s", container, err, firstLine(said.Bytes()))
	}
	id, owner, _ = strings.Cut(firstLine(out.Bytes()), " ")
	if !dockercmd.ValidID(id) {
		return "", "", fail(statusDocker, "docker inspect %s: %q is no id", container, id)
	}
	return id, owner, nil
}

// atMost passes on so many bytes, and swallows the rest.
type atMost struct {
	w    io.Writer
	left int
}

func (a *atMost) Write(b []byte) (int, error) {
	n := min(len(b), a.left)
	a.left -= n
	if _, err := a.w.Write(b[:n]); err != nil {
		return 0, fmt.Errorf("keep output: %w", err)
	}
	return len(b), nil
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/policy"
)

// storm does what the arguments of Storm's worker-launcher say: a user, a command, and what that takes.
func (s *session) storm(args []string) error {
	name, command, rest := args[0], strings.ToLower(args[1]), args[2:]
	fmt.Printf("main : command provided %s\nmain : user is %s\n", printable(args[1]), printable(name))
	u, err := s.worker(name)
	if err != nil {
		return &failure{statusCaller, err}
	}
	switch {
	case command == "launch-docker-container" && len(rest) == 2:
		if err := s.give(rest[0], u); err != nil {
			return err
		}
		return s.stormLine(u, rest[1])
	case command == "run-docker-cmd" && len(rest) == 2:
		return s.stormLine(u, rest[1])
	case (command == "code-dir" || command == "artifacts-dir" || command == "blob") && len(rest) == 1:
		return s.give(rest[0], u)
	case command == "rmr" && len(rest) == 1:
		return s.stormRemove(rest[0], u)
	case command == "signal" && len(rest) == 2:
		return s.stormSignal(u, rest[0], rest[1])
	}
	return fail(statusRequest, "the command %q with %d arguments is none of launch-docker-container, run-docker-cmd, code-dir, "+
		"artifacts-dir, blob, rmr and signal", command, len(rest))
}

// stormRule is the rule of lines that worker-launcher refuses, or makes something else of than they say.
const stormRule = "storm.line"

// stormLine runs the line in a file as worker-launcher reads it: its first line, split at spaces, options by its rules. What those
// rules make of it is judged, not what stands there.
func (s *session) stormLine(u account, name string) error {
	data, err := s.readRequest(name)
	if err != nil {
		return err
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	err = dockercmd.CheckStorm(line)
	var words []string
	if err == nil {
		words, err = dockercmd.ReadStorm(line)
	}
	if err != nil {
		err = &failure{statusDenied, &policy.DeniedError{Findings: []policy.Finding{{Rule: stormRule, Field: "line", Problem: err.Error()}}}}
		return s.note(dockercmd.CommandLine{}, data, err)
	}
	return s.decide(request{
		argv: append([]string{"docker"}, words...), file: data,
		check: func(c dockercmd.Command) error {
			if r, ok := c.(*dockercmd.Run); ok {
				return isOf(r, u)
			}
			return nil
		},
		announce: func(line dockercmd.CommandLine) { fmt.Printf("command: %s\n", line.Redacted()) },
	})
}

// isOf denies a container that runs as another user than the one that the call is for.
func isOf(r *dockercmd.Run, u account) error {
	uid, _, _ := strings.Cut(r.User, ":")
	if uid == strconv.Itoa(u.uid) {
		return nil
	}
	return &failure{statusDenied, &policy.DeniedError{Findings: []policy.Finding{{Rule: "user", Field: "--user", Value: r.User,
		Problem: "is not the user that the call is for", Allowed: fmt.Sprintf("%d:%d", u.uid, u.gid)}}}}
}

// openBelow opens a directory of the caller's that workers have theirs in, component by component, without following a link.
func (s *session) openBelow(name string) (dir int, err error) {
	if s.conf.Work == "" || !path.IsAbs(name) || path.Clean(name) != name || !strings.HasPrefix(name, s.conf.Work+"/") {
		return -1, fail(statusFiles, "%q does not lie below %q, which the configuration names as work", name, s.conf.Work)
	}
	dir, err = openDir(unix.AT_FDCWD, s.conf.Work)
	if err != nil {
		return -1, fail(statusFiles, "open %s: %w", s.conf.Work, err)
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(name, s.conf.Work+"/"), "/") {
		next, err := openDir(dir, part)
		unix.Close(dir)
		if err != nil {
			return -1, fail(statusFiles, "open %s of %s: %w", part, name, err)
		}
		dir = next
	}
	return dir, nil
}

// give gives a directory and what is in it to a worker's user. Files of others than the caller and that user, and files with further
// names, stay whose they are; links, sockets and pipes too.
func (s *session) give(name string, u account) error {
	dir, err := s.openBelow(name)
	if err != nil {
		return err
	}
	g := &gift{to: u, gid: s.who.gid, owners: []int{s.who.uid, u.uid}}
	if err := g.directory(dir, 0); err != nil {
		return fail(statusFiles, "give %s to %s: %w", name, u.name, err)
	}
	return nil
}

// gift is a tree that is given to a user.
type gift struct {
	to     account
	gid    int // its files' group: the caller's, which can go on reading them
	owners []int
	files  int
}

// directory gives a directory away, and closes it. What it holds comes first, as long as its user cannot change it.
func (g *gift) directory(fd, depth int) error {
	f := os.NewFile(uintptr(fd), "directory")
	defer f.Close()
	var st unix.Stat_t
	switch err := unix.Fstat(fd, &st); {
	case err != nil:
		return err
	case depth > maxDepth:
		return errTree
	case !slices.Contains(g.owners, int(st.Uid)):
		return fmt.Errorf("a directory in it is of user %d", st.Uid)
	}
	names, err := f.Readdirnames(maxFiles)
	if err != nil && len(names) > 0 {
		return err
	}
	for _, name := range names {
		if g.files++; g.files > maxFiles {
			return errTree
		}
		if err := g.entry(fd, name, uint64(st.Dev), depth); err != nil {
			return err
		}
	}
	return errors.Join(unix.Fchown(fd, g.to.uid, g.gid), unix.Fchmod(fd, 0o2770))
}

func (g *gift) entry(dir int, name string, device uint64, depth int) error {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if uint64(st.Dev) != device {
			return fmt.Errorf("%s: another file system is mounted there", name)
		}
		below, err := openDir(dir, name)
		if err != nil {
			return err
		}
		var now unix.Stat_t
		if err := unix.Fstat(below, &now); err != nil || now.Ino != st.Ino || now.Dev != st.Dev {
			unix.Close(below)
			return fmt.Errorf("%s: has been replaced", name)
		}
		return g.directory(below, depth+1)
	case unix.S_IFREG:
		if st.Nlink != 1 || !slices.Contains(g.owners, int(st.Uid)) {
			fmt.Printf("NOOP: %s\n", printable(name))
			return nil
		}
		mode := uint32(st.Mode&0o700 | 0o660)
		if err := unix.Fchownat(fd, "", g.to.uid, g.gid, unix.AT_EMPTY_PATH); err != nil {
			return err
		}
		return os.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), os.FileMode(mode&0o777))
	default:
		fmt.Printf("NOOP: %s\n", printable(name))
		return nil
	}
}

// stormRemove removes a tree below work that is the worker's user's or the caller's.
func (s *session) stormRemove(name string, u account) error {
	dir, err := s.openBelow(path.Dir(name))
	if path.Dir(name) == s.conf.Work {
		dir, err = openDir(unix.AT_FDCWD, s.conf.Work)
	}
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	var st unix.Stat_t
	err = unix.Fstatat(dir, path.Base(name), &st, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil
	case err != nil:
		return fail(statusFiles, "%s: %w", name, err)
	case int(st.Uid) != u.uid && int(st.Uid) != s.who.uid:
		return fail(statusFiles, "%s is of user %d", name, st.Uid)
	}
	if err := new(tree).remove(dir, path.Base(name), 0); err != nil {
		return fail(statusFiles, "remove %s: %w", name, err)
	}
	return nil
}

// stormSignal signals a process as the worker's user, or its group if it leads one.
func (s *session) stormSignal(u account, pid, signal string) error {
	p, errP := strconv.Atoi(pid)
	n, errN := strconv.Atoi(signal)
	if errP != nil || errN != nil || p < 2 || n < 0 || n > 64 {
		return fail(statusRequest, "signal %q to %q: give numbers", signal, pid)
	}
	if s.who.mighty {
		if err := errors.Join(syscall.Setgroups(u.groups), syscall.Setresgid(u.gid, u.gid, u.gid),
			syscall.Setresuid(u.uid, u.uid, u.uid)); err != nil {
			return fail(statusFiles, "become user %d: %w", u.uid, err)
		}
	}
	err := syscall.Kill(-p, syscall.Signal(n))
	if errors.Is(err, syscall.ESRCH) {
		err = syscall.Kill(p, syscall.Signal(n))
	}
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fail(statusFiles, "signal %d to %d: %w", n, p, err)
	}
	return nil
}

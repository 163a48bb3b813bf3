package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/dockercmd"
)

// workDir returns the directory below which the caller's workers have theirs.
func (s *session) workDir() string { return path.Join(s.conf.Work, strconv.Itoa(s.who.uid)) }

// makeWorker makes a worker's directory: root's, so that nobody can replace what is in it, with work and tmp, the user's, in it. It
// prints its path.
func (s *session) makeWorker(name, id string) error {
	u, err := s.worker(name)
	if err != nil {
		return err
	}
	dir, err := s.openWork(true)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if err := checkID(id); err != nil {
		return err
	}
	at := path.Join(s.workDir(), id)
	if err := unix.Mkdirat(dir, id, 0o755); err != nil {
		return fail(statusFiles, "make %s: %w", at, err)
	}
	own, err := openDir(dir, id)
	if err != nil {
		return fail(statusFiles, "open %s: %w", at, err)
	}
	defer unix.Close(own)
	if err := unix.Fchmod(own, 0o755); err != nil { // whatever the caller's umask is
		return fail(statusFiles, "%s: %w", at, err)
	}
	for _, part := range []string{"work", "tmp"} {
		if err := makeOwned(own, part, u); err != nil {
			return fail(statusFiles, "make %s/%s: %w", at, part, err)
		}
	}
	fmt.Println(at)
	return nil
}

func makeOwned(dir int, name string, u account) error {
	if err := unix.Mkdirat(dir, name, 0o700); err != nil {
		return err
	}
	fd, err := openDir(dir, name)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return errors.Join(unix.Fchmod(fd, 0o700), unix.Fchown(fd, u.uid, u.gid))
}

// removeWorker removes a worker's directory and all below it, without following a link.
func (s *session) removeWorker(id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	dir, err := s.openWork(false)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	t := &tree{}
	err = t.remove(dir, id, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fail(statusFiles, "remove %s: %w", path.Join(s.workDir(), id), err)
	}
	return nil
}

func checkID(id string) error {
	if err := dockercmd.ValidName(id); err != nil || len(id) > 128 {
		return fail(statusRequest, "%q is no worker's id: letters, digits, _, . and -, 128 at most", id)
	}
	return nil
}

// worker returns the user of a worker, by name or number.
func (s *session) worker(name string) (account, error) {
	u, err := user.Lookup(name)
	if _, isNumber := strconv.Atoi(name); isNumber == nil {
		u, err = user.LookupId(name)
	}
	if err != nil {
		return account{}, fail(statusRequest, "worker's user: %w", err)
	}
	a, err := accountOf(u)
	if err != nil {
		return account{}, err
	}
	if s.conf.isBanned(a) {
		return account{}, fail(statusRequest, "user %s (%d) is not for workers: min-uid is %d, and banned are %q", a.name, a.uid,
			s.conf.MinUID, s.conf.Banned)
	}
	return a, nil
}

// openWork opens the directory of the caller's workers, and makes it first if it shall.
func (s *session) openWork(makes bool) (int, error) {
	if s.conf.Work == "" {
		return -1, fail(statusSetup, "configuration: work names no directory for workers")
	}
	f, err := openTrusted(s.conf.Work, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return -1, fail(statusSetup, "work: %w", err)
	}
	defer f.Close()
	name := strconv.Itoa(s.who.uid)
	if makes {
		if err := unix.Mkdirat(int(f.Fd()), name, 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
			return -1, fail(statusFiles, "make %s: %w", s.workDir(), err)
		}
	}
	dir, err := openDir(int(f.Fd()), name)
	if errors.Is(err, unix.ENOENT) && !makes {
		return -1, fail(statusFiles, "%s is not there", s.workDir())
	}
	if err != nil {
		return -1, fail(statusFiles, "open %s: %w", s.workDir(), err)
	}
	if makes {
		if err := unix.Fchmod(dir, 0o755); err != nil {
			unix.Close(dir)
			return -1, fail(statusFiles, "%s: %w", s.workDir(), err)
		}
	}
	return dir, nil
}

func openDir(dir int, name string) (int, error) {
	return unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// The bounds of a tree that is removed.
const (
	maxDepth = 256
	maxFiles = 1 << 22
)

var errTree = errors.New("too many files, or too many directories in each other")

// tree is one that is walked.
type tree struct {
	files  int
	device uint64
}

// remove removes a file or a directory with all below it, on one file system.
func (t *tree) remove(dir int, name string, depth int) error {
	if t.files++; t.files > maxFiles || depth > maxDepth {
		return errTree
	}
	err := unix.Unlinkat(dir, name, 0)
	if err == nil || !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
		return err
	}
	fd, err := openDir(dir, name)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if t.device == 0 {
		t.device = uint64(st.Dev)
	}
	if uint64(st.Dev) != t.device {
		return fmt.Errorf("%s: another file system is mounted there", name)
	}
	for {
		names, err := f.Readdirnames(1024)
		for _, below := range names {
			if err := t.remove(fd, below, depth+1); err != nil && !errors.Is(err, unix.ENOENT) {
				return err
			}
		}
		if len(names) == 0 || err != nil {
			break
		}
		if _, err := f.Seek(0, 0); err != nil { // what is read has gone
			return err
		}
	}
	return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
}

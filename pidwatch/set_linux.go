package pidwatch

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Set watches processes. [New] makes one, and Close must end it: it holds a file descriptor, and one more for each watched
// process. It is safe for concurrent use.
type Set struct {
	// epoll is the epoll set that all pidfds are in. It is itself a file that the runtime's poller watches: Next waits as a read
	// of a socket does, with no thread blocked in it, and a deadline or Close ends the wait.
	epoll *os.File
	raw   syscall.RawConn
	// tells reports whether the kernel has PIDFD_GET_INFO (Linux 6.13), which tells exits since 6.15.
	tells    bool
	patience time.Duration // see usualPatience

	turn   chan struct{} // holds a token while a call of Next is under way; that call owns events
	events []unix.EpollEvent

	mu      sync.Mutex
	fd      int // of epoll; not to be used once closed
	closed  bool
	last    uint64 // the last token given
	keys    map[string]*watch
	tokens  map[uint64]*watch // by the token in the epoll event; only what has a pidfd
	zombies []*watch          // died and, when last looked at, not yet collected by their parents, the oldest death first
	dead    []*watch          // for Next to return
}

// watch is a process in a Set.
type watch struct {
	key    string
	pid    int
	pidfd  int
	token  uint64 // never used twice, as file descriptors are: an event that comes late meets no other watch
	state  state
	death  Death
	expiry time.Time // of a zombie: when it is reported in any case
}

type state uint8

const (
	watched   state = iota
	zombie          // dead; how it ended is not known yet
	settled         // dead, without a pidfd, in Set.dead
	forgotten       // removed, replaced or returned
)

// New makes an empty Set. Where processes cannot be watched, it fails with [errors.ErrUnsupported]: on kernels before Linux 5.3,
// and in containers whose seccomp profile, older than docker 20.10, does not know pidfd_open.
func New() (*Set, error) {
	tells, err := probe()
	if err != nil {
		return nil, fmt.Errorf("watch processes: %w", err)
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("watch processes: epoll_create1: %w", hint(err))
	}
	if err := unix.SetNonblock(fd, true); err != nil { // It makes NewFile ask the runtime's poller to watch it.
		unix.Close(fd)
		return nil, fmt.Errorf("watch processes: set the epoll set non-blocking: %w", err)
	}
	file := os.NewFile(uintptr(fd), "epoll set of watched processes")
	err = file.SetReadDeadline(time.Time{}) // It fails if the poller does not watch the file.
	var raw syscall.RawConn
	if err == nil {
		raw, err = file.SyscallConn()
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("watch processes: %w", err)
	}
	return &Set{
		epoll: file, raw: raw, fd: fd, tells: tells, patience: usualPatience,
		turn:   make(chan struct{}, 1),
		events: make([]unix.EpollEvent, 128),
		keys:   map[string]*watch{},
		tokens: map[uint64]*watch{},
	}, nil
}

// probe checks with this very process that the kernel has what a Set needs.
func probe() (tells bool, err error) {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		return false, fmt.Errorf("pidfd_open: %w: %w (it takes Linux 5.3, and in a container a seccomp profile of docker 20.10 or later)",
			err, errors.ErrUnsupported)
	case err != nil:
		return false, fmt.Errorf("pidfd_open: %w", hint(err))
	}
	defer unix.Close(fd)
	var info unix.PidfdInfo
	return unix.IoctlPidfdInfo(fd, &info) == nil, nil
}

// hint adds the way out to the errors that have one.
func hint(err error) error {
	switch {
	case errors.Is(err, unix.EMFILE):
		return fmt.Errorf("%w: each watched process takes one file descriptor: raise the limit (ulimit -n, RLIMIT_NOFILE)", err)
	case errors.Is(err, unix.ENFILE):
		return fmt.Errorf("%w: each watched process takes one file descriptor: raise /proc/sys/fs/file-max", err)
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("%w: raise /proc/sys/fs/epoll/max_user_watches", err)
	}
	return err
}

// Remove ends the watch under key; a death that Next has not returned yet is dropped. A key that is not there is fine.
func (s *Set) Remove(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.keys[key]; w != nil {
		s.forget(w)
	}
}

// Len returns how many keys the Set knows: of processes that are watched, and of deaths that Next has not returned yet.
func (s *Set) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.keys)
}

// Close ends all watches and frees what they hold. A call of Next that is under way, and every later one, fails with [ErrClosed],
// also when there are deaths that it could return. To close again is fine.
func (s *Set) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	for _, w := range s.keys {
		s.forget(w)
	}
	s.zombies, s.dead = nil, nil
	s.mu.Unlock()
	return s.epoll.Close()
}

// forget drops a watch in whatever state it is; mu is held.
func (s *Set) forget(w *watch) {
	s.release(w)
	w.state = forgotten
	if s.keys[w.key] == w {
		delete(s.keys, w.key)
	}
}

// release closes the pidfd of a watch; mu is held.
func (s *Set) release(w *watch) {
	if s.tokens[w.token] != w {
		return
	}
	delete(s.tokens, w.token)
	// Closing alone does not take it out of the epoll set while another process that is just being forked has a copy.
	_ = unix.EpollCtl(s.fd, unix.EPOLL_CTL_DEL, w.pidfd, nil)
	unix.Close(w.pidfd)
}

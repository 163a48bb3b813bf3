package pidwatch

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Add begins to watch process pid under key, in place of what was watched under that key, whose death is then not returned any
// more. When Add fails, the Set is as it was.
//
// A pid is read somewhere, in docker inspect's answer say, and by the time of Add the process may have died and its number been
// given to another one. So verify, unless it is nil, must look whether pid is the process that is meant and return an error if it
// is not; it typically reads /proc/PID/cgroup, which names the container. What Add does makes the answer sure:
//
//  1. It opens a pidfd, which stands for one process and never for a later one of the same number.
//  2. It calls verify, which goes by the number.
//  3. It asks whether the process of the pidfd has still not been collected by its parent (wait(2)). A number is free for
//     others only after that. So the number meant the pidfd's process all along, and it was this one that verify saw.
//
// If the process has been collected by then, Add fails with [ErrGone]. If it has died and is still a zombie, Add returns nil, and
// its death is there for Next at once. (With kernels before Linux 6.13, ErrGone may also come for a zombie, where a seccomp
// profile denies pidfd_send_signal.) An error of verify is returned, wrapped; with ErrGone if the process is gone too: a zombie's
// /proc/PID/cgroup shows the root in v1 hierarchies, and a collected one has none.
//
// When no file descriptor is left, the error is a syscall.EMFILE or ENFILE.
func (s *Set) Add(key string, pid int, verify func() error) error {
	if err := s.add(key, pid, verify); err != nil {
		return fmt.Errorf("watch process %d: %w", pid, err)
	}
	return nil
}

func (s *Set) add(key string, pid int, verify func() error) (err error) {
	if pid < 1 {
		return errors.New("a process id is 1 or more (docker inspect shows 0 for a container that does not run)")
	}
	fd, err := open(pid)
	if err != nil {
		return err
	}
	kept := false
	defer func() {
		if !kept {
			unix.Close(fd)
		}
	}()
	if verify != nil {
		err = verify()
	}
	goneErr := s.collected(fd)
	switch {
	case err != nil && errors.Is(goneErr, ErrGone):
		return fmt.Errorf("%w; verify: %w", goneErr, err)
	case err != nil:
		return fmt.Errorf("verify: %w", err)
	case goneErr != nil:
		return goneErr
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	w := &watch{key: key, pid: pid, pidfd: fd, token: s.last + 1}
	if err := s.control(unix.EPOLL_CTL_ADD, w, unix.EPOLLIN); err != nil {
		return fmt.Errorf("epoll_ctl: %w", hint(err))
	}
	kept = true
	s.last++
	if old := s.keys[key]; old != nil {
		s.forget(old)
	}
	s.keys[key], s.tokens[w.token] = w, w
	return nil
}

// open returns a pidfd of a process; the kernel makes every pidfd close-on-exec.
func open(pid int) (int, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	switch err {
	case nil:
		return fd, nil
	case unix.ESRCH, unix.EINVAL, unix.ENOENT:
		// EINVAL, or ENOENT on newer kernels, says that the number is in use for a thread that does not lead a process.
		return -1, ErrGone
	}
	return -1, fmt.Errorf("pidfd_open: %w", hint(err))
}

// collected returns ErrGone if the process has been collected by its parent, so that its number may be another's.
func (s *Set) collected(pidfd int) error {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, 0)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return fmt.Errorf("poll: %w", err)
		}
	}
	switch {
	case fds[0].Revents == 0: // It lives.
		return nil
	case fds[0].Revents&unix.POLLHUP != 0:
		return ErrGone
	case s.tells: // POLLIN alone says zombie since Linux 6.9; s.tells says 6.13.
		return nil
	}
	// Before, POLLIN said both. To a zombie signal 0 can be sent.
	if unix.PidfdSendSignal(pidfd, 0, nil, 0) != nil {
		return ErrGone
	}
	return nil
}

// control puts a watch into the epoll set or changes what it waits for. EPOLLHUP is always waited for.
func (s *Set) control(op int, w *watch, events uint32) error {
	return unix.EpollCtl(s.fd, op, w.pidfd, &unix.EpollEvent{Events: events, Fd: int32(uint32(w.token)),
		Pad: int32(uint32(w.token >> 32))})
}

// token returns the token that control gave to the kernel.
func token(e unix.EpollEvent) uint64 { return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32 }

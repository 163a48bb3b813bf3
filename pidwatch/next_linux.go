package pidwatch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// usualPatience is how long a zombie is waited for, until its parent collects it and the kernel tells how it ended. Docker's shims
// do so within a few milliseconds; one that is frozen, never.
const usualPatience = 200 * time.Millisecond

// Next waits until a process has died and returns its death; the Set forgets its key. Each death is returned once, in the order in
// which they were noticed; when many come at once, one system call fetches up to 128, and no later death waits for an earlier one.
//
// It fails with ctx's error when ctx ends and with [ErrClosed] after Close; no death is lost by that. Calls from several goroutines
// take turns.
func (s *Set) Next(ctx context.Context) (Death, error) {
	if err := ctx.Err(); err != nil {
		return Death{}, err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return Death{}, ctx.Err()
	}
	// A wake-up that comes too late, in a later call of Next, does no harm: that call looks about and goes on waiting.
	stop := context.AfterFunc(ctx, func() { _ = s.epoll.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		death, expiry, err := s.take()
		if err != nil || death.PID != 0 {
			return death, err
		}
		if err := s.wait(ctx, expiry); err != nil {
			return Death{}, err
		}
	}
}

// take returns the first death that is known of. If there is none, PID is 0 and expiry is when to look again, zero for never.
func (s *Set) take() (d Death, expiry time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Death{}, time.Time{}, ErrClosed
	}
	for len(s.zombies) > 0 {
		w := s.zombies[0]
		if w.state == zombie {
			if time.Now().Before(w.expiry) {
				expiry = w.expiry
				break
			}
			s.settle(w)
		}
		s.zombies = shift(s.zombies)
	}
	for len(s.dead) > 0 {
		w := s.dead[0]
		s.dead = shift(s.dead)
		if w.state == settled {
			s.forget(w)
			return w.death, time.Time{}, nil
		}
	}
	return Death{}, expiry, nil
}

// shift drops the first of a queue, and the queue's memory with the last.
func shift(queue []*watch) []*watch {
	if len(queue) == 1 {
		return nil
	}
	queue[0] = nil
	return queue[1:]
}

// wait returns nil when something may have happened: a death, the expiry, the end of ctx. It notes all deaths that it finds.
func (s *Set) wait(ctx context.Context, expiry time.Time) error {
	_ = s.epoll.SetReadDeadline(expiry) // It fails when the set is closed; then so does what follows.
	if err := ctx.Err(); err != nil {   // Asked after the deadline is set, which may have overwritten the one that was to wake us.
		return err
	}
	var n int
	var pollErr error
	err := s.raw.Read(func(fd uintptr) (done bool) {
		n, pollErr = unix.EpollWait(int(fd), s.events, 0)
		return n != 0
	})
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case err != nil:
		return fmt.Errorf("wait for a death: %w", err)
	case pollErr != nil && pollErr != unix.EINTR:
		return fmt.Errorf("wait for a death: epoll_wait: %w", pollErr)
	}
	for _, e := range s.events[:max(n, 0)] {
		if w := s.tokens[token(e)]; w != nil {
			s.notice(w, e.Events, now)
		}
	}
	return nil
}

// notice takes what the kernel says of a process; mu is held.
//
// A pidfd has EPOLLIN when the last thread of its process has ended, and EPOLLHUP besides, since Linux 6.9, when the parent has
// collected it. PIDFD_GET_INFO tells the exit only then: between the two it says nothing of it (seen on Linux 6.18). So a process
// that has died is kept, waiting for EPOLLHUP alone, which needs no asking for.
func (s *Set) notice(w *watch, events uint32, now time.Time) {
	if w.state == watched {
		w.death = Death{Key: w.key, PID: w.pid, At: now}
	}
	if s.tells && events&unix.EPOLLHUP == 0 && s.control(unix.EPOLL_CTL_MOD, w, 0) == nil {
		w.state, w.expiry = zombie, now.Add(s.patience)
		s.zombies = append(s.zombies, w)
		return
	}
	s.settle(w)
}

// settle makes a death ready to be returned; mu is held.
func (s *Set) settle(w *watch) {
	if s.tells {
		w.death.learn(w.pidfd)
	}
	s.release(w)
	w.state = settled
	s.dead = append(s.dead, w)
}

// learn asks the kernel how the process of a pidfd has ended. On Linux 6.13 and 6.14 it does not say.
func (d *Death) learn(pidfd int) {
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	err := unix.IoctlPidfdInfo(pidfd, &info)
	if err != nil || info.Mask&unix.PIDFD_INFO_EXIT == 0 {
		return
	}
	d.Known = true
	status := syscall.WaitStatus(info.Exit_code) // as wait(2) gives it
	if status.Signaled() {
		d.Signal = status.Signal()
		d.Code = 128 + int(d.Signal)
		return
	}
	d.Code = status.ExitStatus()
}

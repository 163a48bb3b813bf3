package pidwatch

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestContextAndClose(t *testing.T) {
	s, f := newSet(t), grandchildren(t, 2, 0, reaping)
	for i, pid := range f.pids {
		add(t, s, strconv.Itoa(i), pid)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	waitFor := func(ctx context.Context) {
		_, err := s.Next(ctx)
		result <- err
	}
	go waitFor(ctx)
	await(t, "Next waits", func() bool { return len(s.turn) == 1 })
	go waitFor(ctx) // Not its turn.
	cancel()
	for range 2 {
		if err := <-result; err != context.Canceled {
			t.Errorf("got %v, want context.Canceled", err)
		}
	}
	kill(t, f.pids[0])
	awaitState(t, f.pids[0], "")
	if _, err := s.Next(ctx); err != context.Canceled {
		t.Errorf("a context that has ended: got %v, want context.Canceled", err)
	}
	if got := next(t, s); got.Key != "0" {
		t.Errorf("got %+v, want the death that came meanwhile", got)
	}
	go waitFor(t.Context())
	await(t, "Next waits", func() bool { return len(s.turn) == 1 })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, ErrClosed) {
		t.Errorf("Next while Close: got %v, want ErrClosed", err)
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Next after Close: got %v, want ErrClosed", err)
	}
	if err := s.Add("b", os.Getpid(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Add after Close: got %v, want ErrClosed", err)
	}
	s.Remove("1")
	if err := s.Close(); err != nil || s.Len() != 0 {
		t.Errorf("closed again: got %v and %d keys", err, s.Len())
	}
}

// TestNothingIsLeft counts descriptors over the life of Sets, closed with watches in every state.
func TestNothingIsLeft(t *testing.T) {
	newSet(t) // The runtime's poller takes descriptors of its own, once.
	f := grandchildren(t, 3, 0, holding)
	kill(t, f.pids[0])
	awaitState(t, f.pids[0], "Z")
	before, goroutines := descriptors(t), runtime.NumGoroutine()
	for range 3 {
		s, err := New()
		if err != nil {
			t.Fatal(err)
		}
		s.patience = time.Hour
		for i, pid := range f.pids {
			add(t, s, strconv.Itoa(i), pid)
		}
		if got := descriptors(t) - before; got != 4 {
			t.Errorf("a Set of 3 holds %d descriptors, want 4", got)
		}
		if got := runtime.NumGoroutine() - goroutines; got != 0 {
			t.Errorf("a Set of 3 has %d goroutines, want none", got)
		}
		for _, w := range s.tokens {
			closedOnExec(t, w.pidfd)
		}
		closedOnExec(t, s.fd)
		none(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := descriptors(t) - before; got != 0 {
			t.Errorf("%d descriptors are left of a closed Set", got)
		}
		await(t, "the goroutine that the end of a context takes is over", func() bool { return runtime.NumGoroutine() == goroutines })
	}
}

func closedOnExec(t *testing.T, fd int) {
	t.Helper()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor %d: flags %#x, %v, want close-on-exec", fd, flags, err)
	}
}

// descriptors counts this process's open file descriptors.
func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/internal/errline"
)

// What is below Root is changed by one call at a time: in this process by a mutex, and among processes by a lock on a file. It is
// held for moments. Whoever holds it for longer is stopped (SIGTSTP, a debugger), or is no supervisor at all, so nobody waits for
// it longer than rootLockTime, or than the caller's context.

// rootLockTime is how long the lock on Root is waited for at most; rootLockPause is how often it is looked at, at first.
const (
	rootLockTime  = 30 * time.Second
	rootLockPause = time.Millisecond
)

// rootMutex is the part of the lock that is this process's own. Its zero value is unlocked.
type rootMutex struct {
	once  sync.Once
	slot  chan struct{}
	mu    sync.Mutex
	since time.Time // when it was locked
}

func (x *rootMutex) lock(ctx context.Context) error {
	x.once.Do(func() { x.slot = make(chan struct{}, 1) })
	select {
	case x.slot <- struct{}{}:
	default:
		select {
		case x.slot <- struct{}{}:
		case <-ctx.Done():
			x.mu.Lock()
			defer x.mu.Unlock()
			return fmt.Errorf("%w by another call of this process since %s: %w", ErrBusy, x.since.Format(time.TimeOnly),
				errline.Context(ctx))
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.since = time.Now()
	return nil
}

func (x *rootMutex) unlock() { <-x.slot }

// errRootLockTime ends the wait for the lock.
var errRootLockTime = fmt.Errorf("waited for it for %s", rootLockTime)

// locked runs change while no other process and no other goroutine changes what is below Root. It waits for the lock until ctx
// ends, or for rootLockTime; a lock that is free is taken even if ctx has ended. The error for one that is not is ErrBusy and names
// who holds it.
func (m *Manager) locked(ctx context.Context, change func(root string) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, rootLockTime, errRootLockTime)
	defer cancel()
	if err := m.mu.lock(ctx); err != nil {
		return m.busy.set(fmt.Errorf("lock the supervisor's directory: %w", err))
	}
	defer m.mu.unlock()
	root, err := m.prepare()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(root, "lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("lock the supervisor's directory: %w", err)
	}
	defer f.Close()
	if err := m.busy.set(awaitFlock(ctx, f)); err != nil {
		return fmt.Errorf("lock the supervisor's directory: %w", err)
	}
	// At once, also when a process that is being started has the file open until it becomes another program.
	defer syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	// For those who wait.
	_, _ = f.WriteAt(fmt.Appendf(nil, "%d %s\n", os.Getpid(), time.Now().UTC().Format(lockTimeLayout)), 0)
	return change(root)
}

// lockTimeLayout is how the lock's owner writes down since when it has it: as long for all times.
const lockTimeLayout = "2006-01-02T15:04:05.000000Z"

// busyState is whether the lock was to be had when it was last wanted.
type busyState struct {
	mu  sync.Mutex
	err error
}

func (s *busyState) set(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = nil
	if errors.Is(err, ErrBusy) {
		s.err = err
	}
	return err
}

func (s *busyState) get() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// read runs look while nothing below Root changes. Where Root is missing there is nothing to see: look is not called,
// and nothing is made.
func (m *Manager) read(ctx context.Context, look func(root string) error) error {
	root, err := m.root()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(root); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return m.locked(ctx, look)
}

// awaitFlock locks a file as soon as nobody else has it locked.
func awaitFlock(ctx context.Context, f *os.File) error {
	for pause := (backoff.Backoff{First: rootLockPause, Max: 50 * rootLockPause}); ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return err
		}
		if ended := pause.Wait(ctx); ended != nil {
			return fmt.Errorf("%w by %s: %w", ErrBusy, flockHolder(f), ended)
		}
	}
}

// flockHolder describes the process that has a file locked, as /proc/locks tells it.
func flockHolder(f *os.File) string {
	const nobodyKnown = "a process that cannot be told"
	info, err := f.Stat()
	if err != nil {
		return nobodyKnown
	}
	st := info.Sys().(*syscall.Stat_t)
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return nobodyKnown
	}
	defer locks.Close()
	// 12: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF
	place := fmt.Sprintf("%02x:%02x:%d", unixMajor(st.Dev), unixMinor(st.Dev), st.Ino)
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		w := strings.Fields(lines.Text())
		if len(w) < 6 || w[1] != "FLOCK" || w[5] != place {
			continue
		}
		pid, err := strconv.Atoi(w[4])
		if err != nil {
			continue
		}
		holder, note := "process "+describeProcess(pid), make([]byte, 64)
		n, _ := f.ReadAt(note, 0)
		line, _, _ := strings.Cut(string(note[:n]), "\n") // what is behind it is of one that had a longer id
		if owner, since, ok := strings.Cut(line, " "); ok && owner == w[4] {
			holder += " since " + since
		}
		return holder
	}
	return nobodyKnown
}

func unixMajor(dev uint64) uint64 { return dev>>8&0xfff | dev>>32&^0xfff }
func unixMinor(dev uint64) uint64 { return dev&0xff | dev>>12&^0xff }

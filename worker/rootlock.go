package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/scripts"
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
	root, err := m.root()
	if err != nil {
		return err
	}
	f, err := m.base.open(root)
	if err != nil {
		return err
	}
	if err := m.busy.set(awaitFlock(ctx, f)); err != nil {
		return fmt.Errorf("lock the supervisor's directory: %w", err)
	}
	// At once, also when a process that is being started has the file open until it becomes another program.
	defer syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	// For those who wait.
	_, _ = f.WriteAt(fmt.Appendf(nil, "%d %s\n", os.Getpid(), time.Now().UTC().Format(lockTimeLayout)), 0)
	return change(root)
}

// base is what each call finds below Root. It is made and checked once, and again when something is not what it was.
type base struct {
	found []seen // root first
	// lock is the file that the lock is on; in it is who has that, and the generation of checkpoints. It is closed when its Manager is
	// collected.
	lock *os.File
}

// seen is a file or a directory as it was when it was found to be in order.
type seen struct {
	path string
	info fs.FileInfo
}

// isChanged reports whether it is another one now, or has another mode or owner.
func (s seen) isChanged() bool {
	info, err := os.Lstat(s.path)
	return err != nil || !os.SameFile(s.info, info) || s.info.Mode() != info.Mode() ||
		s.info.Sys().(*syscall.Stat_t).Uid != info.Sys().(*syscall.Stat_t).Uid
}

// open makes the directories below root, if they are missing, checks them, and returns the open file that the lock is on.
func (b *base) open(root string) (*os.File, error) {
	if b.lock != nil && b.found[0].path == root && !slices.ContainsFunc(b.found, seen.isChanged) {
		return b.lock, nil
	}
	b.close()
	if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
		return nil, fmt.Errorf("make the supervisor's directory: %w", err)
	}
	var found []seen
	for _, path := range []string{root, filepath.Join(root, "workers"), filepath.Join(root, "work"), filepath.Join(root, "busy")} {
		d, err := scripts.OpenDir(path)
		if err != nil {
			return nil, err
		}
		d.Close()
		info, err := os.Lstat(path)
		if err != nil {
			return nil, fmt.Errorf("make the supervisor's directory: %w", err)
		}
		found = append(found, seen{path, info})
	}
	path := filepath.Join(root, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the supervisor's directory: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock the supervisor's directory: %w", err)
	}
	*b = base{append(found, seen{path, info}), f}
	return f, nil
}

// close closes the file that the lock is on.
func (b *base) close() {
	if b.lock != nil {
		b.lock.Close()
	}
	*b = base{}
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

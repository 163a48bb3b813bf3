package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/internal/backoff"
)

// A launch or a cleanup of a worker excludes all others of the same worker, in this process and in every other. What says so
// must end with its process: a supervisor that is killed in the middle must not block the worker for ever. So it is a lock on
// an open file, which the kernel drops, and not the file's existence. A docker run that outlives its supervisor has the file
// open, too: as long as it lives, its launch is under way.

// workerLock is the lock of one worker, held for a launch or a cleanup.
type workerLock struct {
	m    *Manager
	id   string
	file *os.File // the lock is on it; a docker client that has it open too prolongs the lock to its own end

	abandoned bool // there is such a client, and nobody waits for it
}

// lockWorker locks a worker until release is called. When somebody else holds the lock, the error is ErrAlive.
func (m *Manager) lockWorker(ctx context.Context, id string) (*workerLock, error) {
	var f *os.File
	err := m.locked(ctx, func(root string) (err error) {
		f, err = openWorkerLock(root, id, os.O_CREATE)
		return err
	})
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, problem(ErrAlive, id, "", "it is being launched or cleaned up by someone else; try again when that is done")
	case err != nil:
		return nil, fmt.Errorf("claim worker %s: %w", id, err)
	}
	return &workerLock{m: m, id: id, file: f}, nil
}

// release unlocks the worker unless an abandoned docker client still holds the lock. It unlocks explicitly: a process that is being
// started at this moment has the file open, too, until it becomes another program.
func (c *workerLock) release() {
	defer c.file.Close()
	if c.abandoned {
		return
	}
	defer func() { _ = syscall.Flock(int(c.file.Fd()), syscall.LOCK_UN) }() // closing it does the same, if later
	ctx, cancel := context.WithTimeout(context.Background(), loopLockTime)
	defer cancel()
	// Without the lock on Root the file could be another's by now. If it is not to be had, the empty file stays and means nothing.
	_ = c.m.locked(ctx, func(root string) error { return os.Remove(workerLockFile(root, c.id)) })
}

// openWorkerLock opens and locks a worker's lock file, or fails with EWOULDBLOCK when somebody else holds the lock.
func openWorkerLock(root, id string, flags int) (*os.File, error) {
	f, err := os.OpenFile(workerLockFile(root, id), flags|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// workerLockPause is how often a launch looks whether another one of the same worker has come to its end.
const workerLockPause = 20 * time.Millisecond

// awaitWorkerLock locks a worker as soon as nobody else holds the lock. It fails when ctx ends.
func (m *Manager) awaitWorkerLock(ctx context.Context, id string) (*workerLock, error) {
	for {
		c, err := m.lockWorker(ctx, id)
		if !errors.Is(err, ErrAlive) {
			return c, err
		}
		if ended := backoff.Sleep(ctx, workerLockPause); ended != nil {
			return nil, fmt.Errorf("%w: %w", err, ended)
		}
	}
}

// isWorkerLocked reports whether a launch or a cleanup of the worker is under way.
func (m *Manager) isWorkerLocked(ctx context.Context, id string) (locked bool, err error) {
	err = m.locked(ctx, func(root string) error {
		f, err := openWorkerLock(root, id, 0)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			locked = true
			return nil
		case err != nil:
			return err
		}
		return f.Close()
	})
	if err != nil {
		err = fmt.Errorf("look whether worker %s is being launched: %w", id, err)
	}
	return locked, err
}

func workerLockFile(root, id string) string { return filepath.Join(root, "busy", id) }

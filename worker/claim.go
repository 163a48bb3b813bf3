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

	"github.com/dockercmd/toolkit/internal/errline"
)

// A launch or a cleanup of a worker excludes all others of the same worker, in this process and in every other. What says so
// must end with its process: a supervisor that is killed in the middle must not block the worker for ever. So it is a lock on
// an open file, which the kernel drops, and not the file's being there. A docker run that outlives its supervisor has the file
// open, too: as long as it lives, its launch is under way.

// claim is one worker taken for a launch or a cleanup.
type claim struct {
	m    *Manager
	id   string
	file *os.File // whose lock says so; a docker client that holds it too prolongs the claim to its own end

	abandoned bool // there is such a client, and nobody waits for it
}

// claim takes a worker until release is called. One that is taken is ErrAlive.
func (m *Manager) claim(id string) (*claim, error) {
	var f *os.File
	err := m.locked(func(root string) (err error) {
		f, err = lockBusy(root, id, os.O_CREATE)
		return err
	})
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, problem(ErrAlive, id, "", "it is being launched or cleaned up by someone else; try again when that is done")
	case err != nil:
		return nil, fmt.Errorf("claim worker %s: %w", id, err)
	}
	return &claim{m: m, id: id, file: f}, nil
}

// release gives the worker free, unless a docker client that was given up is still at it. The lock is given up by name: a process that
// is being started at this moment has the file open, too, until it becomes another program.
func (c *claim) release() {
	if c.abandoned {
		c.file.Close()
		return
	}
	// Without the lock on Root the file could be another's by now. If there is none, the empty file stays and means nothing.
	_ = c.m.locked(func(root string) error { return os.Remove(busyFile(root, c.id)) })
	_ = syscall.Flock(int(c.file.Fd()), syscall.LOCK_UN) // closing it does the same, if later
	c.file.Close()
}

func lockBusy(root, id string, flags int) (*os.File, error) {
	f, err := os.OpenFile(busyFile(root, id), flags|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// claimRest is how often a launch looks whether another one of the same worker has come to its end.
const claimRest = 20 * time.Millisecond

// claimSoon is claim for who would rather wait than be refused: until ctx ends.
func (m *Manager) claimSoon(ctx context.Context, id string) (*claim, error) {
	for {
		c, err := m.claim(id)
		if !errors.Is(err, ErrAlive) {
			return c, err
		}
		t := time.NewTimer(claimRest)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, fmt.Errorf("%w: %w", err, errline.Context(ctx))
		}
	}
}

// isClaimed says whether a launch or a cleanup of the worker is under way.
func (m *Manager) isClaimed(id string) (claimed bool, err error) {
	err = m.locked(func(root string) error {
		f, err := lockBusy(root, id, 0)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			claimed = true
			return nil
		case err != nil:
			return err
		}
		return f.Close()
	})
	if err != nil {
		err = fmt.Errorf("look whether worker %s is being launched: %w", id, err)
	}
	return claimed, err
}

func busyFile(root, id string) string { return filepath.Join(root, "busy", id) }

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
)

// A launch or a cleanup of a worker excludes all others of the same worker, in this process and in every other. What says so
// must end with its process: a supervisor that is killed in the middle must not block the worker for ever. So it is a lock on
// an open file, which the kernel drops, and not the file's being there.

// claim takes a worker for a launch or a cleanup until release is called. One that is taken is ErrAlive.
func (m *Manager) claim(id string) (release func(), err error) {
	var f *os.File
	err = m.locked(func(root string) (err error) {
		f, err = os.OpenFile(busyFile(root, id), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			f.Close()
		}
		return err
	})
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, problem(ErrAlive, id, "", "it is being launched or cleaned up by someone else; try again when that is done")
	case err != nil:
		return nil, fmt.Errorf("claim worker %s: %w", id, err)
	}
	return func() {
		// Without the lock the file could be another's by now. If there is none, the empty file stays and means nothing.
		_ = m.locked(func(root string) error { return os.Remove(busyFile(root, id)) })
		f.Close()
	}, nil
}

// claimRest is how often a launch looks whether another one of the same worker has come to its end.
const claimRest = 20 * time.Millisecond

// claimSoon is claim for who would rather wait than be refused: until ctx ends.
func (m *Manager) claimSoon(ctx context.Context, id string) (release func(), err error) {
	for {
		release, err := m.claim(id)
		if !errors.Is(err, ErrAlive) {
			return release, err
		}
		t := time.NewTimer(claimRest)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, fmt.Errorf("%w: %w", err, contextError(ctx))
		}
	}
}

// isClaimed says whether a launch or a cleanup of the worker is under way.
func (m *Manager) isClaimed(id string) (claimed bool, err error) {
	err = m.locked(func(root string) error {
		f, err := os.OpenFile(busyFile(root, id), os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		claimed = errors.Is(err, syscall.EWOULDBLOCK)
		if claimed {
			return nil
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("look whether worker %s is being launched: %w", id, err)
	}
	return claimed, err
}

func busyFile(root, id string) string { return filepath.Join(root, "busy", id) }

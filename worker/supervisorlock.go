package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/dockercmd/toolkit/scripts"
)

// LockDir returns where supervisors of one machine see each other: a directory of the user's own that does not outlive the
// machine's start. A Manager's LockDir takes its place.
func LockDir() string {
	if os.Geteuid() == 0 {
		return "/run/dockercmd"
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "dockercmd")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("dockercmd-%d", os.Geteuid()))
}

// lockSupervisor locks the root and the instance for this supervisor, until release is called or the process ends. When another
// supervisor holds one of the locks, the error is ErrLocked. The locks are the kernel's, on open files: a process that is killed
// leaves none behind.
func (m *Manager) lockSupervisor(ctx context.Context) (release func(), err error) {
	var files []*os.File
	release = func() {
		for _, f := range files {
			_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // at once, also when a process that is being started has it open
			f.Close()
		}
	}
	err = m.locked(ctx, func(root string) error {
		dir := m.LockDir
		if dir == "" {
			dir = LockDir()
		}
		locks, err := scripts.OpenDir(dir)
		if err != nil {
			return err
		}
		locks.Close()
		for _, l := range []struct{ what, path string }{
			{"the directory " + root, filepath.Join(root, "supervisor")},
			{"the instance " + m.instance(root), filepath.Join(dir, "instance-"+fileSafe(m.instance(root)))},
		} {
			f, err := lockFile(l.path)
			if f != nil {
				files = append(files, f)
			}
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return fmt.Errorf("%w: process %s has %s; end it first, or give this supervisor an Instance and a Root of its own",
					ErrLocked, lockOwner(f), l.what)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		release()
		return nil, fmt.Errorf("hold the supervisor's place: %w", err)
	}
	return release, nil
}

// lockFile locks a file and writes this process's id into it, if there is room: the lock counts, the id is for a person. The file
// is returned also when someone else holds the lock.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return f, err
	}
	if err = f.Truncate(0); err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if isFull(err) {
		err = nil
	}
	return f, err
}

// lockOwner returns the process id that the owner of a lock has written down.
func lockOwner(f *os.File) string {
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if err != nil || len(data) == 0 {
		return "unknown"
	}
	return strings.TrimSpace(string(data))
}

// fileSafe returns a file name for any text, a different one for each.
func fileSafe(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

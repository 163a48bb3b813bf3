package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/scripts"
)

// What is to be removed is moved to the trash, which takes a moment, while the lock is held, and deleted afterwards: a worker may
// have made any number of files, as deep as it liked.

const trashDir = "trash"

// discard moves what is below root to the trash; what is not there is no error. The caller holds the lock.
func (m *Manager) discard(root, name string) error {
	if _, err := os.Lstat(filepath.Join(root, name)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	m.trace("remove files", slog.String("file", filepath.Dir(name)))
	dir, err := scripts.OpenDir(filepath.Join(root, trashDir))
	if err != nil {
		return err
	}
	dir.Close()
	r, err := os.OpenRoot(root)
	if err != nil {
		return err
	}
	defer r.Close()
	return r.Rename(name, filepath.Join(trashDir, rand.Text()))
}

// emptyTrash deletes what is in the trash until ctx ends. What it leaves, the next call deletes.
func (m *Manager) emptyTrash(ctx context.Context) {
	root, err := m.root()
	if err != nil {
		return
	}
	err = emptyDir(ctx, filepath.Join(root, trashDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.log().Warn("what was removed could not be deleted yet", slog.String("directory", filepath.Join(root, trashDir)),
			slog.Any("error", err))
	}
}

// emptyDir deletes all that is in a directory. A directory in it is deleted by moving those that are in that one up, next to it: so
// its depth costs neither stack nor descriptors. Links are removed, not followed. Somebody else may do the same meanwhile.
func emptyDir(ctx context.Context, path string) error {
	r, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer r.Close()
	var errs []error
	left := map[string]bool{} // what cannot be deleted
	for {
		done := 0
		err := eachEntry(r, ".", func(e fs.DirEntry) error {
			if left[e.Name()] {
				return nil
			}
			done++
			err := deleteTop(ctx, r, e.Name(), e.IsDir())
			if err != nil && ctx.Err() == nil {
				left[e.Name()] = true
				errs = append(errs, err)
			}
			return errline.Context(ctx)
		})
		if err != nil || done == 0 {
			return errors.Join(append(errs, err)...)
		}
	}
}

// deleteTop deletes a file or a directory of r. The directories in that are moved to r.
func deleteTop(ctx context.Context, r *os.Root, name string, isDir bool) error {
	if !isDir {
		return ignoreMissing(r.Remove(name))
	}
	for range 100 { // more entries may come to light while some go
		entries := 0
		err := eachEntry(r, name, func(e fs.DirEntry) error {
			entries++
			inner := filepath.Join(name, e.Name())
			if e.IsDir() {
				return ignoreMissing(r.Rename(inner, rand.Text()))
			}
			if entries%1000 == 0 && ctx.Err() != nil {
				return errline.Context(ctx)
			}
			return ignoreMissing(r.Remove(inner))
		})
		if err != nil {
			return ignoreMissing(err)
		}
		if err := r.Remove(name); !errors.Is(err, syscall.ENOTEMPTY) {
			return ignoreMissing(err)
		}
	}
	return fmt.Errorf("%s fills as fast as it is emptied", filepath.Join(r.Name(), name))
}

// eachEntry calls f for the entries of a directory of r.
func eachEntry(r *os.Root, name string, f func(fs.DirEntry) error) error {
	dir, err := r.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(1000)
		for _, e := range entries {
			if err := f(e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// openTrusted opens a file that root alone decides about: each directory on the way, and the file itself, is root's and writable by
// nobody else, and none is a link. Each is opened from the one before, so that what was looked at is what is opened.
func openTrusted(name string, flags int) (*os.File, error) {
	if !path.IsAbs(name) || path.Clean(name) != name || name == "/" {
		return nil, fmt.Errorf("%q is no plain absolute path", name)
	}
	dir, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: "/", Err: err}
	}
	parts := strings.Split(name[1:], "/")
	at := ""
	for i, part := range parts {
		at += "/" + part
		how := unix.O_PATH | unix.O_DIRECTORY
		if i == len(parts)-1 {
			how = flags | unix.O_NONBLOCK
		}
		next, err := unix.Openat(dir, part, how|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		unix.Close(dir)
		if err != nil {
			if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
				err = errors.New("a link, or no directory, stands on the way; give the path itself")
			}
			return nil, &fs.PathError{Op: "open", Path: at, Err: err}
		}
		var st unix.Stat_t
		if err := unix.Fstat(next, &st); err != nil {
			unix.Close(next)
			return nil, &fs.PathError{Op: "stat", Path: at, Err: err}
		}
		if st.Uid != 0 || st.Mode&0o022 != 0 {
			unix.Close(next)
			return nil, fmt.Errorf("%s is of user %d with mode %04o: it must be root's, and writable by nobody else (chown root, chmod go-w)",
				at, st.Uid, st.Mode&0o7777)
		}
		dir = next
	}
	return os.NewFile(uintptr(dir), name), nil
}

// readTrusted reads a regular file that root alone decides about.
func readTrusted(name string, most int64) ([]byte, error) {
	f, err := openTrusted(name, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	data, err := readAll(f, most)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

// maxRequest is the size of the largest command file that is read. Linux takes 128 KiB a word and some megabytes in all.
const maxRequest = 1 << 20

// readRequest reads a command file, as the caller: a regular file of the caller's own that nobody else may write. It is opened once,
// and looked at by its descriptor.
func (s *session) readRequest(name string) ([]byte, error) {
	var fd int
	var err error
	asCaller := s.who.as(func() {
		fd, err = unix.Open(name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	})
	if asCaller != nil {
		return nil, fail(statusSetup, "%w", asCaller)
	}
	if err != nil {
		return nil, fail(statusRequest, "%w", &fs.PathError{Op: "open", Path: name, Err: err})
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	var st unix.Stat_t
	switch err := unix.Fstat(fd, &st); {
	case err != nil:
		return nil, fail(statusRequest, "%s: %w", name, err)
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return nil, fail(statusRequest, "%s is no regular file", name)
	case int(st.Uid) != s.who.uid:
		return nil, fail(statusRequest, "%s is of user %d, and you are %d: give a file of your own", name, st.Uid, s.who.uid)
	case st.Mode&0o022 != 0:
		return nil, fail(statusRequest, "%s has the mode %04o, so that others may write it: chmod go-w", name, st.Mode&0o777)
	}
	data, err := readAll(f, maxRequest)
	if err != nil {
		return nil, fail(statusRequest, "%s: %w", name, err)
	}
	return data, nil
}

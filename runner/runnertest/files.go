package runnertest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/internal/ash"
)

// mountedFiles are the files of a container: those in its bind mounts. No name leads out of a mount's source. What a real container
// has besides (/proc, /etc/passwd, room for new files) is an error that is no *fs.PathError, so that it is refused and not denied.
type mountedFiles []bindMount

// standing are directories of every container.
var standing = []string{"/", "/bin", "/dev", "/etc", "/proc", "/root", "/sys", "/tmp"}

// engineFiles are files that every container has in /etc.
var engineFiles = []string{"group", "hostname", "hosts", "mtab", "passwd", "resolv.conf", "shadow"}

// beyond returns the error for a name outside of all mounts.
func (m mountedFiles) beyond(op, name string, create bool) error {
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	first := strings.SplitN(name, "/", 3)[1]
	switch {
	case first == "proc" || first == "sys" || first == "dev" || dir == "/etc" && slices.Contains(engineFiles, base):
		return fmt.Errorf("%s, but only files in bind mounts", name)
	case create && m.isDir(dir):
		return fmt.Errorf("%s: files can be made in bind mounts only", name)
	}
	return &fs.PathError{Op: op, Path: name, Err: syscall.ENOENT}
}

// isDir reports whether a name outside of all mounts is a directory.
func (m mountedFiles) isDir(name string) bool {
	return slices.Contains(standing, name) ||
		slices.ContainsFunc(m, func(b bindMount) bool { return strings.HasPrefix(b.target, name+"/") })
}

// find returns the directory of the machine that a name lies in, and the name in it. The caller closes the root.
func (m mountedFiles) find(op, name string, write bool) (*os.Root, string, error) {
	best := -1
	for i, b := range m {
		if (name == b.target || strings.HasPrefix(name, strings.TrimSuffix(b.target, "/")+"/")) &&
			(best < 0 || len(b.target) >= len(m[best].target)) {
			best = i
		}
	}
	if best < 0 {
		return nil, "", m.beyond(op, name, write)
	}
	b := m[best]
	if write && b.readOnly {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: syscall.EROFS}
	}
	dir, below := b.source, strings.TrimPrefix(strings.TrimPrefix(name, b.target), "/")
	info, err := os.Stat(b.source)
	switch {
	case err != nil:
		return nil, "", err
	case !info.IsDir() && below != "":
		return nil, "", &fs.PathError{Op: op, Path: name, Err: syscall.ENOTDIR}
	case !info.IsDir():
		dir, below = filepath.Dir(b.source), filepath.Base(b.source)
	case below == "":
		below = "."
	}
	root, err := os.OpenRoot(dir)
	return root, filepath.FromSlash(below), err
}

// outside returns err, or a refusal when a link leads out of the mount: where it leads in the container is not known here.
func outside(name string, err error) error {
	p, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return err
	}
	if _, known := p.Err.(syscall.Errno); !known && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: links that lead out of a bind mount", name)
	}
	return err
}

// with does something in the directory of the machine that a name lies in.
func (m mountedFiles) with(op, name string, write bool, do func(root *os.Root, below string) error) error {
	root, below, err := m.find(op, name, write)
	if err != nil {
		return err
	}
	defer root.Close()
	return outside(name, do(root, below))
}

const writing = os.O_WRONLY | os.O_RDWR | os.O_CREATE | os.O_TRUNC | os.O_APPEND

func (m mountedFiles) OpenFile(name string, flag int, perm fs.FileMode) (file ash.File, err error) {
	err = m.with("open", name, flag&writing != 0, func(root *os.Root, below string) error {
		if info, err := root.Stat(below); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return fmt.Errorf("%s: pipes, sockets and devices", name) // opening one may wait for ever
		}
		f, err := root.OpenFile(below, flag, perm)
		if err == nil {
			file = f
		}
		return err
	})
	return file, err
}

func (m mountedFiles) Stat(name string) (info fs.FileInfo, err error) {
	err = m.with("stat", name, false, func(root *os.Root, below string) error {
		info, err = root.Stat(below)
		return err
	})
	if err != nil && m.isDir(name) {
		return directory(path.Base(name)), nil
	}
	return info, err
}

func (m mountedFiles) ReadDir(name string) (entries []fs.DirEntry, err error) {
	if _, _, err := m.find("open", name, false); err != nil && m.isDir(name) {
		return nil, fmt.Errorf("list of %s, but only of what is in bind mounts", name)
	}
	err = m.with("open", name, false, func(root *os.Root, below string) error {
		f, err := root.Open(below)
		if err != nil {
			return err
		}
		defer f.Close()
		entries, err = f.ReadDir(-1)
		return err
	})
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (m mountedFiles) Mkdir(name string, perm fs.FileMode) error {
	if m.isDir(name) {
		return &fs.PathError{Op: "mkdir", Path: name, Err: syscall.EEXIST}
	}
	return m.with("mkdir", name, true, func(root *os.Root, below string) error { return root.Mkdir(below, perm) })
}

func (m mountedFiles) Remove(name string) error {
	return m.with("remove", name, true, func(root *os.Root, below string) error { return root.Remove(below) })
}

func (m mountedFiles) Chmod(name string, mode fs.FileMode) error {
	return m.with("chmod", name, true, func(root *os.Root, below string) error { return root.Chmod(below, mode) })
}

func (m mountedFiles) Rename(from, to string) error {
	return m.with("rename", from, true, func(root *os.Root, below string) error {
		return m.with("rename", to, true, func(other *os.Root, target string) error {
			if root.Name() != other.Name() {
				return fmt.Errorf("%s: mv from one bind mount to another", to)
			}
			return root.Rename(below, target)
		})
	})
}

// directory is the information on a directory that is in no mount.
type directory string

func (d directory) Name() string     { return string(d) }
func (directory) Size() int64        { return 0 }
func (directory) Mode() fs.FileMode  { return fs.ModeDir | 0o755 }
func (directory) ModTime() time.Time { return time.Time{} }
func (directory) IsDir() bool        { return true }
func (directory) Sys() any           { return nil }

package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Host is what a policy has to know of the machine that the engine runs on.
type Host interface {
	// Walk follows an absolute path with all its links, and returns every file that was passed, "/" first and what the path
	// leads to last. A file that is not there is fs.ErrNotExist.
	Walk(path string) ([]File, error)
	// Group returns the number of a group of the host's, and whether there is one.
	Group(name string) (gid int, ok bool)
}

// File is one file on the way to another.
type File struct {
	Path   string // without links
	Mode   fs.FileMode
	UID    int
	Device uint64
	Inode  uint64
}

// isSame reports whether two are one file, by whatever path.
func (f File) isSame(o File) bool { return f.Device == o.Device && f.Inode == o.Inode }

// trusted returns the first file on the way whose owner or mode lets somebody else than root and owners replace what the path leads
// to; ok is that there is none. What it leads to may be anybody's, unless it lies in a directory that others may write to.
func trusted(way []File, owners []int) (bad File, ok bool) {
	isOurs := func(f File) bool { return f.UID == 0 || slices.Contains(owners, f.UID) }
	passed := map[string]File{}
	for i, f := range way {
		last := i == len(way)-1
		if i > 0 {
			dir := passed[path.Dir(f.Path)]
			isShared := dir.Mode.Perm()&0o022 != 0
			if isShared && dir.Mode&fs.ModeSticky == 0 {
				return dir, false
			}
			if isShared && !isOurs(f) { // where only its owner may replace a file
				return f, false
			}
		}
		if !last && !isOurs(f) {
			return f, false
		}
		passed[f.Path] = f
	}
	return File{}, true
}

// maxLinks is how many links a path may lead through, as in Linux.
const maxLinks = 40

// walk follows a path component by component, each looked at by lstat and readlink.
func walk(name string, lstat func(string) (File, error), readlink func(string) (string, error)) ([]File, error) {
	if !path.IsAbs(name) {
		return nil, fmt.Errorf("%s is not an absolute path", name)
	}
	root, err := lstat("/")
	if err != nil {
		return nil, err
	}
	way := []File{root}
	at, left, links := "/", strings.Split(name, "/"), 0
	for len(left) > 0 {
		part := left[0]
		left = left[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, part)
		f, err := lstat(next)
		if err != nil {
			return nil, err
		}
		way = append(way, f)
		if f.Mode&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return nil, &fs.PathError{Op: "walk", Path: name, Err: errors.New("too many levels of symbolic links")}
		}
		target, err := readlink(next)
		if err != nil {
			return nil, err
		}
		if path.IsAbs(target) {
			at = "/"
		}
		left = append(strings.Split(target, "/"), left...)
	}
	if last := way[len(way)-1]; last.Path != at { // a link led to a directory above
		f, err := lstat(at)
		if err != nil {
			return nil, err
		}
		way = append(way, f)
	}
	return way, nil
}

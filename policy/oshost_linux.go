package policy

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// OSHost looks at this machine.
type OSHost struct{}

// Walk follows a path component by component.
func (OSHost) Walk(path string) ([]File, error) { return walk(path, lstat, os.Readlink) }

func lstat(path string) (File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return File{}, err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return File{}, fmt.Errorf("%s: nothing is known of its owner", path)
	}
	return File{Path: path, Mode: info.Mode(), UID: int(s.Uid), Device: uint64(s.Dev), Inode: s.Ino}, nil
}

// Group looks in the machine's list of groups.
func (OSHost) Group(name string) (int, bool) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, false
	}
	gid, err := strconv.Atoi(g.Gid)
	return gid, err == nil
}

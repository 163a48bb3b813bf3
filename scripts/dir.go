package scripts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Owner is the numeric user and group that a worker runs as.
type Owner struct {
	UID, GID int
}

// Dir is a directory of small files, each replaced whole or not at all. There are two kinds:
//
//   - [OpenDir] opens the supervisor's own: nobody else can enter it. Command files, cid file and checkpoint go here.
//   - [OpenWorkerDir] opens the worker's own, which its container mounts and where it may plant anything.
//
// In both, nothing that lies there is followed, waited for or written into: names are looked up below the directory that
// was opened, even if its path leads elsewhere by then; a write makes a new file and renames it over whatever bears the
// name; a read accepts a regular file with one name only.
//
// Set the fields before the first call; after that a Dir is safe for concurrent use.
type Dir struct {
	// Sync makes Write wait until the file and its name are on the disk: about 2 ms instead of 0.1 on an SSD.
	Sync bool
	// Limit is the size in bytes of the largest file that Write writes and Read reads; 0 means 1 MiB.
	Limit int64

	path  string
	root  *os.Root
	owner *Owner      // the worker; nil when the directory is the supervisor's
	info  fs.FileInfo // as it was opened

	restores bool // mode and owner, where somebody has changed them
}

// OpenDir opens the supervisor's directory at path and makes it, with mode 0700, if it is missing; its parent must
// exist. It refuses a link, a directory that is not owned by the effective user, and one that the group or others can
// enter.
func OpenDir(path string) (*Dir, error) {
	d, err := open(path, &Dir{})
	if err != nil {
		return nil, fmt.Errorf("open script directory: %w", err)
	}
	return d, nil
}

// OpenWorkerDir opens the worker's directory at path. If it is missing it is made with mode 0700 and given to owner,
// which takes root or CAP_CHOWN unless owner is who we are; an empty one that is ours was made by someone who was killed
// before giving it away, and is given away now. It refuses a link, a directory that is not owned by
// owner.UID, and one that everybody may write to. Files that Write makes here belong to owner.
//
// The directory's parent must be one that the worker cannot write to.
func OpenWorkerDir(path string, owner Owner) (*Dir, error) {
	d, err := open(path, &Dir{owner: &owner})
	if err != nil {
		return nil, fmt.Errorf("open worker directory: %w", err)
	}
	return d, nil
}

// RestoreWorkerDir opens the worker's directory at path as OpenWorkerDir does, and gives it its owner and the mode 0700 again if
// somebody has changed them: the worker may have, whose container mounts it. A mode that lets the owner in and does not let
// everybody write stays. What is done is done to the directory that was opened, and a link is refused all the same.
func RestoreWorkerDir(path string, owner Owner) (*Dir, error) {
	d, err := open(path, &Dir{owner: &owner, restores: true})
	if err != nil {
		return nil, fmt.Errorf("restore worker directory: %w", err)
	}
	return d, nil
}

// Path returns the directory's absolute path.
func (d *Dir) Path() string { return d.path }

// Close releases the directory; its files stay.
func (d *Dir) Close() error { return d.root.Close() }

// open opens the directory at path as d, which says of which kind it is.
func open(path string, d *Dir) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	d.path = path
	named, made, err := find(path)
	if err != nil {
		return nil, err
	}
	if err = d.openRoot(named); err == nil {
		err = d.check(made)
	}
	if err == nil {
		return d, nil
	}
	if d.root != nil {
		d.root.Close()
	}
	if made {
		err = errors.Join(err, os.Remove(path))
	}
	return nil, err
}

// find returns what a path names itself, and makes a directory where there is nothing.
func find(path string) (named fs.FileInfo, made bool, err error) {
	named, err = os.Lstat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return named, false, err
	}
	err = os.Mkdir(path, 0o700)
	made = err == nil
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, err
	}
	if named, err = os.Lstat(path); err != nil {
		return nil, false, err
	}
	return named, made, nil
}

// openRoot opens what the path names itself, which was looked at before. os.OpenRoot alone would follow a link.
func (d *Dir) openRoot(named fs.FileInfo) (err error) {
	switch {
	case named.Mode().Type() == fs.ModeSymlink:
		return fmt.Errorf("%s is a symbolic link: name the directory itself", d.path)
	case !named.IsDir():
		return fmt.Errorf("%s is not a directory: choose another path", d.path)
	}
	if d.root, err = os.OpenRoot(d.path); err != nil {
		return err
	}
	if d.info, err = d.root.Stat("."); err != nil {
		return err
	}
	if !os.SameFile(named, d.info) {
		return fmt.Errorf("%s was replaced while it was opened: its parent directory must be ours alone", d.path)
	}
	return nil
}

// check sets mode and owner of a directory that was made, or whose owner or mode somebody has changed, and refuses one with a wrong
// mode or owner.
func (d *Dir) check(made bool) error {
	if made || d.restores && d.isChanged(d.info) || d.mayBeUngiven() {
		if err := d.give(made); err != nil {
			return err
		}
	}
	user, barred := os.Geteuid(), fs.FileMode(0o077)
	if d.owner != nil {
		user, barred = d.owner.UID, 0o002
	}
	if uid := int(d.info.Sys().(*syscall.Stat_t).Uid); uid != user {
		return fmt.Errorf("%s is owned by uid %d, and must be by %d: chown it, or choose another path", d.path, uid, user)
	}
	if mode := d.info.Mode().Perm(); mode&barred != 0 {
		return fmt.Errorf("%s has mode %#o, which lets others in: chmod it to %#o", d.path, mode, mode&^barred)
	}
	return nil
}

// mayBeUngiven reports whether a directory for a worker is ours: whoever made it was killed before it was given away, if it is
// empty.
func (d *Dir) mayBeUngiven() bool {
	return d.owner != nil && d.owner.UID != os.Geteuid() && int(d.info.Sys().(*syscall.Stat_t).Uid) == os.Geteuid()
}

// give sets mode and owner, where they are others. A directory that was not made now, and need not be restored, is given away only
// if it is empty.
func (d *Dir) give(made bool) error {
	if made && d.info.Mode() == fs.ModeDir|0o700 {
		if d.owner == nil {
			return nil
		}
	} else if given, err := d.setMode(made || d.restores); err != nil || !given {
		return err
	}
	if d.owner != nil {
		if err := d.root.Lchown(".", d.owner.UID, d.owner.GID); err != nil {
			return err
		}
	}
	var err error
	d.info, err = d.root.Stat(".")
	return err
}

// setMode sets the mode 0700, whatever the umask left of it, and reports whether it has. Without always it only does so to an empty
// directory.
func (d *Dir) setMode(always bool) (set bool, err error) {
	dir, err := d.root.Open(".")
	if err != nil {
		return false, err
	}
	defer dir.Close()
	if !always && !isEmpty(dir) {
		return false, nil
	}
	return true, dir.Chmod(0o700)
}

// isChanged reports whether a worker's directory has another owner, or a mode that a relaunch cannot use.
func (d *Dir) isChanged(info fs.FileInfo) bool {
	mode := info.Mode().Perm()
	return int(info.Sys().(*syscall.Stat_t).Uid) != d.owner.UID || mode&0o002 != 0 || mode&0o700 != 0o700
}

// isEmpty reports whether a directory is empty.
func isEmpty(dir *os.File) bool {
	_, err := dir.ReadDir(1)
	return errors.Is(err, io.EOF)
}

package scripts

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
)

const (
	defaultLimit = 1 << 20
	// maxFiles bounds what a worker that floods its directory can make us hold in memory.
	maxFiles = 10_000
)

var (
	fileName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`) })
	tempName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\.dockercmd-[A-Z2-7]{26}\.tmp$`) })
)

// isFileName reports whether a file in a Dir may have the name.
func isFileName(name string) bool { return len(name) <= 255 && fileName().MatchString(name) }

// CheckFileName returns why name cannot be a file in a [Dir], nil if it can.
func CheckFileName(name string) error {
	if !isFileName(name) {
		return fmt.Errorf("file name %q: must be 1 to 255 of A-Z a-z 0-9 . _ - and not begin with . or -", name)
	}
	return nil
}

// Write puts data into the file name and returns its path. Readers see the old file or the new one, never a part; when
// Write fails they see the old one. The file is new each time: it has exactly mode, whatever the umask, the owner of its
// directory's kind, and no other name. Mode holds permission bits only. A directory called name is an error.
func (d *Dir) Write(name string, data []byte, mode fs.FileMode) (string, error) {
	if err := d.write(name, data, mode); err != nil {
		return "", fmt.Errorf("write script %s: %w", filepath.Join(d.path, name), err)
	}
	return filepath.Join(d.path, name), nil
}

func (d *Dir) write(name string, data []byte, mode fs.FileMode) error {
	if err := CheckFileName(name); err != nil {
		return err
	}
	if mode&^0o777 != 0 {
		return fmt.Errorf("mode %v: must hold permission bits only", mode)
	}
	if int64(len(data)) > d.limit() {
		return fmt.Errorf("%d bytes are more than the limit of %d: raise Limit", len(data), d.limit())
	}
	temp := ".dockercmd-" + rand.Text() + ".tmp"
	// O_EXCL never follows a link, and it never opens what somebody else has made. O_NONBLOCK means nothing for a file, but package os
	// else sets it and takes it back, four system calls a file.
	f, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(d.fill(f, data, mode), f.Close())
	if err == nil {
		err = d.root.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, d.root.Remove(temp))
	}
	return d.syncNames()
}

// fill works on the open file: what a worker does to the name meanwhile leads nowhere.
func (d *Dir) fill(f *os.File, data []byte, mode fs.FileMode) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	if d.owner != nil {
		if err := f.Chown(d.owner.UID, d.owner.GID); err != nil {
			return err
		}
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if d.Sync {
		return f.Sync()
	}
	return nil
}

func (d *Dir) syncNames() error {
	if !d.Sync {
		return nil
	}
	dir, err := d.root.OpenFile(".", os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Read returns the content of the file name. It refuses everything but a regular file with one name and at most Limit
// bytes, and never waits for anyone. In a worker's directory the content is whatever the worker likes. The error
// satisfies errors.Is(err, fs.ErrNotExist) when there is no such file.
func (d *Dir) Read(name string) ([]byte, error) {
	data, err := d.read(name)
	if err != nil {
		return nil, fmt.Errorf("read script %s: %w", filepath.Join(d.path, name), err)
	}
	return data, nil
}

func (d *Dir) read(name string) ([]byte, error) {
	if err := CheckFileName(name); err != nil {
		return nil, err
	}
	// Looking before opening refuses links, which os.Root follows within the directory even with O_NOFOLLOW, and keeps a
	// planted device from being touched. A Write in between is looked at again; a worker that swaps for ever is not.
	var err error
	for range 100 {
		var info fs.FileInfo
		if info, err = d.root.Lstat(name); err != nil {
			return nil, err
		}
		if err := checkRegular(info); err != nil {
			return nil, err
		}
		var data []byte
		if data, err = d.readOpened(name, info); !errors.Is(err, errSwapped) {
			return data, err
		}
	}
	return nil, err
}

var errSwapped = errors.New("was replaced while it was opened")

// readOpened trusts nothing that was seen before it opened name: a worker may have put something else there since. It
// does not wait for the other end of a pipe. Seen is what had the name as its only one; another file that took its place may
// be a hard link, whose second name is gone again before it can be counted. Nil is not known.
func (d *Dir) readOpened(name string, seen fs.FileInfo) ([]byte, error) {
	f, err := d.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkRegular(info); err != nil {
		return nil, err
	}
	if seen != nil && !os.SameFile(seen, info) {
		return nil, errSwapped
	}
	data, err := io.ReadAll(io.LimitReader(f, d.limit()+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > d.limit() {
		return nil, fmt.Errorf("has more than the limit of %d bytes: raise Limit", d.limit())
	}
	return data, nil
}

func checkRegular(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("is not a regular file (mode %v): somebody else put it there", info.Mode())
	}
	if info.Sys().(*syscall.Stat_t).Nlink > 1 {
		return errors.New("has a second name (hard link): somebody else put it there")
	}
	return nil
}

// Remove removes the file name, or a link, pipe or empty directory that took its place. The error satisfies
// errors.Is(err, fs.ErrNotExist) when there is none.
func (d *Dir) Remove(name string) error {
	err := CheckFileName(name)
	if err == nil {
		err = d.root.Remove(name)
	}
	if err != nil {
		return fmt.Errorf("remove script %s: %w", filepath.Join(d.path, name), err)
	}
	return nil
}

// Names returns the sorted names of the regular files here that Write could have written. More than 10 000 are an error.
func (d *Dir) Names() ([]string, error) {
	names, err := d.list(isFileName)
	if err != nil {
		return nil, fmt.Errorf("list scripts in %s: %w", d.path, err)
	}
	return names, nil
}

// Sweep removes the temporary files that a crash left behind and returns how many. Call it while nobody writes here, for
// instance when a supervisor starts.
func (d *Dir) Sweep() (int, error) {
	names, err := d.list(tempName().MatchString)
	removed := 0
	for _, name := range names {
		err = d.root.Remove(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			break
		}
		err = nil
		removed++
	}
	if err != nil {
		return removed, fmt.Errorf("sweep %s: %w", d.path, err)
	}
	return removed, nil
}

func (d *Dir) list(matches func(name string) bool) ([]string, error) {
	dir, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var names []string
	for {
		entries, err := dir.ReadDir(512)
		if errors.Is(err, io.EOF) {
			slices.Sort(names)
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Type().IsRegular() && matches(e.Name()) {
				names = append(names, e.Name())
			}
		}
		if len(names) > maxFiles {
			return nil, fmt.Errorf("more than %d files: remove some by hand", maxFiles)
		}
	}
}

func (d *Dir) limit() int64 {
	if d.Limit == 0 {
		return defaultLimit
	}
	return d.Limit
}

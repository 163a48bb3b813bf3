package scripts

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// worker is a user that owns nothing on this machine.
var worker = Owner{UID: 54321, GID: 54322}

// tempDir returns a directory that is closed at the end of the test.
func tempDir(t testing.TB) *Dir {
	t.Helper()
	d, err := OpenDir(filepath.Join(t.TempDir(), "supervisor"))
	return opened(t, d, err)
}

func tempWorkerDir(t testing.TB) *Dir {
	t.Helper()
	needRoot(t)
	d, err := OpenWorkerDir(filepath.Join(t.TempDir(), "worker"), worker)
	return opened(t, d, err)
}

func opened(t testing.TB, d *Dir, err error) *Dir {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: giving files to another user takes root")
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fails(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}

// checkFile compares what lies at path itself, without following a link.
func checkFile(t testing.TB, path string, mode fs.FileMode, owner Owner) {
	t.Helper()
	info, err := os.Lstat(path)
	ok(t, err)
	stat := info.Sys().(*syscall.Stat_t)
	if got := (Owner{int(stat.Uid), int(stat.Gid)}); info.Mode() != mode || got != owner {
		t.Errorf("%s: got %v %v, want %v %v", path, info.Mode(), got, mode, owner)
	}
}

func us() Owner { return Owner{os.Geteuid(), os.Getegid()} }

// TestMadeWhateverTheUmask changes the umask of the process, so it is not parallel.
func TestMadeWhateverTheUmask(t *testing.T) {
	base := t.TempDir()
	for _, mask := range []int{0, 0o277} {
		old := syscall.Umask(mask)
		d, err := OpenDir(filepath.Join(base, "d"))
		if err == nil {
			_, err = d.Write("f", nil, 0o751)
		}
		syscall.Umask(old)
		opened(t, d, err)
		checkFile(t, d.Path(), fs.ModeDir|0o700, us())
		checkFile(t, filepath.Join(d.Path(), "f"), 0o751, us())
		ok(t, os.RemoveAll(d.Path()))
	}
}

func TestOpenDir(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		plant func(path string) error
		want  string // part of the error; "" means that it opens
	}{
		{"missing", func(string) error { return nil }, ""},
		{"there already", func(p string) error { return os.Mkdir(p, 0o700) }, ""},
		{"not writable for us", func(p string) error { return os.Mkdir(p, 0o500) }, ""},
		{"link to a good one", func(p string) error {
			if err := os.Mkdir(p+"-real", 0o700); err != nil {
				return err
			}
			return os.Symlink(p+"-real", p)
		}, "is a symbolic link: name the directory itself"},
		{"dangling link", func(p string) error { return os.Symlink(p+"-missing", p) }, "is a symbolic link"},
		{"file", func(p string) error { return os.WriteFile(p, nil, 0o600) }, "is not a directory"},
		{"pipe", func(p string) error { return syscall.Mkfifo(p, 0o600) }, "is not a directory"},
		{"open to the group", func(p string) error { return os.Mkdir(p, 0o750) },
			"has mode 0750, which lets others in: chmod it to 0700"},
		{"open to others", func(p string) error { return os.Mkdir(p, 0o701) }, "chmod it to 0700"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "d")
			ok(t, tt.plant(path))
			d, err := OpenDir(path)
			if tt.want != "" {
				fails(t, err, tt.want)
				return
			}
			if got := opened(t, d, err).Path(); got != path {
				t.Errorf("got %s, want %s", got, path)
			}
		})
	}
}

func TestOpenDirOfAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	path := filepath.Join(t.TempDir(), "d")
	ok(t, os.Mkdir(path, 0o700))
	ok(t, os.Chown(path, worker.UID, worker.GID))
	_, err := OpenDir(path)
	fails(t, err, "is owned by uid 54321, and must be by 0: chown it")
}

func TestOpenDirWithoutParent(t *testing.T) {
	t.Parallel()
	_, err := OpenDir(filepath.Join(t.TempDir(), "a", "b"))
	fails(t, err, "no such file or directory")
}

func TestPathIsAbsolute(t *testing.T) {
	t.Chdir(t.TempDir())
	d, err := OpenDir("d")
	if path := opened(t, d, err).Path(); !filepath.IsAbs(path) {
		t.Errorf("got %s", path)
	}
}

func TestOpenWorkerDir(t *testing.T) {
	t.Parallel()
	needRoot(t)
	theirs := func(mode fs.FileMode) func(string) error {
		return func(p string) error {
			if err := os.Mkdir(p, 0o700); err != nil {
				return err
			}
			if err := os.Chown(p, worker.UID, 0); err != nil {
				return err
			}
			return os.Chmod(p, mode)
		}
	}
	tests := []struct {
		name  string
		plant func(path string) error
		want  string
	}{
		{"missing", func(string) error { return nil }, ""},
		{"theirs", theirs(0o700), ""},
		{"as Storm's launcher leaves it", theirs(0o770 | fs.ModeSetgid), ""},
		{"everybody's", theirs(0o703), "chmod it to 0701"},
		{"ours and empty, as one that was killed leaves it", func(p string) error { return os.Mkdir(p, 0o700) }, ""},
		{"ours", func(p string) error {
			if err := os.Mkdir(p, 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(p, "f"), nil, 0o600)
		}, "is owned by uid 0, and must be by 54321"},
		{"link", func(p string) error { return os.Symlink("/etc", p) }, "is a symbolic link"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "d")
			ok(t, tt.plant(path))
			d, err := OpenWorkerDir(path, worker)
			if tt.want != "" {
				fails(t, err, tt.want)
				return
			}
			opened(t, d, err)
			if tt.name == "missing" || strings.HasPrefix(tt.name, "ours and empty") {
				checkFile(t, path, fs.ModeDir|0o700, worker)
			}
		})
	}
}

func TestRestoreWorkerDir(t *testing.T) {
	t.Parallel()
	needRoot(t)
	theirs := func(mode fs.FileMode, uid int) func(string) error {
		return func(p string) error {
			return errors.Join(os.Mkdir(p, 0o700), os.WriteFile(filepath.Join(p, "f"), nil, 0o600), os.Chown(p, uid, worker.GID),
				os.Chmod(p, mode))
		}
	}
	tests := []struct {
		name  string
		plant func(path string) error
		mode  fs.FileMode // 0 is that it fails
		want  string
	}{
		{"missing", func(string) error { return nil }, 0o700, ""},
		{"theirs", theirs(0o700, worker.UID), 0o700, ""},
		{"for their group", theirs(0o750, worker.UID), 0o750, ""},
		{"as Storm's launcher leaves it", theirs(0o770|fs.ModeSetgid, worker.UID), 0o770 | fs.ModeSetgid, ""},
		{"everybody's", theirs(0o777, worker.UID), 0o700, ""},
		{"everybody's, as /tmp", theirs(0o777|fs.ModeSticky, worker.UID), 0o700, ""},
		{"nobody's", theirs(0, worker.UID), 0o700, ""},
		{"not writable", theirs(0o500, worker.UID), 0o700, ""},
		{"ours", theirs(0o700, 0), 0o700, ""},
		{"a stranger's", theirs(0o755, 99), 0o700, ""},
		{"link", func(p string) error {
			return errors.Join(theirs(0o777, 99)(p+"-real"), os.Symlink(p+"-real", p))
		}, 0, "is a symbolic link"},
		{"file", func(p string) error { return os.WriteFile(p, nil, 0o666) }, 0, "is not a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "d")
			ok(t, tt.plant(path))
			d, err := RestoreWorkerDir(path, worker)
			if tt.want != "" {
				fails(t, err, tt.want)
				if tt.name == "link" {
					checkFile(t, path+"-real", fs.ModeDir|0o777, Owner{99, worker.GID})
				}
				return
			}
			opened(t, d, err)
			checkFile(t, path, fs.ModeDir|tt.mode, worker)
		})
	}
}

// TestOpenWorkerDirRemovesWhatItMade checks that what cannot be given to its owner is not left behind.
func TestOpenWorkerDirRemovesWhatItMade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d")
	_, err := OpenWorkerDir(path, Owner{UID: -2, GID: -2}) // no system call takes these
	if err == nil {
		t.Error("uid -2 was accepted")
	}
	if _, err := os.Lstat(path); err == nil {
		t.Errorf("%s is left", path)
	}
}

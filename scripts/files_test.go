package scripts

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	for _, sync := range []bool{false, true} {
		t.Run("sync="+strconv.FormatBool(sync), func(t *testing.T) {
			t.Parallel()
			d := tempDir(t)
			d.Sync = sync
			for _, content := range []string{"first", "", "second\x00\xff"} {
				path, err := d.Write("run.sh", []byte(content), 0o600)
				ok(t, err)
				if want := filepath.Join(d.Path(), "run.sh"); path != want {
					t.Errorf("path: got %s, want %s", path, want)
				}
				if got, err := d.Read("run.sh"); err != nil || string(got) != content {
					t.Errorf("got %q, %v, want %q", got, err, content)
				}
			}
			ok(t, d.Remove("run.sh"))
			for _, err := range []error{d.Remove("run.sh"), second(d.Read("run.sh"))} {
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("got %v, want fs.ErrNotExist", err)
				}
			}
			checkEntries(t, d)
		})
	}
}

func second[T any](_ T, err error) error { return err }

// checkEntries compares everything in the directory, temporary files too, with want.
func checkEntries(t testing.TB, d *Dir, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(d.Path())
	ok(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	for _, name := range []string{"a", "_", "run.sh", "A-b_c.9", strings.Repeat("n", 255)} {
		_, err := d.Write(name, nil, 0o600)
		ok(t, err)
	}
	for _, name := range []string{"", ".", "..", ".hidden", "-x", "a/b", "/a", "../a", "a b", "a\n", "é", "a\x00",
		strings.Repeat("n", 256)} {
		for _, err := range []error{second(d.Write(name, nil, 0o600)), second(d.Read(name)), d.Remove(name)} {
			fails(t, err, "file name")
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	d.Limit = 3
	ok(t, second(d.Write("f", []byte("old"), 0o600)))
	fails(t, second(d.Write("f", []byte("four"), 0o600)), "4 bytes are more than the limit of 3: raise Limit")
	fails(t, second(d.Write("f", nil, 0o600|fs.ModeSetuid)), "permission bits only")
	ok(t, os.WriteFile(filepath.Join(d.Path(), "big"), []byte("four"), 0o600))
	fails(t, second(d.Read("big")), "more than the limit of 3")
	if got, err := d.Read("f"); string(got) != "old" {
		t.Errorf("got %q, %v, want old", got, err)
	}
	checkEntries(t, d, "big", "f")
}

func TestDefaultLimit(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	ok(t, second(d.Write("f", make([]byte, 1<<20), 0o600)))
	ok(t, second(d.Read("f")))
	fails(t, second(d.Write("f", make([]byte, 1<<20+1), 0o600)), "limit of 1048576")
}

// plants are what a worker may put in the place of a file. Each is given the path and a file of the supervisor's.
var plants = []struct {
	name  string
	plant func(path, victim string) error
	write string // part of the error; "" means that the file takes the plant's place
	read  string
}{
	{"link", func(p, v string) error { return os.Symlink(v, p) }, "", "is not a regular file"},
	{"link within the directory", func(p, _ string) error { return os.Symlink("other", p) }, "", "is not a regular file"},
	{"dangling link", func(p, v string) error { return os.Symlink(v+"-none", p) }, "", "is not a regular file"},
	{"link to itself", func(p, _ string) error { return os.Symlink(filepath.Base(p), p) }, "", "is not a regular file"},
	{"hard link", func(p, v string) error { return os.Link(v, p) }, "", "has a second name"},
	{"pipe", func(p, _ string) error { return syscall.Mkfifo(p, 0o666) }, "", "is not a regular file"},
	{"read-only file", func(p, _ string) error { return os.WriteFile(p, []byte("theirs"), 0o400) }, "", ""},
	{"empty directory", func(p, _ string) error { return os.Mkdir(p, 0o700) }, "file exists", "is not a regular file"},
	{"full directory", func(p, _ string) error { return os.MkdirAll(filepath.Join(p, "x"), 0o700) }, "file exists",
		"is not a regular file"},
}

func TestPlantsInAWorkersDirectory(t *testing.T) {
	t.Parallel()
	for _, tt := range plants {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tempWorkerDir(t)
			victim := filepath.Join(filepath.Dir(d.Path()), "victim")
			ok(t, os.WriteFile(victim, []byte("precious"), 0o640))
			ok(t, os.WriteFile(filepath.Join(d.Path(), "other"), []byte("other"), 0o600))
			path := filepath.Join(d.Path(), "worker.sh")
			ok(t, tt.plant(path, victim))

			if err := second(d.Read("worker.sh")); tt.read != "" || err != nil {
				fails(t, err, tt.read)
			}
			err := second(d.Write("worker.sh", []byte("new"), 0o440))
			if tt.write != "" {
				fails(t, err, tt.write)
			} else {
				ok(t, err)
				checkFile(t, path, 0o440, worker)
				if got, err := d.Read("worker.sh"); string(got) != "new" {
					t.Errorf("got %q, %v, want new", got, err)
				}
			}
			checkEntries(t, d, "other", "worker.sh")
			checkFile(t, victim, 0o640, us())
			for path, want := range map[string]string{victim: "precious", filepath.Join(d.Path(), "other"): "other"} {
				if got, err := os.ReadFile(path); string(got) != want {
					t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
				}
			}
		})
	}
}

// TestPlantedBetweenLookAndOpen checks that what replaces a file after Read has looked at it is refused without waiting, and a
// link leads nowhere outside.
func TestPlantedBetweenLookAndOpen(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	victim := filepath.Join(t.TempDir(), "victim")
	ok(t, os.WriteFile(victim, []byte("precious"), 0o600))
	path := func(name string) string { return filepath.Join(d.Path(), name) }
	ok(t, syscall.Mkfifo(path("pipe"), 0o600))
	ok(t, os.Symlink("pipe", path("link-to-pipe")))
	ok(t, os.Link(victim, path("hard-link")))
	ok(t, os.Symlink(victim, path("link")))
	for name, want := range map[string]string{
		"pipe": "is not a regular file", "link-to-pipe": "is not a regular file", "hard-link": "has a second name",
		"link": "path escapes",
	} {
		fails(t, second(d.readOpened(name, nil)), want)
	}
}

func TestReadTouchesNoDevice(t *testing.T) {
	t.Parallel()
	needRoot(t)
	d := tempWorkerDir(t)
	const zero = 1<<8 | 5 // /dev/zero: it would never end
	if err := syscall.Mknod(filepath.Join(d.Path(), "f"), syscall.S_IFCHR|0o666, zero); err != nil {
		t.Skipf("NOT TESTED: no device can be made here: %v", err)
	}
	fails(t, second(d.Read("f")), "is not a regular file")
}

func TestRemovePlants(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	victim := filepath.Join(t.TempDir(), "victim")
	ok(t, os.WriteFile(victim, []byte("precious"), 0o600))
	for _, tt := range plants {
		ok(t, tt.plant(filepath.Join(d.Path(), "f"), victim))
		if tt.name == "full directory" {
			fails(t, d.Remove("f"), "not empty")
			continue
		}
		ok(t, d.Remove("f"))
	}
	if got, err := os.ReadFile(victim); string(got) != "precious" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestRacingWorker checks that a worker that swaps names as fast as it can neither stops us nor leads us out of its directory.
func TestRacingWorker(t *testing.T) {
	t.Parallel()
	d := tempWorkerDir(t)
	victim := filepath.Join(filepath.Dir(d.Path()), "victim")
	ok(t, os.WriteFile(victim, []byte("precious"), 0o600))
	path := filepath.Join(d.Path(), "f")
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			for _, p := range plants {
				select {
				case <-done:
					return
				default:
				}
				os.RemoveAll(path)
				p.plant(path, victim) // may lose against a write
			}
		}
	})
	stop := sync.OnceFunc(func() { close(done); wait.Wait() })
	defer stop()
	wrote, read := 0, 0
	for range 2000 {
		if err := second(d.Write("f", []byte("new"), 0o400)); err == nil {
			wrote++
		}
		data, err := d.Read("f")
		if err != nil {
			continue
		}
		read++
		// The worker may write into its file while it is read: then some bytes are the old text's, and some the new one's.
		for i, c := range data {
			if ours := i < len("new") && c == "new"[i]; !ours && (i >= len("theirs") || c != "theirs"[i]) {
				t.Fatalf("got %q, which is not the worker's to show", data)
			}
		}
	}
	stop()
	if wrote == 0 || read == 0 {
		t.Errorf("%d writes and %d reads came through, want some", wrote, read)
	}
	if got, err := os.ReadFile(victim); string(got) != "precious" {
		t.Errorf("the victim holds %q (%v)", got, err)
	}
	checkFile(t, victim, 0o600, us())
}

// TestMovedDirectory checks that the directory that was opened stays the one that is used, wherever its path leads later.
func TestMovedDirectory(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	elsewhere := t.TempDir()
	ok(t, os.Rename(d.Path(), d.Path()+"-moved"))
	ok(t, os.Symlink(elsewhere, d.Path()))
	ok(t, second(d.Write("f", []byte("new"), 0o600)))
	if _, err := os.Lstat(filepath.Join(elsewhere, "f")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file went through the link: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(d.Path()+"-moved", "f")); string(got) != "new" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestReplacedWhole checks that readers see whole files while several writers replace them.
func TestReplacedWhole(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	version := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 20_000+i) }
	ok(t, second(d.Write("f", version(0), 0o600)))
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for i := range 4 {
		writers.Go(func() {
			for range 100 {
				if _, err := d.Write("f", version(i), 0o600); err != nil {
					t.Error(err)
				}
			}
		})
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				data, err := d.Read("f")
				if err != nil || len(data) == 0 || !bytes.Equal(data, version(int(data[0]-'a'))) {
					t.Errorf("read %d bytes that nobody wrote (%v)", len(data), err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	checkEntries(t, d, "f")
}

func TestNamesAndSweep(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	stale := ".dockercmd-" + strings.Repeat("A", 26) + ".tmp"
	others := []string{".dockercmd-short.tmp", ".hidden", stale + "x", "é"}
	for _, name := range append(others, stale, "b", "a", "-dash") {
		ok(t, os.WriteFile(filepath.Join(d.Path(), name), nil, 0o600))
	}
	ok(t, os.Mkdir(filepath.Join(d.Path(), "dir"), 0o700))
	ok(t, os.Symlink("a", filepath.Join(d.Path(), "link")))
	ok(t, os.Mkdir(filepath.Join(d.Path(), strings.Replace(stale, "A", "B", 1)), 0o700))

	if got, err := d.Names(); err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q, %v, want a and b", got, err)
	}
	for _, want := range []int{1, 0} {
		if got, err := d.Sweep(); err != nil || got != want {
			t.Errorf("got %d, %v, want %d", got, err, want)
		}
	}
	for _, name := range others {
		_, err := os.Lstat(filepath.Join(d.Path(), name))
		ok(t, err)
	}
}

// TestSweepKnowsTheTemporaryName makes Write leave its file, as a crash would.
func TestSweepKnowsTheTemporaryName(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	ok(t, os.Mkdir(filepath.Join(d.Path(), "f"), 0o700))
	seen := make(chan string, 1)
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			entries, _ := os.ReadDir(d.Path())
			for _, e := range entries {
				if e.Name() != "f" {
					seen <- e.Name()
					return
				}
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for len(seen) == 0 {
		fails(t, second(d.Write("f", make([]byte, 1<<20), 0o600)), "file exists")
	}
	close(done)
	wait.Wait()
	if name := <-seen; !tempName().MatchString(name) {
		t.Errorf("%s is a temporary file that Sweep does not know", name)
	}
}

func TestTooManyNames(t *testing.T) {
	t.Parallel()
	d := tempDir(t)
	for i := range maxFiles + 1 {
		ok(t, os.WriteFile(filepath.Join(d.Path(), strconv.Itoa(i)), nil, 0o600))
	}
	fails(t, second(d.Names()), "more than 10000 files")
}

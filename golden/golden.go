// Package golden compares what a test got with a file that a person has read and approved: [Check] with one of the package's own
// testdata, a [Dir] with one of another folder.
//
//	golden.Check(t, "launch/docker-run.sh", script)
//
// compares with testdata/launch/docker-run.sh. To write the files, run the tests with GOLDEN=update in the
// environment (a variable, since a flag would break go test ./... in packages that do not define it), and read what
// changed before committing it:
//
//	GOLDEN=update go test ./worker && git diff testdata
//
// With CI=true nothing is ever written, so that a pipeline cannot approve its own output.
package golden

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Dir is a folder of golden files. A relative one starts from the working directory of the test, which is the folder
// of its package.
type Dir string

// Check compares got with the file testdata/<name>, see [Dir.Check].
func Check[T string | []byte](t testing.TB, name string, got T) {
	t.Helper()
	Dir("testdata").Check(t, name, []byte(got))
}

// CheckString calls [Dir.Check] for a string.
func (d Dir) CheckString(t testing.TB, name, got string) {
	t.Helper()
	d.Check(t, name, []byte(got))
}

// Check compares got with the file of that name in the folder, byte by byte, and marks the test as failed, without
// ending it, when they differ or there is no such file. Name is separated by slashes and cannot leave the folder.
//
// With GOLDEN=update it writes the file instead, through a temporary file and a rename, makes the folders that it
// needs, and logs what it changed; the test passes. With CI=true as well, it writes nothing and the test fails.
func (d Dir) Check(t testing.TB, name string, got []byte) {
	t.Helper()
	if !fs.ValidPath(name) || name == "." {
		t.Errorf("golden file name %q: it must be a path below the folder, with slashes and without . or ..", name)
		return
	}
	file := filepath.Join(string(d), filepath.FromSlash(name))
	want, err := os.ReadFile(file)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		t.Errorf("read golden file: %v", err)
		return
	}
	same := err == nil && bytes.Equal(got, want)

	switch mode := os.Getenv("GOLDEN"); {
	case mode != "" && mode != "update":
		t.Errorf("GOLDEN=%s is not known: leave it out to compare, or say GOLDEN=update to write", mode)
	case mode == "update" && os.Getenv("CI") == "true":
		t.Errorf("golden file %s: GOLDEN=update is refused while CI=true: update where somebody reads the change, and commit it",
			file)
	case same:
	case mode == "update":
		if err := replace(file, got); err != nil {
			t.Errorf("update golden file: %v", err)
			return
		}
		if missing {
			t.Logf("golden file %s: created, %d bytes", file, len(got))
			return
		}
		t.Logf("golden file %s: updated (- before, + now)\n%s", file, diff(want, got))
	case missing:
		t.Errorf("golden file %s does not exist: create it with\n\t%s", file, command(t))
	default:
		t.Errorf("golden file %s differs (- file, + got)\n%sIf the change is right, update it with\n\t%s", file, diff(want, got),
			command(t))
	}
}

// command returns the command that updates the files of this test.
func command(t testing.TB) string {
	test, _, _ := strings.Cut(t.Name(), "/")
	return fmt.Sprintf("GOLDEN=update go test -run '^%s$' .", test)
}

// replace puts data into file, whole or not at all.
func replace(file string, data []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".golden-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // which is gone by then, unless something failed
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

package policy_test

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"os"
	"strconv"
	"testing"

	"github.com/dockercmd/toolkit/policy"
)

// hostFile is one file of the machine that the corpus is judged on: testdata/policy/host.jsonl.
type hostFile struct {
	Path, Kind string
	Mode       string // octal
	UID        int
	To         string // where a link leads, or whose directory stands here a second time (kind same)
}

// fakeHost is that machine.
type fakeHost map[string]hostFile

var kinds = map[string]fs.FileMode{
	"dir": fs.ModeDir, "file": 0, "link": fs.ModeSymlink, "socket": fs.ModeSocket, "pipe": fs.ModeNamedPipe,
	"device": fs.ModeDevice | fs.ModeCharDevice,
}

func readHost(t testing.TB) fakeHost {
	t.Helper()
	h := fakeHost{}
	readLines(t, "../testdata/policy/host.jsonl", func(data []byte) error {
		var f hostFile
		err := json.Unmarshal(data, &f)
		h[f.Path] = f
		return err
	})
	return h
}

// readLines hands each line of a file to a function.
func readLines(t testing.TB, name string, each func([]byte) error) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if err := each(lines.Bytes()); err != nil {
			t.Fatalf("%s:%d: %v", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// original returns the path by which a file is known that stands in a place for the second time.
func (h fakeHost) original(name string) string {
	best, to := "", ""
	for at, f := range h {
		below := name == at || len(name) > len(at) && name[:len(at)+1] == at+"/"
		if f.Kind == "same" && below && len(at) > len(best) {
			best, to = at, f.To
		}
	}
	if best == "" {
		return name
	}
	rest := name[len(best):]
	if to == "/" && rest != "" {
		to = ""
	}
	return to + rest
}

func (h fakeHost) lstat(name string) (policy.File, error) {
	at := h.original(name)
	f, ok := h[at]
	if !ok {
		return policy.File{}, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
	}
	mode, err := strconv.ParseUint(f.Mode, 8, 32)
	if err != nil {
		return policy.File{}, err
	}
	m := fs.FileMode(mode&0o777) | kinds[f.Kind]
	if mode&0o1000 != 0 {
		m |= fs.ModeSticky
	}
	var inode uint64
	for _, b := range []byte(at) { // one for each path
		inode = inode*1099511628211 ^ uint64(b)
	}
	return policy.File{Path: name, Mode: m, UID: f.UID, Device: 1, Inode: inode}, nil
}

func (h fakeHost) readlink(name string) (string, error) { return h[h.original(name)].To, nil }

func (h fakeHost) Walk(name string) ([]policy.File, error) {
	return policy.Walk(name, h.lstat, h.readlink)
}

func (fakeHost) Group(name string) (int, bool) {
	gid, ok := map[string]int{"root": 0, "docker": 999, "sudo": 27, "disk": 6}[name]
	return gid, ok
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/shellline"
)

// pastedArgvs returns the words of the docker lines of a file such as lines-of-ours.jsonl. A line that no shell can split has none.
func pastedArgvs(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][]string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if !strings.HasPrefix(s.Text(), "{") {
			continue
		}
		var l struct {
			Line string
			Argv []string
		}
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s: %q: %v", path, s.Text(), err)
		}
		if l.Argv == nil {
			split, err := shellline.Split(l.Line, func(string) (string, bool) { return "var", true })
			if err != nil {
				continue
			}
			l.Argv = split.Argv()
		}
		all = append(all, l.Argv)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFmtPasted holds "fmt -o argv" to print one line for each line that docker's client takes, in order, and to name every
// other by its number. TestPastedLines holds the package's verdict to the client. DOCKERCMD_LINES may name a file with more
// lines.
func TestFmtPasted(t *testing.T) {
	t.Parallel()
	files := []string{"../../testdata/dockercmd/lines-of-ours.jsonl", "../../testdata/dockercmd/lines-of-others.jsonl"}
	if path := os.Getenv("DOCKERCMD_LINES"); path != "" {
		if !filepath.IsAbs(path) {
			path = filepath.Join("../..", path)
		}
		files = append(files, path)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			var stdin, want, stdout, stderr bytes.Buffer
			var refused []string
			for i, argv := range pastedArgvs(t, path) {
				encode(t, &stdin, argv)
				l, err := dockercmd.ParseCommandLine(argv)
				if err == nil {
					err = dockercmd.ClientProblems(l.Validate())
				}
				if err == nil {
					encode(t, &want, l.Args())
				} else {
					refused = append(refused, fmt.Sprintf("dockercmd: line %d: ", i+1))
				}
			}
			code := run(t.Context(), []string{"fmt", "-o", "argv"}, &stdin, &stdout, &stderr)
			if wantCode := min(len(refused), 1); code != wantCode {
				t.Errorf("exit code %d, want %d", code, wantCode)
			}
			if diff := cmp.Diff(strings.Split(want.String(), "\n"), strings.Split(stdout.String(), "\n")); diff != "" {
				t.Errorf("printed +, want -\n%s", diff)
			}
			told := stderr.String()
			for _, at := range refused {
				_, rest, ok := strings.Cut(told, at)
				if !ok {
					t.Fatalf("standard error has no %q in its place:\n%.500s", at, told)
				}
				told = rest
			}
		})
	}
}

// encode adds a JSON array in a line of its own.
func encode(t *testing.T, dst *bytes.Buffer, words []string) {
	t.Helper()
	e := json.NewEncoder(dst)
	e.SetEscapeHTML(false)
	if err := e.Encode(words); err != nil {
		t.Fatal(err)
	}
}

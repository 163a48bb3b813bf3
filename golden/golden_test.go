package golden_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/golden"
)

// reporter is a testing.TB that keeps what it is told.
type reporter struct {
	testing.TB
	errors, logs []string
}

func (r *reporter) Helper()      {}
func (r *reporter) Name() string { return "TestLaunch/docker_run" }
func (r *reporter) Errorf(f string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(f, args...))
}
func (r *reporter) Logf(f string, args ...any) { r.logs = append(r.logs, fmt.Sprintf(f, args...)) }

// set replaces the two variables that Check looks at.
func set(t *testing.T, mode, ci string) {
	t.Helper()
	t.Setenv("GOLDEN", mode)
	t.Setenv("CI", ci)
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name    string
		mode    string
		ci      string
		file    string // name of the golden file; "" is case.txt
		before  []byte // nil: there is no file
		got     string
		after   string // with before nil and after "": still no file
		wantErr []string
		wantLog []string
	}{
		{name: "equal", before: []byte("a\n"), got: "a\n", after: "a\n"},
		{name: "equal and empty", before: []byte{}, got: "", after: ""},
		{name: "equal in CI", ci: "true", before: []byte("a\n"), got: "a\n", after: "a\n"},
		{
			name: "different", before: []byte("a\nb\n"), got: "a\nc\n", after: "a\nb\n",
			wantErr: []string{"DIR/case.txt differs (- file, + got)\n@@ line 1 @@\n  a\n- b\n+ c\n",
				"\tGOLDEN=update go test -run '^TestLaunch$' ."},
		},
		{
			name: "missing", got: "a\n",
			wantErr: []string{"DIR/case.txt does not exist: create it with\n\tGOLDEN=update go test -run '^TestLaunch$' ."},
		},
		{name: "update: equal", mode: "update", before: []byte("a\n"), got: "a\n", after: "a\n"},
		{
			name: "update: different", mode: "update", before: []byte("a\n"), got: "b\n", after: "b\n",
			wantLog: []string{"DIR/case.txt: updated (- before, + now)\n@@ line 1 @@\n- a\n+ b\n"},
		},
		{name: "update: missing", mode: "update", got: "a\n", after: "a\n", wantLog: []string{"DIR/case.txt: created, 2 bytes"}},
		{name: "update: missing folders", mode: "update", file: "x/y/z.sh", got: "a", after: "a",
			wantLog: []string{"DIR/x/y/z.sh: created"}},
		{
			name: "update in CI: different", mode: "update", ci: "true", before: []byte("a\n"), got: "b\n", after: "a\n",
			wantErr: []string{"DIR/case.txt: GOLDEN=update is refused while CI=true"},
		},
		{
			name: "update in CI: equal", mode: "update", ci: "true", before: []byte("a\n"), got: "a\n", after: "a\n",
			wantErr: []string{"refused"},
		},
		{name: "update in CI: missing", mode: "update", ci: "true", got: "a\n", wantErr: []string{"refused"}},
		{name: "CI is not true", mode: "update", ci: "false", got: "a\n", after: "a\n", wantLog: []string{"created"}},
		{name: "unknown mode", mode: "1", before: []byte("a\n"), got: "a\n", after: "a\n", wantErr: []string{"GOLDEN=1 is not known"}},
		{name: "name leaves the folder", file: "../case.txt", mode: "update", got: "a",
			wantErr: []string{`golden file name "../case.txt"`}},
		{name: "name hides it", file: "x/../../case.txt", mode: "update", got: "a", wantErr: []string{"golden file name"}},
		{name: "absolute name", file: "/case.txt", mode: "update", got: "a", wantErr: []string{"golden file name"}},
		{name: "no name", file: ".", mode: "update", got: "a", wantErr: []string{"golden file name"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set(t, tt.mode, tt.ci)
			if tt.file == "" {
				tt.file = "case.txt"
			}
			dir := filepath.Join(t.TempDir(), "golden")
			file := filepath.Join(dir, tt.file)
			if tt.before != nil {
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, tt.before, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var r reporter
			golden.Dir(dir).CheckString(&r, tt.file, tt.got)
			compare(t, "errors", r.errors, tt.wantErr, dir)
			compare(t, "logs", r.logs, tt.wantLog, dir)

			after, err := os.ReadFile(file)
			if exists := err == nil; exists != (tt.before != nil || tt.after != "") || string(after) != tt.after {
				t.Errorf("file: got %q and %v, want %q", after, err, tt.after)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".golden-*")); len(left) != 0 {
				t.Errorf("files left: %q", left)
			}
		})
	}
}

// compare wants one message with all parts, or none.
func compare(t *testing.T, what string, got, parts []string, dir string) {
	t.Helper()
	if len(got) != min(1, len(parts)) {
		t.Errorf("%s: got %q, want %q", what, got, parts)
		return
	}
	for _, part := range parts {
		if part = strings.ReplaceAll(part, "DIR", dir); !strings.Contains(got[0], part) {
			t.Errorf("%s: got %s, want it to hold %q", what, got[0], part)
		}
	}
}

// TestCheckBlocked tests a folder in the place of a file, and a file in the place of a folder.
func TestCheckBlocked(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"", "update"} {
		for _, name := range []string{"folder", "file/x"} {
			t.Run(mode+" "+name, func(t *testing.T) {
				set(t, mode, "")
				var r reporter
				golden.Dir(dir).Check(&r, name, []byte("a"))
				if len(r.errors) != 1 || !strings.Contains(r.errors[0], "golden file: ") {
					t.Errorf("got %q, want one error", r.errors)
				}
			})
		}
	}
}

// TestCheckTestdata compares with this package's own folder, as most users will.
func TestCheckTestdata(t *testing.T) {
	set(t, "", "")
	var r reporter
	golden.Check(&r, "missing/file.txt", []byte("a"))
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], filepath.Join("testdata", "missing", "file.txt")) {
		t.Errorf("got %q, want a missing file in testdata", r.errors)
	}
}

// TestDiff keeps the diffs themselves as golden files.
func TestDiff(t *testing.T) {
	t.Parallel()
	numbers := func(from, to int, change ...int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			line := fmt.Sprintf("line %d", i)
			for _, c := range change {
				if c == i {
					line += " changed"
				}
			}
			fmt.Fprintln(&b, line)
		}
		return b.String()
	}
	tests := []struct{ name, want, got string }{
		{"everything-new", "", "a\nb\n"},
		{"everything-gone", "a\nb\n", ""},
		{"one-flag-changed", "exec docker run \\\n  --name=w \\\n  --cpus=1 \\\n  busybox\n",
			"exec docker run \\\n  --name=w \\\n  --cpus=2 \\\n  busybox\n"},
		{"line-inserted", "a\nb\nc\n", "a\nx\nb\nc\n"},
		{"line-removed", "a\nb\nc\n", "a\nc\n"},
		{"far-apart", numbers(1, 40), numbers(1, 40, 5, 30)},
		{"close-together", numbers(1, 20), numbers(1, 20, 8, 14)},
		{"no-newline-at-the-end", "a\nb\n", "a\nb"},
		{"blanks-at-the-end", "a\n", "a \n"},
		{"carriage-return", "a\nb\n", "a\r\nb\n"},
		{"control-characters", "a\n", "a\x1b[31m\n"},
		{"not-text", "a\n", "\xff\x00"},
		{"long-and-not-text", "a\n", strings.Repeat("\xff", 300)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "f"), []byte(tt.want), 0o644); err != nil {
				t.Fatal(err)
			}
			var r reporter
			golden.Dir(dir).CheckString(&r, "f", tt.got)
			said := append(r.errors, r.logs...) // while the files of this test are being updated, it logs
			if len(said) != 1 {
				t.Fatalf("got %q, want one message", said)
			}
			_, diff, _ := strings.Cut(said[0], "\n")
			diff, _, _ = strings.Cut(diff, "If the change")
			golden.Dir("../testdata/golden").CheckString(t, tt.name+".diff", diff)
		})
	}
}

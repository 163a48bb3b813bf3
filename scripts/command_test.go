package scripts

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/quote"
)

// golden compares got with testdata/scripts/name; GOLDEN=update rewrites the file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("..", "testdata", "scripts", name)
	if os.Getenv("GOLDEN") == "update" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestCommandGolden(t *testing.T) {
	t.Parallel()
	run := []string{
		"docker", "run", "--name=worker-1", "--user=1000:1000", "--detach", "--read-only", "--volume=/a b:/c",
		"--env=TEXT=two\nlines", "--", "busybox:1.35", "sh", "-c", `echo "it's $HOME"`,
	}
	storm := []string{"docker", "run", "--name=worker-1", "--user=1000:1000", "-d", "--net=host", "-v", "/a:/b:ro", "--", "busybox",
		"sh", "-c", "id"}
	tests := []struct {
		file    string
		command Command
	}{
		{"run.sh", Command{Argv: run, Comment: "start worker-1\n\n2026-07-01T12:00:00Z"}},
		{"run-global.sh", Command{Argv: []string{"docker", "--context=far", "--debug", "run", "--rm", "busybox", "true"},
			Comment: "on another engine"}},
		{"container-run.sh", Command{Argv: []string{"docker", "container", "run", "--rm", "busybox", "sh", "-c", "id"}}},
		{"stop.sh", Command{Argv: []string{"docker", "stop", "w1", "w2"}, Comment: "stop"}},
		{"run-no-flags.sh", Command{Argv: []string{"docker", "run", "busybox", "sh", "-c", "id"}}},
		{"run.line", Command{Argv: storm, Format: Line}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			checkScript(t, tt.file, tt.command, ParseCommand)
		})
	}
}

func TestCommandValidate(t *testing.T) {
	t.Parallel()
	word := func(w string) []string { return []string{"docker", "run", w} }
	long := strings.Repeat("x", maxLine-len("/usr/bin/docker run "))
	tests := []struct {
		name    string
		command Command
		want    []string // parts of the error; none means valid
	}{
		{"any words in a script", Command{Argv: append([]string{"docker"}, nasty...)}, nil},
		{"no argv", Command{}, []string{"argv is empty"}},
		{"no argv in a line", Command{Format: Line}, []string{"argv is empty"}},
		{"empty program", Command{Argv: []string{""}}, []string{"argv[0] is empty"}},
		{"program like a flag", Command{Argv: []string{"-c", "x"}}, []string{"argv[0] begins with -"}},
		{"NUL", Command{Argv: word("a\x00b")}, []string{"argv[2] holds a NUL"}},
		{"not UTF-8", Command{Argv: word("\xff")}, []string{"argv[2] is not valid UTF-8"}},
		{"several problems", Command{Argv: []string{"-x", "\xff", "\x00"}, Comment: "\r"}, []string{"argv[0]", "argv[1]", "argv[2]",
			"comment"}},
		{"comment of several lines", Command{Argv: word("x"), Comment: "a\n\n b \\\n#!é"}, nil},
		{"comment with CR", Command{Argv: word("x"), Comment: "a\rb"}, []string{"comment holds the unprintable character U+000D"}},
		{"comment that turns the line around", Command{Argv: word("x"), Comment: "a\u202eb"}, []string{"U+202E"}},
		{"comment not UTF-8", Command{Argv: word("x"), Comment: "\xff"}, []string{"comment is not valid UTF-8"}},
		{"unknown format", Command{Argv: word("x"), Format: 7}, []string{"format Format(7)"}},
		{"tab in a line", Command{Argv: word("a\tb"), Format: Line}, nil},
		{"quotes in a line", Command{Argv: word(`'"$;`), Format: Line}, nil},
		{"empty word in a line", Command{Argv: word(""), Format: Line},
			[]string{"argv[2] is empty: the line format has no quoting: use the sh format"}},
		{"space in a line", Command{Argv: word("a b"), Format: Line}, []string{"argv[2] holds a space"}},
		{"CR in a line", Command{Argv: word("a\r"), Format: Line}, []string{"argv[2] holds a line break"}},
		{"LF in a line", Command{Argv: word("a\n"), Format: Line}, []string{"argv[2] holds a line break"}},
		{"line without words", Command{Argv: []string{"docker"}, Format: Line}, []string{"no subcommand"}},
		{"line like a script", Command{Argv: []string{"docker", "#!x"}, Format: Line}, []string{"argv[1] begins with #!"}},
		{"longest line", Command{Argv: word(long), Format: Line}, nil},
		{"line too long", Command{Argv: word(long + "x"), Format: Line}, []string{"131072 bytes", "cuts it at 131071"}},
		{"line too long for this binary", Command{Argv: word(long), Format: Line, Binary: "/opt/bin/podman-x"},
			[]string{"cuts it at 131071"}},
		{"long script", Command{Argv: word(long + "x")}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.command.Validate()
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to contain %q", err, part)
				}
			}
			if _, bytesErr := tt.command.Bytes(); (bytesErr == nil) != (err == nil) {
				t.Errorf("Bytes: got %v, want as Validate: %v", bytesErr, err)
			}
		})
	}
}

func TestCommandErrorsShowNoWords(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for _, word := range []string{secret + " x", secret + "\n", secret + "\x00", secret + "\xff"} {
		c := Command{Argv: []string{"docker", "run", "--env=K=" + word}, Format: Line}
		if _, err := c.Bytes(); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v, want an error without the word", err)
		}
	}
}

func TestParseCommand(t *testing.T) {
	t.Parallel()
	const head = "#!/bin/sh\n"
	tests := []struct {
		name, data string
		want       []string
		err        string
	}{
		{"line", "ps --quiet=true", []string{"docker", "ps", "--quiet=true"}, ""},
		{"edited layout", head + "exec docker   run --rm \\\n\\\n busybox\n", []string{"docker", "run", "--rm", "busybox"}, ""},
		{"word over two lines", head + "exec docker ru\\\nn\n", []string{"docker", "run"}, ""},
		{"double quotes", head + "exec docker \"a b'c\"\n", []string{"docker", "a b'c"}, ""},
		{"backslash at a line's end in quotes", head + "exec docker 'a\\\nb'\n", []string{"docker", "a\\\nb"}, ""},
		{"continuation in double quotes", head + "exec docker \"a\\\nb\"\n", nil, `line 2: '\\' inside double quotes`},
		{"empty", "", nil, "argv[1] is empty"},
		{"line with a newline", "ps\n", nil, "argv[1] holds a line break"},
		{"line with two spaces", "ps  -q", nil, "argv[2] is empty"},
		{"other shell", "#!/bin/bash\nexec docker ps\n", nil, `line 1: the shell is "/bin/bash"`},
		{"header only", head, nil, "no statement"},
		{"no exec", head + "docker ps\n", nil, "begin with exec"},
		{"nothing to exec", head + "exec\n", nil, "argv is empty"},
		{"flag of exec", head + "exec -a x docker\n", nil, "argv[0] begins with -"},
		{"two commands", head + "exec docker ps\nexec docker ps\n", nil, "one command"},
		{"blank line", head + "\nexec docker ps\n", nil, "line 2: an empty statement"},
		{"comment at the end", head + "exec docker ps # x\n", nil, `line 2: '#' without quotes`},
		{"variable", head + "# x\nexec docker $X\n", nil, `line 3: '$' without quotes`},
		{"variable in quotes", head + "exec docker \\\n  \"$X\"\n", nil, `line 3: '$' inside double quotes`},
		{"substitution", head + "exec docker `id`\n", nil, "without quotes"},
		{"second command", head + "exec docker ps;id\n", nil, `';' without quotes`},
		{"redirection", head + "exec docker ps >f\n", nil, `'>' without quotes`},
		{"escape", head + "exec docker a\\ b\n", nil, `'\\' without quotes`},
		{"glob", head + "exec docker *\n", nil, "without quotes"},
		{"home", head + "exec docker ~\n", nil, "without quotes"},
		{"tab", head + "exec\tdocker ps\n", nil, "without quotes"},
		{"CR", head + "exec docker ps\r\n", nil, "without quotes"},
		{"not ASCII", head + "exec docker é\n", nil, "without quotes"},
		{"open quote", head + "exec docker 'a\nb\n", nil, "line 4: the quote ' is never closed"},
		{"cut off", head + "exec docker ps", nil, "no newline"},
		{"cut off after a continuation", head + "exec docker ps \\\n", nil, "no newline"},
		{"tight comment", head + "#x\nexec docker ps\n", nil, "line 2: a comment"},
		{"comment with an escape sequence", head + "# \x1b[1A\nexec docker ps\n", nil, "unprintable"},
		{"NUL", head + "exec docker \x00\n", nil, "NUL"},
		{"not UTF-8", head + "exec docker '\xff'\n", nil, "UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := ParseCommand([]byte(tt.data))
			if tt.err == "" && err != nil || !slices.Equal(c.Argv, tt.want) {
				t.Fatalf("got %q, %v, want %q", c.Argv, err, tt.want)
			}
			if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %v, want %q in it", err, tt.err)
			}
			if tt.err == "" && c.Format == Shell {
				sameInShells(t, shells(t), [][]string{tt.want}, [][]byte{[]byte(tt.data)})
			}
		})
	}
}

// TestShellsHandOverTheArgv runs whole scripts with a program that records.
func TestShellsHandOverTheArgv(t *testing.T) {
	t.Parallel()
	program := newRecorder(t)
	r := rand.New(rand.NewPCG(3, 4))
	argvs := [][]string{append([]string{program, "run", "-d"}, nasty...), {program}, {program, ""},
		{program, "run", "--x=\n\\\n'", "\n"}}
	for range 12 {
		argvs = append(argvs, randomArgv(r, program))
	}
	for _, s := range shells(t) {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			for _, argv := range argvs {
				script, err := Command{Argv: argv, Comment: "a \\\n`b` $(c) 'd"}.Bytes()
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.record(t, "/usr/bin:/bin", script)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Argv, argv) {
					t.Errorf("got %q, want %q", got.Argv, argv)
				}
			}
		})
	}
}

// TestProgramWithEqualsSign checks that a program with = in its name is run and not taken for an assignment.
func TestProgramWithEqualsSign(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink("/bin/echo", filepath.Join(dir, "A=b")); err != nil {
		t.Fatal(err)
	}
	for _, s := range shells(t) {
		if got, err := s.run(t, dir, "-c", quote.Line([]string{"A=b", "ran"})); string(got) != "ran\n" {
			t.Errorf("%v: got %q, %v, want ran", s, got, err)
		}
	}
}

// TestThousandsOfArgvs runs the very lines of thousands of scripts in one start of each shell.
func TestThousandsOfArgvs(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	var argvs [][]string
	var files [][]byte
	for range 3000 {
		argv := randomArgv(r, "docker")
		data, err := Command{Argv: argv, Comment: "x"}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if c, err := ParseCommand(data); err != nil || !slices.Equal(c.Argv, argv) {
			t.Fatalf("read back %q (%v), want %q", c.Argv, err, argv)
		}
		argvs, files = append(argvs, argv), append(files, data)
	}
	sameInShells(t, shells(t), argvs, files)
}

// sameInShells runs the exec lines of all files in one script per shell, with a function of the shell in place of exec,
// and compares the words that it gets with argvs.
func sameInShells(t *testing.T, shells []shell, argvs [][]string, files [][]byte) {
	t.Helper()
	var script, want strings.Builder
	script.WriteString(`record() { printf '%s\0' "$#" "$@"; }` + "\n")
	for i, argv := range argvs {
		_, body, ok := strings.Cut(string(files[i]), "\nexec ")
		if !ok {
			t.Fatalf("no exec in %s", files[i])
		}
		script.WriteString("record " + body)
		want.WriteString(strconv.Itoa(len(argv)) + "\x00")
		for _, word := range argv {
			want.WriteString(word + "\x00")
		}
	}
	path := filepath.Join(t.TempDir(), "all")
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range shells {
		out, err := s.run(t, filepath.Join(t.TempDir(), "missing"), path)
		if err != nil {
			t.Errorf("%v: %v", s, err)
		}
		if string(out) != want.String() {
			t.Errorf("%v: %s", s, firstDifference(string(out), want.String()))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\x00"), strings.Split(want, "\x00")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("word %d: got %q, want %q", i, g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d words, want %d", len(g), len(w))
}

func FuzzCommand(f *testing.F) {
	f.Add("run\x00--name=w\x00busybox", "")
	f.Add(strings.Join(nasty, "\x00"), "a\n\nb")
	f.Add("\x00\x00", "\n")
	f.Add("run\x00-a\x00it's\n\\\n'\x00", "x \\")
	all := shells(f)
	f.Fuzz(func(t *testing.T, words, comment string) {
		argv := append([]string{"docker"}, strings.Split(words, "\x00")...)
		for _, format := range []Format{Shell, Line} {
			c := Command{Argv: argv, Comment: comment, Format: format}
			data, err := c.Bytes()
			if err != nil {
				continue
			}
			if format == Line {
				c.Comment = ""
			}
			if got, err := ParseCommand(data); err != nil || !reflect.DeepEqual(got, c) {
				t.Errorf("read back %+v (%v), want %+v", got, err, c)
			}
			if format == Shell {
				sameInShells(t, all[:1], [][]string{argv}, [][]byte{data})
			}
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	f.Add([]byte("#!/bin/sh\n# a\nexec docker run \\\n  --name=w \\\n  'a b'\n"))
	f.Add([]byte("#!/bin/sh\nexec docker \"a\"'b'c\n"))
	f.Add([]byte("run --name=w img"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCommand(data)
		if err != nil {
			return
		}
		again, err := c.Bytes()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if got, err := ParseCommand(again); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("got %+v (%v), want %+v", got, err, c)
		}
	})
}

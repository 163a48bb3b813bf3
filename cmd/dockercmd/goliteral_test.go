package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
)

// examples returns lines of all sorts: our own, and those of DOCKERCMD_LINES.
func examples(t *testing.T) []dockercmd.CommandLine {
	t.Helper()
	files, err := filepath.Glob("../../testdata/dockercmd/lines-of-*.jsonl")
	if err != nil || len(files) < 2 {
		t.Fatalf("the lines of our own: %q, %v", files, err)
	}
	if more := os.Getenv("DOCKERCMD_LINES"); more != "" {
		if !filepath.IsAbs(more) {
			more = filepath.Join("../..", more) // as all its users read it
		}
		files = append(files, more)
	}
	var lines []dockercmd.CommandLine
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			var l struct {
				Line string
				Argv []string
			}
			if json.Unmarshal(s.Bytes(), &l) != nil {
				continue // a comment
			}
			line, err := lineOfArgv(l.Argv)
			if l.Argv == nil {
				line, err = lineOfText(l.Line)
			}
			if err == nil {
				lines = append(lines, line)
			}
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if len(lines) < 500 {
		t.Fatalf("%d lines can be read, want more", len(lines))
	}
	return lines
}

// TestGoLiteralsCompile builds one program of the literals of all examples, and holds what it renders to the lines themselves.
func TestGoLiteralsCompile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds a large program")
	}
	lines := examples(t)
	var source strings.Builder
	source.WriteString("package main\n\nimport (\n\t\"encoding/json\"\n\t\"net/netip\"\n\t\"os\"\n\t\"time\"\n\n\t\"github.com/dockercmd/toolkit/dockercmd\"\n)\n\nvar _ time.Duration\nvar _ netip.Prefix\n\n")
	source.WriteString("type words interface{ Args() []string }\n\nfunc main() {\n\te := json.NewEncoder(os.Stdout)\n\tfor _, w := range []words{\n")
	var want [][]string
	for _, l := range lines {
		text, err := goLiteral(l)
		if err != nil {
			t.Fatalf("%q: %v", l.Args(), err)
		}
		fmt.Fprintf(&source, "\t\t%s,\n", text)
		if strings.HasPrefix(text, "&") {
			want = append(want, l.Command.Args())
		} else {
			want = append(want, l.Args())
		}
	}
	source.WriteString("\t} {\n\t\t_ = e.Encode(w.Args())\n\t}\n}\n")

	// Inside the module, where its own packages and no network are all that it needs. Go tools leave out such a name.
	dir, err := os.MkdirTemp(".", "_literals")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "run", "./"+filepath.Join(dir, "main.go")).Output()
	if err != nil {
		var stderr []byte
		if exit, ok := err.(*exec.ExitError); ok {
			stderr = exit.Stderr[:min(len(exit.Stderr), 2000)]
		}
		t.Fatalf("%v\n%s", err, stderr)
	}
	rendered := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(rendered) != len(want) {
		t.Fatalf("%d lines, want %d", len(rendered), len(want))
	}
	for i, text := range rendered {
		var got []string
		if err := json.Unmarshal([]byte(text), &got); err != nil || !slices.Equal(got, want[i]) {
			t.Errorf("got %q, want %q", got, want[i])
		}
	}
}

// TestFormsReadBack holds that JSON, YAML and Go are read back as the very line.
func TestFormsReadBack(t *testing.T) {
	enginetest.Slow(t)
	t.Parallel()
	at := func(int) string { return "" }
	var odd []string // what a text may hold, and YAML, JSON or Go may not take as it is
	for _, r := range "\t\n\r\x01\x1b\x7f\u0080\u0085\u009f\u00a0\u2028\u2029\ufeff\ufffd\ufffe\uffff\U0001f44d" {
		odd = append(odd, fmt.Sprintf("x%cy", r))
	}
	lines := append(examples(t), dockercmd.CommandLine{Command: &dockercmd.Run{Image: "i", Command: odd}})
	for _, l := range lines {
		for form, read := range map[string]func(string) (dockercmd.CommandLine, error){
			"json": func(s string) (dockercmd.CommandLine, error) { return dockercmd.ParseCommandLineJSON([]byte(s)) },
			"yaml": func(s string) (dockercmd.CommandLine, error) {
				for e := range yamlEntries([]byte(s), at) {
					return e.line, e.err
				}
				return dockercmd.CommandLine{}, fmt.Errorf("no document")
			},
			"go": func(s string) (dockercmd.CommandLine, error) {
				for e := range goEntries([]byte(s), at) {
					return e.line, e.err
				}
				return dockercmd.CommandLine{}, fmt.Errorf("no literal")
			},
		} {
			text, err := spelled(l, form, dockercmd.Engine{})
			if err != nil {
				t.Errorf("%q as %s: %v", l.Args(), form, err)
				continue
			}
			got, err := read(text)
			if err != nil {
				t.Errorf("%q as %s: %v\n%s", l.Args(), form, err, text)
				continue
			}
			if !slices.Equal(got.Args(), l.Args()) {
				t.Errorf("as %s: got %q, want %q\n%s", form, got.Args(), l.Args(), text)
			}
		}
	}
}

// TestGoLiteralsOfEveryType holds that each type of a field has a literal, and is read back.
func TestGoLiteralsOfEveryType(t *testing.T) {
	t.Parallel()
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		if p, ok := v.Addr().Interface().(*netip.Prefix); ok {
			*p = netip.MustParsePrefix("10.0.0.0/8")
			return
		}
		switch v.Kind() {
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf("v"))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			visit(v.Elem())
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			visit(v.Index(0))
		case reflect.Struct:
			for i := range v.NumField() {
				if !v.Type().Field(i).IsExported() {
					t.Errorf("%s has a field that a literal cannot set: %s", v.Type(), v.Type().Field(i).Name)
					continue
				}
				visit(v.Field(i))
			}
		case reflect.String:
			v.SetString("a")
		}
	}
	for _, name := range dockercmd.Names() {
		c := dockercmd.New(name)
		visit(reflect.ValueOf(c).Elem())
		text, err := goLiteral(dockercmd.CommandLine{Command: c})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if lines, err := readGo(text); err != nil || len(lines) != 1 || !reflect.DeepEqual(lines[0].Command, c) {
			t.Errorf("%s: %s is read back as %v, %v", name, text, lines, err)
		}
	}
}

package scripts

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestWorkerGolden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file   string
		worker Worker
	}{
		{"worker.sh", Worker{
			Shell:   "/bin/bash",
			Env:     map[string]string{"HOME": "/tmp", "EMPTY": "", "OPTS": "-Xmx64m -Da=$b", "TEXT": "it's\ntwo lines\n"},
			Umask:   new(fs.FileMode(0o027)),
			Argv:    []string{"java", "-server", "a b"},
			Comment: "worker-1\n2026-07-01T12:00:00Z",
		}},
		{"worker-plain.sh", Worker{Shell: "/bin/sh", Argv: []string{"sleep", "60"}}},
		{"worker-umask-0.sh", Worker{Shell: "/bin/sh", Umask: new(fs.FileMode(0)), Argv: []string{"A=b"}}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			checkScript(t, tt.file, tt.worker, ParseWorker)
		})
	}
}

func TestWorkerValidate(t *testing.T) {
	t.Parallel()
	env := func(name, value string) Worker {
		return Worker{Argv: []string{"x"}, Env: map[string]string{name: value}}
	}
	mask := func(m fs.FileMode) Worker { return Worker{Argv: []string{"x"}, Umask: &m} }
	sh := func(s string) Worker { return Worker{Argv: []string{"x"}, Shell: s} }
	tests := []struct {
		name   string
		worker Worker
		want   []string
	}{
		{"least", Worker{Argv: []string{"x"}}, nil},
		{"any words", Worker{Argv: append([]string{"x"}, nasty...)}, nil},
		{"any value", env("_a1_B", strings.Join(nasty, "")), nil},
		{"no program", Worker{}, []string{"argv is empty"}},
		{"flag as program", Worker{Argv: []string{"-x"}}, []string{"argv[0] begins with -"}},
		{"name with a dot", env("a.b", ""), []string{`env "a.b": a shell exports only`, "env NAME=VALUE PROGRAM"}},
		{"empty name", env("", ""), []string{`env ""`}},
		{"name with a digit first", env("1a", ""), []string{`env "1a"`}},
		{"name with =", env("a=b", ""), []string{`env "a=b"`}},
		{"name with a newline", env("a\n", ""), []string{`env "a\n"`}},
		{"read-only name", env("UID", "1"), []string{`env "UID": bash keeps it read-only`, "env NAME=VALUE PROGRAM"}},
		{"value with NUL", env("A", "\x00"), []string{`the value of env "A" holds a NUL`}},
		{"value not UTF-8", env("A", "\xff"), []string{`the value of env "A" is not valid UTF-8`}},
		{"umask of all", mask(0o777), nil},
		{"umask too large", mask(0o1000), []string{"umask 01000: must be between 0 and 0777"}},
		{"umask with a type", mask(fs.ModeDir | 0o022), []string{"umask"}},
		{"long shell", sh("/" + strings.Repeat("s", maxShell-1)), nil},
		{"shell too long", sh("/" + strings.Repeat("s", maxShell)), []string{"at most 125"}},
		{"shell without a path", sh("bash"), []string{`shell "bash": must be an absolute path`}},
		{"shell with a flag", sh("/bin/sh -x"), []string{"shell"}},
		{"shell with a newline", sh("/bin/sh\nid"), []string{"shell"}},
		{"shell not ASCII", sh("/bin/é"), []string{"shell"}},
		{"comment with CR", Worker{Argv: []string{"x"}, Comment: "\r"}, []string{"comment"}},
		{"several problems", Worker{Shell: "x", Umask: new(fs.FileMode(0o7777)), Env: map[string]string{"": ""}},
			[]string{"shell", "umask", "env", "argv"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.worker.Bytes()
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want %q in it", err, part)
				}
			}
		})
	}
}

func TestWorkerShowsNoValues(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	w := Worker{
		Env:   map[string]string{"PASSWORD": secret, "a.b": secret, "UID": secret, "NUL": secret + "\x00", "BYTES": secret + "\xff"},
		Argv:  []string{"env", "x.y=" + secret, "java"},
		Umask: new(fs.FileMode(0o27)),
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "worker", w, "pointer", &w)
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "worker", w, "group", []any{w})
	shown := []string{
		log.String(), w.String(), fmt.Sprintf("%v %+v %#v %s %q %d %x", w, w, w, w, w, w, w),
		fmt.Sprintf("%v %+v %#v", &w, struct{ W Worker }{w}, []Worker{w}), w.Validate().Error(),
	}
	data, err := Worker{Env: map[string]string{"PASSWORD": secret}, Argv: []string{"x"}}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		if _, err := ParseWorker(data[:i]); err != nil {
			shown = append(shown, err.Error())
		}
	}
	for _, s := range shown {
		if strings.Contains(s, secret) {
			t.Errorf("the secret is in %q", s)
		}
	}
	const want = `worker script: shell /bin/sh, env ["BYTES" "NUL" "PASSWORD" "UID" "a.b"], umask 0027, program "env" with 2 arguments`
	if got := w.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseWorkerRefuses(t *testing.T) {
	t.Parallel()
	const head = "#!/bin/sh\n"
	tests := []struct{ name, data, want string }{
		{"a line", "run x", "line 1"},
		{"no shell", "#!\nexec x\n", "line 1"},
		{"no exec", head + "export A=b\n", "statement 1"},
		{"exec first", head + "exec x\nexport A=b\n", "statement 1"},
		{"export after umask", head + "umask 0022\nexport A=b\nexec x\n", "statement 2"},
		{"two umasks", head + "umask 0022\numask 0022\nexec x\n", "statement 2"},
		{"umask with letters", head + "umask u=rwx\nexec x\n", "statement 1: umask must be an octal number"},
		{"umask too large", head + "umask 1000\nexec x\n", "umask 01000"},
		{"export twice", head + "export A=b\nexport A=b\nexec x\n", `env "A" is exported twice`},
		{"export without value", head + "export A\nexec x\n", "NAME=VALUE"},
		{"two in one export", head + "export A=b C=d\nexec x\n", "statement 1"},
		{"read-only name", head + "export UID=0\nexec x\n", "read-only"},
		{"another command", head + "cd /tmp\nexec x\n", "statement 1"},
		{"substitution in a value", head + "export \"A=$(id)\"\nexec x\n", "line 2: '$' inside double quotes"},
		{"substitution after a value of two lines", head + "export 'A=\n'\nexec $x\n", "line 4"},
		{"Storm's own script", "#!/bin/bash\n'export' 'A=b';\n\numask 0027\nexec 'java';", "line 2: ';' without quotes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if w, err := ParseWorker([]byte(tt.data)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want %q", w, err, tt.want)
			}
		})
	}
}

// checkStarted runs w, whose program records, and compares what arrived.
func checkStarted(t *testing.T, s shell, path string, w Worker) {
	t.Helper()
	script, err := w.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.record(t, path, script)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Argv[1:], w.Argv[1:]) {
		t.Errorf("argv: got %q, want %q", got.Argv, w.Argv)
	}
	if w.Umask != nil && got.Umask != int(*w.Umask) {
		t.Errorf("umask: got %04o, want %04o", got.Umask, int(*w.Umask))
	}
	for name, want := range w.Env {
		if !slices.Contains(got.Env, name+"="+want) {
			t.Errorf("env: %s=%q is not in %q", name, want, got.Env)
		}
	}
}

func randomWorker(r *rand.Rand, program string) Worker {
	w := Worker{Shell: "/bin/sh", Argv: randomArgv(r, program), Umask: new(fs.FileMode(r.IntN(0o1000)))}
	for range r.IntN(6) {
		if w.Env == nil {
			w.Env = map[string]string{}
		}
		w.Env["V"+strconv.Itoa(r.IntN(20))] = randomWord(r)
	}
	return w
}

func TestShellsStartTheWorker(t *testing.T) {
	t.Parallel()
	program := newRecorder(t)
	r := rand.New(rand.NewPCG(7, 8))
	workers := []Worker{
		{Argv: append([]string{program}, nasty...), Env: map[string]string{"ALL": strings.Join(nasty, "\n"), "E": ""}},
		{Argv: []string{recorder, "by PATH"}, Env: map[string]string{"PATH": filepath.Dir(program)}, Umask: new(fs.FileMode(0o777))},
		{Argv: []string{program}, Env: map[string]string{
			"IFS": "/ =a", "ENV": "/etc/passwd", "BASH_ENV": "/etc/passwd", "PWD": "/x", "OLDPWD": "/y", "PS4": "$(id)",
			"POSIXLY_CORRECT": "1", "LC_ALL": "C", "CDPATH": "/", "TMOUT": "1", "GLOBIGNORE": "*", "FUNCNEST": "1", "BASH_XTRACEFD": "1",
		}},
	}
	for range 12 {
		workers = append(workers, randomWorker(r, program))
	}
	for _, s := range shells(t) {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			for _, w := range workers {
				checkStarted(t, s, "/usr/bin:/bin", w)
			}
		})
	}
}

// TestRefusedNamesDoNotArrive checks that each refused name has its evidence: at least one shell does not hand it over, or does
// not find the program.
func TestRefusedNamesDoNotArrive(t *testing.T) {
	t.Parallel()
	all := shells(t)
	if !slices.ContainsFunc(all, func(s shell) bool { return filepath.Base(s[0]) == "bash" }) {
		t.Skip("NOT TESTED: bash is not installed, and most of the names are its own")
	}
	dir := filepath.Dir(newRecorder(t))
	for name := range keptByShell {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const value = "*"
			script := "#!/bin/sh\nexport '" + name + "=" + value + "'\nexec " + recorder + "\n"
			for _, s := range all {
				got, err := s.record(t, dir, []byte(script))
				if err != nil || !slices.Contains(got.Env, name+"="+value) {
					return
				}
			}
			t.Error("every shell hands it over: it need not be refused")
		})
	}
}

// TestSpecialNamesArrive checks that every name that bash treats specially, and that is not refused, arrives. A new bash with new
// special variables fails here.
func TestSpecialNamesArrive(t *testing.T) {
	t.Parallel()
	program := newRecorder(t)
	for _, s := range shells(t) {
		if filepath.Base(s[0]) != "bash" {
			continue
		}
		out, err := s.run(t, "/usr/bin:/bin", "-c", "compgen -v")
		if err != nil {
			t.Fatal(err)
		}
		w := Worker{Argv: []string{program}, Env: map[string]string{}}
		for _, name := range strings.Fields(string(out)) {
			if CheckEnvName(name) == nil && name != "GORACE" {
				w.Env[name] = "a b"
			}
		}
		if len(w.Env) < 10 {
			t.Errorf("bash lists only %q", slices.Sorted(maps.Keys(w.Env)))
		}
		checkStarted(t, s, "/usr/bin:/bin", w)
	}
}

func FuzzWorker(f *testing.F) {
	f.Add("x\x00a b", "A", "it's\n", uint16(0o27), "c")
	f.Add("x", "_", strings.Join(nasty, ""), uint16(0), "")
	f.Fuzz(func(t *testing.T, words, name, value string, mask uint16, comment string) {
		w := Worker{
			Shell: "/bin/sh", Argv: strings.Split(words, "\x00"), Env: map[string]string{name: value, "SECOND": value},
			Umask: new(fs.FileMode(mask)), Comment: comment,
		}
		data, err := w.Bytes()
		if err != nil {
			return
		}
		if got, err := ParseWorker(data); err != nil || !reflect.DeepEqual(got, w) {
			t.Errorf("read back %q %q %v (%v), want %q %q", got.Argv, got.Env, got, err, w.Argv, w.Env)
		}
	})
}

func FuzzParseWorker(f *testing.F) {
	f.Add([]byte("#!/bin/sh\n# c\nexport 'A=b c'\numask 0027\nexec x 'y z'\n"))
	f.Add([]byte("#!/bin/sh\nexec x\n"))
	f.Add([]byte("#!\nexec x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := ParseWorker(data)
		if err != nil {
			return
		}
		again, err := w.Bytes()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if got, err := ParseWorker(again); err != nil || !reflect.DeepEqual(got, w) {
			t.Errorf("got %v (%v), want %v", got, err, w)
		}
	})
}

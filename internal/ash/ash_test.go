package ash_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/internal/ash"
)

// folder is a file system that has one folder of the machine, under its own name.
type folder struct{ dir string }

func (f folder) check(op, name string) error {
	if name != f.dir && !strings.HasPrefix(name, f.dir+"/") {
		return &fs.PathError{Op: op, Path: name, Err: syscall.ENOENT}
	}
	return nil
}

func (f folder) OpenFile(name string, flag int, perm fs.FileMode) (ash.File, error) {
	if err := f.check("open", name); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (f folder) Stat(name string) (fs.FileInfo, error) {
	if err := f.check("stat", name); err != nil {
		return nil, err
	}
	return os.Stat(name)
}

func (f folder) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.check("open", name); err != nil {
		return nil, err
	}
	return os.ReadDir(name)
}

func (f folder) Mkdir(name string, perm fs.FileMode) error {
	if err := f.check("mkdir", name); err != nil {
		return err
	}
	return os.Mkdir(name, perm)
}

func (f folder) Remove(name string) error {
	if err := f.check("remove", name); err != nil {
		return err
	}
	return os.Remove(name)
}
func (f folder) Rename(from, to string) error              { return os.Rename(from, to) }
func (f folder) Chmod(name string, mode fs.FileMode) error { return os.Chmod(name, mode) }

// buffer is a bytes.Buffer for several writers.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// scripts are run by package ash and by busybox itself, and must do the same. They run in a folder with the files of scriptFiles.
var scripts = []string{
	`exit 3`, `exit 300`, `exit abc`, `exit -1`, `false`, `true; echo $?`, `echo a  b "c  d" 'e'`, ``, `# nothing`,
	`nosuch; echo $?`, `./plain; echo $?`, `./x.sh a b; echo $?`, `sh x.sh a "b c"; echo $?`, `sh ./nosuch; echo $?`,
	`./other.sh; echo $?`, `/nosuch/x; echo $?`, `./dir; echo $?`, `sh bad.sh; echo $?`, `sh loop.sh`, `./noshebang.sh 1 2; echo $?`,
	`cat file nosuch; echo $?`, `cat < file`, "cat <<EOF\na $((1+2)) $(echo s) \\$x\nEOF", "cat <<'EOF'\na $((1+2))\nEOF",
	`echo x > out; echo y >> out; cat out; echo z > out; cat out; rm out; cat out`, `echo x > nosuch/y; echo $?`, `cat nosuch/y`,
	`. ./lib.sh; greet you; echo $?`, `. ./nosuch; echo no`, `. ./bad.sh; echo no`, `eval "echo )"; echo no`, `if true`, `echo )`,
	`echo "abc`, `echo $((1/0)); echo no`, `echo $((2*(3+4) % 5)) $((x=3)) $x $((x+1))`, `cd nosuch; echo $?`,
	`cd dir; cat inner; cd ..; cat file`, `set -u; echo $x; echo no`, `echo ${x:?oops}; echo no`, `echo ${x?}; echo no`,
	`: ${a:=b}; echo $a $? $# $0`, `x=abcdef; echo ${x#a} ${x%f} ${#x} ${x##*c} ${x%%c*} ${y-d} ${y:-e} ${x:+f} ${y+g}`,
	`x="a  b"; echo $x "$x"; set -- $x; echo $#; IFS=:; y=1:2:3; set -- $y; echo $# $2`,
	`set a b c; echo $2 $@ $*; shift; echo $1 $#; shift 3; echo $?`,
	`set -- "a b" c; for i in "$@"; do echo "[$i]"; done; for i; do echo $i; done`,
	`for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i -ge 4 ] && break; echo $i; done; echo $?`,
	`for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done`,
	`while true; do n=x$n; [ ${#n} -gt 3 ] && break; done; echo $n`, `until [ "$n" = xx ]; do n=x$n; done; echo $n`,
	`case foo in b*|f*) echo y;; *) echo n;; esac; case "a b" in "a b") echo q;; esac; case x in y) ;; esac; echo $?`,
	`f() { echo $1 $#; return 4; }; f a b; echo $?; f() { local v=2; v=3; }; v=1; f; echo $v`, `local x; echo no`,
	`f() { f2() { return 3; }; f2; echo $?; }; f`, `return 3; echo no`, `break; echo y`, `export 1a=3; echo no`, `unset 1a; echo no`,
	`readonly a=1; a=2; echo no`,
	`x=1; export x; sh -c 'echo $x'; y=2; sh -c 'echo "[$y]"'; z=3 sh -c 'echo $z'; echo "[$z]"`,
	`env -i A=1 env; env nosuch; echo $?`, `(exit 5); echo $?; (cd dir; x=1); echo "$x"`,
	`{ echo a; exit 2; } | cat; echo $?`, `true | exit 3; echo $?`, `false | true; echo $?; set -o pipefail; false | true; echo $?`,
	`false || false && true; echo $?; ! true; echo $?; ! false; echo $?`, `yes | true; echo $?`,
	`seq 3 | while read x; do echo "<$x>"; done`, `set -e; false; echo no`,
	`set -e; false || echo yes; if false; then :; fi; ! true; while false; do :; done; (false); echo no`,
	`set -e; f() { false; echo in; }; f || echo caught; f; echo no`, `set -e; x=$(false); echo no`,
	`set -e; false | true; true | false; echo no`, `x=$(echo a; echo b; exit 3); echo $? "$x"`, `echo $(exit 3); echo $?`,
	"echo `echo back`", `x=$(cat file); echo "$x"`, `trap "echo bye" EXIT; exit 4`, `trap "echo bye; exit 9" EXIT; false`,
	`trap "echo t; exit 9" TERM; kill $$; echo no`, `trap "echo t" TERM; kill $$; echo on`,
	`trap "echo usr" USR1; kill -USR1 $$; echo after; trap - USR1; trap`, `trap "" TERM; kill $$; echo $?; trap "x 'y'" INT; trap`,
	`trap "echo t" FOO; echo $?`, `trap "echo x" 15; trap; trap 15; trap`, `exec 2>/dev/null; sleep 9 & kill $!; wait $!; echo $?`,
	`sleep 0.1 & wait; echo $?`, `(sleep 0.1; exit 7) & wait $!; echo $?`, `wait 99; echo $?`, `kill 999999; echo $?`,
	`kill -0 $$; echo $?`, `kill -l 15; kill -l TERM; kill -TERM; echo $?`, `sh -c 'kill $$'; echo $?`, `sh -c 'kill -9 $$'; echo $?`,
	`sleep x; echo $?`, `[ 1 -eq a ]; echo $?`, `[ a; echo $?`,
	`test; echo $?; test ""; echo $?; test x; echo $?; [ ! x ]; echo $?; [ ! "" ]; echo $?`,
	`[ -f file ] && [ -d dir ] && [ -e file ] && [ ! -e nosuch ] && [ -s file ] && [ -x x.sh ] && [ ! -x plain ] && echo y`,
	`[ a = a -a b != c -o x = y ] && echo y; [ \( a = b \) -o c = c ] && echo z; [ 2 -gt 1 ] && [ 1 -le 1 ] && echo n`,
	`[ = = = ]; echo $?`,
	`echo -n a; echo -e "b\tc\n\x41\0101\c"; echo "d\te"; echo -z; echo -`,
	`printf "%s-%d|%5.2f|%x\n" a 3 1.5 255; printf "%s\n" a b c; printf x`,
	`printf "%d\n" x; echo $?`,
	`printf "%5d|%-5s|%05d|%c%c|%b|%%\n" 3 ab 42 xyz z 'a\tb'; printf "\101\x42\t\\\n"; printf "%s"; printf "%*d\n" 4 2`,
	"read a b <<EOF\none two three\nEOF\necho \"$a|$b\"; read -r c <<'EOF'\na\\b\nEOF\necho \"$c\"; read d </dev/null; echo $?",
	`read x <nosuch; echo $?`, `exec 3>out; echo b >&3; exec 3>&-; cat out; echo c >&3; echo $?; rm out`, `exec 2>nosuch/a; echo no`,
	`echo a >&2`, `echo a 2>&1 >&2`, `exec nosuch; echo no`, `exec sh -c 'echo $0 $1' n m; echo no`, `exec ./plain; echo no`,
	`type :; command -v nosuch; echo $?; command echo x; command -v echo`, `echo *; echo d*/*; echo nosuch*; echo "*"; set -f; echo *`,
	`echo {a,b} x{1..3}`, `umask; umask 077; umask`,
	`mkdir d1; touch d1/f; echo d1/*; mv d1/f d1/g; echo d1/*; rm d1; rm -r d1; echo d1*`, `rm nosuch; rm -f nosuch; echo $?`,
	`mkdir -p a/b; rm -r a; mkdir no/a`, `touch n; chmod 700 n; [ -x n ] && echo x; rm -f n; touch nosuch/a`,
	`set -x; echo "a b" $((1+1)); x=3; y=`, `true && echo a || echo b; { :; }; echo a; }`,
	`x=1; { x=2; } ; echo $x; if [ $x = 2 ]; then echo two; elif true; then echo n; else echo m; fi`,
	`x='a*b'; case 'a*b' in "$x") echo y;; esac`, `sh -ec 'false; echo no'; echo $?; sh -c 'echo $0 $@' a b c`,
	`echo hi | sh -c 'cat'; echo 'echo from stdin; exit 5' | sh; echo $?`, `echo a | { read x; echo "$x"; cat; }`,
	`printf 'a\nb\n' | { read x; echo "$x"; cat; }`, `f() { f; }; echo defined`, `echo $PATH`,
	`HOME=/h; echo ~ ~/x; cd; echo $?`, `cat nosuch >/dev/null 2>&1; echo $?`,
	`echo lost >/dev/null; cat /dev/null; echo to >/dev/stderr`, `a=1 b=$a; echo $b; false; x=$?; echo $x`, `echo a;; echo b`, `fi`,
	`done`, `while :; do exit 6; done`, `for i in a; do return 2; done; echo no`,
	`x=5; while [ $x -gt 0 ]; do x=$((x-1)); done; echo $x`, `echo $((010)) $((0x10)) $((1 ? 2 : 3)) $((3 > 2)) $((~1))`,
}

var scriptFiles = map[string]string{
	"file": "content\n", "plain": "echo never\n", "dir/inner": "inside\n", "dir/more": "",
	"x.sh":         "#!/bin/busybox sh\necho \"$0 $1 $# $2\"\nnosuch\nexit 3\n",
	"noshebang.sh": "echo plain $1\nexit 2\n",
	"other.sh":     "#!/nosuch/interpreter\necho no\n",
	"bad.sh":       "echo before\nif true; then\n",
	"loop.sh":      "i=0\nwhile [ $i -lt 3 ]; do\n  i=$((i+1))\n  cd /nosuch/$i\ndone\nexit $i\n",
	"lib.sh":       "greet() { echo hello $1; return 4; }\n",
}

func scriptFolder(t testing.TB) string {
	dir := t.TempDir()
	for name, text := range scriptFiles {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(name, ".sh") {
			mode = 0o755
		}
		if err := os.WriteFile(full, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

type outcome struct {
	code           int
	stdout, stderr string
}

var environment = []string{"PATH=" + ash.DefaultPath}

func run(t testing.TB, dir, script string, refused *[]string) outcome {
	var stdout, stderr buffer
	var mu sync.Mutex
	code := ash.Run(t.Context(), ash.Process{Args: []string{"sh", "-c", script}, Env: environment, Dir: dir, PID: 100,
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Files: folder{dir},
		Refused: func(what string) {
			mu.Lock()
			defer mu.Unlock()
			*refused = append(*refused, what)
		}})
	return outcome{code, stdout.String(), stderr.String()}
}

// TestAsBusybox holds the shell to busybox 1.35.
func TestAsBusybox(t *testing.T) {
	t.Parallel()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("NOT TESTED: there is no busybox here")
	}
	for _, script := range scripts {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			dir := scriptFolder(t)
			var refused []string
			got := run(t, dir, script, &refused)
			if len(refused) > 0 {
				t.Fatalf("refused: %q", refused)
			}
			dir2 := scriptFolder(t)
			cmd := exec.Command(busybox, "sh", "-c", script)
			cmd.Dir, cmd.Env = dir2, environment
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if _, isExit := errors.AsType[*exec.ExitError](err); err != nil && !isExit {
				t.Fatal(err)
			}
			want := outcome{cmd.ProcessState.ExitCode(), stdout.String(), strings.ReplaceAll(stderr.String(), dir2, dir)}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestRefused shows that what the shell does not do ends in an error, and is told.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ script, what string }{
		{`[[ a == a ]] && echo yes`, "[["}, {`x=abc; echo ${x:1:2}`, "slic"}, {`function g { echo g; }; g`, "function"},
		{`sed s/a/b/ file`, "applet sed"}, {`true &> out`, "&>"}, {`getopts a o`, "getopts"}, {`ulimit -n`, "ulimit"},
		{`cat < /dev/urandom`, "/dev/urandom"}, {`f() { f; }; f`, "calls in one another"},
		{`sh -c 'sh -c "$0" "$0"' 'sh -c "$0" "$0"'`, "in one another"}, {`kill %1`, "jobs"}, {`a=(1 2)`, "arrays"},
		{`x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done`, "bytes"}, {`x() { eval x; }; x`, "in one another"},
		{`while :; do sleep 9 & done`, "in the background"},
	} {
		t.Run(tt.script, func(t *testing.T) {
			t.Parallel()
			dir := scriptFolder(t)
			var refused []string
			got := run(t, dir, tt.script, &refused)
			if got.code == 0 || !strings.Contains(strings.Join(refused, "\n"), tt.what) {
				t.Errorf("got %+v, refused %q, want a refusal of %q", got, refused, tt.what)
			}
		})
	}
}

// TestTime shows that time is that of the bubble, that a loop does not stop it, and that the end ends everything.
func TestTime(t *testing.T) {
	t.Parallel()
	const forever = 20 * time.Millisecond
	for _, tt := range []struct {
		script string
		lasts  time.Duration // forever: until the context ends
		code   int
	}{
		{"sleep 3600; exit 4", time.Hour, 4}, {"sleep 1m & sleep 1h & wait; exit 5", time.Hour, 5},
		{"while [ ${#n} -lt 1100 ]; do : & sleep 1; n=x$n; done; exit 2", 1100 * time.Second, 2},
		{"sleep 10 | cat; sleep 1", 11 * time.Second, 0}, {"x=$(sleep 20); exit 3", 20 * time.Second, 3},
		{"(sleep 5; kill -USR1 $$) & trap 'exit 8' USR1; sleep 60 & wait", 5 * time.Second, 8},
		{"trap 'exit 8' USR1; (sleep 5; kill -USR1 $$) & sleep 60", time.Minute, 8},
		{"while :; do :; done", forever, 0}, {"sleep inf", forever, 0}, {"yes | cat >/dev/null", forever, 0}, {"cat", forever, 0},
		{"read x", forever, 0}, {"cat | cat", forever, 0}, {"sleep 100 & wait", forever, 0},
		{"f() { while :; do f2; done; }; f2() { :; }; f | cat", forever, 0},
	} {
		t.Run(tt.script, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limit := 2 * time.Hour
				if tt.lasts == forever {
					limit = forever
				}
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				in, w := io.Pipe()
				defer w.Close()
				var stdout, stderr buffer
				begin := time.Now()
				code := ash.Run(ctx, ash.Process{Args: []string{"sh", "-c", tt.script}, Dir: "/", PID: 100, Stdin: in,
					Stdout: &stdout, Stderr: &stderr, Files: folder{"/nosuch"}})
				if got := time.Since(begin); got != tt.lasts || tt.lasts != forever && code != tt.code {
					t.Errorf("got %d after %v, want %d after %v; %s", code, got, tt.code, tt.lasts, stderr.String())
				}
			})
		})
	}
}

// TestProcessOne shows that a process 1 lives through the signals that it does not handle.
func TestProcessOne(t *testing.T) {
	t.Parallel()
	var stdout, stderr buffer
	code := ash.Run(t.Context(), ash.Process{Args: []string{"sh", "-c", "kill $$; kill -9 1; echo $$; exit 3"}, Dir: "/", PID: 1,
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Files: folder{"/nosuch"}})
	if got := stdout.String(); code != 3 || got != "1\n" {
		t.Errorf("got %d, %q, %q", code, got, stderr.String())
	}
}

func FuzzRun(f *testing.F) {
	for _, s := range scripts {
		f.Add(s)
	}
	f.Add("0&0\xbf") // a syntax error after a command
	dir := scriptFolder(f)
	f.Fuzz(func(t *testing.T, script string) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		code := ash.Run(ctx, ash.Process{Args: []string{"sh", "-c", script}, Dir: dir, PID: 1, Stdin: strings.NewReader("in\n"),
			Stdout: io.Discard, Stderr: io.Discard, Files: readOnly{folder{dir}}})
		if code < 0 || code > 255 {
			t.Errorf("got %d", code)
		}
	})
}

// readOnly keeps a fuzzer from writing.
type readOnly struct{ folder }

func refused(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: syscall.EROFS} }

func (r readOnly) OpenFile(name string, flag int, perm fs.FileMode) (ash.File, error) {
	if flag != os.O_RDONLY {
		return nil, refused("open", name)
	}
	return r.folder.OpenFile(name, flag, perm)
}
func (readOnly) Mkdir(name string, _ fs.FileMode) error { return refused("mkdir", name) }
func (readOnly) Remove(name string) error               { return refused("remove", name) }
func (readOnly) Rename(name, _ string) error            { return refused("rename", name) }
func (readOnly) Chmod(name string, _ fs.FileMode) error { return refused("chmod", name) }

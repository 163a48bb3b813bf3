package scripts

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/child"
)

// recorder is the name under which the test binary, started by a script, says what the script handed it.
const recorder = "dockercmd-recorder"

type handedOver struct {
	Argv, Env []string
	Umask     int
}

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != recorder {
		child.Guard(nil)
		os.Exit(m.Run())
	}
	err := json.NewEncoder(os.Stdout).Encode(handedOver{os.Args, os.Environ(), syscall.Umask(0)})
	if err != nil {
		panic(err)
	}
}

// newRecorder returns the path of a program that records.
func newRecorder(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), recorder)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// shell is a command that a script's path, or -c and a line, can follow.
type shell []string

func (s shell) String() string { return strings.Join(s, " ") }

// shells returns the shells at hand. Dash is always among them: it is what /bin/sh is on Debian.
func shells(t testing.TB) []shell {
	t.Helper()
	var found []shell
	for _, s := range []shell{{"dash"}, {"bash"}, {"bash", "--posix"}, {"busybox", "sh"}} {
		path, err := exec.LookPath(s[0])
		switch {
		case err == nil:
			found = append(found, append(shell{path}, s[1:]...))
		case s[0] == "dash":
			t.Fatal("dash is needed: apt-get install dash")
		default:
			t.Logf("NOT TESTED with %v: it is not installed", s)
		}
	}
	return found
}

// run starts the shell with args and PATH as its environment, and returns its standard output. GORACE spares a recorder
// built with -race the second that it would otherwise sleep at its end.
func (s shell) run(t testing.TB, path string, args ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s[0], slices.Concat(s[1:], args)...)
	cmd.Env = []string{"PATH=" + path, "GORACE=atexit_sleep_ms=0"}
	return cmd.Output()
}

// record runs a script whose program is a recorder.
func (s shell) record(t testing.TB, path string, script []byte) (handedOver, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(file, script, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := s.run(t, path, file)
	if err != nil {
		return handedOver{}, fmt.Errorf("%v: %w\n%s", s, err, script)
	}
	var got handedOver
	return got, json.Unmarshal(out, &got)
}

// nasty holds what shells, shlex and terminals treat specially.
var nasty = []string{
	"", " ", "\t", "\n", "\r", "\\", "\\\n", "'", `"`, `'"'"'`, "`id`", "$HOME", "$(id)", "${x}", "#", "#c", "~", "~root", "!", "!!",
	"*", "?", "[a]",
	"{a,b}", "|", "||", "&", "&&", ";", ";;", "<", ">", ">&2", "(", ")", "=", "a=b", "-", "--", "-c", "--name=w", "^", "%", "@", "+",
	":", ",", ".",
	"é", "日本", "\u00a0", "\u2028", "\ufeff", "\ufffd", "\x01", "\x1b[31m", "\x7f", "😀", "exec", "if", "END", "word", "0",
}

// randomWord joins up to four nasty pieces.
func randomWord(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteString(nasty[r.IntN(len(nasty))])
	}
	return b.String()
}

// randomArgv returns program and up to nine words, many of them flags.
func randomArgv(r *rand.Rand, program string) []string {
	argv := []string{program}
	for range r.IntN(10) {
		word := randomWord(r)
		if r.IntN(3) == 0 {
			word = "--x=" + word
		}
		argv = append(argv, word)
	}
	return argv
}

// checkScript compares the bytes of a script with a golden file, and what parse reads back with the script.
func checkScript[T interface{ Bytes() ([]byte, error) }](t *testing.T, file string, script T, parse func([]byte) (T, error)) {
	t.Helper()
	data, err := script.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, file, data)
	if got, err := parse(data); err != nil || !reflect.DeepEqual(got, script) {
		t.Errorf("read back %v (%v), want %v", got, err, script)
	}
}

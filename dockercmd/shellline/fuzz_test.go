package shellline_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/shellline"
)

// lineShells hand over the words of a function named docker.
var lineShells = [][]string{{"bash", "-r", "-c"}, {"dash", "-c"}, {"busybox", "sh", "-c"}}

const handOver = `set -f; docker() { printf '%s\0' "$@"; }; `

// FuzzParse quotes words in every way and lets real shells say what they are. Texts in which a shell could run something
// are held to less: no text makes SplitLines panic, and what a command prints is read back as that command.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`run -d --name x img`, `run 'a b' "c d" e\ f`, `run $'a\tb\x41\101\u00e9\n\'' $"g"`, `run "a\"b\$c\\d\e"`, `run a\`,
		`run {,a} {"",b}x {,}`, "run a \\\n  b", `run ~/x ~ a~ '~' "~"`,
		`run # no`, `run a#b`, `run ""''x`, `run *.txt [a]? {a,b} a{1..3}b`, `run -e A='b'"c"\d`, "run 'a\\\nb' \"c\\\nd\"", `run \'`,
		`run $'\'`, `run "`, `run $'\0x'`, `run $'\18\cA\e\x4\z'`, `run =a ~+ ~root/x`,
		`run A=~/x:~:y B=~ --c=~/d E="~" F=~"/x" 1=~/y G=x~/y`,
		"$ docker run x\nout\n$ docker ps", "run $A ${A} ${A:-x} `#c` $(x)", "run x <<E\nE\n", "run !(a) @(b)",
		"run $((1+2)) ${A:1} ${A//a/b} ${#A} ${!A} \"$@\" $*", "run x\r\n",
	} {
		f.Add(s)
	}
	lookup := func(name string) (string, bool) {
		switch name {
		case "HOME":
			return "/h", true
		case "A":
			return "a  b*", true
		}
		return "", false
	}
	f.Fuzz(func(t *testing.T, words string) {
		text := "docker " + words
		for _, text := range []string{words, "$ " + text, "# " + text} {
			_, _ = shellline.SplitLines(text, lookup)
		}
		line, err := shellline.Split(text, lookup)
		if err != nil {
			return
		}
		for i, w := range line.Words {
			if w.Line < 1 || w.Column < 1 || i > 0 && (w.Line < line.Words[i-1].Line || w.Line == line.Words[i-1].Line &&
				w.Column < line.Words[i-1].Column) {
				t.Fatalf("%q: word %d is at %d:%d", text, i, w.Line, w.Column)
			}
		}
		if c, err := line.Parse(); err == nil && dockercmd.CheckWord(c.String()) == nil && !strings.Contains(c.String(), "\r\n") {
			again, err := shellline.Parse(c.String(), nil)
			if err != nil || !slices.Equal(again.Args(), c.Args()) {
				t.Fatalf("%q is read back as %v, %v", c, again, err)
			}
		}
		if !harmless(words) {
			return
		}
		for _, shell := range lineShells {
			if shell[0] != "bash" && strings.ContainsAny(words, "${~") || otherHome.MatchString(words) {
				continue // forms that not all shells have
			}
			path, err := exec.LookPath(shell[0])
			if err != nil {
				continue
			}
			cmd := exec.Command(path, append(shell[1:], handOver+text+"\n")...)
			cmd.Dir, cmd.Env = t.TempDir(), []string{"HOME=/h", "LC_ALL=C.UTF-8"}
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s does not take %q: %v", shell[0], text, err)
			}
			want := strings.Split(string(bytes.TrimSuffix(out, []byte{0})), "\x00")
			if got := line.Argv()[1:]; !slices.Equal(got, want) && (len(got) > 0 || len(out) > 1) {
				t.Fatalf("%q: got %q, %s says %q", text, got, shell[0], want)
			}
		}
	})
}

// otherHome is a tilde that depends on the machine, and is left as it is.
var otherHome = regexp.MustCompile(`~[^/ \n:]`)

// emptyPair is a pair of braces or quotes with nothing in it.
var emptyPair = regexp.MustCompile(`\{\}|""|''`)

// harmless reports whether a shell can do nothing with a text but split it: no variables, no second command, nothing to run.
func harmless(text string) bool {
	if strings.Contains(text, "#") && strings.Contains(text, "\n") { // no backslash continues a comment
		return false
	}
	if strings.Contains(text, "{") && strings.Contains(text, ",") && emptyPair.MatchString(text) { // see SplitLines
		return false
	}
	if len(text) > 200 || strings.Contains(text, `\u`) || strings.Contains(text, `\U`) ||
		strings.ContainsAny(text, "`;&|<>()!\r\x00") {
		return false
	}
	for i := range len(text) {
		switch text[i] {
		case '$':
			if i+1 == len(text) || text[i+1] != '\'' && text[i+1] != '"' {
				return false
			}
		case '\n':
			backslashes := i - len(strings.TrimRight(text[:i], `\`))
			if backslashes%2 == 0 {
				return false
			}
		}
	}
	return true
}

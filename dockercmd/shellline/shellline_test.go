package shellline_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/shellline"
)

// shellVars returns the environment of these tests.
func shellVars(name string) (string, bool) {
	value, ok := map[string]string{"HOME": "/home/u", "PWD": "/srv", "TAG": "1.2", "ARGS": "-e A=1  -it", "EMPTY": "",
		"IFS": "="}[name]
	return value, ok
}

// TestSplitLine holds what stands around a docker line, and what a shell makes of its words.
// secret is the value of a variable in these tests. It must not be seen.
const secret = "hunter2"

func TestSplitLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text string
		want string // the words as Go would write them, without brackets
	}{
		{"continuation", "docker run \\\n  -d \\\n  img", `"docker" "run" "-d" "img"`},
		{"a backslash at the end", "docker run img \\", `"docker" "run" "img"`},
		{"CR LF", "docker run \\\r\n  -d img\r\n", `"docker" "run" "-d" "img"`},
		{"quotes", `docker run 'a "b"' "c 'd' \"\$\\x" e\ f ""`, `"docker" "run" "a \"b\"" "c 'd' \"$\\x" "e f" ""`},
		{"dollar quotes", `docker run $'a\tb\'\x41\u00e9' $"c"`, `"docker" "run" "a\tb'Aé" "c"`},
		{"a variable", `docker run img:$TAG "${TAG}" '$TAG' \$TAG`, `"docker" "run" "img:1.2" "1.2" "$TAG" "$TAG"`},
		{"a variable of several words", `docker run $ARGS "$ARGS" img`, `"docker" "run" "-e" "A=1" "-it" "-e A=1  -it" "img"`},
		{"a variable of none", `docker run $EMPTY "$EMPTY" img`, `"docker" "run" "" "img"`},
		{"defaults", `docker run ${NONE:-a} ${NONE-} ${EMPTY:-b} ${EMPTY-c} ${TAG:+d} ${NONE:+e} img`,
			`"docker" "run" "a" "b" "d" "img"`},
		{"parameters", `docker run img "$@" $*`, `"docker" "run" "img"`},
		{"parts of a value", `docker run ${HOME##*/} ${TAG/./-} ${#TAG} $((1+2*3))`, `"docker" "run" "u" "1-2" "3" "7"`},
		{"variables that the text sets", "NAME=a\nexport TAG=$NAME-b; docker run --name $NAME img:$TAG",
			`"docker" "run" "--name" "a" "img:a-b"`},
		{"home before a colon", `docker run -v ~:/x ~:~/y "~":/z`, `"docker" "run" "-v" "/home/u:/x" "/home/u:~/y" "~:/z"`},
		{"home", `docker run -v ~/x:/x ~ "~" a~ ~nobody/x B=~/c`,
			`"docker" "run" "-v" "/home/u/x:/x" "/home/u" "~" "a~" "~nobody/x" "B=/home/u/c"`},
		{"globs and braces", `docker run *.txt [ab]? !(x) a{1,2}`, `"docker" "run" "*.txt" "[ab]?" "!(x)" "a1" "a2"`},
		{"a comment", "# start it\ndocker run img # now", `"docker" "run" "img"`},
		{"a comment in backticks", "docker run -p 80:80 `# web` \\\n img", `"docker" "run" "-p" "80:80" "img"`},
		{"redirections", `docker run img cat <in >out 2>&1 &`, `"docker" "run" "img" "cat"`},
		{"a here-document", "docker run -i img <<EOF\ndocker ps\nEOF\n", `"docker" "run" "-i" "img"`},
		{"a pipe", `echo x | docker run -i img | tee log`, `"docker" "run" "-i" "img"`},
		{"other commands", `mkdir -p x && cd x; docker run img || exit 1`, `"docker" "run" "img"`},
		{"inside others", `if ! docker run img; then for i in 1 2; do sleep $i; done; fi`, `"docker" "run" "img"`},
		{"a substitution of its own", `ID=$(docker run -d img)`, `"docker" "run" "-d" "img"`},
		{"a function", `f() { docker run img "$@"; }`, `"docker" "run" "img"`},
		{"sudo", `sudo -E -u docker docker run img`, `"docker" "run" "img"`},
		{"more in front", `time nice -n 5 env A=b timeout -k 1 10 nohup docker run img`, `"docker" "run" "img"`},
		{"a variable in front", `$SUDO docker run img`, `"docker" "run" "img"`},
		{"a path", `/usr/local/bin/docker run img`, `"/usr/local/bin/docker" "run" "img"`},
		{"of Windows", `winpty docker.exe run img`, `"docker.exe" "run" "img"`},
		{"in quotes", `'C:\Program Files\Docker\docker.exe' run img`, `"C:\\Program Files\\Docker\\docker.exe" "run" "img"`},
		{"podman", `podman run img`, `"podman" "run" "img"`},
		{"a prompt", "$ docker run -d \\\n> --name x \\\n> img\n0123456789ab (\n$ ls", `"docker" "run" "-d" "--name" "x" "img"`},
		{"a prompt and quotes over lines", "$ docker run img sh -c 'a\n> b'\nout", `"docker" "run" "img" "sh" "-c" "a\n  b"`},
		{"a long prompt", "me@box:~/src (main)$ docker run img", `"docker" "run" "img"`},
		{"a directory's prompt", "~/src$ docker run img\nout", `"docker" "run" "img"`},
		{"root's prompt", "# docker run img", `"docker" "run" "img"`},
		{"root's prompt and quotes over lines", "# docker run img sh -c 'a\nb'", `"docker" "run" "img" "sh" "-c" "a\nb"`},
		{"root's long prompt", "[root@box ~]# docker run img", `"docker" "run" "img"`},
		{"a prompt of Windows", `PS C:\Users\me> docker run img`, `"docker" "run" "img"`},
		{"a comment that says docker run", "# docker run starts it\ndocker run img", `"docker" "run" "img"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := shellline.Split(tt.text, shellVars)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Trim(fmt.Sprintf("%q", l.Argv()), "[]"); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestSplitLinesKeepsWhatIsAround looks at what is not docker's.
func TestSplitLinesKeepsWhatIsAround(t *testing.T) {
	t.Parallel()
	lines, err := shellline.SplitLines("A=1 sudo B=2 docker run img >log\n  env C=\"$TAG x\" docker ps", shellVars)
	if err != nil {
		t.Fatal(err)
	}
	want := []shellline.Line{{
		Words:   []shellline.Word{{"docker", 1, 14}, {"run", 1, 21}, {"img", 1, 25}},
		Env:     []string{"A=1", "B=2"},
		Dropped: []shellline.Word{{"sudo", 1, 5}, {"B=2", 1, 10}, {">log", 1, 29}},
	}, {
		Words:   []shellline.Word{{"docker", 2, 18}, {"ps", 2, 25}},
		Env:     []string{"C=1.2 x"},
		Dropped: []shellline.Word{{"env", 2, 3}, {`C="$TAG x"`, 2, 7}},
	}}
	if diff := cmp.Diff(lines, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}

func TestParseLineErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", "1:1: no docker command in the text; begin the line with docker"},
		{"ls -l", "1:1: no docker command in the text; begin the line with docker"},
		{"docker\u00a0run img", "1:1: no docker command in the text; it holds no-break spaces"},
		{"docker-compose up", "1:1: no docker command in the text"},
		{"docker run a\x00", "1:1: a NUL byte at offset 12"},
		{"docker run a; docker run b", "1:15: a second docker command; give one at a time"},
		{"docker run $NONE", "1:12: NONE is not set; set it, or write ${NONE-} if it may be empty"},
		{"docker run 'é' x${NONE}y", "1:17: NONE is not set"},
		{"docker run ${NONE:?no such thing}", "1:12: NONE is not set: no such thing; set it"},
		{"docker run $1", "1:12: 1 is not set"},
		{"docker run \\\n  $(id -u)", "2:3: $(id ...) is not run; run it yourself and put its output in its place"},
		{"docker run `hostname`", "1:12: `hostname` is not run; run it yourself"},
		{"docker run -v \"$(pwd):/x\"", "1:16: $(pwd) is not run; write $PWD"},
		{"docker run -e A=$(cat s3cret)", "1:17: $(cat ...) is not run"},
		{"docker run `\n -d `", "1:12: backticks run what is between them; where one should continue the line, write \\"},
		{"docker rm $(docker ps -q)", "1:11: $(docker ...) is not run"},
		{"ID=$(x)\ndocker run $ID", "2:12: ID is set by what has to run first; put its value in its place"},
		{"docker run -v <(x):/x img", "1:15: <(...) is not run; give the name of a file"},
		{"docker run ${NONE:=x}", "1:12: ${NONE:=...} sets a variable on the way; write ${NONE:-...}"},
		{"docker run $((A++))", "1:15: the arithmetic sets a variable on the way; write its result"},
		{"docker run $((A+=1))", "1:15: the arithmetic sets a variable on the way; write its result"},
		{"# docker run it's\ndocker run $NONE", "2:12: NONE is not set"},
		{"# docker run $NONE", "1:14: NONE is not set"},
		{"docker run 'img", "1:12: reached EOF without closing quote"},
		{"docker run {1..99999999}", "1:12: brace expansion would exceed"},
		{"docker run --memry 5m img", "1:12: run: flag --memry at word 3: unknown; did you mean --memory?"},
		{"sudo docker run \\\n  --name é --memory 12q img", "2:12: run: --memory at word 5: \"12q\" is not a size"},
		{"docker run -d", "1:8: run: no IMAGE; give an image"},
		{"docker rnu img", "1:8: unknown command \"rnu\"; did you mean run?"},
		{"docker container rnu img", "1:18: unknown command \"container rnu\"; did you mean container run?"},
		{"docker", "1:1: unknown command: no word behind docker"},
		{"docker run $ARGS --nope img", "1:18: run: flag --nope at word 6: unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			c, err := shellline.Parse(tt.text, shellVars)
			if err == nil {
				t.Fatalf("got %v, want an error", c)
			}
			if !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if _, ok := errors.AsType[*shellline.Error](err); !ok {
				t.Errorf("%T is no Error", err)
			}
		})
	}
	if _, err := shellline.Parse("docker run ~/x", nil); err == nil || !strings.Contains(err.Error(), "~ is HOME, which is not set") {
		t.Errorf("without an environment: %v", err)
	}
	if _, err := shellline.Parse("ls", nil); !errors.Is(err, shellline.ErrNoLine) {
		t.Errorf("%v is not ErrNoLine", err)
	}
}

// TestParseLineHidesSecrets looks for the value of a variable in the errors of lines that are wrong near it.
func TestParseLineHidesSecrets(t *testing.T) {
	t.Parallel()
	lookup := func(string) (string, bool) { return secret, true }
	for _, text := range []string{
		"docker run -e A=$PASSWORD", "docker run -e =$PASSWORD img", "docker run -e A=" + secret + "$(x) img",
		"docker run -e A=$(echo " + secret + ") img",
		"docker run -e A=${A:=" + secret + "} img", "docker run --envv A=$PASSWORD img", "docker run -EA=$PASSWORD img",
		"docker run -e A=" + secret + "{1..999999} img",
		"docker run -e A=${B/" + secret + "/" + secret + "\" img", "A=" + secret + " ls", "docker run -e A=<(" + secret + ") img",
	} {
		if _, err := shellline.Parse(text, lookup); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestParsedLinesAreReadBack holds that what is printed can be pasted again.
func TestParsedLinesAreReadBack(t *testing.T) {
	t.Parallel()
	c := &dockercmd.Run{Env: []string{"A=$HOME `x` \"y\" 'z' \\ # ~ *\n!"}, Labels: map[string]string{"a": "$(b)", "~": "{c,d}"},
		Image: "img", Command: []string{"", "-x", "a\tb", "$ docker", "# x", "é"}}
	again, err := shellline.Parse(c.String(), nil)
	if err != nil || !slices.Equal(again.Args(), c.Args()) {
		t.Errorf("%s\nis read back as %v, %v", c, again, err)
	}
}

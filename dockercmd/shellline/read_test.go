package shellline_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd/shellline"
)

// readAll returns what Read gives of a text, and its error.
func readAll(r io.Reader) (lines []shellline.Line, err error) {
	for l, e := range shellline.Read(r, shellVars) {
		if e != nil {
			return lines, e
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// checkRead holds Read to SplitLines.
func checkRead(t *testing.T, text string) {
	t.Helper()
	want, wantErr := shellline.SplitLines(text, shellVars)
	for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		got, err := readAll(r)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: got %v, and of the whole text %v", text, err, wantErr)
		}
		if len(got) == 0 && err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("%q: got %v, and of the whole text %v", text, err, wantErr)
		}
		if diff := cmp.Diff(got, want); err == nil && diff != "" {
			t.Fatalf("%q: Read -, SplitLines +\n%s", text, diff)
		}
	}
}

// FuzzRead holds Read to SplitLines: of what can be read, the lines are the same; the other texts have an error in both.
func FuzzRead(f *testing.F) {
	for _, s := range readTexts {
		f.Add(s)
	}
	scripts, _ := filepath.Glob("../../testdata/*/*.sh")
	for _, path := range scripts {
		if data, err := os.ReadFile(path); err == nil {
			f.Add(string(data))
		}
	}
	f.Fuzz(checkRead)
}

var readTexts = []string{
	"docker ps\ndocker run $TAG\n",
	"docker ps; docker rm a & docker rm b",
	"#!/bin/sh\n# docker run x\n",
	"  # docker run x\r\n# docker ps",
	"$ docker ps\nout\n$ docker run \\\n> x\n",
	"\n\n[root@box ~]# docker ps\nx",
	"docker run -i a <<E\n$(docker ps)\nE\ndocker rm b",
	"docker run -i a <<E; docker run -i b <<-F && docker rm c\n$(docker ps)\nE\n\tx\n\tF\ndocker rm d",
	"docker run -i a <<E;\nE\ndocker ps;",
	"docker run -i a <<E\nE\ndocker ps\ndocker run 'x",
	"f() {\n docker run \"$@\"\n}\nf a",
	"A=1\nexport B=$A\ndocker run $A$B \\\n  'a\nb' \"é\" x",
	"docker ps\r\ndocker run \\\r\n  x\r",
	"docker ps\ndocker run \xff",
	"docker ps\ndocker run \x00",
	"docker ps\ndocker run $NONE\ndocker ps 'x",
	"docker run a\\\\\\\nb $'\\x41\\\nc'",
	"cat <<A <<B; docker ps\nA\nB\ndocker rm x",
	"echo x <<A 'q\nr'; docker ps\n$(docker rm x)\nA\n",
	"(docker ps <<E; docker rm y\nE\n); docker rm x",
	"docker ps # <<E\ndocker rm x",
	"é='é' docker ps >é; docker ps é > x é\n\n  docker ps é",
}

// TestReadIsLikeSplitLines reads the fuzzer's texts behind more text than a buffer of the parser holds.
func TestReadIsLikeSplitLines(t *testing.T) {
	t.Parallel()
	for _, text := range readTexts {
		checkRead(t, text)
		checkRead(t, strings.Repeat("# é\n", 500)+text)
		checkRead(t, strings.Repeat("docker ps é\n", 200)+text)
		checkRead(t, strings.Repeat("x ", 511)+"\n"+text+"\n"+text)
	}
}

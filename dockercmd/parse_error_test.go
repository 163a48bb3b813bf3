package dockercmd_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

// TestParseErrorTellsTheWord holds the place of each kind of mistake: docker is word 1.
func TestParseErrorTellsTheWord(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line string // the words behind docker
		flag string
		word int
		want string // the end of the text
	}{
		{"run --memry 5m img", "--memry", 3, "run: flag --memry at word 3: unknown; did you mean --memory?"},
		{"run -d --name x --memry=5m img", "--memry", 6, "did you mean --memory?"},
		{"run --memory 12q img", "--memory", 3, `run: --memory at word 3: "12q" is not a size such as 512m or 1.5g`},
		{"run -d --memory=12q img", "--memory", 4, `"12q" is not a size such as 512m or 1.5g`},
		{"run -dm 12q img", "--memory", 3, `"12q" is not a size such as 512m or 1.5g`},
		{"run -dm12q img", "--memory", 3, `"12q" is not a size such as 512m or 1.5g`},
		{"run --memory 5m -m 6m -m -x img", "--memory", 7, `"-x" is not a size such as 512m or 1.5g`},
		{"run --name x -d --name", "--name", 6, "needs a value, and the line ends"},
		{"run -d -Z img", "-Z", 4, "flag -Z at word 4: unknown"},
		{"run -A img", "-A", 3, "unknown; did you mean -a, --attach?"},
		{"run -V /a:/b img", "-V", 3, "flag -V at word 3: unknown; did you mean -v, --volume?"},
		{"run -d -name x img", "-n", 4, "unknown; --name needs two dashes"},
		{"run -network=host img", "-n", 3, "unknown; --network needs two dashes"},
		{"run -d -memory 5m img", "--memory", 4, `"emory" is not a size such as 512m or 1.5g; --memory needs two dashes`},
		{"run --rm --=x img", "--", 4, "no name behind the dashes; write --name=value"},
		{"container run --rm=maybe img", "--rm", 4, `"maybe" is neither true nor false`},
		{"run -d", "", 2, "run: no IMAGE; give an image and perhaps a command behind it"},
		{"container run -d", "", 3, "no IMAGE; give an image and perhaps a command behind it"},
		{"ps -a w1 -q", "", 4, `ps: "w1" stands behind the flags, but ps takes no operand; use --filter=name=...`},
		{"rnu img", "", 2, `unknown command "rnu"; did you mean run?`},
		{"container lss", "", 3, `unknown command "container lss"; did you mean container ls?`},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(tt.line)
			for _, args := range [][]string{words, append([]string{"docker"}, words...)} {
				_, err := dockercmd.Parse(args)
				e, ok := errors.AsType[*dockercmd.ParseError](err)
				if !ok {
					t.Fatalf("%v is no ParseError", err)
				}
				if e.Flag != tt.flag || e.Word != tt.word || !strings.HasSuffix(e.Error(), tt.want) {
					t.Errorf("flag %q, word %d: %v\nwant %q, %d: %s", e.Flag, e.Word, e, tt.flag, tt.word, tt.want)
				}
				if isUnknown := strings.Contains(e.Error(), ": flag -"); errors.Is(err, dockercmd.ErrUnknownFlag) != isUnknown {
					t.Errorf("%v is ErrUnknownFlag: %t", err, !isUnknown)
				}
			}
		})
	}
}

package scripts

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"al.essio.dev/pkg/shellescape"

	"github.com/dockercmd/toolkit/quote"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		words []string
		want  string
	}{
		{"no words", nil, ""},
		{"plain", []string{"docker", "run", "--name=w", "a:b/c@1.2,3+4%_"}, "docker run --name=w a:b/c@1.2,3+4%_"},
		{"space", []string{"docker", "a b"}, "docker 'a b'"},
		{"empty", []string{"docker", ""}, "docker ''"},
		{"single quote", []string{"it's"}, `'it'"'"'s'`},
		{"assignment in front", []string{"A=b", "C=d"}, "'A=b' C=d"},
		{"comment, home, history", []string{"x", "#c", "~", "!!"}, "x '#c' '~' '!!'"},
		{"newline", []string{"x", "a\nb"}, "x 'a\nb'"},
		{"not ASCII", []string{"x", "é"}, "x 'é'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := quote.Line(tt.words); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestQuoteIsOneLineForShells hands quoted lines to sh -c.
func TestQuoteIsOneLineForShells(t *testing.T) {
	t.Parallel()
	program := newRecorder(t)
	for _, s := range shells(t) {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			for _, argv := range [][]string{append([]string{program}, nasty...), randomArgv(r, program), randomArgv(r, program)} {
				out, err := s.run(t, "/usr/bin:/bin", "-c", quote.Line(argv))
				if err != nil {
					t.Fatalf("%v: %s", err, quote.Line(argv))
				}
				var got handedOver
				if err := json.Unmarshal(out, &got); err != nil || !slices.Equal(got.Argv, argv) {
					t.Errorf("got %q (%v), want %q", got.Argv, err, argv)
				}
			}
		})
	}
}

// FuzzWord checks that the table is not more generous than the library whose work it saves.
func FuzzWord(f *testing.F) {
	for _, word := range nasty {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if got, want := quote.Word(word), shellescape.Quote(word); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

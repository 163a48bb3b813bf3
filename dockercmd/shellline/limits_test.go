package shellline_test

import (
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/shellline"
)

// TestLimits reads texts that would take all time, memory or stack, and wants what is wrong with them.
func TestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED with -short: it takes seconds; make test runs it without")
	}
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"subshells", strings.Repeat("(", 1<<20), "too deeply"},
		{"conditions", strings.Repeat("if ", 1<<20), "too deeply"},
		{"substitutions", "docker run " + strings.Repeat("$(", 1<<20), "too deeply"},
		{"defaults", "docker run " + strings.Repeat("${A:-", 1<<20), "too deeply"},
		{"arithmetic", "docker run $((" + strings.Repeat("(", 1<<20), "too deeply"},
		{"words", "docker run " + strings.Repeat("a ", 200_000), "more than 100000 words"},
		{"many words", "docker run " + strings.Repeat("a ", 5<<19), "a command of more than 2097152 words and signs"},
		{"comments that are many", strings.Repeat("# a\n", 50_000) + "docker run $NONE", "NONE is not set"},
		{"a pipe", strings.Repeat("a|", 400_000) + "a", "too deeply"},
		{"pipes in pipes", "(" + strings.Repeat("a|", 400_000) + "a)", "too deeply"},
		{"a list", strings.Repeat("a&&", 5<<18), "a command of more than 2097152 words and signs"},
		{"braces", "docker run " + strings.Repeat("{a,b}", 10_000), "more than 100 braces outside quotes"},
		{"braces between quotes", "docker run " + strings.Repeat("{a,b}''", 10_000), "more than 100 braces outside quotes"},
		{"few braces", "docker run " + strings.Repeat("{a,b}", 40), "brace expansion would exceed"},
		{"variables", "A=0123456789abcdef\n" + strings.Repeat("A=$A$A$A$A\n", 30) + "docker run $A", "A is set by what has to run first"},
		{"a variable often", "A=" + strings.Repeat("x", 1<<20) + "\ndocker run \"" + strings.Repeat("$A", 1<<18) + `"`,
			"variables of more than 4194304 bytes"},
		{"variables with a default", "A=" + strings.Repeat("x", 1<<20) + "\ndocker run " + strings.Repeat("${A-}", 100),
			"variables of more than 4194304 bytes"},
		{"a variable in another", "A=" + strings.Repeat("x", 1<<20) + "\nB=$A\ndocker run ${A//x/$B}",
			"variables of more than 16384 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := shellline.SplitLines(tt.text, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 200 {
				t.Errorf("SplitLines: got %.300v, want %s", err, tt.want)
			}
			if _, err = readAll(strings.NewReader("docker ps\n" + tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read: got %.300v, want %s", err, tt.want)
			}
		})
	}
}

// TestBracesInQuotes holds that the limit of braces is for those that a shell expands.
func TestBracesInQuotes(t *testing.T) {
	t.Parallel()
	braces := strings.Repeat(`{"a":`, 1000)
	l, err := shellline.Split("docker run '"+braces+`' "`+strings.ReplaceAll(braces, `"`, `\"`)+`"`, nil)
	if err != nil || l.Words[2].Text != braces || l.Words[3].Text != braces {
		t.Errorf("got %.100q, %v", l.Argv(), err)
	}
}

// least returns the shortest of a few runs.
func least(f func()) time.Duration {
	best := time.Hour
	for range 3 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// TestGrowth compares a text with one of 32 times its size: what takes time in proportion takes 32 times as long, and what counts
// places from the beginning each time 1024 times.
func TestGrowth(t *testing.T) {
	many := func(part string) func(int) string {
		return func(n int) string { return strings.Repeat(part, n) }
	}
	if testing.Short() {
		t.Skip("NOT TESTED with -short: it takes seconds; make test runs it without")
	}
	tests := []struct {
		name string
		text func(n int) string
	}{
		{"words", func(n int) string { return "docker run " + strings.Repeat("é ", n) }},
		{"quoted words", func(n int) string { return "docker run " + strings.Repeat("'é' \"$HOME\" ", n/2) }},
		{"commands of one line", many("docker ps é; ")},
		{"commands with redirections", many("docker ps >é; ")},
		{"lines", many("docker ps é\n")},
		{"continued lines", func(n int) string { return "docker run " + strings.Repeat("\\\n é ", n) }},
		{"comments", many("# docker é\n")},
		{"here-documents", many("docker ps <<E; docker ps\n$(docker ps)\nE\n")},
	}
	home := func(name string) (string, bool) { return "/h", name == "HOME" }
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const n, times = 1000, 32
			few, lots := tt.text(n), tt.text(n*times)
			split := func(text string) func() { return func() { _, _ = shellline.SplitLines(text, home) } }
			read := func(text string) func() {
				return func() {
					for range shellline.Read(strings.NewReader(text), home) {
					}
				}
			}
			for name, way := range map[string]func(string) func(){"SplitLines": split, "Read": read} {
				if ratio := float64(least(way(lots))) / float64(least(way(few))); ratio > 10*times {
					t.Errorf("%s: %d times the text takes %.0f times as long", name, times, ratio)
				}
			}
		})
	}
}

// lineReader gives docker lines one after the other, without keeping them.
type lineReader struct{ left int }

func (r *lineReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	r.left--
	return copy(p, "docker run --name w"+strconv.Itoa(r.left)+" img\n"), nil
}

// TestReadKeepsNothing holds the memory of Read to what one command needs, however long the text is.
func TestReadKeepsNothing(t *testing.T) {
	lines, most := 0, uint64(0)
	for _, err := range shellline.Read(&lineReader{200_000}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if lines++; lines%50_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if lines == 50_000 {
				most = m.HeapAlloc + 2<<20
			}
			if m.HeapAlloc > most {
				t.Errorf("%d bytes are in use behind %d lines, and were %d behind a quarter", m.HeapAlloc, lines, most-2<<20)
			}
		}
	}
	if lines != 200_000 {
		t.Errorf("got %d lines", lines)
	}
}

package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// fmtOf runs fmt over standard input.
func fmtOf(t testing.TB, in io.Reader) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	run(t.Context(), []string{"fmt", "-"}, in, &out, &errs)
	return out.String(), errs.String()
}

// TestFmtHostileLines gives fmt lines that would take for ever, and a good one behind them, which counts.
func TestFmtHostileLines(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"a line that is too large", strings.Repeat("x", maxFile+1), "line 1: it is larger than 67108864 bytes"},
		{"a line of many words", "docker run " + strings.Repeat("a ", 5<<19), "line 1:1: a command of more than 2097152 words"},
		{"a command that is too large", strings.Repeat(strings.Repeat("x", 1<<20)+"\\\n", 65) + "x", "line 1: it is larger than"},
		{"quotes that never close", strings.Repeat("\"\\''\n", 5000), "without closing quote"},
		{"objects that never close", strings.Repeat("{\"a\":\n", 20_000), "line 20000: JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, errs := fmtOf(t, io.MultiReader(strings.NewReader(tt.text+"\n"), strings.NewReader("docker ps\n")))
			if out != "docker ps\n" || !strings.Contains(errs, tt.want) {
				t.Errorf("got %.200q and %.200q, want %s", out, errs, tt.want)
			}
		})
	}
}

// TestFmtContinuesAMillionLines joins as many lines as a file has.
func TestFmtContinuesAMillionLines(t *testing.T) {
	t.Parallel()
	out, errs := fmtOf(t, strings.NewReader("docker run \\\n"+strings.Repeat("\\\n", 1_000_000)+"busybox\n"))
	if out != "docker run busybox\n" || errs != "" {
		t.Errorf("got %.200q and %.200q", out, errs)
	}
}

// TestFmtGrowth compares an input with one of 32 times its size: what takes time in proportion takes 32 times as long, and what
// begins anew for each line or word 1024 times.
func TestFmtGrowth(t *testing.T) {
	tests := []struct {
		name string
		text func(n int) string
	}{
		{"lines", func(n int) string { return strings.Repeat("docker run -d busybox\n", n) }},
		{"words", func(n int) string { return "docker run busybox " + strings.Repeat("word ", 10*n) + "\n" }},
		{"flags", func(n int) string { return "docker run " + strings.Repeat("-e A=b ", 5*n) + "busybox\n" }},
		{"wrong flags", func(n int) string { return "docker run " + strings.Repeat("-e A=b ", n) + "--nope busybox\n" }},
		{"continued lines", func(n int) string { return "docker run busybox" + strings.Repeat(" \\\n word", 10*n) + "\n" }},
		{"lines in quotes", func(n int) string { return strings.Repeat("docker run busybox 'a\nb\n c'\n", n) }},
		{"objects", func(n int) string { return strings.Repeat("{\"command\": \"ps\",\n\"all\": true}\n", n) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const n, times = 200, 32
			took := func(text string) time.Duration {
				best := time.Hour
				for range 3 {
					start := time.Now()
					fmtOf(t, strings.NewReader(text))
					best = min(best, time.Since(start))
				}
				return best
			}
			if ratio := float64(took(tt.text(n*times))) / float64(took(tt.text(n))); ratio > 10*times {
				t.Errorf("%d times the input takes %.0f times as long", times, ratio)
			}
		})
	}
}

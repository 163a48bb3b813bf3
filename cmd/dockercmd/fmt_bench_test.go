package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// fmtLine returns a docker line of 220 bytes.
func fmtLine(i int) string {
	line := fmt.Sprintf("docker run -d --name worker-%d --network host -v /srv/w%d:/srv/w -e A=%d -e 'B=b c' -m 512m --cpus 1.5 "+
		"--label app=web -p 8080:80 --restart unless-stopped --user 1000:1000 --read-only reg:5000/app:1 sh -c \"echo hi\"", i, i, i)
	return line + " " + strings.Repeat("x", max(0, 220-len(line)-1)) + "\n"
}

// fmtLines returns the text of n such lines.
func fmtLines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(fmtLine(i))
	}
	return b.String()
}

// shfmt prints a script as the program of that name does.
func shfmt(b *testing.B, text string) {
	file, err := syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
	if err == nil {
		err = syntax.NewPrinter().Print(io.Discard, file)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFmtToShfmt takes turns between fmt and what shfmt does with the same file, so that what else the machine does falls on
// both, and reports how many times as long as shfmt fmt takes. It fails far beyond the bound alone, since figures are noisy.
func BenchmarkFmtToShfmt(b *testing.B) {
	text := fmtLines(10_000)
	for _, name := range []string{"lines.txt", "script.sh", "-"} {
		b.Run(name, func(b *testing.B) { toShfmt(b, 4, name, text) })
	}
	// Few lines of many words: what is counted from the beginning of a line each time shows here.
	words := strings.Repeat("docker run busybox echo"+strings.Repeat(" word", 20_000)+"\n", 5)
	b.Run("words", func(b *testing.B) { toShfmt(b, 4, "lines.txt", words) })
}

func toShfmt(b *testing.B, bound float64, name, text string) {
	path := name
	if name != "-" {
		path = filepath.Join(b.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		var stderr bytes.Buffer
		if code := run(b.Context(), []string{"fmt", path}, strings.NewReader(text), io.Discard, &stderr); code != 0 {
			b.Fatal(stderr.String())
		}
		middle := time.Now()
		shfmt(b, text)
		ours += middle.Sub(start)
		theirs += time.Since(middle)
	}
	ratio := float64(ours) / float64(theirs)
	b.ReportMetric(ratio, "x-shfmt")
	b.ReportMetric(bound, "x-bound")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms-fmt")
	b.ReportMetric(0, "ns/op")
	if ratio > 2*bound {
		b.Errorf("it takes %.1f times as long as shfmt, and the bound is %.0f", ratio, bound)
	}
}

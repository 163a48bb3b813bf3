package dockercmd_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/shellline"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// corpusOf returns the texts that a fuzzer of one text has found interesting, as its package keeps them in testdata.
func corpusOf(t *testing.T, dir, fuzzer string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "testdata", "fuzz", fuzzer, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus of %s: %v", fuzzer, err)
	}
	var texts []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, value, _ := strings.Cut(string(data), "\n")
		text, err := strconv.Unquote(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(value), "string("), ")"))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		texts = append(texts, text)
	}
	return texts
}

// TestCorpusMeansTheSame holds the second law for what the fuzzers of Parse and shellline.Parse have found: whatever the
// client takes, it takes the canonical form for the same. Most of what they find is no line at all; their seeds are held to
// the law elsewhere.
func TestCorpusMeansTheSame(t *testing.T) {
	t.Parallel()
	var lines [][]string
	for _, text := range corpusOf(t, ".", "FuzzParse") {
		lines = append(lines, strings.Split(text, "\x00"))
	}
	for _, text := range corpusOf(t, "shellline", "FuzzParse") {
		if l, err := shellline.Split("docker "+text, nil); err == nil {
			lines = append(lines, l.Argv()[1:])
		}
	}
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		b := &bench{recorder: recorder.Start(t), client: client, done: map[string]func() recorder.Result{}}
		var compared atomic.Int64
		t.Cleanup(func() {
			if compared.Load() < 3 {
				t.Errorf("the client takes %d lines of the corpus, want more", compared.Load())
			}
		})
		for _, words := range lines {
			c, err := dockercmd.Parse(words)
			if err != nil || dockercmd.CheckWord(c.String()) != nil {
				continue
			}
			t.Run(c.Subcommand(), func(t *testing.T) {
				t.Parallel()
				raw := b.do(t, words)
				if raw.Exit != 0 {
					return // Parse takes more than this client
				}
				compared.Add(1)
				if diff := cmp.Diff(b.do(t, c.Args()), raw); diff != "" {
					t.Errorf("the client does not take %q for %q\ncanonical -, as written +\n%s", c.Args(), words, diff)
				}
			})
		}
	})
}

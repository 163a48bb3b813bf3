package writers

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

func TestBounded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		chunks []string
		want   string
	}{
		{"nothing", nil, ""},
		{"fits", []string{"abc", "def"}, "abcdef"},
		{"one byte too many", []string{"abcdefg"}, "abc\n[... 1 bytes left out ...]\nefg"},
		{"byte by byte", strings.Split("abcdefghijklmn", ""), "abc\n[... 8 bytes left out ...]\nlmn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := HeadTail(6)
			for _, chunk := range tt.chunks {
				if n, err := b.Write([]byte(chunk)); n != len(chunk) || err != nil {
					t.Errorf("Write of %d bytes: got %d, %v", len(chunk), n, err)
				}
			}
			if got := string(b.Bytes()); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if want := len(strings.Join(tt.chunks, "")); b.Total() != int64(want) {
				t.Errorf("got a total of %d, want %d", b.Total(), want)
			}
		})
	}
}

// sliceWriter is a Writer that cannot be compared.
type sliceWriter []int

func (sliceWriter) Write(p []byte) (int, error) { return len(p), nil }

func TestSame(t *testing.T) {
	t.Parallel()
	a, b := new(bytes.Buffer), new(bytes.Buffer)
	tests := []struct {
		a, b io.Writer
		want bool
	}{
		{a, a, true}, {a, b, false}, {nil, nil, false}, {a, nil, false}, {nil, a, false}, {sliceWriter{}, sliceWriter{}, false},
	}
	for i, tt := range tests {
		if got := Same(tt.a, tt.b); got != tt.want {
			t.Errorf("case %d: got %v, want %v", i, got, tt.want)
		}
	}
}

func TestSerialize(t *testing.T) {
	t.Parallel()
	a, b := new(bytes.Buffer), new(bytes.Buffer)
	if out, err := Serialize(a, b); out != a || err != b {
		t.Error("two writers were not returned as they are")
	}
	out, err := Serialize(a, a)
	var both sync.WaitGroup
	for _, w := range []io.Writer{out, err} {
		both.Go(func() {
			for range 1000 {
				fmt.Fprintln(w, "line")
			}
		})
	}
	both.Wait()
	if got := strings.Count(a.String(), "line\n"); got != 2000 {
		t.Errorf("got %d whole lines, want 2000", got)
	}
}

package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// What others have written (words of lines, names of files and containers, docker's messages) may hold what a terminal obeys:
// escape sequences, or characters that turn the direction of writing. On a terminal, and in all that dockercmd says on standard
// error, they stand as Go writes them in a text, \x1b or \u202e; a pipe or a file gets standard output as it is.

// neutralWriter writes texts so that a terminal obeys none of them but the ends of lines and tabs. It is safe for concurrent use.
type neutralWriter struct {
	w io.Writer

	mu   sync.Mutex
	part []byte // the beginning of a character
}

// Write never writes a part of what it has escaped.
func (n *neutralWriter) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := append(n.part, p...)
	n.part = nil
	for i := max(0, len(text)-utf8.UTFMax); i < len(text); i++ {
		if utf8.RuneStart(text[i]) && !utf8.FullRune(text[i:]) {
			text, n.part = text[:i], append([]byte(nil), text[i:]...)
			break
		}
	}
	if _, err := io.WriteString(n.w, neutral(string(text))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes what is left of a character that has not come to its end.
func (n *neutralWriter) flush() {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, _ = io.WriteString(n.w, neutral(string(n.part)))
	n.part = nil
}

// neutral returns a text that a terminal shows, and does not obey.
func neutral(text string) string {
	if !strings.ContainsFunc(text, obeyed) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[i])|0x100, 16)[1:])
		case obeyed(r):
			quoted := strconv.QuoteToASCII(string(r))
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// obeyed reports whether a character may be more to a terminal than what it shows; a byte that is none is U+FFFD here.
func obeyed(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError }

// neutralOnTerminal returns a writer for w that is neutral if w is a terminal, and w itself if not.
func neutralOnTerminal(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok {
		if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err == nil {
			return &neutralWriter{w: w}
		}
	}
	return w
}

// raw returns what a neutral writer writes to, for those who have made neutral what they write, and for a program's own output.
func raw(w io.Writer) io.Writer {
	if n, ok := w.(*neutralWriter); ok {
		return n.w
	}
	return w
}

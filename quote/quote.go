// Package quote writes words as a POSIX shell reads them, without quotes around those that need none: [Word] one word, [Line] a
// command line. [AppendWord], [AppendWords] and [AppendLine] append to a buffer; [Plain] reports whether a byte needs no quotes.
//
//	quote.Line([]string{"docker", "run", "--name=w", "busybox", "echo", "a b"}) // docker run --name=w busybox echo 'a b'
//
// Dash, bash and busybox read exactly the words from the line: the tests of package scripts check that.
package quote

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// Line returns words as one line. A first word with = in it is quoted, or the shell would take it for an assignment.
func Line(words []string) string { return string(AppendLine(nil, words)) }

// AppendLine appends what Line returns.
func AppendLine(line []byte, words []string) []byte {
	if len(words) == 0 {
		return line
	}
	if program := words[0]; isPlain(program) && strings.Contains(program, "=") {
		line = append(append(append(line, '\''), program...), '\'')
	} else {
		line = AppendWord(line, program)
	}
	return AppendWords(line, words[1:])
}

// AppendWords appends each word with a space in front.
func AppendWords(line []byte, words []string) []byte {
	for _, word := range words {
		line = AppendWord(append(line, ' '), word)
	}
	return line
}

// Word returns word as a shell argument. A word that needs no quotes gets none.
func Word(word string) string {
	if isPlain(word) {
		return word
	}
	return shellescape.Quote(word)
}

// AppendWord appends what Word returns.
func AppendWord[T string | []byte](line []byte, word T) []byte {
	if isPlain(word) {
		return append(line, word...)
	}
	return append(line, shellescape.Quote(string(word))...)
}

// Plain reports that a byte needs no quotes in any shell.
func Plain(b byte) bool { return plain[b] }

// isPlain reports that no shell sees anything but itself in word.
func isPlain[T string | []byte](word T) bool {
	for i := range len(word) {
		if !plain[word[i]] {
			return false
		}
	}
	return len(word) > 0
}

// plain holds the bytes that shellescape leaves unquoted. Looking here first saves its regular expression for nearly
// every word of a docker line.
var plain = func() (table [256]bool) {
	const bytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"
	for i := range len(bytes) {
		table[bytes[i]] = true
	}
	return table
}()

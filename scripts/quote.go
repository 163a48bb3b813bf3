package scripts

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// Quote returns words as one line for a POSIX shell, for instance
//
//	docker run --name=w busybox echo 'a b'
//
// A first word with = in it is quoted, or the shell would take it for an assignment.
func Quote(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return string(appendLine(nil, words))
}

// appendLine appends what Quote returns; words are not empty.
func appendLine(line []byte, words []string) []byte {
	program := QuoteWord(words[0])
	if program == words[0] && strings.Contains(program, "=") {
		program = "'" + program + "'"
	}
	return appendArgs(append(line, program...), words[1:])
}

// appendArgs appends each word with a space in front.
func appendArgs(line []byte, words []string) []byte {
	for _, word := range words {
		line = append(line, ' ')
		line = append(line, QuoteWord(word)...)
	}
	return line
}

// QuoteWord returns word as a shell argument. A word that needs no quotes gets none.
func QuoteWord(word string) string {
	if isPlain(word) {
		return word
	}
	return shellescape.Quote(word)
}

// isPlain reports that no shell sees anything but itself in word.
func isPlain(word string) bool {
	for i := range len(word) {
		if !plain[word[i]] {
			return false
		}
	}
	return word != ""
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

package scripts

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/quote"
)

// DefaultShell runs a script that names no other shell.
const DefaultShell = "/bin/sh"

// script is what the shell scripts of this package have in common: a shell, a comment, and statements of plain words.
type script struct {
	shell, comment string
	statements     [][]string
}

func appendHeader(data []byte, shell, comment string) []byte {
	data = append(data, "#!"+shell+"\n"...)
	if comment == "" {
		return data
	}
	for line := range strings.SplitSeq(comment, "\n") {
		data = append(data, '#')
		if line != "" {
			data = append(data, " "+line...)
		}
		data = append(data, '\n')
	}
	return data
}

// checkComment refuses what could end a comment line early, or make a terminal show another line than the one that runs.
func checkComment(comment string) error {
	if err := checkText(comment); err != nil {
		return fmt.Errorf("comment %w", err)
	}
	for _, r := range comment {
		if r != '\n' && !unicode.IsPrint(r) {
			return fmt.Errorf("comment holds the unprintable character %U: remove it", r)
		}
	}
	return nil
}

func parseScript(text string) (script, error) {
	if err := checkText(text); err != nil {
		return script{}, fmt.Errorf("the script %w", err)
	}
	first, body, _ := strings.Cut(text, "\n")
	shell, ok := strings.CutPrefix(first, "#!")
	if !ok || shell == "" {
		return script{}, errors.New("line 1: a script must begin with #! and its shell")
	}
	s := script{shell: shell}
	var comment []string
	for strings.HasPrefix(body, "#") {
		line, rest, _ := strings.Cut(body[1:], "\n")
		line, spaced := strings.CutPrefix(line, " ")
		if line != "" && !spaced {
			return script{}, fmt.Errorf("line %d: a comment must begin with # and a space", len(comment)+2)
		}
		comment = append(comment, line)
		body = rest
	}
	s.comment = strings.Join(comment, "\n")
	var err error
	s.statements, err = parseStatements(body, len(comment)+2)
	return s, err
}

// parseStatements splits the body of a script into the words of its statements; line is the number of its first line.
//
// It lets through only what every shell and shlex read alike, which is all that this package writes: plain words, quoted
// words, and a backslash at the end of a line. That one it takes out itself, because shlex would put the line break into
// the word. Inside quotes a line break belongs to the word, and a backslash to the words that this package writes.
func parseStatements(body string, line int) ([][]string, error) {
	var (
		statements [][]string
		statement  strings.Builder
		open       byte
	)
	for i := 0; i < len(body); i++ {
		c := body[i]
		switch {
		case open != 0:
			if open == '"' && strings.IndexByte("$`\\!", c) >= 0 {
				return nil, fmt.Errorf("line %d: %q inside double quotes: write the word in single quotes", line, c)
			}
			if c == open {
				open = 0
			}
		case c == '\'' || c == '"':
			open = c
		case strings.HasPrefix(body[i:], "\\\n"):
			i++
			line++
			continue
		case c == '\n':
			words, err := shlex.Split(statement.String())
			if err != nil || len(words) == 0 {
				return nil, fmt.Errorf("line %d: an empty statement", line)
			}
			statements = append(statements, words)
			statement.Reset()
			line++
			continue
		case c != ' ' && !quote.Plain(c):
			return nil, fmt.Errorf("line %d: %q without quotes: this package writes plain words only", line, c)
		}
		if c == '\n' {
			line++
		}
		statement.WriteByte(c)
	}
	if open != 0 {
		return nil, fmt.Errorf("line %d: the quote %c is never closed", line, open)
	}
	if statement.Len() > 0 {
		return nil, fmt.Errorf("line %d: the last line has no newline at its end: the file may be cut off", line)
	}
	if len(statements) == 0 {
		return nil, fmt.Errorf("line %d: the script has no statement", line)
	}
	return statements, nil
}

package scripts

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dockercmd/toolkit/quote"
)

// Format is how a command file spells its argv.
type Format int

const (
	// Shell is a script for sh with one flag per line. It can say every argv.
	Shell Format = iota
	// Line is the one unquoted line that Storm's worker-launcher reads. See [Command] for what it cannot say.
	Line
)

var formatNames = [...]string{Shell: "sh", Line: "line"}

// String returns "sh" or "line".
func (f Format) String() string {
	if f < 0 || int(f) >= len(formatNames) {
		return fmt.Sprintf("Format(%d)", int(f))
	}
	return formatNames[f]
}

// Command is a command file: one docker line that a person can read, diff and run.
//
// In the [Shell] format:
//
//	#!/bin/sh
//	# start worker-1, 2026-07-01T12:00:00Z
//	exec docker run \
//	  --name=worker-1 \
//	  --read-only \
//	  busybox sh -c 'echo "$HOME"'
//
// The [Line] format has neither the comment nor argv[0], because the launcher puts its configured docker binary in
// front, and no newline at its end, because the launcher would make it part of the last word:
//
//	run --name=worker-1 --read-only busybox sleep 60
//
// It has no quoting. Words that are empty or hold a space, CR or LF cannot be said in it and are refused. Which flags
// the launcher lets through is not looked at here.
type Command struct {
	// Argv begins with the program. Its words are valid UTF-8 without NUL; they may be empty or hold newlines.
	Argv []string
	// Comment says what the file is for and when it was made. It has one or more lines of printable characters; ""
	// leaves it out.
	Comment string
	Format  Format
	// Binary is the launcher's docker.binary, whose length counts towards the launcher's limit on a line; "" means
	// /usr/bin/docker. Only the line format looks at it, and it is not in the file.
	Binary string
}

// Validate returns everything that keeps the command from being written exactly, nil if nothing does. Problems name a
// word by its place in Argv and do not show it: it may hold a secret.
func (c Command) Validate() error {
	errs := []error{checkComment(c.Comment)}
	errs = append(errs, checkArgv(c.Argv)...)
	switch c.Format {
	case Shell:
	case Line:
		errs = append(errs, c.checkLine()...)
	default:
		errs = append(errs, fmt.Errorf("format %v: must be Shell or Line", c.Format))
	}
	return errors.Join(errs...)
}

// Bytes returns the file's content. It fails when [Command.Validate] does.
func (c Command) Bytes() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("render command script: %w", err)
	}
	if c.Format == Line {
		return []byte(strings.Join(c.Argv[1:], " ")), nil
	}
	data := appendHeader(nil, DefaultShell, c.Comment)
	head, flags, rest := layout(c.Argv)
	data = quote.AppendLine(append(data, "exec "...), head)
	for i := range flags {
		data = quote.AppendWords(append(data, continued...), flags[i:i+1])
	}
	if len(rest) > 0 {
		data = quote.AppendWords(append(data, continued...), rest)
	}
	return append(data, '\n'), nil
}

// continued ends a line that goes on indented on the next.
const continued = " \\\n "

// ParseCommand reads a command file of either format back. A line gets "docker" as its argv[0].
func ParseCommand(data []byte) (Command, error) {
	c, err := parseCommand(string(data))
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		return Command{}, fmt.Errorf("parse command script: %w", err)
	}
	return c, nil
}

func parseCommand(text string) (Command, error) {
	if !strings.HasPrefix(text, "#!") {
		return Command{Argv: append([]string{"docker"}, strings.Split(text, " ")...), Format: Line}, nil
	}
	s, err := parseScript(text)
	if err != nil {
		return Command{}, err
	}
	if s.shell != DefaultShell {
		return Command{}, fmt.Errorf("line 1: the shell is %q: must be %s", s.shell, DefaultShell)
	}
	if len(s.statements) != 1 || s.statements[0][0] != "exec" {
		return Command{}, errors.New("must hold one command, and it must begin with exec")
	}
	return Command{Argv: s.statements[0][1:], Comment: s.comment}, nil
}

// layout breaks argv into the lines of a script: the program with its global flags and subcommand, flags that get a line
// each, and the operands with the container's command. It is for the eye only: any layout says the same argv.
func layout(argv []string) (head, flags, rest []string) {
	subcommand := 1 + countFlags(argv[1:])
	end := subcommand
	for end < len(argv) && !isFlag(argv[end]) {
		end++
	}
	// A subcommand has one or two words. More are operands already, and what looks like a flag behind them is theirs.
	if end-subcommand > 2 {
		return argv, nil, nil
	}
	n := countFlags(argv[end:])
	return argv[:end], argv[end : end+n], argv[end+n:]
}

func isFlag(word string) bool { return strings.HasPrefix(word, "-") }

// countFlags returns how many flags words begin with.
func countFlags(words []string) int {
	n := 0
	for n < len(words) && isFlag(words[n]) {
		n++
	}
	return n
}

// checkArgv returns what keeps argv from being started by an exec line.
func checkArgv(argv []string) []error {
	if len(argv) == 0 {
		return []error{errors.New("argv is empty: its first word must be the program")}
	}
	var errs []error
	switch {
	case argv[0] == "":
		errs = append(errs, errors.New("argv[0] is empty: it must be the program"))
	case isFlag(argv[0]):
		errs = append(errs, errors.New("argv[0] begins with -, which exec takes for a flag: put a path in front, as in ./-name"))
	}
	for i, word := range argv {
		if err := checkText(word); err != nil {
			errs = append(errs, fmt.Errorf("argv[%d] %w", i, err))
		}
	}
	return errs
}

// checkText refuses what a process or docker cannot be given.
func checkText(s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return errors.New("holds a NUL byte, which no process can be given: remove it")
	}
	if !utf8.ValidString(s) {
		return errors.New("is not valid UTF-8, and docker would alter it: encode it, or hand it over in a file")
	}
	return nil
}

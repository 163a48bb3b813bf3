// Package shellline reads docker lines as people write them for a shell: [Parse] returns the command of a text that holds one,
// [Split] its words and what stands around them, and [SplitLines] does so for all docker lines of a text. [Read] gives them as the
// text is read.
//
// A [Line] gives the words (Argv) and the command (Parse, CommandLine). [ErrNoLine] is a text without a docker line;
// [IsProgram] tells docker, podman and nerdctl from other programs. It knows continuation lines, quotes of every form,
// variables, comments, redirections, prompts, and sudo in front. Nothing is run, and each word keeps its place, so that an
// [Error] names the line and the column.
package shellline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Line is one docker command line as it stands in a text for a shell.
type Line struct {
	// Words are what the shell hands over. The first is the program: docker, or however it is written.
	Words []Word
	// Env are the variables that the text sets for this command alone, as in A=b docker ..., each NAME=value. They are docker's
	// own environment, not the container's, and no part of the command: what reads from them, such as --env=A or DOCKER_HOST,
	// is for whoever runs the line.
	Env []string
	// Dropped are the words that are for the shell and not for docker: sudo and its like in front, redirections. They stand
	// as they are written.
	Dropped []Word
}

// Word is a word and where its text begins. A variable that becomes several words gives all of them its own place.
type Word struct {
	Text   string
	Line   int // from 1
	Column int // in characters, from 1
}

// Error is a problem of a text and its place.
type Error struct {
	Line   int // from 1
	Column int // in characters, from 1
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %v", e.Line, e.Column, e.Err) }

// Unwrap gives the problem itself.
func (e *Error) Unwrap() error { return e.Err }

// ErrNoLine says that a text holds no docker command.
var ErrNoLine = errors.New("no docker command")

// Parse reads a docker line as people write it for a shell and paste it: continuation lines, quotes of every form,
// comments, redirections, a prompt or sudo in front. It finds the command by its first word, which is docker, docker.exe or a
// path of one of them; podman and nerdctl are taken for docker. SplitLines tells what is read how, Parse wants exactly one
// docker command in the text. Nothing is run.
//
// The lookup gives the values of variables; nil has none. A variable that is not set is an error, since a line whose parts have
// silently gone missing is seldom meant: ${NAME-} says that nothing is. The error is a [*Error].
func Parse(text string, lookup func(name string) (value string, ok bool)) (dockercmd.Command, error) {
	l, err := Split(text, lookup)
	if err != nil {
		return nil, err
	}
	return l.Parse()
}

// Split returns the only docker line of a text; none and several are an error.
func Split(text string, lookup func(name string) (value string, ok bool)) (Line, error) {
	lines, err := SplitLines(text, lookup)
	switch {
	case err != nil:
		return Line{}, err
	case len(lines) == 0:
		hint := "begin the line with docker"
		if strings.ContainsRune(text, '\u00a0') {
			hint = "it holds no-break spaces, which are no blanks to a shell: replace them"
		}
		return Line{}, &Error{1, 1, fmt.Errorf("%w in the text; %s", ErrNoLine, hint)}
	case len(lines) > 1:
		at := lines[1].Words[0]
		return Line{}, &Error{at.Line, at.Column, errors.New("a second docker command; give one at a time")}
	}
	return lines[0], nil
}

// Argv returns the texts of the words, the program among them.
func (l Line) Argv() []string {
	argv := make([]string, len(l.Words))
	for i, w := range l.Words {
		argv[i] = w.Text
	}
	return argv
}

// Parse reads the words behind the program, as [dockercmd.Parse] does. The error is a [*Error] with the place of the word at fault.
func (l Line) Parse() (dockercmd.Command, error) {
	if len(l.Words) == 0 {
		return nil, &Error{1, 1, ErrNoLine}
	}
	c, err := dockercmd.Parse(append([]string{"docker"}, l.Argv()[1:]...))
	return c, l.located(err)
}

// CommandLine reads the words as [dockercmd.ParseCommandLine] does: the program, docker's options in front of the subcommand,
// and the command. The error is a [*Error] with the place of the word at fault.
func (l Line) CommandLine() (dockercmd.CommandLine, error) {
	if len(l.Words) == 0 {
		return dockercmd.CommandLine{}, &Error{1, 1, ErrNoLine}
	}
	c, err := dockercmd.ParseCommandLine(l.Argv())
	return c, l.located(err)
}

// located gives an error of the words its place in the text; nil stays nil.
func (l Line) located(err error) error {
	if err == nil {
		return nil
	}
	at := l.Words[0]
	if e, ok := errors.AsType[*dockercmd.ParseError](err); ok {
		at = l.Words[min(max(e.Word, 1), len(l.Words))-1]
	}
	return &Error{at.Line, at.Column, err}
}

// IsProgram reports whether a shell's word names docker or a program that takes its lines.
func IsProgram(word string) bool {
	if i := strings.LastIndexAny(word, `/\`); i >= 0 {
		word = word[i+1:]
	}
	switch strings.TrimSuffix(strings.ToLower(word), ".exe") {
	case "docker", "podman", "nerdctl":
		return true
	}
	return false
}

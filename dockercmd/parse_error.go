package dockercmd

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/dockercmd/toolkit/internal/table"
)

// ErrUnknownFlag says that a command has no such flag.
var ErrUnknownFlag = errors.New("unknown")

// ParseError says why a line is no command: which flag, at which word. Its text never holds the value of an environment
// variable.
type ParseError struct {
	Command string // the subcommand: run; "" when it is the subcommand that is unknown
	Flag    string // the flag with its dashes, --memory; an unknown one as it was written; "" when no flag is at fault
	// Word is the place in the whole line, counted from 1: docker is word 1, also where Parse was given the words behind it
	// only. A value in a word of its own counts as its flag's word; a missing operand has the subcommand's word. 0 is a place
	// that is not known, see ScanError.
	Word int
	Err  error // what is wrong and how to mend it
}

func (e *ParseError) Error() string {
	var b strings.Builder
	if e.Command != "" {
		b.WriteString(e.Command + ": ")
	}
	if e.Flag != "" {
		if errors.Is(e.Err, ErrUnknownFlag) {
			b.WriteString("flag ")
		}
		b.WriteString(e.Flag)
		if e.Word > 0 {
			fmt.Fprintf(&b, " at word %d", e.Word)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap gives the problem itself.
func (e *ParseError) Unwrap() error { return e.Err }

// SetOperands gives c the words behind its flags. The error says what is missing or too much.
func SetOperands(c Command, words []string) error {
	if err := c.Table().SetOperands(words); err != nil {
		return &ParseError{Command: c.Subcommand(), Err: err}
	}
	return nil
}

// ScanError puts an error of a scanner that c's flags are registered with in words that never hold a secret value. It is a
// [*ParseError] without a place: pflag does not tell it. Parse finds it out.
func ScanError(c Command, err error) error { return scanError(c, err, "") }

// scanError explains pflag's error. The word is the one at fault, "" when it is not known.
func scanError(c Command, err error, word string) *ParseError {
	e := &ParseError{Command: c.Subcommand(), Err: err}
	if errors.Is(err, pflag.ErrHelp) {
		e.Err = ErrHelp
		return e
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		e.Flag, e.Err = "--"+invalid.GetFlag().Name, invalid.Unwrap()
		if long := oneDash(c, word); long != "" {
			e.Err = fmt.Errorf("%w; --%s needs two dashes", e.Err, long)
		}
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		e.Flag, e.Err = "--"+missing.GetFlag().Name, errors.New("needs a value, and the line ends")
	}
	if _, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		e.Flag, e.Err = "--", errors.New("no name behind the dashes; write --name=value")
	}
	if missing, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if letters := missing.GetSpecifiedShortnames(); letters != "" {
			letter, _ := utf8.DecodeRuneInString(letters)      // pflag tells its first byte
			e.Flag, e.Err = "-"+string(letter), ErrUnknownFlag // a value may stand behind the letter
			if long := oneDash(c, "-"+letters); long != "" {
				e.Err = fmt.Errorf("%w; --%s needs two dashes", ErrUnknownFlag, long)
			} else if i := slices.IndexFunc(Flags(c), func(f Flag) bool { return f.Short != 0 && f.Short == e.Flag[1]^0x20 }); i >= 0 {
				e.Err = fmt.Errorf("%w; did you mean -%c, --%s?", ErrUnknownFlag, Flags(c)[i].Short, Flags(c)[i].Name)
			}
			return e
		}
		e.Flag, e.Err = "--"+missing.GetSpecifiedName(), ErrUnknownFlag
		if near := nearest(c, missing.GetSpecifiedName()); near != "" {
			e.Err = fmt.Errorf("%w; did you mean --%s?", ErrUnknownFlag, near)
		}
	}
	return e
}

// oneDash returns the long flag of c that a word writes with one dash: "name" for -name=x. Docker reads that as letters.
func oneDash(c Command, word string) string {
	name, dashed := strings.CutPrefix(word, "-")
	name, _, _ = strings.Cut(name, "=")
	if !dashed || len(name) < 2 || !table.IsKnown(c.Table(), name) {
		return ""
	}
	return name
}

// locatedScanError explains a scanner's error and finds its word. The scanner does not tell it, but it stops at the first
// error: the word at fault ends the shortest beginning of the line that has the same one.
func locatedScanError(c Command, s *table.Spec, words []string, behind int, err error) *ParseError {
	failure := func(n int) error {
		_, _, err := scan(s, words[:n])
		return err
	}
	n := len(words) // a missing value is always the last word's
	if _, ok := errors.AsType[*pflag.ValueRequiredError](err); !ok {
		n = sort.Search(len(words), func(n int) bool {
			got := failure(n)
			return got != nil && got.Error() == err.Error()
		})
		if _, ok := errors.AsType[*pflag.InvalidValueError](err); ok && n > 1 {
			if _, ownWord := errors.AsType[*pflag.ValueRequiredError](failure(n - 1)); ownWord {
				n--
			}
		}
	}
	e := scanError(c, err, words[max(n, 1)-1])
	e.Word = behind + n
	return e
}

// operandError gives an error of the words behind the flags the word where the line went wrong.
func operandError(c Command, s *table.Spec, words []string, behind int, err error) *ParseError {
	n := sort.Search(len(words), func(n int) bool {
		c, operands, scanErr := scan(s, words[:n])
		if scanErr != nil {
			return false
		}
		got := c.Table().SetOperands(operands)
		return got != nil && got.Error() == err.Error()
	})
	return &ParseError{Command: c.Subcommand(), Word: behind + n, Err: err}
}

// unknownCommand returns what the subcommand could have been: of two words, the second one is taken for the wrong one.
func unknownCommand(name string) error {
	group, last := "", name
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		group, last = name[:i+1], name[i+1:]
	}
	var names []string
	for _, s := range specs {
		for _, known := range s.Names {
			if word, ok := strings.CutPrefix(known, group); ok && !strings.Contains(word, " ") {
				names = append(names, word)
			}
		}
	}
	if near := closest(last, names); near != "" {
		return fmt.Errorf("%w %q; did you mean %s?", ErrUnknownCommand, name, group+near)
	}
	return fmt.Errorf("%w %q; give one that is typed here, such as run, exec or stop", ErrUnknownCommand, name)
}

// nearest returns the flag of c whose name is closest to an unknown one, or "" when none is close.
func nearest(c Command, name string) string {
	var names []string
	for _, f := range Flags(c) {
		names = append(names, f.Name)
	}
	return closest(name, names)
}

// closest returns the name that begins with an unknown one, else the one with fewest letters changed, or "": one letter of three
// and more, two of seven and more.
func closest(name string, names []string) string {
	best, bestDistance := "", 0
	switch {
	case len(name) >= 7:
		bestDistance = 3
	case len(name) >= 3:
		bestDistance = 2
	}
	for _, known := range names {
		d := distance(known, name)
		if len(name) > 1 && strings.HasPrefix(known, name) {
			d = -1
		}
		if d < bestDistance {
			best, bestDistance = known, d
		}
	}
	return best
}

// distance counts the letters to insert, drop or change to make b of a; two that change places count as one.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			change := row[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

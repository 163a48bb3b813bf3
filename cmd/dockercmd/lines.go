package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/shellline"
)

// lineEntries returns the commands of lines.
func lineEntries(r io.Reader, at func(int) string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		q := lineQueue{r: bufio.NewReaderSize(r, 1<<16)}
		for {
			line, ok := q.next()
			if !ok {
				break
			}
			first := q.count
			if line.err != nil {
				if !yield(entry{at: at(first), err: line.err}) {
					return
				}
				continue
			}
			for e := range q.entriesOf(line.text, first, at) {
				if !yield(e) {
					return
				}
			}
		}
		if q.err != nil {
			yield(entry{at: at(q.count + 1), err: q.err})
		}
	}
}

// lineQueue gives lines, and looks ahead where one needs those behind it.
type lineQueue struct {
	r      *bufio.Reader
	ahead  []queued
	count  int // lines given
	err    error
	read   int // bytes
	looked int // bytes that were looked at for where a command ends
}

// queued is a line, or why it cannot be kept.
type queued struct {
	text string
	err  error
}

var errLarge = fmt.Errorf("it is larger than %d bytes", maxFile)

func (q *lineQueue) next() (queued, bool) {
	line, ok := q.peek(0)
	if ok {
		q.ahead = q.ahead[1:]
		q.count++
	}
	return line, ok
}

// peek returns a line that is not given yet.
func (q *lineQueue) peek(i int) (queued, bool) {
	for len(q.ahead) <= i {
		line, err := q.readLine()
		if err != nil && !errors.Is(err, io.EOF) {
			q.err = err
			return queued{}, false
		}
		if line.text == "" && line.err == nil {
			return queued{}, false
		}
		line.text = strings.TrimRight(line.text, "\r\n")
		q.ahead = append(q.ahead, line)
	}
	return q.ahead[i], true
}

// readLine reads a line with its end. Of one that is too large it keeps nothing.
func (q *lineQueue) readLine() (queued, error) {
	var line []byte
	size := 0
	for {
		part, err := q.r.ReadSlice('\n')
		size += len(part)
		q.read += len(part)
		whole := !errors.Is(err, bufio.ErrBufferFull)
		switch {
		case size > maxFile:
			line = nil
		case whole && len(line) == 0:
			return queued{text: string(part)}, err
		default:
			line = append(line, part...)
		}
		if whole && size > maxFile {
			return queued{err: errLarge}, err
		}
		if whole {
			return queued{text: string(line)}, err
		}
	}
}

// entriesOf reads what begins with a line.
func (q *lineQueue) entriesOf(line string, first int, at func(int) string) iter.Seq[entry] {
	one := func(line dockercmd.CommandLine, err error) iter.Seq[entry] {
		return func(yield func(entry) bool) { yield(entry{at: at(first), line: line, err: err}) }
	}
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "":
		return func(func(entry) bool) {}
	case trimmed[0] == '[' && json.Valid([]byte(trimmed)):
		return one(lineOfWords([]byte(trimmed)))
	case strings.HasPrefix(trimmed, "{") && (json.Valid([]byte(trimmed)) || strings.HasPrefix(strings.TrimSpace(trimmed[1:]), `"`)):
		return one(lineOfObject([]byte(q.joined(trimmed, openObject))))
	}
	s, err := q.shellText(line)
	if err != nil {
		return one(dockercmd.CommandLine{}, err)
	}
	return s.entries(first, at, strings.HasPrefix(trimmed, "#"))
}

// shellText adds the lines to one that a shell would ask for.
func (q *lineQueue) shellText(line string) (shellText, error) {
	text, err := q.continued(line)
	for err == nil {
		var s shellText
		text = q.joined(text, func(text string) string {
			s = split(text)
			return s.openQuote()
		})
		if s.text != text {
			s = split(text)
		}
		if !endsOpen(text) {
			return s, nil
		}
		var more string
		if more, err = q.continued(text); more == text {
			return s, err // the input ends
		}
		text = more
	}
	return shellText{}, err
}

// continued adds the lines that a backslash asks for.
func (q *lineQueue) continued(text string) (string, error) {
	if !endsOpen(text) {
		return text, nil
	}
	var b strings.Builder
	b.WriteString(text)
	large := false
	for last := text; endsOpen(last); {
		more, ok := q.next()
		if !ok {
			break
		}
		if last = more.text; more.err != nil || b.Len()+len(last) > maxFile {
			large = true // and the rest of it is passed over
		}
		if !large {
			b.WriteByte('\n')
			b.WriteString(last)
		}
	}
	if large {
		return "", errLarge
	}
	return b.String(), nil
}

// maxJoined bounds how many lines are looked at for the end of one command.
const maxJoined = 1000

// maxLooked bounds what all of an input may cost to find out where its commands end, beside what its size allows.
const maxLooked = 64 << 20

// perLine is what a line costs beside its bytes.
const perLine = 32

// joined adds the lines behind a text as long as it is open and they do not begin a command themselves; if it never closes, none is
// taken. Of an open text, open returns the letters of which one must stand in a line that closes it; "" is none that is open.
func (q *lineQueue) joined(text string, open func(string) (letters string)) string {
	letters := open(text)
	if letters == "" {
		return text
	}
	var whole strings.Builder
	whole.WriteString(text)
	for i := range maxJoined {
		line, ok := q.peek(i)
		more := line.text
		if start := strings.TrimSpace(more); !ok || line.err != nil || strings.HasPrefix(start, "docker ") ||
			strings.HasPrefix(start, "sudo ") || strings.HasPrefix(start, "[") {
			return text
		}
		if whole.Len()+len(more) > maxFile || q.looked > maxLooked+8*q.read {
			return text
		}
		whole.WriteByte('\n')
		whole.WriteString(more)
		q.looked += len(more) + perLine
		if !strings.ContainsAny(more, letters) {
			continue
		}
		q.looked += whole.Len()
		if letters = open(whole.String()); letters == "" {
			for range i + 1 {
				q.next()
			}
			return whole.String()
		}
	}
	return whole.String()
}

// openObject returns what closes an object, "" for one that is closed.
func openObject(text string) string {
	if json.Valid([]byte(text)) {
		return ""
	}
	return "}"
}

// endsOpen reports whether a backslash at the end continues the line.
func endsOpen(text string) bool {
	n := len(text) - len(strings.TrimRight(text, `\`))
	return n%2 == 1
}

// shellText is a text for a shell and what it holds.
type shellText struct {
	text  string
	lines []shellline.Line
	err   error
}

func split(text string) shellText {
	lines, err := shellline.SplitLines(text, os.LookupEnv)
	return shellText{text, lines, err}
}

// openQuote returns the letters of which one must stand in what closes the text when a shell would wait for the end of a quote, and
// "" when it would not.
func (s shellText) openQuote() string {
	if s.err == nil {
		return ""
	}
	_, quote, open := strings.Cut(s.err.Error(), "without closing quote")
	switch {
	case !open:
		return ""
	case strings.Contains(quote, "'"):
		return "'"
	}
	return "\"'$`" // something else may begin between double quotes
}

// entries returns the docker commands of a text whose first line has the number first. Where it may be empty, a text without any is
// no error.
func (s shellText) entries(first int, at func(int) string, mayBeEmpty bool) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		err := s.err
		if err == nil && len(s.lines) == 0 {
			if mayBeEmpty {
				return
			}
			_, err = shellline.Split(s.text, os.LookupEnv) // which says what is wrong
		}
		for _, l := range s.lines {
			line, err := l.CommandLine()
			if !yield(placed(entry{at: at(first + l.Words[0].Line - 1), line: line, err: err}, first, at)) {
				return
			}
		}
		if err != nil {
			yield(placed(entry{at: at(first), err: err}, first, at))
		}
	}
}

// placed moves the place of a problem within a text to where it is in the input.
func placed(e entry, first int, at func(int) string) entry {
	if problem, ok := errors.AsType[*shellline.Error](e.err); ok {
		e.at = fmt.Sprintf("%s:%d", at(first+problem.Line-1), problem.Column)
		e.err = problem.Err
	}
	return e
}

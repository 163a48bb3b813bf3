package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/shellline"
)

// entry is one command of the input, or what is wrong with it.
type entry struct {
	at   string // where it stands: "line 3", or "deploy.sh:3"
	line dockercmd.CommandLine
	err  error
}

// maxFile is the size of the largest file that is read whole.
const maxFile = 64 << 20

// entries returns the commands of files; "-" and no files at all are standard input.
//
// A file's name says what is in it: .json, .yaml and .go hold what convert writes; .sh, and whatever begins with #!, is a
// shell script of which docker's commands count. All else, and standard input, is lines: each is a docker command for a shell
// (which a backslash at its end continues), a JSON array of words, or a JSON object. Empty lines and comments are passed over.
func entries(files []string, stdin io.Reader) iter.Seq[entry] {
	if len(files) == 0 {
		files = []string{"-"}
	}
	return func(yield func(entry) bool) {
		for _, name := range files {
			for e := range fileEntries(name, stdin) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

func fileEntries(name string, stdin io.Reader) iter.Seq[entry] {
	if name == "-" {
		return lineEntries(stdin, func(n int) string { return fmt.Sprintf("line %d", n) })
	}
	return func(yield func(entry) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(entry{at: name, err: err})
			return
		}
		defer f.Close()
		at := func(n int) string { return fmt.Sprintf("%s:%d", name, n) }
		r := bufio.NewReader(f)
		start, _ := r.Peek(2)
		var read func([]byte, func(int) string) iter.Seq[entry]
		switch ext := strings.ToLower(filepath.Ext(name)); {
		case ext == ".go":
			read = goEntries
		case ext == ".yaml" || ext == ".yml":
			read = yamlEntries
		case ext == ".json":
			read = jsonEntries
		case ext == ".sh" || string(start) == "#!":
			read = scriptEntries
		default:
			lineEntries(r, at)(yield)
			return
		}
		data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
		if err == nil && len(data) > maxFile {
			err = fmt.Errorf("it is larger than %d bytes", maxFile)
		}
		if err != nil {
			yield(entry{at: name, err: err})
			return
		}
		read(data, at)(yield)
	}
}

// scriptEntries returns the docker commands of a shell script.
func scriptEntries(data []byte, at func(int) string) iter.Seq[entry] {
	return shellEntries(string(data), 1, at, true)
}

// shellEntries returns the docker commands of a text whose first line has the number first. Where it may be empty, a text
// without any is no error.
func shellEntries(text string, first int, at func(int) string, mayBeEmpty bool) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		lines, err := shellline.SplitLines(text, os.LookupEnv)
		if err == nil && len(lines) == 0 {
			if mayBeEmpty {
				return
			}
			_, err = shellline.Split(text, os.LookupEnv) // which says what is wrong
		}
		for _, l := range lines {
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
			for e := range q.entriesOf(line, first, at) {
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
	r     *bufio.Reader
	ahead []string
	count int // lines given
	err   error
}

func (q *lineQueue) next() (string, bool) {
	line, ok := q.peek(0)
	if ok {
		q.ahead = q.ahead[1:]
		q.count++
	}
	return line, ok
}

// peek returns a line that is not given yet.
func (q *lineQueue) peek(i int) (string, bool) {
	for len(q.ahead) <= i {
		line, err := q.r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			q.err = err
			return "", false
		}
		if line == "" {
			return "", false
		}
		q.ahead = append(q.ahead, strings.TrimRight(line, "\r\n"))
	}
	return q.ahead[i], true
}

// maxJoined bounds how many lines one command may have.
const maxJoined = 1000

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
		return one(lineOfObject([]byte(q.joined(trimmed, func(text string) bool { return !json.Valid([]byte(text)) }))))
	}
	text := q.joined(q.continued(line), openQuote)
	for endsOpen(text) {
		more := q.joined(q.continued(text), openQuote)
		if more == text {
			break // the input ends
		}
		text = more
	}
	comment := strings.HasPrefix(trimmed, "#")
	return shellEntries(text, first, at, comment)
}

// continued adds the lines that a backslash asks for.
func (q *lineQueue) continued(text string) string {
	for i := 0; endsOpen(text) && i < maxJoined; i++ {
		more, ok := q.next()
		if !ok {
			break
		}
		text += "\n" + more
	}
	return text
}

// joined adds the lines behind a text as long as it is open and they do not begin a command themselves; if it never closes,
// none is taken.
func (q *lineQueue) joined(text string, open func(string) bool) string {
	whole := text
	for i := 0; open(whole) && i < maxJoined; i++ {
		more, ok := q.peek(i)
		if start := strings.TrimSpace(more); !ok || strings.HasPrefix(start, "docker ") || strings.HasPrefix(start, "sudo ") ||
			strings.HasPrefix(start, "[") {
			return text
		}
		whole += "\n" + more
		if !open(whole) {
			for range i + 1 {
				q.next()
			}
			return whole
		}
	}
	return whole
}

// endsOpen reports whether a backslash at the end continues the line.
func endsOpen(text string) bool {
	n := len(text) - len(strings.TrimRight(text, `\`))
	return n%2 == 1
}

// openQuote reports whether a shell would wait for the end of a quote.
func openQuote(text string) bool {
	_, err := shellline.SplitLines(text, os.LookupEnv)
	return err != nil && strings.Contains(err.Error(), "without closing quote")
}

// lineOfWords reads a JSON array of words, with or without the program in front.
func lineOfWords(data []byte) (dockercmd.CommandLine, error) {
	var words []string
	if err := json.Unmarshal(data, &words); err != nil {
		return dockercmd.CommandLine{}, errors.New("the array holds something else than texts; give the words of one command")
	}
	return lineOfArgv(words)
}

// lineOfArgv reads the words of a command, with or without the program in front.
func lineOfArgv(words []string) (dockercmd.CommandLine, error) {
	if len(words) > 0 && !shellline.IsProgram(words[0]) {
		words = append([]string{"docker"}, words...)
	}
	return dockercmd.ParseCommandLine(words)
}

// lineOfText reads one docker line as people write it for a shell.
func lineOfText(text string) (dockercmd.CommandLine, error) {
	l, err := shellline.Split(text, os.LookupEnv)
	if err != nil {
		return dockercmd.CommandLine{}, err
	}
	return l.CommandLine()
}

// lineOfObject reads a JSON object: a command as convert writes it, or one with the words under argv or the text under line.
func lineOfObject(data []byte) (dockercmd.CommandLine, error) {
	var o struct {
		Command *json.RawMessage
		Argv    []string
		Line    string
	}
	if err := json.Unmarshal(data, &o); err == nil && o.Command == nil {
		switch {
		case o.Argv != nil:
			return lineOfArgv(o.Argv)
		case o.Line != "":
			return lineOfText(o.Line)
		}
	}
	return dockercmd.ParseCommandLineJSON(data)
}

// jsonEntries returns the values of a JSON file: objects and arrays of words, or a list of them.
func jsonEntries(data []byte, at func(int) string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		d := json.NewDecoder(bytes.NewReader(data))
		for {
			var value json.RawMessage
			err := d.Decode(&value)
			if errors.Is(err, io.EOF) {
				return
			}
			here := at(1 + bytes.Count(data[:d.InputOffset()], []byte("\n")) - bytes.Count(value, []byte("\n")))
			if err != nil {
				yield(entry{at: here, err: fmt.Errorf("JSON: %w", err)})
				return
			}
			for _, v := range listOf(value) {
				read := lineOfObject
				if v[0] == '[' {
					read = lineOfWords
				}
				line, err := read(v)
				if !yield(entry{here, line, err}) {
					return
				}
			}
		}
	}
}

// listOf returns the members of a list of objects or lists; any other value stands for itself.
func listOf(value json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if value[0] == '[' && json.Unmarshal(value, &list) == nil && len(list) > 0 && (list[0][0] == '{' || list[0][0] == '[') {
		return list
	}
	return []json.RawMessage{value}
}

// goEntries returns the literals of commands in Go source.
func goEntries(data []byte, at func(int) string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		lines, err := readGo(string(data))
		for _, l := range lines {
			if !yield(entry{at: at(1), line: l}) {
				return
			}
		}
		if err != nil {
			yield(entry{at: at(1), err: err})
		}
	}
}

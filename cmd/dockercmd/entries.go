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

// maxFile is the size of the largest file that is read whole, and of the largest command of lines.
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
			scriptEntries(r, at)(yield)
			return
		default:
			lineEntries(r, at)(yield)
			return
		}
		data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
		if err == nil && len(data) > maxFile {
			err = errLarge
		}
		if err != nil {
			yield(entry{at: name, err: err})
			return
		}
		read(data, at)(yield)
	}
}

// scriptEntries returns the docker commands of a shell script, each when it is read.
func scriptEntries(r io.Reader, at func(int) string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for l, err := range shellline.Read(r, os.LookupEnv) {
			e := entry{at: at(1), err: err}
			if err == nil {
				e.at = at(l.Words[0].Line)
				e.line, e.err = l.CommandLine()
			}
			if !yield(placed(e, 1, at)) {
				return
			}
		}
	}
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

package shellline

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/dockercmd/toolkit/dockercmd"
)

// maxText is the size of the largest command of a text that is read as it comes, and of the largest text that is read whole for
// its prompts.
const maxText = 64 << 20

// Read finds the docker commands of a text as SplitLines does, and gives each when the command of the text that it stands in has
// been read, so that a text may be larger than memory. The first error ends it; what stood in front has been given.
//
// Until the first docker line is found the text is kept, as long as it is no larger than 64 MiB: it may be a pasted session.
func Read(r io.Reader, lookup func(name string) (value string, ok bool)) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		in := bufio.NewReaderSize(r, 1<<16)
		t := &reader{in: in, keep: true}
		t.window, t.env.lookup = newWindow(nil), lookup
		if start, _ := in.Peek(maxPrompt); beginsSession(string(start)) {
			t.whole(yield)
			return
		}
		t.read(yield)
	}
}

// reader is a splitter of a text that comes in parts.
type reader struct {
	splitter

	in    *bufio.Reader
	keep  bool // the text from its beginning
	given int  // the offset of the last command whose lines were given
}

// read gives the lines of the text, as they come.
func (t *reader) read(yield func(Line, error) bool) {
	src := &source{r: t}
	parser := syntax.NewParser(syntax.Variant(syntax.LangBash))
	var waiting []*syntax.Stmt
	wanted := true
	parser.StmtsSeq(src)(func(stmt *syntax.Stmt, err error) bool { // no range: the parser calls once more when it was told to stop
		switch {
		case !wanted || t.err != nil:
			return false
		case err != nil:
			t.err = t.readError(err)
			return false
		}
		waiting = append(waiting, stmt)
		if stmt.Semicolon.IsValid() && slices.ContainsFunc(waiting, awaitsDocument) {
			return true // they stand on the next line
		}
		wanted = t.give(waiting, yield)
		waiting = waiting[:0]
		src.next()
		return wanted && t.err == nil
	})
	if wanted && t.err == nil {
		wanted = t.give(waiting, yield)
	}
	switch {
	case !wanted:
	case t.keep && (t.err != nil || withoutRootPrompt(string(t.text)) != string(t.text)):
		t.whole(yield)
	case t.err != nil:
		yield(Line{}, t.err)
	}
}

// give gives the lines of whole commands, and forgets their text. False is that nobody wants more.
func (t *reader) give(stmts []*syntax.Stmt, yield func(Line, error) bool) bool {
	for _, stmt := range stmts {
		from := int(stmt.Pos().Offset())
		t.given = from
		if t.keep && len(t.text) > maxText {
			t.keep = false
		}
		if !t.keep {
			t.dropBefore(from)
		}
		if text := t.text[t.clamp(from)-t.start:]; bytes.Contains(text, []byte("\\\n")) || bytes.Contains(text, []byte("$'")) {
			asBash(stmt)
		}
		t.lines = t.lines[:0]
		t.statement(stmt)
		if t.err != nil {
			return true
		}
		for _, l := range t.lines {
			t.keep = false
			if !yield(l, nil) {
				return false
			}
		}
		clear(t.lines)
	}
	return true
}

// whole gives the lines of what is kept of the text and of what follows, as SplitLines finds them.
func (t *reader) whole(yield func(Line, error) bool) {
	rest, err := io.ReadAll(io.LimitReader(t.in, maxText+1))
	text := append(t.text, rest...)
	if err == nil && len(text) > maxText {
		if err = t.err; err == nil {
			err = &Error{1, 1, fmt.Errorf("it is larger than %d bytes", maxText)}
		}
	}
	if err != nil {
		yield(Line{}, err)
		return
	}
	lines, err := SplitLines(string(text), t.env.lookup)
	for _, l := range lines {
		if !yield(l, nil) {
			return
		}
	}
	if err != nil {
		yield(Line{}, err)
	}
}

// Read gives the parser the next part of the text, with line breaks as Unix has them, and keeps it.
func (t *reader) Read(p []byte) (int, error) {
	if t.start+len(t.text)-t.given > maxText {
		return 0, fmt.Errorf("a command of more than %d bytes", maxText)
	}
	n, err := t.in.Read(p)
	if n > 0 && p[n-1] == '\r' {
		if next, _ := t.in.Peek(1); string(next) == "\n" {
			p[n-1] = '\n'
			_, _ = t.in.Discard(1)
		}
	}
	if bytes.Contains(p[:n], []byte("\r\n")) {
		n = copy(p, bytes.ReplaceAll(p[:n], []byte("\r\n"), []byte("\n")))
	}
	t.text = append(t.text, p[:n]...)
	if i := bytes.IndexByte(p[:n], 0); i >= 0 {
		return 0, fmt.Errorf("a NUL byte at offset %d; no program can be given it", t.start+len(t.text)-n+i)
	}
	return n, err
}

// readError gives an error of the parser, or of what it reads, its place.
func (t *reader) readError(err error) error {
	if e, ok := errors.AsType[syntax.ParseError](err); ok && e.Text == "invalid UTF-8 encoding" {
		return t.fail(e.Pos, dockercmd.CheckWord("\xff"))
	}
	if e, ok := errors.AsType[*Error](t.parseError(err)); ok && (e.Line > 1 || e.Column > 1) {
		return e
	}
	end := t.placeAt(t.start + len(t.text))
	return &Error{end.Line, end.Column, err}
}

// awaitsDocument reports whether the parser has not come to a here-document of a command: it stands on the next line.
func awaitsDocument(stmt *syntax.Stmt) bool {
	awaits := false
	walk(stmt, func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && r.Hdoc == nil && (r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc) {
			awaits = true
		}
		return !awaits
	})
	return awaits
}

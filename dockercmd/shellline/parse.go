package shellline

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// parsers keep their buffers from text to text: a line is often shorter than they are.
var parsers = sync.Pool{New: func() any { return syntax.NewParser(syntax.Variant(syntax.LangBash)) }}

// parse reads a whole text.
func parse(text string) (*syntax.File, error) {
	p := parsers.Get().(*syntax.Parser)
	file, err := p.Parse(&source{r: strings.NewReader(text)}, "")
	if err == nil {
		parsers.Put(p)
	}
	return file, err
}

// parseShell reads a whole text, and what bash makes of backslashes in it.
func parseShell(text string) (*syntax.File, error) {
	file, err := parse(text)
	if err != nil {
		return nil, err
	}
	if strings.Contains(text, "\\\n") || strings.HasSuffix(text, `\`) || strings.Contains(text, "$'") {
		asBash(file)
	}
	return file, nil
}

// asBash reads backslashes in front of line breaks, and in $'...', as bash does.
func asBash(n syntax.Node) {
	walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Lit:
			n.Value = continued(n.Value)
		case *syntax.SglQuoted:
			if n.Dollar {
				n.Dollar, n.Value = false, unquoteANSI(n.Value)
			}
		}
		return true
	})
}

// The limits of one whole command of a text. The parser keeps some hundred bytes for each sign, calls itself for each level, and
// would end the program where its stack ends.
const (
	maxSigns  = 2 << 20 // blanks and what else means something to a shell
	maxFrames = 100_000 // functions that have called one another; a comment is one, and a subshell five
)

var (
	errSigns = fmt.Errorf("a command of more than %d words and signs", maxSigns)
	errDeep  = errors.New("commands stand in one another too deeply")
)

// source gives the parser a text and a line break behind it. It ends where a command of it is too large.
type source struct {
	r      io.Reader
	read   int // since the last whole command
	signs  int // among them
	looked int // where its depth was looked at
	ended  bool
}

// next begins another command.
func (s *source) next() { s.read, s.signs, s.looked = 0, 0, 0 }

// deepEvery is after how much of a command its depth is looked at, which takes as long as it is deep.
const deepEvery = 64 << 10

func (s *source) Read(p []byte) (int, error) {
	if s.ended {
		return 0, io.EOF
	}
	if s.read > s.looked+deepEvery {
		s.looked = s.read
		if deep() {
			return 0, errDeep
		}
	}
	n, err := s.r.Read(p)
	if errors.Is(err, io.EOF) {
		if err = nil; n < len(p) { // else the next time
			p[n] = '\n'
			n, s.ended = n+1, true
		}
	}
	for _, b := range p[:n] {
		if signs[b] {
			s.signs++
		}
	}
	s.read += n
	if s.signs > maxSigns {
		return 0, errSigns
	}
	return n, err
}

// deep reports whether the parser, which has called this, has called itself too often.
func deep() bool {
	var one [1]uintptr
	return runtime.Callers(maxFrames, one[:]) > 0
}

// walk calls f for a node and those in it, as package syntax does. False is that it has not come to all, since they stand in one
// another too deeply: what has no brackets, a | b | c, nests without the parser's calling itself.
func walk(n syntax.Node, f func(syntax.Node) bool) bool {
	depth, all := 0, true
	syntax.Walk(n, func(n syntax.Node) bool {
		switch {
		case n == nil:
			depth--
			return true
		case depth > maxFrames:
			all = false
		case f(n):
			depth++
			return true
		}
		return false
	})
	return all
}

// signs are the bytes that end words or begin something inside them.
var signs = func() (table [256]bool) {
	for _, b := range []byte(" \t\n;&|(){}[]<>`$'\"=") {
		table[b] = true
	}
	return table
}()

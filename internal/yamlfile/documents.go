// Package yamlfile reads the YAML files that people write, and that anybody may have written: within bounds of bytes, depth and
// values, strictly, and with the place of what is wrong. It reads them as PyYAML does (both follow libyaml), but that a scalar
// stays what is written where a text is wanted: 0027 and 1.50. What the parser says of a file holds no value of it, which may be a
// secret.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What is read takes memory by its bytes, some 200 times as much where each makes a value.
const (
	// MaxDocument is how many bytes of a document are read. A command line has at most 2 MiB on Linux, and one word of it 128 KiB.
	MaxDocument = 512 << 10
	// maxDepth is how deep values stand in each other, an alias counted as one more.
	maxDepth = 64
	// maxValues is how many values a document has when its aliases are followed.
	maxValues = 1 << 20
)

// Documents returns the documents of a file, but for those that are empty. After an error there are no more; it is a *Problem.
// A document with a tag, such as !!str, or deeper than 64 values in each other is an error, and a file in which one has more than
// MaxDocument bytes.
func Documents(data []byte) iter.Seq2[*yaml.Node, error] {
	return func(yield func(*yaml.Node, error) bool) {
		if p := checkBytes(data); p != nil {
			yield(nil, p)
			return
		}
		for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
			root, p := next(d, data)
			if root == nil && p == nil {
				return
			}
			if p == nil && isNull(root) {
				continue
			}
			if p == nil {
				p = checkNode(root, 0, map[*yaml.Node]bool{})
			}
			if p != nil {
				yield(nil, p)
				return
			}
			if !yield(root, nil) {
				return
			}
		}
	}
}

// next returns the value of the next document of data; nil is the end of the file.
func next(d *yaml.Decoder, data []byte) (root *yaml.Node, p *Problem) {
	defer func() {
		if r := recover(); r != nil { // it panics by itself, and takes most of it back
			root, p = nil, &Problem{Err: errors.New("the YAML parser gives up; write it in a plainer way")}
		}
	}()
	var doc yaml.Node
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, syntaxProblem(err, data)
	}
	return doc.Content[0], nil
}

// syntaxProblem puts an error of the parser in its place: "yaml: line 3: did not find expected key". For what its upper half finds
// it counts lines from 0, and says nothing of a line that is 0.
func syntaxProblem(err error, data []byte) *Problem {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if name, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		return &Problem{Line: aliasLine(data, strings.TrimSuffix(name, "' referenced")),
			Err: errors.New(noAnchor)}
	}
	line := 0
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, rest, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, message = n, rest
			}
		}
	}
	switch {
	case strings.HasPrefix(message, "did not find expected "):
		line++
	case strings.HasPrefix(message, "exceeded max depth "): // its own, which is larger
		message = tooDeep
	}
	return &Problem{Line: max(line, 1), Err: errors.New(message)}
}

const noAnchor = "an alias names no anchor; quote a value that begins with *"

// aliasLine returns the line of an alias, of which the parser does not say where it is; 0 is not known.
func aliasLine(data []byte, name string) int {
	alias := []byte("*" + name)
	for i := 0; ; {
		found := bytes.Index(data[i:], alias)
		if found < 0 {
			return 0
		}
		i += found
		if i == 0 || bytes.IndexByte([]byte(" \t\n[{,:-"), data[i-1]) >= 0 {
			return 1 + bytes.Count(data[:i], []byte("\n"))
		}
		i += len(alias)
	}
}

// checkBytes finds what is no text, and documents that are too large. A document begins behind a line of "---" or "...", and such a
// line stands nowhere else.
func checkBytes(data []byte) *Problem {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		what := ""
		switch {
		case r == utf8.RuneError && n == 1 || r == 0:
			what = "not valid UTF-8 text"
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff:
			what = fmt.Sprintf("the control character %U is not allowed; write it as \"\\u%04x\"", r, r)
		}
		if what != "" {
			return &Problem{Line: 1 + bytes.Count(data[:i], []byte("\n")), Err: errors.New(what)}
		}
		i += n
	}
	size, number, began := 0, 0, 1
	for line := range bytes.Lines(data) {
		number++
		if isMark(line) {
			size, began = 0, number
		}
		if size += len(line); size > MaxDocument {
			return &Problem{Line: began, Err: fmt.Errorf("what begins here is larger than %d bytes", MaxDocument)}
		}
	}
	return nil
}

func isMark(line []byte) bool {
	return (bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("..."))) &&
		(len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

var tooDeep = fmt.Sprintf("more than %d values stand in each other", maxDepth)

// checkNode refuses tags, what is too deep, and aliases of what is in another document. Anchored are the nodes that it has met.
func checkNode(n *yaml.Node, depth int, anchored map[*yaml.Node]bool) *Problem {
	if n.Anchor != "" {
		anchored[n] = true
	}
	switch {
	case n.Kind == yaml.AliasNode && !anchored[n.Alias]:
		return at(n, errors.New(noAnchor))
	case depth > maxDepth:
		return at(n, errors.New(tooDeep))
	case n.Style&yaml.TaggedStyle != 0:
		return at(n, errors.New("a tag, such as !!str, says nothing here; leave it out, and quote a text that begins with !"))
	}
	for _, c := range n.Content {
		if p := checkNode(c, depth+1, anchored); p != nil {
			return p
		}
	}
	return nil
}

// Problem is what is wrong with a file, and where.
type Problem struct {
	Line, Column int    // from 1; 0 is not known
	Key          string // the document's own key that it is the value of; "" is none
	Err          error

	quotes bool // Err holds the value
}

// at returns a problem at a node.
func at(n *yaml.Node, err error) *Problem { return &Problem{Line: n.Line, Column: n.Column, Err: err} }

// quoting returns a problem whose error quotes the node's value.
func quoting(n *yaml.Node, err error) *Problem {
	p := at(n, err)
	p.quotes = true
	return p
}

// Error returns "line 3, column 5: KEY: what is wrong", on one line, as far as the place is known.
func (p *Problem) Error() string {
	var place string
	switch {
	case p.Column > 0:
		place = fmt.Sprintf("line %d, column %d: ", p.Line, p.Column)
	case p.Line > 0:
		place = fmt.Sprintf("line %d: ", p.Line)
	}
	return place + p.what()
}

// In returns the problem as "FILE:3:5: KEY: what is wrong".
func (p *Problem) In(file string) error {
	for _, n := range []int{p.Line, p.Column} {
		if n > 0 {
			file += ":" + strconv.Itoa(n)
		}
	}
	return &placedProblem{p, file}
}

func (p *Problem) what() string {
	if p.Key != "" {
		return p.Key + ": " + p.Err.Error()
	}
	return p.Err.Error()
}

// Unwrap returns what is wrong.
func (p *Problem) Unwrap() error { return p.Err }

// placedProblem is a problem that names its file.
type placedProblem struct {
	*Problem
	place string
}

func (p *placedProblem) Error() string { return p.place + ": " + p.what() }

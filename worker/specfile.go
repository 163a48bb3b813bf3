package worker

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxSpecFile is the size of the largest spec file that is read.
const maxSpecFile = 1 << 20

// ReadSpecs reads a YAML file of one spec or several, separated by lines of "---". It is strict: an unknown key, a key given
// twice or a value of the wrong kind is an error that names the line and the column. Where a text is wanted, a number stands as
// it is written: 0027 and 1.50 stay what they are. The name is for errors, in which no value of env ever stands. What it
// returns is not validated yet.
func ReadSpecs(r io.Reader, name string) ([]Spec, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSpecFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s%w", ErrSpec, name, fmt.Errorf(format, args...))
	}
	if len(data) > maxSpecFile {
		return nil, bad(": larger than %d bytes", maxSpecFile)
	}
	if i := firstBad(data); i >= 0 {
		return nil, bad(":%d: not valid UTF-8 text", 1+bytes.Count(data[:i], []byte("\n")))
	}
	var specs []Spec
	for doc := range documents(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		s, err := doc.spec()
		if err != nil {
			return nil, bad("%w", err)
		}
		if s != nil {
			specs = append(specs, *s)
		}
	}
	if len(specs) == 0 {
		return nil, bad(": no worker in it; give at least id, image, command and user")
	}
	return specs, nil
}

// document is one of several in a file.
type document struct {
	text   []byte
	before int // how many lines stand before it
}

// documents parts a file at the lines that begin with "---" or "...": there, YAML allows nothing else. The parser can do so,
// too, but loses what stands behind an empty document (go-yaml 1.19.2).
func documents(data []byte) iter.Seq[document] {
	return func(yield func(document) bool) {
		var d document
		lines := 0
		for line := range bytes.Lines(data) {
			rest, isMark := bytes.CutPrefix(line, []byte("---"))
			_, isEnd := bytes.CutPrefix(line, []byte("..."))
			if (isMark || isEnd) && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0) {
				if !yield(d) {
					return
				}
				d = document{before: lines}
				line = append([]byte("   "), rest...) // what stands behind the mark keeps its column
				if isEnd {
					line = []byte("\n")
				}
			}
			d.text = append(d.text, line...)
			lines++
		}
		yield(d)
	}
}

// spec reads the document; nil is an empty one.
func (d document) spec() (s *Spec, err error) {
	defer func() {
		if r := recover(); r != nil { // fuzzing has found files that do it
			s, err = nil, fmt.Errorf(":%d: the YAML parser gives up here (%v); write it in a plainer way", d.before+1, r)
		}
	}()
	file, err := parser.ParseBytes(d.text, 0)
	if err != nil {
		return nil, d.problem(nil, err)
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		mapping, ok := doc.Body.(*ast.MappingNode)
		if !ok || s != nil {
			at := doc.Body.GetToken().Position
			return nil,
				fmt.Errorf(":%d:%d: a worker is given as keys and values, such as id: worker-1; a line of --- stands between two",
					at.Line+d.before, at.Column)
		}
		if at := tagIn(mapping); at != nil {
			return nil,
				fmt.Errorf(":%d:%d: a tag, such as !!str, says nothing here; leave it out, and quote a text that begins with !",
					at.Line+d.before, at.Column)
		}
		s = new(Spec)
		if err := decodeSpec(mapping, s); err != nil {
			return nil, d.problem(mapping, err)
		}
	}
	return s, nil
}

// firstBad returns the place of the first byte that is no text, or -1.
func firstBad(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 || r == 0 {
			return i
		}
		i += n
	}
	return -1
}

func decodeSpec(mapping *ast.MappingNode, s *Spec) error {
	for _, v := range mapping.Values {
		if !slices.Contains(numberKeys, v.Key.String()) {
			v.Value = asText(v.Value)
		}
	}
	return yaml.NodeToValue(mapping, s, decoderOptions...)
}

// tagIn returns the place of the first tag, or nil.
func tagIn(mapping *ast.MappingNode) *token.Position {
	var f tagFinder
	ast.Walk(&f, mapping)
	return f.at
}

type tagFinder struct{ at *token.Position }

// Visit implements ast.Visitor.
func (f *tagFinder) Visit(n ast.Node) ast.Visitor {
	if n.Type() == ast.TagType && f.at == nil {
		f.at = n.GetToken().Position
	}
	return f
}

// numberKeys are the keys whose values are numbers or booleans to YAML; all others are texts, or lists and maps of texts.
var numberKeys = []string{"cpu-percent", "pids-limit", "groups", "writable-root", "init"}

// asText makes texts of numbers and booleans, as they are written. YAML would make 23 of 0027, and 1.5 of 1.50.
func asText(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		text := ast.String(n.GetToken())
		text.SetPath(n.GetPath())
		return text
	case *ast.MappingNode:
		for _, v := range n.Values {
			if key, ok := asText(v.Key).(ast.MapKeyNode); ok {
				v.Key = key
			}
			v.Value = asText(v.Value)
		}
	case *ast.SequenceNode:
		for i, v := range n.Values {
			n.Values[i] = asText(v)
		}
	case *ast.AnchorNode:
		n.Value = asText(n.Value)
	}
	return n
}

var decoderOptions = []yaml.DecodeOption{
	yaml.Strict(),
	yaml.CustomUnmarshaler(func(m *Mode, text []byte) error { return m.UnmarshalText(unquoted(text)) }),
	yaml.CustomUnmarshaler(func(d *time.Duration, text []byte) (err error) {
		if *d, err = time.ParseDuration(string(unquoted(text))); err != nil {
			err = fmt.Errorf("%q is not a duration such as 10s or 1m30s", unquoted(text))
		}
		return err
	}),
}

// unquoted returns the text of a scalar as it is written, without comment and quotes.
func unquoted(text []byte) []byte {
	text = bytes.TrimSpace(text)
	var s string
	if bytes.IndexAny(text, `"'`) == 0 && yaml.Unmarshal(text, &s) == nil {
		return []byte(s)
	}
	plain, _, _ := bytes.Cut(text, []byte(" #"))
	return bytes.TrimSpace(plain)
}

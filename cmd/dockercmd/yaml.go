package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/dockercmd/toolkit/dockercmd"
)

// toYAML returns a line's JSON as YAML, in the same order. go-yaml does not write it: it leaves tabs and blanks at the start
// of a text without quotes, and then reads another text.
func toYAML(l dockercmd.CommandLine) (string, error) {
	data, err := l.MarshalJSON()
	if err != nil {
		return "", err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return "", err
	}
	var b strings.Builder
	err = writeYAML(&b, d, "")
	return strings.TrimSuffix(b.String(), "\n"), err
}

// writeYAML writes the members of the object that d is in.
func writeYAML(b *strings.Builder, d *json.Decoder, indent string) error {
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s%v:", indent, key)
		switch value {
		case json.Delim('{'):
			b.WriteByte('\n')
			err = writeYAML(b, d, indent+"  ")
		case json.Delim('['):
			b.WriteByte('\n')
			for d.More() && err == nil {
				var element json.Token
				element, err = d.Token()
				fmt.Fprintf(b, "%s- %s\n", indent, yamlScalar(element))
			}
			if err == nil {
				_, err = d.Token()
			}
		default:
			fmt.Fprintf(b, " %s\n", yamlScalar(value))
		}
		if err != nil {
			return err
		}
	}
	_, err := d.Token() // the end of the object
	return err
}

// plainYAML are texts that YAML reads as they are: no number, no boolean, nothing with a meaning of its own.
var plainYAML = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_/.,@=+-]*(?::[A-Za-z0-9_/.,@=+-]+)*$`)
})

// yamlScalar writes a text without quotes where that is safe, and otherwise in those of JSON, which YAML has too.
func yamlScalar(t json.Token) string {
	text, ok := t.(string)
	if !ok {
		return fmt.Sprint(t)
	}
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
	default:
		if plainYAML().MatchString(text) {
			return text
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text and a strings.Builder never fail
	return strings.TrimSuffix(b.String(), "\n")
}

// yamlEntries returns the documents of a YAML file: commands as convert writes them.
func yamlEntries(data []byte, at func(int) string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		file, err := parseYAML(data)
		if err != nil {
			yield(entry{at: at(1), err: err})
			return
		}
		for _, doc := range file.Docs {
			if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
				continue
			}
			var line dockercmd.CommandLine
			text, err := yamlToJSON(doc.Body)
			if err == nil {
				line, err = dockercmd.ParseCommandLineJSON(text)
			}
			if !yield(entry{at(doc.Body.GetToken().Position.Line), line, err}) {
				return
			}
		}
	}
}

func parseYAML(data []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil { // the parser does, for some files
			err = fmt.Errorf("the YAML parser gives up (%v); write it in a plainer way", r)
		}
	}()
	return parser.ParseBytes(data, 0)
}

// yamlToJSON writes a mapping of texts and lists of texts as JSON. Numbers and booleans are texts as they are written: YAML
// would make 23 of 0027, and 1.5 of 1.50.
func yamlToJSON(n ast.Node) ([]byte, error) {
	mapping, ok := n.(*ast.MappingNode)
	if !ok {
		return nil, errors.New("it is no mapping such as command: run")
	}
	var b bytes.Buffer
	for i, v := range mapping.Values {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := yamlText(v.Key)
		if err != nil {
			return nil, err
		}
		value, err := yamlValue(v.Value)
		if err != nil {
			return nil, fmt.Errorf("line %d, the key %s: %w", v.Key.GetToken().Position.Line, key, err)
		}
		fmt.Fprintf(&b, "%s:%s", key, value)
	}
	return []byte("{" + b.String() + "}"), nil
}

func yamlValue(n ast.Node) ([]byte, error) {
	if _, ok := n.(*ast.MappingNode); ok { // global, and a command beside it
		return yamlToJSON(n)
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return yamlText(n)
	}
	values := make([]json.RawMessage, len(list.Values))
	for i, v := range list.Values {
		text, err := yamlText(v)
		if err != nil {
			return nil, err
		}
		values[i] = text
	}
	return json.Marshal(values)
}

func yamlText(n ast.Node) ([]byte, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return json.Marshal(n.Value)
	case *ast.LiteralNode:
		return json.Marshal(n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return json.Marshal(n.GetToken().Value)
	}
	return nil, errors.New("neither a text nor a list of texts")
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/dockercmd/toolkit/dockercmd"
)

// toYAML is a line's JSON as YAML, in the same order.
func toYAML(l dockercmd.CommandLine) (string, error) {
	data, err := l.MarshalJSON()
	if err != nil {
		return "", err
	}
	text, err := yaml.JSONToYAML(data)
	return string(bytes.TrimSuffix(text, []byte("\n"))), err
}

// yamlEntries are the documents of a YAML file: commands as convert writes them.
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

// yamlToJSON writes a mapping of texts and lists of texts as JSON. Numbers and booleans are texts as they are written: YAML would make 23
// of 0027, and 1.5 of 1.50.
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

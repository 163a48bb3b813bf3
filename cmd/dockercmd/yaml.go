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

	"go.yaml.in/yaml/v3"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/yamlfile"
)

// toYAML returns a line's JSON as YAML, in the same order.
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
	return escapeForYAML(strings.TrimSuffix(b.String(), "\n"))
}

// escapeForYAML escapes in a text in quotes what YAML does not take as it is, or takes for the end of a line, and JSON does.
func escapeForYAML(quoted string) string {
	var b strings.Builder
	for _, r := range quoted {
		if r >= 0x7f && r <= 0x9f || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// yamlEntries returns the documents of a YAML file: commands as convert writes them.
func yamlEntries(data []byte, at func(int) string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for doc, err := range yamlfile.Documents(data) {
			e := entry{at: at(1), err: err}
			if err == nil {
				e.at = at(doc.Line)
				var text []byte
				if text, e.err = yamlToJSON(doc); e.err == nil {
					e.line, e.err = dockercmd.ParseCommandLineJSON(text)
				}
			}
			if p, ok := errors.AsType[*yamlfile.Problem](e.err); ok && p.Line > 0 {
				e.at = at(p.Line)
				e.err = p.Err
			}
			if !yield(e) {
				return
			}
		}
	}
}

// yamlToJSON writes a mapping of texts and lists of texts as JSON. Numbers and booleans are texts as they are written: YAML
// would make 23 of 0027, and 1.5 of 1.50.
func yamlToJSON(n *yaml.Node) ([]byte, error) {
	if n.Kind != yaml.MappingNode {
		return nil, errors.New("it is no mapping such as command: run")
	}
	pairs, err := yamlfile.Pairs(n)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for i, pair := range pairs {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(pair.Key)
		if err != nil {
			return nil, err
		}
		value, err := yamlValue(pair.Value)
		if err != nil {
			return nil, fmt.Errorf("line %d, the key %s: %w", pair.Place.Line, key, err)
		}
		fmt.Fprintf(&b, "%s:%s", key, value)
	}
	return []byte("{" + b.String() + "}"), nil
}

func yamlValue(n *yaml.Node) ([]byte, error) {
	switch n.Kind {
	case yaml.MappingNode: // global, and a command beside it
		return yamlToJSON(n)
	case yaml.SequenceNode:
		values := make([]json.RawMessage, len(n.Content))
		for i, v := range n.Content {
			text, err := yamlText(v)
			if err != nil {
				return nil, err
			}
			values[i] = text
		}
		return json.Marshal(values)
	}
	return yamlText(n)
}

func yamlText(n *yaml.Node) ([]byte, error) {
	if n.Kind != yaml.ScalarNode || n.Style == 0 && n.Tag == "!!null" {
		return nil, errors.New("neither a text nor a list of texts")
	}
	return json.Marshal(n.Value)
}

package worker

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// problem puts an error of the parser or the decoder on one line, to stand behind the file's name: ":LINE:COLUMN: KEY: what is
// wrong". The mapping is nil when there is none yet.
func (d document) problem(mapping *ast.MappingNode, err error) error {
	at, key := where(mapping, err)
	message := yamlMessage(err)
	if _, unknown := errors.AsType[*yaml.UnknownFieldError](err); key != "" && !unknown {
		message = key + ": " + message
	}
	if at == nil {
		return errors.New(": " + message)
	}
	return fmt.Errorf(":%d:%d: %s", at.Line+d.before, at.Column, message)
}

// yamlMessage returns what is wrong in words of YAML, not of Go, and without the value.
func yamlMessage(err error) string {
	if t, ok := errors.AsType[*yaml.TypeError](err); ok {
		return fmt.Sprintf("wanted here: %s, not %s", kindName(t.DstType.Kind().String()), kindName(t.SrcType.Kind().String()))
	}
	if t, ok := errors.AsType[*yaml.UnexpectedNodeTypeError](err); ok {
		return fmt.Sprintf("wanted here: %s, not %s", kindName(t.Expected.YAMLName()), kindName(t.Actual.YAMLName()))
	}
	if t, ok := errors.AsType[*yaml.OverflowError](err); ok {
		return fmt.Sprintf("%s is too large a number", t.SrcNum)
	}
	y, ok := errors.AsType[yaml.Error](err)
	if !ok {
		message, _, _ := strings.Cut(err.Error(), "\n") // a value's own grammar; no value of env has one
		return message
	}
	message := y.GetMessage()
	switch {
	case strings.HasPrefix(message, "mapping key ") && strings.Contains(message, " already defined"):
		key, _, _ := strings.Cut(strings.TrimPrefix(message, "mapping key "), " already defined")
		return "the key " + key + " is given twice"
	case strings.HasPrefix(message, "could not find alias"), strings.HasPrefix(message, "cannot find anchor"):
		return "an alias names no anchor; quote a value that begins with *"
	case strings.HasPrefix(message, "unknown field "):
		key := strings.Trim(strings.TrimPrefix(message, "unknown field "), `"`)
		return fmt.Sprintf("unknown key %q; the keys are documented in examples/worker.yaml", key)
	}
	message, _, _ = strings.Cut(message, "\n")
	return quotedRE().ReplaceAllString(message, "the text here")
}

// quotedRE finds what the parser quotes of a file: it may be a value of env.
var quotedRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)+"`) })

var keyRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z-]+$`) })

// kindName returns the words for a kind of Go or of YAML.
func kindName(kind string) string {
	switch kind {
	case "string", "literal":
		return "a text"
	case "map", "mapping", "mapping value":
		return "keys and values"
	case "slice", "sequence":
		return "a list"
	case "bool", "boolean":
		return "true or false"
	case "float64", "float":
		return "a number"
	case "null":
		return "nothing"
	}
	if strings.Contains(kind, "int") {
		return "a whole number"
	}
	return "a " + kind
}

// where finds the place of an error and the key that it belongs to. The decoder does not know the place for values that know
// their own grammar; then each key is decoded by itself until one fails.
func where(mapping *ast.MappingNode, err error) (at *token.Position, key string) {
	if y, ok := errors.AsType[yaml.Error](err); ok && y.GetToken() != nil {
		at = y.GetToken().Position
	}
	if mapping == nil {
		return at, ""
	}
	for _, value := range mapping.Values {
		start := value.Key.GetToken().Position
		switch {
		case at == nil && yaml.NodeToValue(ast.Mapping(mapping.Start, false, value), new(Spec), decoderOptions...) != nil:
			return value.Value.GetToken().Position, value.Key.String()
		case at != nil && keyRE().MatchString(value.Key.String()) &&
			(start.Line < at.Line || start.Line == at.Line && start.Column <= at.Column):
			key = value.Key.String()
		}
	}
	return at, key
}

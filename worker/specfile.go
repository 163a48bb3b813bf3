package worker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxSpecFile is the size of the largest spec file that is read.
const maxSpecFile = 1 << 20

// ReadSpecs reads a YAML file of one spec or several, separated by lines of "---". It is strict: an unknown key, a key given
// twice or a value of the wrong kind is an error that names the line and the column. The name is for errors. What it returns
// is not validated yet.
func ReadSpecs(r io.Reader, name string) ([]Spec, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSpecFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxSpecFile {
		return nil, fmt.Errorf("%w: %s: larger than %d bytes", ErrSpec, name, maxSpecFile)
	}
	d := yaml.NewDecoder(bytes.NewReader(data), decoderOptions...)
	var specs []Spec
	for {
		var s Spec
		err := d.Decode(&s)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s", ErrSpec, yamlProblem(name, data, err))
		}
		specs = append(specs, s)
	}
	if len(specs) == 0 {
		return nil, fmt.Errorf("%w: %s: no worker in it; give at least id, image, command and user", ErrSpec, name)
	}
	return specs, nil
}

// decoderOptions make the decoder strict, and hand over numbers as they are written: YAML takes 0027 for 23.
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

// unquoted is the text of a scalar as it is written, without comment and quotes.
func unquoted(text []byte) []byte {
	text = bytes.TrimSpace(text)
	var s string
	if bytes.IndexAny(text, `"'`) == 0 && yaml.Unmarshal(text, &s) == nil {
		return []byte(s)
	}
	plain, _, _ := bytes.Cut(text, []byte(" #"))
	return bytes.TrimSpace(plain)
}

// yamlProblem puts an error of the decoder on one line: NAME:LINE:COLUMN: what is wrong.
func yamlProblem(name string, data []byte, err error) string {
	message, _, _ := strings.Cut(err.Error(), "\n")
	at, key := where(data, err)
	if y, ok := errors.AsType[yaml.Error](err); ok {
		message = y.GetMessage()
	}
	if strings.HasPrefix(message, "unknown field") {
		message += "; the keys are documented in examples/worker.yaml"
	}
	if key != "" {
		message = key + ": " + message
	}
	if at == nil {
		return name + ": " + message
	}
	return fmt.Sprintf("%s:%d:%d: %s", name, at.Line, at.Column, message)
}

// where finds the place of an error. The decoder does not know it for values that know their own grammar; then each key is
// decoded by itself until one fails.
func where(data []byte, err error) (at *token.Position, key string) {
	if y, ok := errors.AsType[yaml.Error](err); ok && y.GetToken() != nil {
		return y.GetToken().Position, ""
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, ""
	}
	for _, doc := range file.Docs {
		mapping, ok := doc.Body.(*ast.MappingNode)
		if !ok {
			continue
		}
		for _, value := range mapping.Values {
			alone := ast.Mapping(mapping.Start, false, value)
			if yaml.NodeToValue(alone, new(Spec), decoderOptions...) != nil {
				return value.Value.GetToken().Position, value.Key.String()
			}
		}
	}
	return nil, ""
}

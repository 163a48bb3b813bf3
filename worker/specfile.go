package worker

import (
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/dockercmd/toolkit/internal/yamlfile"
)

// maxSpecFile is the size of the largest spec file that is read.
const maxSpecFile = 1 << 20

// ReadSpecs reads a YAML file of one spec or several, separated by lines of "---". It is strict: an unknown key, a key given
// twice or a value of the wrong kind is an error that names the line and the column, and what is no YAML one that names the line.
// Where a text is wanted, a number stands as it is written: 0027 and 1.50 stay what they are. A file of more than 1 MiB is refused,
// and a spec of more than 512 KiB or with more than 64 values in each other. The name is for errors, in which no value of env ever
// stands. What it returns is not validated yet.
func ReadSpecs(r io.Reader, name string) ([]Spec, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSpecFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxSpecFile {
		return nil, fmt.Errorf("%w: %s: larger than %d bytes", ErrSpec, name, maxSpecFile)
	}
	var specs []Spec
	for doc, err := range yamlfile.Documents(data) {
		var s Spec
		if err == nil {
			err = decodeSpec(doc, &s)
		}
		if p, ok := errors.AsType[*yamlfile.Problem](err); ok {
			return nil, fmt.Errorf("%w: %w", ErrSpec, p.In(name))
		}
		specs = append(specs, s)
	}
	if len(specs) == 0 {
		return nil, fmt.Errorf("%w: %s: no worker in it; give at least id, image, command and user", ErrSpec, name)
	}
	return specs, nil
}

func decodeSpec(doc *yaml.Node, s *Spec) error {
	if doc.Kind != yaml.MappingNode {
		return &yamlfile.Problem{Line: doc.Line, Column: doc.Column, Err: errors.New(
			"a worker is given as keys and values, such as id: worker-1; a line of --- stands between two")}
	}
	err := yamlfile.Decode(doc, s)
	if p, ok := errors.AsType[*yamlfile.Problem](err); ok && p.Key == "" && errors.Is(p, yamlfile.ErrUnknownKey) {
		p.Err = fmt.Errorf("%w; the keys are documented in examples/worker.yaml", p.Err)
	}
	return err
}

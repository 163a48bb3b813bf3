package policy

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dockercmd/toolkit/internal/yamlfile"
)

// ErrPolicy is the kind of errors in a policy itself.
var ErrPolicy = errors.New("not a policy")

// maxFile is the size of the largest policy that is read.
const maxFile = 256 << 10

//go:embed profiles/*.yaml
var profileFiles embed.FS

// Profiles are the names of the policies of this package.
func Profiles() []string { return []string{"hardened", "permissive", "storm"} }

// Profile returns a policy of this package by its name.
func Profile(name string) (*Policy, error) {
	if !slices.Contains(Profiles(), name) {
		return nil, fmt.Errorf("%w: no profile %q; there are %s", ErrPolicy, name, strings.Join(Profiles(), ", "))
	}
	data, err := profileFiles.ReadFile("profiles/" + name + ".yaml")
	if err != nil {
		return nil, err
	}
	p := new(Policy)
	if err := read(data, name, p); err != nil {
		return nil, err
	}
	p.Profile = name
	return p, nil
}

// Read reads a policy from YAML, strictly: an unknown key, a key given twice, a value of the wrong kind and a name that no list can
// hold are errors that tell the place. Version 1 must be given. A profile that it names is what it begins with: each value that the
// file gives takes the place of the profile's, a list as a whole. The name is for errors; a file of more than 256 KiB is refused.
func Read(r io.Reader, name string) (*Policy, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%w: %s: larger than %d bytes", ErrPolicy, name, maxFile)
	}
	p := new(Policy)
	if err := read(data, name, p); err != nil {
		return nil, err
	}
	return p, nil
}

// read reads the one document of a file.
func read(data []byte, name string, p *Policy) error {
	var doc *yaml.Node
	for next, err := range yamlfile.Documents(data) {
		switch {
		case err != nil:
			return inFile(err, name)
		case doc != nil:
			return fmt.Errorf("%w: %s:%d: a second document; give one policy", ErrPolicy, name, next.Line)
		}
		doc = next
	}
	if doc == nil || doc.Kind != yaml.MappingNode {
		return fmt.Errorf("%w: %s: no keys and values; begin with version: %d", ErrPolicy, name, Version)
	}
	var head Policy
	if err := yamlfile.Decode(doc, &head); err != nil {
		return inFile(err, name)
	}
	if head.Version != Version {
		return fmt.Errorf("%w: %s: version %d; this program reads version: %d", ErrPolicy, name, head.Version, Version)
	}
	if head.Profile != "" {
		base, err := Profile(head.Profile)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*p = *base
	}
	if err := yamlfile.Decode(doc, p); err != nil {
		return inFile(err, name)
	}
	if err := p.Validate(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func inFile(err error, name string) error {
	if p, ok := errors.AsType[*yamlfile.Problem](err); ok {
		return fmt.Errorf("%w: %w", ErrPolicy, p.In(name))
	}
	return fmt.Errorf("%w: %s: %w", ErrPolicy, name, err)
}

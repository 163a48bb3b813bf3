package dockercmd

import (
	"errors"
	"fmt"
	"strings"
)

// ValidName holds a container's name or id to docker's grammar: letters, digits, '_', '.' and '-', at least two of them,
// the first a letter or a digit. (Engine: "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", and one character alone is refused.)
func ValidName(name string) error {
	if name == "" {
		return errors.New("empty; give a container's name or id")
	}
	if len(name) < 2 {
		return fmt.Errorf("%q is one character; docker wants at least two", name)
	}
	for i, r := range name {
		alnum := r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if alnum || i > 0 && (r == '_' || r == '.' || r == '-') {
			continue
		}
		if i == 0 {
			return fmt.Errorf("%q begins with %q; begin with a letter or a digit", name, r)
		}
		return fmt.Errorf("%q holds %q; use letters, digits, '_', '.' and '-'", name, r)
	}
	return nil
}

// checkReference holds a reference to another container to what an engine looks up: a name, perhaps with a '/' in front, or the
// beginning of an id, which may be one character.
func checkReference(name string) error {
	if name = strings.TrimPrefix(name, "/"); len(name) == 1 {
		return ValidName(name + "0")
	}
	return ValidName(name)
}

// ValidID reports whether id is the full id of a container: 64 hexadecimal digits in lower case.
func ValidID(id string) bool {
	if len(id) != 64 {
		return false
	}
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return true
}

// tail returns the words from i on; none is nil, so that a parsed command equals one written by hand.
func tail(words []string, i int) []string {
	if len(words) <= i {
		return nil
	}
	return words[i:len(words):len(words)]
}

// appendOptional adds an operand that may be absent.
func appendOptional(dst []string, name string) []string {
	if name == "" {
		return dst
	}
	return append(dst, name)
}

func oneContainer(words []string) (string, error) {
	if len(words) == 1 && words[0] == "" {
		return "", ValidName("")
	}
	if len(words) != 1 {
		return "", fmt.Errorf("%d words behind the flags; give one CONTAINER", len(words))
	}
	return words[0], nil
}

func needContainers(words []string) error {
	if len(words) == 0 {
		return errors.New("no CONTAINER; give the name or id of at least one")
	}
	return nil
}

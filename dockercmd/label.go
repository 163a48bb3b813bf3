package dockercmd

import (
	"errors"
	"fmt"
	"strings"
)

// labelKind is KEY=value, or KEY for an empty value. As for docker's client, blanks before a key belong to it, and no others.
type labelKind struct{ pairKind }

var label labelKind

func (labelKind) parse(s string) (string, error) { return s, labelKind{}.check(&s) }
func (labelKind) check(s *string) error {
	key, _ := cutPair(*s)
	switch name := strings.TrimLeft(key, " \t"); {
	case name == "":
		return fmt.Errorf("the label %q has no key; give KEY=value", *s)
	case strings.ContainsAny(name, " \t"):
		return fmt.Errorf("the label's key %q holds white space; leave it out", key)
	}
	return nil
}

// secretPairKind is KEY=value whose value may be a password: that of a network file system, say. Its errors never show it.
type secretPairKind struct{ pairKind }

var secretPair secretPairKind

func (secretPairKind) parse(s string) (string, error) {
	if key, _ := cutPair(s); key == "" {
		return "", errors.New("an option without a key; give KEY=value")
	}
	return s, nil
}

// choiceKind is a word of a few, for a flag that has a default. An empty word would stand for none of them, while a field that
// is empty leaves the flag out.
type choiceKind struct{ wordKind }

var choice choiceKind

func (choiceKind) parse(s string) (string, error) {
	if s == "" {
		return "", errors.New("empty; leave the flag out for docker's default")
	}
	return s, nil
}

func cutPair(s string) (key, value string) {
	key, value, _ = strings.Cut(s, "=")
	return key, value
}

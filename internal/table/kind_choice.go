package table

import (
	"errors"
	"strings"
)

// ChoiceKind is one of a few words. Docker tells an empty one from an absent flag and means nothing by it, so that it is an error.
type ChoiceKind struct{ WordKind }

func (ChoiceKind) Parse(s string) (string, error) {
	if s == "" {
		return "", errors.New("empty; give a word or leave the flag out")
	}
	return s, nil
}

// LowerChoiceKind is a choice in lower case, as docker makes it.
type LowerChoiceKind struct{ ChoiceKind }

func (LowerChoiceKind) Parse(s string) (string, error) { return ChoiceKind{}.Parse(strings.ToLower(s)) }

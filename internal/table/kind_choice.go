package table

import (
	"errors"
	"strings"
)

type ChoiceKind struct{ WordKind }

func (ChoiceKind) Parse(s string) (string, error) {
	if s == "" {
		return "", errors.New("empty; give a word or leave the flag out")
	}
	return s, nil
}

type LowerChoiceKind struct{ ChoiceKind }

func (LowerChoiceKind) Parse(s string) (string, error) { return ChoiceKind{}.Parse(strings.ToLower(s)) }

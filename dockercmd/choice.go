package dockercmd

import (
	"errors"
	"strings"
)

// A choice is one of a few words. Docker tells an empty one from an absent flag and means nothing by it, so that it is an error
// here.
var (
	choice      choiceKind
	lowerChoice lowerChoiceKind // in lower case, as docker makes it
)

type choiceKind struct{ wordKind }

func (choiceKind) parse(s string) (string, error) {
	if s == "" {
		return "", errors.New("empty; give a word or leave the flag out")
	}
	return s, nil
}

type lowerChoiceKind struct{ choiceKind }

func (lowerChoiceKind) parse(s string) (string, error) { return choice.parse(strings.ToLower(s)) }

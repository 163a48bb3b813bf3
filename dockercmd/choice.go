package dockercmd

import "errors"

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

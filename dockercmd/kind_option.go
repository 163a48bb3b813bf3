package dockercmd

import (
	"fmt"
	"strings"
)

var (
	option  optionKind  // KEY=value, or KEY for an empty value; docker's client takes any text
	setting settingKind // KEY=value; docker's client refuses KEY alone
)

// optionKind leaves an empty key to Validate, since docker's client takes it.
type optionKind struct{ pairKind }

func (optionKind) parse(s string) (string, error) { return s, nil }

// settingKind refuses KEY alone at once: it would become KEY=, which docker takes.
type settingKind struct{ pairKind }

func (settingKind) parse(s string) (string, error) {
	if !strings.Contains(s, "=") {
		return "", fmt.Errorf("%q has no value; give KEY=value", s)
	}
	return s, nil
}

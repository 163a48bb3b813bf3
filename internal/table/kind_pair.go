package table

import (
	"errors"
	"fmt"
	"strings"
)

// OptionKind is KEY=value of any text; without '=' the value is empty.
type OptionKind struct{ PairKind }

func (OptionKind) Parse(s string) (string, error) { return s, nil }

// SettingKind is KEY=value of any text with a '='.
type SettingKind struct{ PairKind }

func (SettingKind) Parse(s string) (string, error) {
	if !strings.Contains(s, "=") {
		return "", fmt.Errorf("%q has no value; give KEY=value", s)
	}
	return s, nil
}

// EnvKind is KEY=value, or KEY to inherit the client's own. It never shows a value in an error.
type EnvKind struct{}

func (EnvKind) Parse(s string) (string, error) { return s, EnvKind{}.Check(&s) }

func (EnvKind) Append(dst []byte, s *string) []byte { return append(dst, *s...) }

func (EnvKind) Check(s *string) error {
	if key, _, _ := strings.Cut(*s, "="); key == "" {
		return errors.New("a variable without a name; give KEY=value, or KEY to inherit it")
	}
	return nil
}

func (EnvKind) FlagType() string { return "list" }

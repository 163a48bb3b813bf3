package table

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// checkText holds every value to what an argument vector and docker's JSON can carry, then asks its kind.
func checkText[T any, K Kind[T]](v *T) []error {
	var k K
	text := format[T, K](v)
	if err := CheckWord(text); err != nil {
		return []error{err}
	}
	err := k.Check(v)
	if err == nil {
		return nil
	}
	if _, unread := k.Parse(text); unread != nil {
		err = RefusedByClient(err)
	}
	return []error{err}
}

// CheckWord reports whether a word can stand in a docker command line: a NUL byte would end it, and bytes that are not UTF-8
// would be altered, since docker's API is JSON. The error does not show the word.
func CheckWord(s string) error {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return RefusedByClient(fmt.Errorf("a NUL byte at offset %d; no program can be given it", i))
	}
	if !utf8.ValidString(s) {
		return errors.New("not valid UTF-8; docker would alter it")
	}
	return nil
}

// WordKind is any text that docker takes as it is.
type WordKind struct{}

func (WordKind) Parse(s string) (string, error) { return s, nil }

func (WordKind) Append(dst []byte, s *string) []byte { return append(dst, *s...) }

func (WordKind) Check(*string) error { return nil }

func (WordKind) FlagType() string { return "string" }

// LowerKind is any text, in lower case as docker makes it.
type LowerKind struct{ WordKind }

func (LowerKind) Parse(s string) (string, error) { return strings.ToLower(s), nil }

// BoolKind is true or false, as docker reads it; true needs no value.
type BoolKind struct{}

func (BoolKind) Parse(s string) (bool, error) {
	v, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", s)
	}
	return v, nil
}

func (BoolKind) Append(dst []byte, v *bool) []byte { return strconv.AppendBool(dst, *v) }

func (BoolKind) Check(*bool) error { return nil }

func (BoolKind) FlagType() string { return "bool" }

// IntKind reads numbers as docker's scanner does: 0x10 is 16 and 010 is 8.
type IntKind struct{}

func (IntKind) Parse(s string) (int64, error) {
	v, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", s)
	}
	return v, nil
}

func (IntKind) Append(dst []byte, v *int64) []byte { return strconv.AppendInt(dst, *v, 10) }

func (IntKind) Check(*int64) error { return nil }

func (IntKind) FlagType() string { return "int" }

// UintKind is a whole number from 0.
type UintKind struct{}

func (UintKind) Parse(s string) (uint64, error) {
	v, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number from 0", s)
	}
	return v, nil
}

func (UintKind) Append(dst []byte, v *uint64) []byte { return strconv.AppendUint(dst, *v, 10) }

func (UintKind) Check(*uint64) error { return nil }

func (UintKind) FlagType() string { return "uint" }

// OctalKind is permission bits.
type OctalKind struct{}

func (OctalKind) Parse(s string) (uint32, error) {
	v, err := strconv.ParseUint(s, 8, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not an octal mode such as 1777", s)
	}
	return uint32(v), nil
}

func (OctalKind) Append(dst []byte, v *uint32) []byte { return strconv.AppendUint(dst, uint64(*v), 8) }

func (OctalKind) Check(v *uint32) error {
	if *v > 0o7777 {
		return fmt.Errorf("the mode %o holds more than permission bits", *v)
	}
	return nil
}

func (OctalKind) FlagType() string { return "octal" }

// DurationKind is Go's text of a duration: 1m30s.
type DurationKind struct{}

func (DurationKind) Parse(s string) (time.Duration, error) {
	v, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 500ms, 30s or 1m30s", s)
	}
	return v, nil
}

func (DurationKind) Append(dst []byte, v *time.Duration) []byte { return append(dst, v.String()...) }

func (DurationKind) Check(v *time.Duration) error {
	if *v < 0 {
		return fmt.Errorf("%s is negative", *v)
	}
	return nil
}

func (DurationKind) FlagType() string { return "duration" }

// PairKind is KEY=value, or KEY for an empty value.
type PairKind struct{}

func (PairKind) Parse(s string) (string, error) {
	if key, _, _ := strings.Cut(s, "="); key == "" {
		return "", fmt.Errorf("%q has no key; give KEY=value", s)
	}
	return s, nil
}

func (PairKind) Append(dst []byte, s *string) []byte { return append(dst, *s...) }

func (PairKind) Check(*string) error { return nil }

func (PairKind) FlagType() string { return "list" }

// TypedKind is the kind of every value type that knows its own grammar.
type TypedKind[T any, P interface {
	*T
	UnmarshalText([]byte) error
	AppendTo([]byte) []byte
	Validate() error
	FlagType() string
}] struct{}

func (TypedKind[T, P]) Parse(s string) (T, error) {
	var v T
	err := P(&v).UnmarshalText([]byte(s))
	return v, err
}

func (TypedKind[T, P]) Append(dst []byte, v *T) []byte { return P(v).AppendTo(dst) }

func (TypedKind[T, P]) Check(v *T) error { return P(v).Validate() }

func (TypedKind[T, P]) Needs(v *T) []Need {
	if n, ok := any(P(v)).(interface{ Needs() []Need }); ok {
		return n.Needs()
	}
	return nil
}

func (TypedKind[T, P]) FlagType() string { var v T; return P(&v).FlagType() }

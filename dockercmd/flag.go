package dockercmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Flag is one row of a command's table. It states everything about a flag once; rendering, parsing, help, version and
// dialect checks are loops over rows.
type Flag struct {
	Name     string // docker's long name, without dashes
	Short    byte   // docker's letter, or 0
	Alias    string // a hidden long name that docker takes for the same flag, or ""
	Value    Value  // the field of one command that the flag is bound to
	Since    string // the first docker version that has it; "" is 20.10 or before
	Until    string // the first docker version that no longer has it, ignores it or hides it as obsolete; "" is none
	Old      string // the long name before Since, or ""
	Portable string // a spelling that every version takes, with its dash, where the long name is not one; then it is the canonical one
	Storm    string // the worker-launcher's spelling, see stormArgs; "" is refused there
	Secret   bool   // the value behind KEY= must not appear in logs and errors
	Usage    string // one line of help
}

// spelling is the canonical one, with dashes.
func (f *Flag) spelling() string {
	if f.Portable != "" {
		return f.Portable
	}
	return "--" + f.Name
}

// Value is a field bound to its flag: a shape (one, optional, many, pairs) of a kind (text, size, mount...).
type Value interface {
	// IsSet says whether the flag renders.
	IsSet() bool
	// Texts are the values as docker takes them, one per use of the flag; none when the flag is left out.
	Texts() []string
	// Set takes one use of the flag from a command line. A list grows, a map gains a key, anything else is replaced.
	Set(text string) error
	// Type is docker's word for the kind, as in its help: string, bytes, duration, bool.
	Type() string

	appendArgs(dst []string, name string) []string
	problems() []error
	boolean() bool
	list() bool
}

// A kind says how one value of a type is written. Kinds have no size, so that a bound value is one pointer, and binding a
// row needs no allocation.
type kind[T any] interface {
	parse(string) (T, error)
	format(T) string
	check(T) error // what docker or its engine would refuse although it parses
	word() string
}

// one binds a plain field; its zero value leaves the flag out.
func one[T comparable, K kind[T]](p *T, _ K) Value { return oneValue[T, K]{p} }

// optional binds a pointer field: nil leaves the flag out, a pointer to zero does not.
func optional[T any, K kind[T]](p **T, _ K) Value { return optionalValue[T, K]{p} }

// many binds a list; each element is one use of the flag, in order.
func many[T any, K kind[T]](p *[]T, _ K) Value { return manyValue[T, K]{p} }

// pairs binds a map; each entry is one use of the flag as KEY=value, sorted by key.
func pairs[K kind[string]](p *map[string]string, _ K) Value { return pairsValue[K]{p} }

func appendArg(dst []string, name, text string, isBool bool) []string {
	if isBool && text == "true" {
		return append(dst, name)
	}
	return append(dst, name+"="+text)
}

func isBool[K any]() bool {
	var k K
	_, ok := any(k).(booleanKind)
	return ok
}

type oneValue[T comparable, K kind[T]] struct{ p *T }

func (v oneValue[T, K]) IsSet() bool { var zero T; return *v.p != zero }
func (v oneValue[T, K]) Texts() []string {
	if !v.IsSet() {
		return nil
	}
	var k K
	return []string{k.format(*v.p)}
}
func (v oneValue[T, K]) Set(text string) error {
	var k K
	got, err := k.parse(text)
	if err == nil {
		*v.p = got
	}
	return err
}
func (v oneValue[T, K]) Type() string  { var k K; return k.word() }
func (v oneValue[T, K]) boolean() bool { return isBool[K]() }
func (v oneValue[T, K]) list() bool    { return false }
func (v oneValue[T, K]) appendArgs(dst []string, name string) []string {
	if !v.IsSet() {
		return dst
	}
	var k K
	return appendArg(dst, name, k.format(*v.p), v.boolean())
}
func (v oneValue[T, K]) problems() []error {
	if !v.IsSet() {
		return nil
	}
	return checkText[T, K](*v.p)
}

type optionalValue[T any, K kind[T]] struct{ p **T }

func (v optionalValue[T, K]) IsSet() bool { return *v.p != nil }
func (v optionalValue[T, K]) Texts() []string {
	if *v.p == nil {
		return nil
	}
	var k K
	return []string{k.format(**v.p)}
}
func (v optionalValue[T, K]) Set(text string) error {
	var k K
	got, err := k.parse(text)
	if err == nil {
		*v.p = &got
	}
	return err
}
func (v optionalValue[T, K]) Type() string  { var k K; return k.word() }
func (v optionalValue[T, K]) boolean() bool { return isBool[K]() }
func (v optionalValue[T, K]) list() bool    { return false }
func (v optionalValue[T, K]) appendArgs(dst []string, name string) []string {
	if *v.p == nil {
		return dst
	}
	var k K
	return appendArg(dst, name, k.format(**v.p), v.boolean())
}
func (v optionalValue[T, K]) problems() []error {
	if *v.p == nil {
		return nil
	}
	return checkText[T, K](**v.p)
}

type manyValue[T any, K kind[T]] struct{ p *[]T }

func (v manyValue[T, K]) IsSet() bool { return len(*v.p) > 0 }
func (v manyValue[T, K]) Texts() []string {
	var k K
	var texts []string
	for _, e := range *v.p {
		texts = append(texts, k.format(e))
	}
	return texts
}
func (v manyValue[T, K]) Set(text string) error {
	var k K
	got, err := k.parse(text)
	if err == nil {
		*v.p = append(*v.p, got)
	}
	return err
}
func (v manyValue[T, K]) Type() string {
	var k K
	if w := k.word(); w != "string" {
		return w
	}
	return "list"
}
func (v manyValue[T, K]) boolean() bool { return false }
func (v manyValue[T, K]) list() bool    { return true }
func (v manyValue[T, K]) appendArgs(dst []string, name string) []string {
	var k K
	for _, e := range *v.p {
		dst = append(dst, name+"="+k.format(e))
	}
	return dst
}
func (v manyValue[T, K]) problems() []error {
	var errs []error
	for _, e := range *v.p {
		errs = append(errs, checkText[T, K](e)...)
	}
	return errs
}

type pairsValue[K kind[string]] struct{ p *map[string]string }

func (v pairsValue[K]) IsSet() bool { return len(*v.p) > 0 }
func (v pairsValue[K]) Texts() []string {
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(*v.p)) {
		texts = append(texts, key+"="+(*v.p)[key])
	}
	return texts
}
func (v pairsValue[K]) Set(text string) error {
	var k K
	text, err := k.parse(text)
	if err != nil {
		return err
	}
	if *v.p == nil {
		*v.p = make(map[string]string)
	}
	key, value, _ := strings.Cut(text, "=")
	(*v.p)[key] = value
	return nil
}
func (v pairsValue[K]) Type() string  { var k K; return k.word() }
func (v pairsValue[K]) boolean() bool { return false }
func (v pairsValue[K]) list() bool    { return true }
func (v pairsValue[K]) appendArgs(dst []string, name string) []string {
	for _, text := range v.Texts() {
		dst = append(dst, name+"="+text)
	}
	return dst
}
func (v pairsValue[K]) problems() []error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(*v.p)) {
		if key == "" || strings.Contains(key, "=") {
			errs = append(errs, fmt.Errorf("the key %q is empty or holds '='; give KEY=value", key))
			continue
		}
		errs = append(errs, checkText[string, K](key+"="+(*v.p)[key])...)
	}
	return errs
}

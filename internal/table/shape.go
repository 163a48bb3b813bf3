package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Value is a field bound to its flag: a shape (one, optional, many, pairs) of a kind (text, size, mount...).
type Value interface {
	// IsSet reports whether the flag renders.
	IsSet() bool
	// Texts returns the values as docker takes them, one per use of the flag; none when the flag is left out.
	Texts() []string
	// Set takes one use of the flag from a command line. A list grows, a map gains a key, anything else is replaced.
	Set(text string) error
	// Type returns docker's word for the kind, as in its help: string, bytes, duration, bool.
	Type() string

	// IsBool reports whether the flag alone means true.
	IsBool() bool
	// IsList reports whether the flag may be used several times.
	IsList() bool
	// Problems returns what docker would refuse in the values.
	Problems() []error
	// Needs returns what the values ask of docker beyond the flag.
	Needs() []Need
	// Render adds the flag's words; none when it is not set.
	Render(w *Writer, s *Spelling)
}

// Spelling is a flag's name in a line: --name= in front of a value, --name alone.
type Spelling struct{ Start, Bare string }

// Spell returns the spelling of a flag by its name with dashes.
func Spell(bare string) Spelling { return Spelling{bare + "=", bare} }

// With returns the word for one value.
func (s *Spelling) With(text string, boolean bool) string {
	if boolean && text == "true" {
		return s.Bare
	}
	return s.Start + text
}

// Kind is how one value of a type is written. Kinds have no size, so that a bound value is one pointer, and binding a row needs no
// allocation; and they take pointers, so that a value is not copied to be written.
type Kind[T any] interface {
	// Parse reads whatever docker's client takes.
	Parse(string) (T, error)
	// Append adds the value's text.
	Append([]byte, *T) []byte
	// Check returns what docker or its engine would refuse although it parses.
	Check(*T) error
	// FlagType returns docker's word for the kind, as in its help.
	FlagType() string
}

// One binds a plain field; its zero value leaves the flag out.
func One[T comparable, K Kind[T]](p *T, _ K) Value { return OneValue[T, K]{p} }

// Optional binds a pointer field: nil leaves the flag out, a pointer to zero does not.
func Optional[T any, K Kind[T]](p **T, _ K) Value { return OptionalValue[T, K]{p} }

// Many binds a list; each element is one use of the flag, in order.
func Many[T any, K Kind[T]](p *[]T, _ K) Value { return manyValue[T, K]{p} }

// Pairs binds a map; each entry is one use of the flag as KEY=value, sorted by key.
func Pairs[K Kind[string]](p *map[string]string, _ K) Value { return pairsValue[K]{p} }

// needy is a kind some of whose values not every docker version takes.
type needy[T any] interface{ Needs(*T) []Need }

// needsOf returns what one value asks of docker beyond its flag.
func needsOf[T any, K Kind[T]](v *T) []Need {
	var k K
	if n, ok := any(k).(needy[T]); ok {
		return n.Needs(v)
	}
	return nil
}

// format returns one value as text.
func format[T any, K Kind[T]](v *T) string {
	var k K
	return string(k.Append(nil, v))
}

func isBool[K any]() bool {
	var k K
	_, ok := any(k).(BoolKind)
	return ok
}

// OneValue is what One binds.
type OneValue[T comparable, K Kind[T]] struct{ Field *T }

func (v OneValue[T, K]) IsSet() bool { var zero T; return *v.Field != zero }
func (v OneValue[T, K]) Texts() []string {
	if !v.IsSet() {
		return nil
	}
	return []string{format[T, K](v.Field)}
}
func (v OneValue[T, K]) Set(text string) error {
	var k K
	got, err := k.Parse(text)
	if err == nil {
		*v.Field = got
	}
	return err
}
func (v OneValue[T, K]) Type() string { var k K; return k.FlagType() }
func (v OneValue[T, K]) IsBool() bool { return isBool[K]() }
func (v OneValue[T, K]) IsList() bool { return false }
func (v OneValue[T, K]) Problems() []error {
	if !v.IsSet() {
		return nil
	}
	return checkText[T, K](v.Field)
}
func (v OneValue[T, K]) Needs() []Need { return needsOf[T, K](v.Field) }
func (v OneValue[T, K]) Render(w *Writer, s *Spelling) {
	if v.IsSet() {
		renderOne[T, K](w, v.Field, s)
	}
}

func renderOne[T any, K Kind[T]](w *Writer, p *T, s *Spelling) {
	var k K
	start := len(w.text)
	w.text = append(w.text, s.Start...)
	w.text = k.Append(w.text, p)
	if isBool[K]() && string(w.text[start+len(s.Start):]) == "true" {
		w.text = append(w.text[:start], s.Bare...)
	}
	w.end()
}

// OptionalValue is what Optional binds.
type OptionalValue[T any, K Kind[T]] struct{ Field **T }

func (v OptionalValue[T, K]) IsSet() bool { return *v.Field != nil }
func (v OptionalValue[T, K]) Texts() []string {
	if *v.Field == nil {
		return nil
	}
	return []string{format[T, K](*v.Field)}
}
func (v OptionalValue[T, K]) Set(text string) error {
	var k K
	got, err := k.Parse(text)
	if err == nil {
		*v.Field = &got
	}
	return err
}
func (v OptionalValue[T, K]) Type() string { var k K; return k.FlagType() }
func (v OptionalValue[T, K]) IsBool() bool { return isBool[K]() }
func (v OptionalValue[T, K]) IsList() bool { return false }
func (v OptionalValue[T, K]) Problems() []error {
	if *v.Field == nil {
		return nil
	}
	return checkText[T, K](*v.Field)
}
func (v OptionalValue[T, K]) Needs() []Need { return needsOf[T, K](*v.Field) }
func (v OptionalValue[T, K]) Render(w *Writer, s *Spelling) {
	if *v.Field != nil {
		renderOne[T, K](w, *v.Field, s)
	}
}

type manyValue[T any, K Kind[T]] struct{ p *[]T }

func (v manyValue[T, K]) IsSet() bool { return len(*v.p) > 0 }
func (v manyValue[T, K]) Texts() []string {
	var texts []string
	for i := range *v.p {
		texts = append(texts, format[T, K](&(*v.p)[i]))
	}
	return texts
}
func (v manyValue[T, K]) Set(text string) error {
	var k K
	got, err := k.Parse(text)
	if err == nil {
		*v.p = append(*v.p, got)
	}
	return err
}
func (v manyValue[T, K]) Type() string {
	var k K
	if w := k.FlagType(); w != "string" {
		return w
	}
	return "list"
}
func (v manyValue[T, K]) IsBool() bool { return false }
func (v manyValue[T, K]) IsList() bool { return true }
func (v manyValue[T, K]) Problems() []error {
	var errs []error
	for i := range *v.p {
		errs = append(errs, checkText[T, K](&(*v.p)[i])...)
	}
	return errs
}
func (v manyValue[T, K]) Needs() []Need {
	var needs []Need
	for i := range *v.p {
		needs = append(needs, needsOf[T, K](&(*v.p)[i])...)
	}
	return needs
}
func (v manyValue[T, K]) Render(w *Writer, s *Spelling) {
	var k K
	list := *v.p
	for i := range list {
		w.text = append(w.text, s.Start...)
		w.text = k.Append(w.text, &list[i])
		w.end()
	}
}

type pairsValue[K Kind[string]] struct{ p *map[string]string }

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
	text, err := k.Parse(text)
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
func (v pairsValue[K]) Type() string { var k K; return k.FlagType() }
func (v pairsValue[K]) IsBool() bool { return false }
func (v pairsValue[K]) IsList() bool { return true }
func (v pairsValue[K]) Problems() []error {
	var k K
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(*v.p)) {
		text := key + "=" + (*v.p)[key]
		if key == "" || strings.Contains(key, "=") {
			err := fmt.Errorf("the key %q is empty or holds '='; give KEY=value", key)
			if _, unread := k.Parse(text); unread != nil || IsRefusal(k.Check(&text)) {
				err = RefusedByClient(err)
			}
			errs = append(errs, err)
			continue
		}
		errs = append(errs, checkText[string, K](&text)...)
	}
	return errs
}
func (v pairsValue[K]) Needs() []Need { return nil }
func (v pairsValue[K]) Render(w *Writer, s *Spelling) {
	table := *v.p
	if len(table) == 0 {
		return
	}
	for _, key := range w.sorted(table) {
		w.text = append(w.text, s.Start...)
		w.text = append(w.text, key...)
		w.text = append(w.text, '=')
		w.text = append(w.text, table[key]...)
		w.end()
	}
}

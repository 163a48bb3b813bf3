package dockercmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

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

	problems() []error
	needs() []need
	IsBool() bool
	IsList() bool

	// render adds the flag's words; none when it is not set.
	render(w *writer, s *spelling)
}

// spelling is a flag's name in a line: --name= in front of a value, --name alone.
type spelling struct{ start, bare string }

func spell(bare string) spelling { return spelling{bare + "=", bare} }

// with is the word for one value.
func (s *spelling) with(text string, boolean bool) string {
	if boolean && text == "true" {
		return s.bare
	}
	return s.start + text
}

// A kind says how one value of a type is written. Kinds have no size, so that a bound value is one pointer, and binding a
// row needs no allocation; and they take pointers, so that a value is not copied to be written.
type kind[T any] interface {
	parse(string) (T, error)
	append([]byte, *T) []byte
	check(*T) error // what docker or its engine would refuse although it parses
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

// needy is a kind some of whose values not every docker version takes.
type needy[T any] interface{ needs(*T) []need }

// needsOf is what one value asks of docker beyond its flag.
func needsOf[T any, K kind[T]](v *T) []need {
	var k K
	if n, ok := any(k).(needy[T]); ok {
		return n.needs(v)
	}
	return nil
}

// format is one value as text.
func format[T any, K kind[T]](v *T) string {
	var k K
	return string(k.append(nil, v))
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
	return []string{format[T, K](v.p)}
}
func (v oneValue[T, K]) Set(text string) error {
	var k K
	got, err := k.parse(text)
	if err == nil {
		*v.p = got
	}
	return err
}
func (v oneValue[T, K]) Type() string { var k K; return k.word() }
func (v oneValue[T, K]) IsBool() bool { return isBool[K]() }
func (v oneValue[T, K]) IsList() bool { return false }
func (v oneValue[T, K]) problems() []error {
	if !v.IsSet() {
		return nil
	}
	return checkText[T, K](v.p)
}
func (v oneValue[T, K]) needs() []need { return needsOf[T, K](v.p) }
func (v oneValue[T, K]) render(w *writer, s *spelling) {
	if v.IsSet() {
		renderOne[T, K](w, v.p, s)
	}
}

func renderOne[T any, K kind[T]](w *writer, p *T, s *spelling) {
	var k K
	start := len(w.text)
	w.text = append(w.text, s.start...)
	w.text = k.append(w.text, p)
	if isBool[K]() && string(w.text[start+len(s.start):]) == "true" {
		w.text = append(w.text[:start], s.bare...)
	}
	w.end()
}

type optionalValue[T any, K kind[T]] struct{ p **T }

func (v optionalValue[T, K]) IsSet() bool { return *v.p != nil }
func (v optionalValue[T, K]) Texts() []string {
	if *v.p == nil {
		return nil
	}
	return []string{format[T, K](*v.p)}
}
func (v optionalValue[T, K]) Set(text string) error {
	var k K
	got, err := k.parse(text)
	if err == nil {
		*v.p = &got
	}
	return err
}
func (v optionalValue[T, K]) Type() string { var k K; return k.word() }
func (v optionalValue[T, K]) IsBool() bool { return isBool[K]() }
func (v optionalValue[T, K]) IsList() bool { return false }
func (v optionalValue[T, K]) problems() []error {
	if *v.p == nil {
		return nil
	}
	return checkText[T, K](*v.p)
}
func (v optionalValue[T, K]) needs() []need { return needsOf[T, K](*v.p) }
func (v optionalValue[T, K]) render(w *writer, s *spelling) {
	if *v.p != nil {
		renderOne[T, K](w, *v.p, s)
	}
}

type manyValue[T any, K kind[T]] struct{ p *[]T }

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
func (v manyValue[T, K]) IsBool() bool { return false }
func (v manyValue[T, K]) IsList() bool { return true }
func (v manyValue[T, K]) problems() []error {
	var errs []error
	for i := range *v.p {
		errs = append(errs, checkText[T, K](&(*v.p)[i])...)
	}
	return errs
}
func (v manyValue[T, K]) needs() []need {
	var needs []need
	for i := range *v.p {
		needs = append(needs, needsOf[T, K](&(*v.p)[i])...)
	}
	return needs
}
func (v manyValue[T, K]) render(w *writer, s *spelling) {
	var k K
	list := *v.p
	for i := range list {
		w.text = append(w.text, s.start...)
		w.text = k.append(w.text, &list[i])
		w.end()
	}
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
func (v pairsValue[K]) Type() string { var k K; return k.word() }
func (v pairsValue[K]) IsBool() bool { return false }
func (v pairsValue[K]) IsList() bool { return true }
func (v pairsValue[K]) problems() []error {
	var k K
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(*v.p)) {
		text := key + "=" + (*v.p)[key]
		if key == "" || strings.Contains(key, "=") {
			err := fmt.Errorf("the key %q is empty or holds '='; give KEY=value", key)
			if _, unread := k.parse(text); unread != nil || isRefusal(k.check(&text)) {
				err = refusedByClient(err)
			}
			errs = append(errs, err)
			continue
		}
		errs = append(errs, checkText[string, K](&text)...)
	}
	return errs
}
func (v pairsValue[K]) needs() []need { return nil }
func (v pairsValue[K]) render(w *writer, s *spelling) {
	table := *v.p
	if len(table) == 0 {
		return
	}
	for _, key := range w.sorted(table) {
		w.text = append(w.text, s.start...)
		w.text = append(w.text, key...)
		w.text = append(w.text, '=')
		w.text = append(w.text, table[key]...)
		w.end()
	}
}

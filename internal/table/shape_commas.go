package table

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Commas binds a list whose flag docker splits at commas, as it reads a record of CSV: one use of the flag may bring several
// elements or none. Each element renders as a use of its own, in quotes where CSV wants them.
func Commas[T any, K Kind[T]](p *[]T, _ K) Value { return commasValue[T, K]{manyValue[T, K]{p}} }

// CommaPairs binds a map whose flag docker splits at commas. Blanks around keys and values are dropped, as docker drops them.
func CommaPairs[K Kind[string]](p *map[string]string, _ K) Value {
	return commaPairsValue[K]{pairsValue[K]{p}}
}

// readElements returns the elements of one use of a flag that docker splits at commas. Docker reads the first record of the text,
// and drops whatever stands behind it.
func readElements(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	elements, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return nil, fmt.Errorf("%q is not a list such as a,b (quote a whole element that holds a comma: \"a,b\"): %w", text, err)
	}
	return elements, nil
}

// QuoteElement puts the element that begins at start into quotes when CSV wants them. CSV takes CR LF for LF, and CR CR LF for
// CR LF.
func QuoteElement(text []byte, start int) []byte {
	if len(text) > start && !bytes.ContainsAny(text[start:], ",\"\r\n") {
		return text
	}
	element := string(text[start:])
	text = append(text[:start], '"')
	for i := range len(element) {
		switch {
		case element[i] == '"':
			text = append(text, '"')
		case element[i] == '\n' && i > 0 && element[i-1] == '\r':
			text = append(text, '\r')
		}
		text = append(text, element[i])
	}
	return append(text, '"')
}

type commasValue[T any, K Kind[T]] struct{ manyValue[T, K] }

func (v commasValue[T, K]) Texts() []string {
	texts := v.manyValue.Texts()
	for i, text := range texts {
		texts[i] = string(QuoteElement([]byte(text), 0))
	}
	return texts
}
func (v commasValue[T, K]) Set(text string) error {
	elements, err := readElements(text)
	if err != nil {
		return err
	}
	for _, element := range elements {
		if err := v.manyValue.Set(element); err != nil {
			return err
		}
	}
	return nil
}
func (v commasValue[T, K]) Render(w *Writer, s *Spelling) {
	var k K
	list := *v.p
	for i := range list {
		w.text = append(w.text, s.Start...)
		start := len(w.text)
		w.text = QuoteElement(k.Append(w.text, &list[i]), start)
		w.end()
	}
}

type commaPairsValue[K Kind[string]] struct{ pairsValue[K] }

func (v commaPairsValue[K]) Texts() []string {
	texts := v.pairsValue.Texts()
	for i, text := range texts {
		texts[i] = string(QuoteElement([]byte(text), 0))
	}
	return texts
}
func (v commaPairsValue[K]) Set(text string) error {
	elements, err := readElements(text)
	if err != nil {
		return err
	}
	for _, element := range elements {
		key, value, ok := strings.Cut(element, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return fmt.Errorf("%q is not of the form KEY=value", element)
		}
		if err := v.pairsValue.Set(key + "=" + strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return nil
}
func (v commaPairsValue[K]) Problems() []error {
	errs := v.pairsValue.Problems()
	for _, key := range slices.Sorted(maps.Keys(*v.p)) {
		if value := (*v.p)[key]; strings.TrimSpace(key) != key || strings.TrimSpace(value) != value {
			errs = append(errs, fmt.Errorf("blanks around the key or the value of %q, which docker drops; leave them out",
				strings.TrimSpace(key)))
		}
	}
	return errs
}
func (v commaPairsValue[K]) Render(w *Writer, s *Spelling) {
	table := *v.p
	if len(table) == 0 {
		return
	}
	for _, key := range w.sorted(table) {
		w.text = append(w.text, s.Start...)
		start := len(w.text)
		w.text = append(append(append(w.text, key...), '='), table[key]...)
		w.text = QuoteElement(w.text, start)
		w.end()
	}
}

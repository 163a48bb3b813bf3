package table

import (
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/hide"
	"github.com/dockercmd/toolkit/quote"
)

// Args renders a command in the canonical spelling.
func Args(c Command) []string {
	w := render(c)
	return w.line(c)
}

// ArgsSpelled renders a command with spellings of its caller's. Spell adds the words of a row's value; a spelling is as long as the
// row's name wants it.
func ArgsSpelled(c Command, add func(w *Writer, r *Row, v Value)) []string {
	rows, _ := c.Spec().table()
	w, b := NewWriter(), bind(c)
	for i, v := range b.values {
		add(w, &rows[i], v)
	}
	b.free()
	w.rest(c)
	return w.line(c)
}

// render adds the words of a command behind its name, in the canonical spelling, to a writer.
func render(c Command) *Writer {
	w, b := NewWriter(), bind(c)
	rows := c.Spec().rows
	for i, v := range b.values {
		v.Render(w, &rows[i].Spelling)
	}
	b.free()
	w.rest(c)
	return w
}

// ArgsOf renders flags that stand in front of a subcommand.
func ArgsOf(flags []Flag) []string {
	w := NewWriter()
	for _, f := range flags {
		s := Spell(f.Canonical())
		f.Value.Render(w, &s)
	}
	return w.words(nil, false)
}

// rest ends a line of flags: behind them come the unknown ones and the operands.
func (w *Writer) rest(c Command) {
	for _, word := range *c.Extra() {
		w.Word(word)
	}
	w.operands = c.AppendOperands(w.operands)
}

// needsDashes reports whether docker's scanner would take an operand of c for a flag.
func needsDashes(c Command, operands []string) bool {
	if c.Spec().Verbatim {
		operands = operands[:min(1, len(operands))]
	}
	return slices.ContainsFunc(operands, LooksLikeFlag)
}

// LooksLikeFlag reports whether docker's scanner would take the word for a flag: a dash alone is an ordinary operand.
func LooksLikeFlag(word string) bool { return len(word) > 1 && word[0] == '-' }

// Text returns the line of a command for a shell.
func Text(c Command) string {
	w := render(c)
	defer w.free()
	_, prefix := c.Spec().table()
	var room [1 << 10]byte
	line := quote.AppendWords(append(room[:0], "docker"...), prefix)
	start := 0
	for _, end := range w.ends {
		line = quote.AppendWord(append(line, ' '), w.text[start:end])
		start = end
	}
	if needsDashes(c, w.operands) {
		line = append(line, " --"...)
	}
	return string(quote.AppendWords(line, w.operands))
}

// Redacted returns the words behind docker, with the values of secret flags, and what looks like a secret in others and in
// operands, replaced by three dots.
func Redacted(c Command) []string {
	_, prefix := c.Spec().table()
	words := slices.Clone(prefix)
	for _, f := range c.Flags() {
		words = append(words, f.Words(f.Value.Texts())...)
	}
	words = append(words, RedactExtra(*c.Extra())...)
	operands := c.AppendOperands(nil)
	if needsDashes(c, operands) {
		words = append(words, "--")
	}
	return append(words, hide.Words(operands)...)
}

// Words returns values of the flag as the words of a line, for screens.
func (f *Flag) Words(texts []string) []string {
	var words []string
	s := Spell(f.Canonical())
	for _, text := range texts {
		words = append(words, s.With(f.Shown(text), f.Value.IsBool()))
	}
	return words
}

// Shown returns a value's text for screens: of a secret KEY=value in a list, the key may be seen, and of another value what does
// not look like a secret.
func (f *Flag) Shown(text string) string {
	if !f.Secret {
		return hide.Text(text)
	}
	key, _, ok := strings.Cut(text, "=")
	switch {
	case !f.Value.IsList():
		return "..."
	case ok:
		return hide.Text(key) + "=..."
	}
	return hide.Text(text)
}

// RedactExtra hides the values of flags that are not known.
func RedactExtra(words []string) []string {
	var shown []string
	for _, w := range words {
		if name, _, ok := strings.Cut(w, "="); ok {
			w = name + "=..."
		}
		shown = append(shown, w)
	}
	return shown
}

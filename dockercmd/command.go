package dockercmd

import (
	"log/slog"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/quote"
)

// Command is one docker command line as a value: a pointer to [Run], [Stop], [Ps] and so on. Only this package has
// implementations.
type Command interface {
	// Subcommand is docker's word for it, such as "run".
	Subcommand() string
	// Args is the exact argument vector behind the word docker: the subcommand, one element per flag, the operands.
	Args() []string
	// Validate is nil or all that docker would refuse or silently misread, as *FieldError values joined together.
	Validate() error
	// String is the line as a shell takes it, beginning with docker. It holds the values of environment variables:
	// use Redacted for logs and errors.
	String() string
	// MarshalJSON is an object of docker's own flag names.
	MarshalJSON() ([]byte, error)
	// LogValue is the line with secret values hidden.
	LogValue() slog.Value

	spec() *spec
	extra() *[]string
	assign(Command) // makes it equal to another command of the same type

	flags() []Flag
	appendOperands(dst []string) []string
	setOperands([]string) error
	check(*problems)
}

// args renders a command in the canonical spelling.
func args(c Command) []string {
	w := render(c)
	return w.line(c)
}

// render is the words of a command behind its name, in the canonical spelling.
func render(c Command) *writer {
	w, b := newWriter(), bind(c)
	rows := c.spec().rows
	for i, v := range b.values {
		v.render(w, &rows[i].spelling)
	}
	b.free()
	w.rest(c)
	return w
}

// rest ends a line of flags: behind them come the unknown ones and the operands.
func (w *writer) rest(c Command) {
	for _, word := range *c.extra() {
		w.word(word)
	}
	w.operands = c.appendOperands(w.operands)
}

// needsDashes says whether docker's scanner would take an operand of c for a flag.
func needsDashes(c Command, operands []string) bool {
	if c.spec().verbatim {
		operands = operands[:min(1, len(operands))]
	}
	return slices.ContainsFunc(operands, looksLikeFlag)
}

// looksLikeFlag says whether docker's scanner would take the word for a flag: a dash alone is an ordinary operand.
func looksLikeFlag(word string) bool { return len(word) > 1 && word[0] == '-' }

// text is the line of a command for a shell.
func text(c Command) string {
	w := render(c)
	defer w.free()
	_, prefix := c.spec().table()
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

// Redacted is the line of c as a shell takes it, with the values of secret flags (environment variables, a password) replaced
// by three dots. It does not run; it is for logs, errors and screens.
func Redacted(c Command) string { return quote.Line(append([]string{"docker"}, redacted(c)...)) }

// redacted are the words behind docker.
func redacted(c Command) []string {
	_, prefix := c.spec().table()
	words := slices.Clone(prefix)
	for _, f := range c.flags() {
		s := spell(f.canonical())
		for _, text := range f.Value.Texts() {
			words = append(words, s.with(f.Shown(text), f.Value.IsBool()))
		}
	}
	words = append(words, redactExtra(*c.extra())...)
	operands := c.appendOperands(nil)
	if needsDashes(c, operands) {
		words = append(words, "--")
	}
	return append(words, operands...)
}

// Shown is a value's text for screens: of a secret KEY=value in a list, the key may be seen.
func (f *Flag) Shown(text string) string {
	if !f.Secret {
		return text
	}
	key, _, ok := strings.Cut(text, "=")
	switch {
	case !f.Value.IsList():
		return "..."
	case ok:
		return key + "=..."
	}
	return text
}

// redactExtra hides the values of flags that are not known.
func redactExtra(words []string) []string {
	var shown []string
	for _, w := range words {
		if name, _, ok := strings.Cut(w, "="); ok {
			w = name + "=..."
		}
		shown = append(shown, w)
	}
	return shown
}

func logValue(c Command) slog.Value { return slog.StringValue(Redacted(c)) }

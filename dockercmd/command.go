package dockercmd

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"unsafe"

	"al.essio.dev/pkg/shellescape"
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
	base() unsafe.Pointer // where the struct begins
	extra() *[]string

	flags() []Flag // called once for each command: see Flags
	appendOperands(dst []string) []string
	setOperands([]string) error
	check(*problems)
}

// args renders a command in the canonical spelling.
func args(c Command) []string {
	rows, prefix := c.spec().table()
	w, base := newWriter(), c.base()
	for i := range rows {
		r := &rows[i]
		r.Value.render(w, r.field(base), r.canonical)
	}
	return w.line(c, prefix)
}

// line ends a line of flags: behind them come the unknown ones and the operands, which stand behind "--" where one of them could
// be taken for a flag.
func (w *writer) line(c Command, prefix []string) []string {
	for _, word := range *c.extra() {
		w.word(word)
	}
	w.operands = c.appendOperands(w.operands)
	return w.words(prefix, needsDashes(c, w.operands))
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

// line quotes words for a shell.
func line(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(shellescape.Quote(w))
	}
	return b.String()
}

func text(c Command) string { return line(append([]string{"docker"}, c.Args()...)) }

// Redacted is the line of c as a shell takes it, with the values of secret flags (environment variables, a swarm's token)
// replaced by three dots. It does not run; it is for logs, errors and screens.
func Redacted(c Command) string {
	rows, prefix := c.spec().table()
	words := append([]string{"docker"}, prefix...)
	for i := range rows {
		r := &rows[i]
		v := r.Value.at(r.field(c.base()))
		for _, text := range v.Texts() {
			words = append(words, r.canonical.with(r.Shown(text), v.boolean()))
		}
	}
	for _, w := range *c.extra() {
		if name, _, ok := strings.Cut(w, "="); ok {
			w = name + "=..."
		}
		words = append(words, w)
	}
	operands := c.appendOperands(nil)
	if needsDashes(c, operands) {
		words = append(words, "--")
	}
	return line(append(words, operands...))
}

func logValue(c Command) slog.Value { return slog.StringValue(Redacted(c)) }

// marshal renders a command as a JSON object: "command", each set flag under docker's own name (true, a text, or a list
// of texts), "extra", and "operands".
func marshal(c Command) ([]byte, error) {
	var b strings.Builder
	member := func(key string, v any) error {
		k, _ := json.Marshal(key)
		raw, err := json.Marshal(v)
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.Write(k)
		b.WriteByte(':')
		b.Write(raw)
		return err
	}
	var errs []error
	errs = append(errs, member("command", c.Subcommand()))
	for _, f := range Flags(c) {
		texts := f.Value.Texts()
		switch {
		case len(texts) == 0:
		case f.Value.list():
			errs = append(errs, member(f.Name, texts))
		case f.Value.boolean():
			errs = append(errs, member(f.Name, texts[0] == "true"))
		default:
			errs = append(errs, member(f.Name, texts[0]))
		}
	}
	if extra := *c.extra(); len(extra) > 0 {
		errs = append(errs, member("extra", extra))
	}
	if operands := c.appendOperands(nil); len(operands) > 0 {
		errs = append(errs, member("operands", operands))
	}
	return []byte("{" + b.String() + "}"), errors.Join(errs...)
}

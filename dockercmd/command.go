package dockercmd

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"

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

	flags() []Flag
	operands() []string
	setOperands([]string) error
	extra() *[]string
	check(*problems)
}

// Flags is the table of a command's flags, each bound to its field, in the order in which they render.
func Flags(c Command) []Flag { return c.flags() }

// Operands are the words behind a command's flags: the image and its command, or the names of containers.
func Operands(c Command) []string { return c.operands() }

// interspersed says whether docker goes on looking for flags behind the first operand.
func interspersed(name string) bool {
	return !slices.Contains([]string{"run", "create", "exec", "top", "commit"}, name)
}

// args renders a command in the canonical spelling.
func args(c Command) []string {
	dst := make([]string, 0, 24)
	dst = append(dst, c.Subcommand())
	for _, f := range c.flags() {
		if f.Value.IsSet() { // most are not, and their names need no text
			dst = f.Value.appendArgs(dst, f.spelling())
		}
	}
	dst = append(dst, *c.extra()...)
	return appendOperands(dst, c)
}

// appendOperands adds the operands, behind "--" where one of them could be taken for a flag.
func appendOperands(dst []string, c Command) []string {
	operands := c.operands()
	for i, word := range operands {
		if looksLikeFlag(word) && (i == 0 || interspersed(c.Subcommand())) {
			dst = append(dst, "--")
			break
		}
	}
	return append(dst, operands...)
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

// Redacted is the line of c as a shell takes it, with the values of secret flags (environment variables) replaced by
// three dots. It does not run; it is for logs, errors and screens.
func Redacted(c Command) string {
	words := []string{"docker", c.Subcommand()}
	for _, f := range c.flags() {
		from := len(words)
		words = f.Value.appendArgs(words, f.spelling())
		if !f.Secret {
			continue
		}
		for i, w := range words[from:] {
			prefix := "--" + f.Name + "="
			if key, _, ok := strings.Cut(strings.TrimPrefix(w, prefix), "="); ok {
				words[from+i] = prefix + key + "=..."
			}
		}
	}
	for _, w := range *c.extra() {
		if name, _, ok := strings.Cut(w, "="); ok {
			w = name + "=..."
		}
		words = append(words, w)
	}
	return line(appendOperands(words, c))
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
	for _, f := range c.flags() {
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
	if operands := c.operands(); len(operands) > 0 {
		errs = append(errs, member("operands", operands))
	}
	return []byte("{" + b.String() + "}"), errors.Join(errs...)
}

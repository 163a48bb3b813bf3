package dockercmd

import (
	"log/slog"

	"github.com/dockercmd/toolkit/internal/table"
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

	// Table is for the packages of this module alone.
	Table() table.Command
}

// tableOf is what a command of this package has for the table: its methods, which do not stand in the documentation.
type tableOf[C any] interface {
	*C
	spec() *table.Spec
	extra() *[]string
	flags() []Flag
	appendOperands(dst []string) []string
	setOperands([]string) error
	check(*problems)
	command() Command
}

// bindingOf gives the table a command of this package.
type bindingOf[C any, P tableOf[C]] struct{ c P }

func (b bindingOf[C, P]) Spec() *table.Spec                    { return b.c.spec() }
func (b bindingOf[C, P]) Flags() []Flag                        { return b.c.flags() }
func (b bindingOf[C, P]) Extra() *[]string                     { return b.c.extra() }
func (b bindingOf[C, P]) AppendOperands(dst []string) []string { return b.c.appendOperands(dst) }
func (b bindingOf[C, P]) SetOperands(words []string) error     { return b.c.setOperands(words) }
func (b bindingOf[C, P]) Check(p *table.Problems)              { b.c.check(&problems{p}) }
func (b bindingOf[C, P]) Assign(from table.Command)            { *b.c = *from.(bindingOf[C, P]).c }
func (b bindingOf[C, P]) command() Command                     { return b.c.command() }

// Redacted returns the line of c as a shell takes it, with the values of secret flags (environment variables, a password) replaced
// by three dots, and so is what looks like a secret elsewhere: the value of a key or a flag whose name says so (password, token,
// secret), the user of a URL, a header's authorization, an ENV instruction. It does not run; it is for logs, errors and screens.
func Redacted(c Command) string {
	return quote.Line(append([]string{"docker"}, table.Redacted(c.Table())...))
}

func logValue(c Command) slog.Value { return slog.StringValue(Redacted(c)) }

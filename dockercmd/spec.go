package dockercmd

import (
	"slices"
	"strings"
	"sync"
)

// spec is what this package knows of a command beside its flags. Each command has one, in its own file.
type spec struct {
	names    []string // docker's spellings of the subcommand; the first is the canonical one
	operands string   // the words behind the flags, as docker's help writes them; "" is none
	verbatim bool     // what follows the first operand is not docker's: it stops looking for flags there
	since    string   // the first docker version that has the command; "" is 20.10 or before
	lacks    string   // the dialects without the command, separated by spaces
	make     func() Command

	once   sync.Once
	prefix []string // the canonical spelling as words
	rows   []row
	zero   Command   // that stays as it was made
	bound  sync.Pool // of *bound
}

// row is a flag and its spellings. Its Value is bound to nothing that is used: see bound.
type row struct {
	Flag

	spelling spelling // the canonical one
	long     spelling // by its name
	old      spelling // by its name before since
	since    version
}

func newRow(owner string, f Flag) row {
	since, err := parseVersion(f.Since)
	if err != nil {
		panic(owner + " --" + f.Name + ": " + err.Error())
	}
	return row{f, spell(f.canonical()), spell("--" + f.Name), spell("--" + f.Old), since}
}

// table returns the rows of the command, and the words of its name.
func (s *spec) table() ([]row, []string) {
	s.once.Do(func() {
		s.zero = s.make()
		for _, f := range s.zero.flags() {
			s.rows = append(s.rows, newRow(s.names[0], f))
		}
		s.prefix = strings.Fields(s.names[0])
	})
	return s.rows, s.prefix
}

// bound is a copy of a command and the values of its rows. To make the rows of a command costs more than to render its line, so
// that a line is rendered from a copy whose rows were made before.
type bound struct {
	command Command
	values  []Value // one for each row
}

// bind returns a copy of c. Free gives it back.
func bind(c Command) *bound {
	s := c.spec()
	s.table()
	b, ok := s.bound.Get().(*bound)
	if !ok {
		b = &bound{command: s.make()}
		for _, f := range b.command.flags() {
			b.values = append(b.values, f.Value)
		}
	}
	b.command.assign(c)
	return b
}

// free keeps the copy for another command, without the texts of this one.
func (b *bound) free() {
	s := b.command.spec()
	b.command.assign(s.zero)
	s.bound.Put(b)
}

// Flags returns the table of a command's flags, each bound to its field, in the order in which they render.
func Flags(c Command) []Flag { return c.flags() }

// Operands are the words behind a command's flags: the image and its command, or the names of containers.
func Operands(c Command) []string { return c.appendOperands(nil) }

// Usage is how docker's help writes what stands behind the flags, such as "IMAGE [COMMAND] [ARG...]"; "" is nothing.
func Usage(c Command) string { return c.spec().operands }

// Spellings are docker's names of a command, such as "rm" and "container remove". The first is the canonical one.
func Spellings(c Command) []string { return slices.Clone(c.spec().names) }

// Names are the subcommands of this package, in docker's short spelling.
func Names() []string {
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.names[0]
	}
	return names
}

// New is an empty command by docker's name for it, such as "run" or "container ls"; nil when there is none.
func New(name string) Command {
	for _, s := range specs {
		if slices.Contains(s.names, name) {
			return s.make()
		}
	}
	return nil
}

// Groups are the first words of docker's spellings of two words: container, image, network and so on.
func Groups() []string {
	var groups []string
	for _, s := range specs {
		for _, name := range s.names {
			group, _, two := strings.Cut(name, " ")
			if two && !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

func isGroup(word string) bool {
	return slices.ContainsFunc(specs, func(s *spec) bool {
		return slices.ContainsFunc(s.names, func(name string) bool { return strings.HasPrefix(name, word+" ") })
	})
}

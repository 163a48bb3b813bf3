package table

import (
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"
)

// Spec is what is known of a command beside its flags. Each command has one. Set the exported fields only.
type Spec struct {
	Names    []string // docker's spellings of the subcommand; the first is the canonical one
	Operands string   // the words behind the flags, as docker's help writes them; "" is none
	Verbatim bool     // what follows the first operand is not docker's: it stops looking for flags there
	Since    string   // the first docker version that has the command; "" is 20.10 or before
	Lacks    []Dialect
	New      func() Command

	once   sync.Once
	prefix []string // the canonical spelling as words
	rows   []Row
	zero   Command   // that stays as it was made
	pool   sync.Pool // of *bound
}

// Row is a flag and its spellings. Its Value is nil: bound has the values of a command.
type Row struct {
	Flag

	Spelling     Spelling // the canonical one
	Long         Spelling // by its name
	OldName      Spelling // by its name before Since
	SinceVersion Version
}

func newRow(owner string, f Flag) Row {
	since, err := ParseVersion(f.Since)
	if err != nil {
		panic(owner + " --" + f.Name + ": " + err.Error())
	}
	f.Value = nil // it is bound to a command that nobody uses
	return Row{f, Spell(f.Canonical()), Spell("--" + f.Name), Spell("--" + f.Old), since}
}

// table returns the rows of the command, and the words of its name.
func (s *Spec) table() ([]Row, []string) {
	s.once.Do(func() {
		s.zero = s.New()
		for _, f := range s.zero.Flags() {
			s.rows = append(s.rows, newRow(s.Names[0], f))
		}
		s.prefix = strings.Fields(s.Names[0])
	})
	return s.rows, s.prefix
}

// Name returns the canonical spelling.
func (s *Spec) Name() string { return s.Names[0] }

// IsLackedBy reports whether a dialect has no such command.
func (s *Spec) IsLackedBy(d Dialect) bool { return slices.Contains(s.Lacks, d) }

// bound is a copy of a command and the values of its rows. To make the rows of a command costs more than to render its line, so
// that a line is rendered from a copy whose rows were made before. To put them on a scanner costs several times as much again, so
// that a line is scanned by one that was made before, too.
type bound struct {
	command Command
	values  []Value        // one for each row
	scanner *pflag.FlagSet // that fills the command; nil until it is wanted
}

// bind returns a copy of c. Free gives it back.
func bind(c Command) *bound {
	s := c.Spec()
	s.table()
	b, ok := s.pool.Get().(*bound)
	if !ok {
		b = &bound{command: s.New()}
		for _, f := range b.command.Flags() {
			b.values = append(b.values, f.Value)
		}
	}
	b.command.Assign(c)
	return b
}

// free keeps the copy for another command, without the texts of this one.
func (b *bound) free() {
	s := b.command.Spec()
	b.command.Assign(s.zero)
	s.pool.Put(b)
}

package dockercmd

import (
	"slices"
	"strings"
	"sync"
	"unsafe"
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
	rows   []row
	hot    []hotRow
	prefix []string // the canonical spelling as words
}

// row is a flag whose field is known as an offset into the command's struct, so that the rows are made only once.
type row struct {
	Flag // its Value is bound to nothing that is used
	hotRow

	long  spelling // by its name
	old   spelling // by its name before since
	since version
}

// table is the rows of the command, and the words of its name.
func (s *spec) table() ([]row, []string) {
	s.once.Do(func() {
		prototype := s.make()
		for _, f := range prototype.flags() {
			r := bindRow(s.names[0], prototype.base(), f)
			s.rows = append(s.rows, r)
			s.hot = append(s.hot, r.hotRow)
		}
		s.prefix = strings.Fields(s.names[0])
	})
	return s.rows, s.prefix
}

// bindRow makes the row of a flag that is bound to a prototype.
func bindRow(owner string, prototype unsafe.Pointer, f Flag) row {
	since, err := parseVersion(f.Since)
	if err != nil {
		panic(owner + " --" + f.Name + ": " + err.Error())
	}
	return row{f, hot(prototype, f.Value, spell(f.canonical())), spell("--" + f.Name), spell("--" + f.Old), since}
}

// hotRow is what a line needs of a row, so that all of run's fit into the processor's first cache.
type hotRow struct {
	offset, probe, size uintptr
	bound               Value    // to nothing that is used
	spelling            spelling // the canonical one
}

// hot makes the row of a value that is bound to a field of the struct at base.
func hot(base unsafe.Pointer, v Value, s spelling) hotRow {
	offset := uintptr(v.pointer()) - uintptr(base)
	probe, size := v.probe()
	return hotRow{offset, offset + probe, size, v, s}
}

// field is the row's field in the struct at base.
func (h *hotRow) field(base unsafe.Pointer) unsafe.Pointer { return unsafe.Add(base, h.offset) }

// render adds the words of the field in the struct at base; there are none for a flag that is not set.
func (h *hotRow) render(w *writer, base unsafe.Pointer) {
	at := unsafe.Add(base, h.probe)
	switch h.size {
	case 8:
		if *(*uint64)(at) == 0 {
			return
		}
	case 4:
		if *(*uint32)(at) == 0 {
			return
		}
	case 1:
		if *(*uint8)(at) == 0 {
			return
		}
	}
	h.bound.render(w, h.field(base), &h.spelling)
}

func (s *spec) hotRows() []hotRow {
	s.table()
	return s.hot
}

// Flags is the table of a command's flags, each bound to its field, in the order in which they render.
func Flags(c Command) []Flag {
	rows, _ := c.spec().table()
	return boundTo(rows, c.base())
}

// boundTo is the flags of rows, bound to the fields of a struct.
func boundTo(rows []row, base unsafe.Pointer) []Flag {
	flags := make([]Flag, len(rows))
	for i := range rows {
		flags[i] = rows[i].Flag
		flags[i].Value = rows[i].Value.at(rows[i].field(base))
	}
	return flags
}

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

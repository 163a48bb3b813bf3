package dockercmd

import (
	"slices"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/table"
)

// Flags returns the table of a command's flags, each bound to its field, in the order in which they render.
func Flags(c Command) []Flag { return c.Table().Flags() }

// Operands returns the words behind a command's flags: the image and its command, or the names of containers.
func Operands(c Command) []string { return c.Table().AppendOperands(nil) }

// Usage returns how docker's help writes what stands behind the flags, such as "IMAGE [COMMAND] [ARG...]"; "" if it takes no
// operands.
func Usage(c Command) string { return c.Table().Spec().Operands }

// Spellings returns docker's names of a command, such as "rm" and "container remove". The first is the canonical one.
func Spellings(c Command) []string { return slices.Clone(c.Table().Spec().Names) }

// Names returns the subcommands of this package, in docker's short spelling.
func Names() []string {
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.Names[0]
	}
	return names
}

// New returns an empty command by docker's name for it, such as "run" or "container ls"; nil when there is none.
func New(name string) Command {
	if s := specOf(name); s != nil {
		return s.New().(commander).command()
	}
	return nil
}

// specOf returns what is known of a command by docker's name for it; nil when there is none.
func specOf(name string) *table.Spec { return specsByName()[name] }

// specsByName has every spelling of every command. A line asks for a name several times.
var specsByName = sync.OnceValue(func() map[string]*table.Spec {
	byName := map[string]*table.Spec{}
	for _, s := range specs {
		for _, name := range s.Names {
			if byName[name] == nil {
				byName[name] = s
			}
		}
	}
	return byName
})

// Groups returns the first words of docker's spellings of two words: container, image, network and so on.
func Groups() []string {
	var groups []string
	for _, s := range specs {
		for _, name := range s.Names {
			group, _, two := strings.Cut(name, " ")
			if two && !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

// commander is a binding of this package's.
type commander interface{ command() Command }

func isGroup(word string) bool { return slices.Contains(groups(), word) }

var groups = sync.OnceValue(Groups)

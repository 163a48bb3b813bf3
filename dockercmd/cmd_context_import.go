package dockercmd

import (
	"errors"
	"fmt"

	"github.com/dockercmd/toolkit/internal/table"
)

// ContextImport is docker context import: make a context of what ContextExport has written.
type ContextImport struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Context is the new context's name: two characters at least.
	Context string
	// File is a tar or zip archive, or - for standard input.
	File string
}

var contextImportSpec = table.Spec{
	Names:    []string{"context import"},
	Operands: "CONTEXT FILE|-",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ContextImport).Table() },
}

func (c *ContextImport) flags() []Flag { return nil }

func (c *ContextImport) appendOperands(dst []string) []string {
	if c.Context == "" && c.File == "" {
		return dst
	}
	return append(dst, c.Context, c.File)
}
func (c *ContextImport) setOperands(words []string) error {
	if len(words) != 2 {
		return fmt.Errorf("%d words behind the flags; give CONTEXT and FILE", len(words))
	}
	if words[0] == "" || words[1] == "" {
		return errors.New("an empty word; give CONTEXT and FILE")
	}
	c.Context, c.File = words[0], words[1]
	return nil
}
func (c *ContextImport) check(p *problems) {
	p.newContext("CONTEXT", c.Context)
	if c.File == "" {
		p.Client("FILE", "none given; give a tar or zip archive, or - for standard input")
	}
	p.words("FILE", []string{c.File})
}

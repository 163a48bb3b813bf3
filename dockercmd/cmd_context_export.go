package dockercmd

import (
	"errors"
	"fmt"

	"github.com/dockercmd/toolkit/internal/table"
)

// ContextExport is docker context export: write a context, with its certificates and keys, to a tar archive.
type ContextExport struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Context is the context's name.
	Context string
	// File is the archive, which must not exist, or - for standard output; "" is CONTEXT.dockercontext in the working directory.
	File string
}

var contextExportSpec = table.Spec{
	Names:    []string{"context export"},
	Operands: "CONTEXT [FILE|-]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ContextExport).Table() },
}

func (c *ContextExport) flags() []Flag { return nil }

func (c *ContextExport) appendOperands(dst []string) []string {
	return appendOptional(appendOptional(dst, c.Context), c.File)
}
func (c *ContextExport) setOperands(words []string) error {
	switch {
	case len(words) == 0 || len(words) > 2:
		return fmt.Errorf("%d words behind the flags; give one CONTEXT and perhaps a FILE", len(words))
	case len(words) == 2 && words[1] == "":
		return errors.New("the FILE is empty; give a file or -, or leave it out")
	case words[0] == "":
		return errors.New("the CONTEXT is empty; give its name")
	}
	c.Context = words[0]
	if len(words) == 2 {
		c.File = words[1]
	}
	return nil
}
func (c *ContextExport) check(p *problems) {
	p.context("CONTEXT", c.Context)
	p.words("FILE", []string{c.File})
}

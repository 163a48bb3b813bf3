package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Info is docker info: what the engine is and has. Without an engine it prints what the client knows, and fails.
type Info struct {
	// Format is a Go template, or json from 23.0 on: 20.10 prints that word. {{json .}} works with every version.
	Format string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var infoSpec = table.Spec{
	Names: []string{"info", "system info"},
	New:   func() table.Command { return new(Info).Table() },
}

func (i *Info) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&i.Format, word), Usage: "Go template, or json"},
	}
}

func (i *Info) appendOperands(dst []string) []string { return dst }
func (i *Info) setOperands(words []string) error     { return noWords("info", words, "") }
func (i *Info) check(*problems)                      {}

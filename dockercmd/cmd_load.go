package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Load is docker load: take in the images of an archive that docker save made.
type Load struct {
	// Input is a file of the client's; "" is standard input.
	Input string
	// Platforms, each OS[/ARCH[/VARIANT]], take in these variants only. From 28.0 on; clients before 29 take one, and the last of
	// several.
	Platforms []string
	// Quiet hides the progress, which shows on a terminal only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var loadSpec = table.Spec{
	Names: []string{"load", "image load"},
	New:   func() table.Command { return new(Load).Table() },
}

func (l *Load) flags() []Flag {
	return []Flag{
		{Name: "input", Short: 'i', Value: one(&l.Input, word), Usage: "file to read"},
		{Name: "platform", Value: commas(&l.Platforms, platform), Since: "28.0", Lacks: []Dialect{Podman}, API: "1.48",
			Usage: "these platforms only"},
		{Name: "quiet", Short: 'q', Value: one(&l.Quiet, boolean), Storm: "--quiet=true", Usage: "hide the progress"},
	}
}

func (l *Load) appendOperands(dst []string) []string { return dst }
func (l *Load) setOperands(words []string) error     { return noWords("load", words, "use --input=...") }
func (l *Load) check(*problems)                      {}

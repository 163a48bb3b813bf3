package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Version is docker version: the versions of the client and of the engine. Without an engine it prints the client's
// and fails.
type Version struct {
	// Format is a Go template, or json from 23.0 on. See VersionFormat.
	Format string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var versionSpec = table.Spec{
	Names: []string{"version"},
	New:   func() table.Command { return new(Version).Table() },
}

func (v *Version) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&v.Format, word), Storm: "--format=", Usage: "Go template, or json"},
	}
}

func (v *Version) appendOperands(dst []string) []string { return dst }
func (v *Version) setOperands(words []string) error {
	return noWords("version", words, "")
}
func (v *Version) check(*problems) {}

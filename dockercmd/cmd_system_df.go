package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// SystemDf is docker system df: what the engine's images, containers, volumes and build cache take of the disk.
type SystemDf struct {
	// Format is a Go template, or json from 23.0 on. With Verbose it is given all lists at once.
	Format string
	// Verbose lists every image, container and volume.
	Verbose bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var systemDfSpec = table.Spec{
	Names: []string{"system df"},
	Lacks: []Dialect{Nerdctl},
	New:   func() table.Command { return new(SystemDf).Table() },
}

func (s *SystemDf) flags() []Flag {
	return []Flag{
		{Name: "format", Value: one(&s.Format, word), Usage: "Go template, or json"},
		{Name: "verbose", Short: 'v', Value: one(&s.Verbose, boolean), Usage: "list every object"},
	}
}

func (s *SystemDf) appendOperands(dst []string) []string { return dst }
func (s *SystemDf) setOperands(words []string) error     { return noWords("system df", words, "") }
func (s *SystemDf) check(*problems)                      {}

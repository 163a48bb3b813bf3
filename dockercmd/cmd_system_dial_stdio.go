package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// SystemDialStdio is docker system dial-stdio: connect standard input and output to the engine's API. It is in every client, and
// hidden: the client runs it on a host that it reaches by ssh. Whoever may run it may ask the engine for anything.
type SystemDialStdio struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var systemDialStdioSpec = table.Spec{
	Names: []string{"system dial-stdio"},
	Lacks: []Dialect{Nerdctl},
	New:   func() table.Command { return new(SystemDialStdio).Table() },
}

func (s *SystemDialStdio) flags() []Flag { return nil }

func (s *SystemDialStdio) appendOperands(dst []string) []string { return dst }
func (s *SystemDialStdio) setOperands(words []string) error {
	return noWords("system dial-stdio", words, "")
}
func (s *SystemDialStdio) check(*problems) {}

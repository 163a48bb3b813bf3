package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Start is docker start: start containers that were made or have ended.
type Start struct {
	// Attach shows the container's output and passes signals on; the exit code is the container's. Only with one container.
	Attach bool
	// Interactive passes standard input on.
	Interactive bool
	// Checkpoint restores the container from a checkpoint, CheckpointDir says where it lies.
	Checkpoint    string
	CheckpointDir string
	// DetachKeys are the keys that detach a terminal.
	DetachKeys string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var startSpec = table.Spec{
	Names:    []string{"start", "container start"},
	Operands: "CONTAINER [CONTAINER...]",
	New:      func() table.Command { return new(Start).Table() },
}

func (s *Start) flags() []Flag {
	return []Flag{
		{Name: "attach", Short: 'a', Value: one(&s.Attach, boolean), Usage: "show output, pass signals on"},
		{Name: "interactive", Short: 'i', Value: one(&s.Interactive, boolean), Usage: "pass standard input on"},
		{Name: "checkpoint", Value: one(&s.Checkpoint, word), Lacks: []Dialect{Podman}, Usage: "checkpoint to restore"},
		{Name: "checkpoint-dir", Value: one(&s.CheckpointDir, word), Lacks: []Dialect{Podman}, Usage: "folder of the checkpoint"},
		{Name: "detach-keys", Value: one(&s.DetachKeys, word), Default: "ctrl-p,ctrl-q", Usage: "keys that detach a terminal"},
	}
}

func (s *Start) appendOperands(dst []string) []string { return append(dst, s.Containers...) }
func (s *Start) setOperands(words []string) error {
	s.Containers = tail(words, 0)
	return needContainers(words)
}
func (s *Start) check(p *problems) {
	p.names(s.Containers)
	if (s.Attach || s.Interactive) && len(s.Containers) > 1 {
		p.Client("--attach", "goes with one container only; start the others apart")
	}
}

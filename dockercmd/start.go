package dockercmd

import (
	"log/slog"
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

func (s *Start) flags() []Flag {
	return []Flag{
		{Name: "attach", Short: 'a', Value: one(&s.Attach, boolean), Usage: "show output, pass signals on"},
		{Name: "interactive", Short: 'i', Value: one(&s.Interactive, boolean), Usage: "pass standard input on"},
		{Name: "checkpoint", Value: one(&s.Checkpoint, word), Usage: "checkpoint to restore"},
		{Name: "checkpoint-dir", Value: one(&s.CheckpointDir, word), Usage: "folder of the checkpoint"},
		{Name: "detach-keys", Value: one(&s.DetachKeys, word), Usage: "keys that detach a terminal"},
	}
}

// Subcommand is "start".
func (s *Start) Subcommand() string { return "start" }

// Args is the exact argument vector behind docker.
func (s *Start) Args() []string { return args(s) }

// Validate is nil or all problems as *FieldError values.
func (s *Start) Validate() error { return validate(s) }

// String is the line as a shell takes it.
func (s *Start) String() string { return text(s) }

// LogValue is the line without secret values.
func (s *Start) LogValue() slog.Value { return logValue(s) }

// MarshalJSON is an object of docker's own flag names.
func (s *Start) MarshalJSON() ([]byte, error) { return marshal(s) }

func (s *Start) extra() *[]string   { return &s.Extra }
func (s *Start) operands() []string { return s.Containers }
func (s *Start) setOperands(words []string) error {
	s.Containers = tail(words, 0)
	return needContainers(words)
}
func (s *Start) check(p *problems) {
	p.names(s.Containers)
	if (s.Attach || s.Interactive) && len(s.Containers) > 1 {
		p.add("--attach", "goes with one container only; start the others apart")
	}
}

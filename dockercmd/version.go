package dockercmd

import (
	"fmt"
	"log/slog"
)

// VersionCommand is docker version: the versions of the client and of the engine. Without an engine it prints the client's
// and fails.
type VersionCommand struct {
	// Format is a Go template, or json from 23.0 on. See VersionFormat.
	Format string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

func (v *VersionCommand) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&v.Format, word), Storm: "--format=", Usage: "Go template, or json"},
	}
}

// Subcommand is "version".
func (v *VersionCommand) Subcommand() string { return "version" }

// Args is the exact argument vector behind docker.
func (v *VersionCommand) Args() []string { return args(v) }

// Validate is nil or all problems as *FieldError values.
func (v *VersionCommand) Validate() error { return validate(v) }

// String is the line as a shell takes it.
func (v *VersionCommand) String() string { return text(v) }

// LogValue is the line without secret values.
func (v *VersionCommand) LogValue() slog.Value { return logValue(v) }

// MarshalJSON is an object of docker's own flag names.
func (v *VersionCommand) MarshalJSON() ([]byte, error) { return marshal(v) }

func (v *VersionCommand) extra() *[]string   { return &v.Extra }
func (v *VersionCommand) operands() []string { return nil }
func (v *VersionCommand) setOperands(words []string) error {
	if len(words) > 0 {
		return fmt.Errorf("%q stands behind the flags, but version takes no operand", words[0])
	}
	return nil
}
func (v *VersionCommand) check(*problems) {}

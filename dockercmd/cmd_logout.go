package dockercmd

import (
	"fmt"

	"github.com/dockercmd/toolkit/internal/table"
)

// Logout is docker logout: forget what Login has left in the client's configuration.
type Logout struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Server is the registry's host, perhaps with a port; "" is the engine's default.
	Server string
}

var logoutSpec = table.Spec{
	Names:    []string{"logout"},
	Operands: "[SERVER]",
	New:      func() table.Command { return new(Logout).Table() },
}

func (l *Logout) flags() []Flag { return nil }

func (l *Logout) appendOperands(dst []string) []string { return appendOptional(dst, l.Server) }
func (l *Logout) setOperands(words []string) (err error) {
	l.Server, err = optionalServer(words)
	return err
}
func (l *Logout) check(p *problems) { p.words("SERVER", []string{l.Server}) }

// optionalServer never shows the words: one of too many may be a password.
func optionalServer(words []string) (string, error) {
	switch len(words) {
	case 0:
		return "", nil
	case 1:
		return words[0], nil // docker takes "" for the default
	}
	return "", fmt.Errorf("%d words behind the flags; give one SERVER or none", len(words))
}

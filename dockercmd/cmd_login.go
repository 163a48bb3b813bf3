package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// Login is docker login: prove to a registry who one is. The client keeps the proof in its configuration.
type Login struct {
	// Username is the account's name. Without it the client asks on a terminal, or has a browser opened.
	Username string
	// Password stands in the process list for everyone on the machine to read, and docker warns of it: PasswordStdin is the way
	// without that. It is hidden in logs, errors and Redacted, but Args, String and JSON hold it.
	Password string
	// PasswordStdin takes the password from standard input; Username must be given.
	PasswordStdin bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Server is the registry's host, perhaps with a port; "" is the engine's default.
	Server string
}

var loginSpec = table.Spec{
	Names:    []string{"login"},
	Operands: "[SERVER]",
	New:      func() table.Command { return new(Login).Table() },
}

func (l *Login) flags() []Flag {
	return []Flag{
		{Name: "username", Short: 'u', Value: one(&l.Username, filledWord), Usage: "name of the account"},
		{Name: "password", Short: 'p', Value: one(&l.Password, filledWord), Secret: true,
			Usage: "password, for everyone to see; use --password-stdin"},
		{Name: "password-stdin", Value: one(&l.PasswordStdin, boolean), Usage: "take the password from standard input"},
	}
}

func (l *Login) appendOperands(dst []string) []string { return appendOptional(dst, l.Server) }
func (l *Login) setOperands(words []string) (err error) {
	l.Server, err = optionalServer(words)
	return err
}
func (l *Login) check(p *problems) {
	p.words("SERVER", []string{l.Server})
	// The client refuses both in every version.
	switch {
	case l.PasswordStdin && l.Password != "":
		p.Client("--password", "it goes not with --password-stdin; leave it out")
	case l.PasswordStdin && l.Username == "":
		p.Client("--password-stdin", "it needs --username")
	}
}

// filledWord refuses an empty text: docker does too, and would do something else without the flag. It shows no text in an error.
var filledWord filledKind

type filledKind struct{ table.WordKind }

func (filledKind) Parse(s string) (string, error) {
	if s == "" {
		return "", errors.New("it is empty; give a text, or leave it out")
	}
	return s, nil
}

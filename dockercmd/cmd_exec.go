package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// Exec is docker exec: run a command in a running container. The exit code is the command's; ending the client does not end
// the command.
type Exec struct {
	// Detach leaves the command running.
	Detach bool
	// DetachKeys are the keys that detach a terminal.
	DetachKeys string
	// Env are variables: KEY=value, or KEY to take the client's own, which keeps the value out of the process list.
	Env []string
	// EnvFiles are files of KEY=value lines that the client reads.
	EnvFiles []string
	// Interactive keeps standard input open.
	Interactive bool
	// Privileged gives the command all privileges.
	Privileged bool
	// TTY gives the command a terminal.
	TTY bool
	// User is NAME or UID, perhaps with :GROUP; "" is the container's.
	User string
	// Workdir is the working directory; "" is the container's.
	Workdir string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
	// Command is the command and its arguments.
	Command []string
}

var execSpec = table.Spec{
	Names:    []string{"exec", "container exec"},
	Operands: "CONTAINER COMMAND [ARG...]",
	Verbatim: true,
	New:      func() table.Command { return new(Exec).Table() },
}

func (e *Exec) flags() []Flag {
	return []Flag{
		{Name: "detach", Short: 'd', Value: one(&e.Detach, boolean), Storm: "-d", Usage: "leave the command running"},
		{Name: "detach-keys", Value: one(&e.DetachKeys, word), Lacks: []Dialect{Nerdctl}, Default: "ctrl-p,ctrl-q",
			Usage: "keys that detach a terminal"},
		{Name: "env", Short: 'e', Value: many(&e.Env, envVar), Secret: true, Usage: "variable, KEY=value or KEY to inherit"},
		{Name: "env-file", Ordered: true, Value: many(&e.EnvFiles, fileName), Splits: []Dialect{Podman, Nerdctl},
			Usage: "file of variables"},
		{Name: "interactive", Short: 'i', Value: one(&e.Interactive, boolean), Usage: "keep standard input open"},
		{Name: "privileged", Value: one(&e.Privileged, boolean), Usage: "give all privileges"},
		{Name: "tty", Short: 't', Value: one(&e.TTY, boolean), Usage: "give the command a terminal"},
		{Name: "user", Short: 'u', Value: one(&e.User, word), Storm: "--user=", Default: "the container's",
			Usage: "user, and perhaps group, of the command"},
		{Name: "workdir", Short: 'w', Value: one(&e.Workdir, word), Storm: "--workdir=", Default: "the container's",
			Usage: "working directory"},
	}
}

func (e *Exec) appendOperands(dst []string) []string {
	if e.Container == "" && len(e.Command) == 0 {
		return dst
	}
	return append(append(dst, e.Container), e.Command...)
}
func (e *Exec) setOperands(words []string) error {
	if len(words) < 2 {
		return errors.New("no command; give CONTAINER and COMMAND")
	}
	e.Container = words[0]
	e.Command = tail(words, 1)
	return nil
}
func (e *Exec) check(p *problems) {
	p.name("CONTAINER", e.Container)
	if len(e.Command) == 0 {
		p.Client("COMMAND", "none given; give the command to run")
	}
	p.words("COMMAND", e.Command)
}

package dockercmd

import (
	"log/slog"
)

// Attach is docker attach: stay with a running container's standard input and output. The exit code is the container's, unless
// keys detach from it. The client's signals go to the container, so that Ctrl-C ends it, unless SigProxy is false.
type Attach struct {
	// DetachKeys are the keys that detach a terminal; "" is ctrl-p,ctrl-q.
	DetachKeys string
	// NoStdin passes no standard input on.
	NoStdin bool
	// SigProxy passes the client's signals on; nil is true.
	SigProxy *bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
}

func (a *Attach) flags() []Flag {
	return []Flag{
		{Name: "detach-keys", Value: one(&a.DetachKeys, word), Usage: "keys that detach a terminal"},
		{Name: "no-stdin", Value: one(&a.NoStdin, boolean), Usage: "pass no standard input on"},
		{Name: "sig-proxy", Value: optional(&a.SigProxy, boolean), Usage: "pass signals on to the process"},
	}
}

// Subcommand is "attach".
func (a *Attach) Subcommand() string { return "attach" }

// Args is the exact argument vector behind docker.
func (a *Attach) Args() []string { return args(a) }

// Validate is nil or all problems as *FieldError values.
func (a *Attach) Validate() error { return validate(a) }

// String is the line as a shell takes it.
func (a *Attach) String() string { return text(a) }

// LogValue is the line without secret values.
func (a *Attach) LogValue() slog.Value { return logValue(a) }

// MarshalJSON is an object of docker's own flag names.
func (a *Attach) MarshalJSON() ([]byte, error) { return marshal(a) }

func (a *Attach) extra() *[]string   { return &a.Extra }
func (a *Attach) operands() []string { return optionalOperand(a.Container) }
func (a *Attach) setOperands(words []string) (err error) {
	a.Container, err = oneContainer(words)
	return err
}
func (a *Attach) check(p *problems) {
	p.name("CONTAINER", a.Container)
}

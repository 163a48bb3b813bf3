package dockercmd

import (
	"log/slog"
)

// Rm is docker rm: remove containers. With Force a missing container is no error, in any version.
type Rm struct {
	// Force kills what still runs.
	Force bool
	// Link removes a legacy link instead of a container.
	Link bool
	// Volumes removes the containers' anonymous volumes too.
	Volumes bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

func (r *Rm) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&r.Force, boolean), Storm: "--force", Usage: "kill what still runs"},
		{Name: "link", Short: 'l', Value: one(&r.Link, boolean), Usage: "remove a legacy link"},
		{Name: "volumes", Short: 'v', Value: one(&r.Volumes, boolean), Storm: "-v", Usage: "remove anonymous volumes too"},
	}
}

// Subcommand is "rm".
func (r *Rm) Subcommand() string { return "rm" }

// Args is the exact argument vector behind docker.
func (r *Rm) Args() []string { return args(r) }

// Validate is nil or all problems as *FieldError values.
func (r *Rm) Validate() error { return validate(r) }

// String is the line as a shell takes it.
func (r *Rm) String() string { return text(r) }

// LogValue is the line without secret values.
func (r *Rm) LogValue() slog.Value { return logValue(r) }

// MarshalJSON is an object of docker's own flag names.
func (r *Rm) MarshalJSON() ([]byte, error) { return marshal(r) }

func (r *Rm) extra() *[]string   { return &r.Extra }
func (r *Rm) operands() []string { return r.Containers }
func (r *Rm) setOperands(words []string) error {
	r.Containers = tail(words, 0)
	return needContainers(words)
}
func (r *Rm) check(p *problems) {
	if r.Link {
		p.words("LINK", r.Containers) // a link's name holds a slash
		return
	}
	p.names(r.Containers)
}

package dockercmd

import (
	"log/slog"
	"slices"
)

// Create is docker create: make a container as docker run does, without starting it, and print its id. docker start starts it.
//
// Its fields are Run's, so that Create(run) makes what run would start. Detach, DetachKeys and SigProxy say how a client stays
// with a process: create has no such flags, and Validate refuses those fields.
type Create Run

// run is the same value, with the flags of run.
func (c *Create) run() *Run { return (*Run)(c) }

// onlyRun says whether a flag of run's is none of create's.
func onlyRun(f Flag) bool {
	return f.Name == "detach" || f.Name == "detach-keys" || f.Name == "sig-proxy"
}

func (c *Create) flags() []Flag { return slices.DeleteFunc(c.run().flags(), onlyRun) }

// Subcommand is "create".
func (c *Create) Subcommand() string { return "create" }

// Args is the exact argument vector behind docker.
func (c *Create) Args() []string { return args(c) }

// Validate is nil or all problems as *FieldError values.
func (c *Create) Validate() error { return validate(c) }

// String is the line as a shell takes it.
func (c *Create) String() string { return text(c) }

// LogValue is the line without secret values.
func (c *Create) LogValue() slog.Value { return logValue(c) }

// MarshalJSON is an object of docker's own flag names.
func (c *Create) MarshalJSON() ([]byte, error) { return marshal(c) }

func (c *Create) extra() *[]string                 { return &c.Extra }
func (c *Create) operands() []string               { return c.run().operands() }
func (c *Create) setOperands(words []string) error { return c.run().setOperands(words) }
func (c *Create) check(p *problems) {
	for _, f := range c.run().flags() {
		if onlyRun(f) && f.Value.IsSet() {
			p.add("--"+f.Name, "says how run stays with the process, and create starts none; leave it out")
		}
	}
	c.run().check(p)
}

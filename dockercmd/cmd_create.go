package dockercmd

import (
	"slices"

	"github.com/dockercmd/toolkit/internal/table"
)

// Create is docker create: make a container as docker run does, without starting it, and print its id. docker start starts it.
//
// Its fields are Run's, so that Create(run) makes what run would start. Detach, DetachKeys and SigProxy say how a client stays
// with a process: create has no such flags, and Validate refuses those fields.
type Create Run

// run returns the same value, with the flags of run.
func (c *Create) run() *Run { return (*Run)(c) }

// onlyRun reports whether a flag of run's is none of create's.
func onlyRun(f Flag) bool {
	return f.Name == "detach" || f.Name == "detach-keys" || f.Name == "sig-proxy"
}

var createSpec = table.Spec{
	Names:    []string{"create", "container create"},
	Operands: "IMAGE [COMMAND] [ARG...]",
	Verbatim: true,
	New:      func() table.Command { return new(Create).Table() },
}

func (c *Create) flags() []Flag {
	flags := slices.DeleteFunc(c.run().flags(), onlyRun)
	for i := range flags {
		switch flags[i].Name {
		case "attach":
			flags[i].Lacks, flags[i].Splits = []Dialect{Nerdctl}, []Dialect{Podman} // nerdctl's run has it
		case "gpus":
			flags[i].Lacks, flags[i].Podman = []Dialect{Podman}, "5.4" // likewise
		}
	}
	return flags
}

func (c *Create) appendOperands(dst []string) []string { return c.run().appendOperands(dst) }
func (c *Create) setOperands(words []string) error     { return c.run().setOperands(words) }
func (c *Create) check(p *problems) {
	for _, f := range Flags(c.run()) {
		if onlyRun(f) && f.Value.IsSet() {
			p.Add("--"+f.Name, "says how run stays with the process, and create starts none; leave it out")
		}
	}
	c.run().check(p)
}

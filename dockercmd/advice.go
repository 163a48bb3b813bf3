package dockercmd

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/dockercmd/toolkit/internal/table"
)

// adviser is a command that has advice beside its problems.
type adviser interface{ advise(*problems) }

// Advice returns what docker takes in a line, though it means something else than a reader would expect: a flag behind the image,
// which goes to the container, ports on the host's network, a variable that is given twice. None of it keeps the line from
// running, and a line can be right for all that: an image may well have an entry point that takes -d. Validate tells of what
// docker refuses or swallows.
func Advice(c Command) []*FieldError {
	a, ok := c.(adviser)
	if !ok {
		return nil
	}
	p := newProblems()
	a.advise(p)
	return fieldErrors(c.Subcommand(), p)
}

func (c *Create) advise(p *problems) { c.run().advise(p) }

func (r *Run) advise(p *problems) {
	if r.Entrypoint == nil || *r.Entrypoint == "" {
		p.strayFlag(r, "IMAGE", r.Command)
	}
	if r.Entrypoint != nil && strings.Contains(*r.Entrypoint, " ") {
		p.Add("--entrypoint", "%q is the path of one program to docker; if it has arguments, put them behind IMAGE", *r.Entrypoint)
	}
	if r.firstNetwork().Name == "host" && (len(r.Publish) > 0 || r.PublishAll) {
		p.Add("--publish", "does nothing with --network=host, and docker only warns; leave one out")
	}
	_, shared := r.firstNetwork().Container()
	if shared && len(r.DNSSearch) > 0 {
		p.Add("--dns-search", "does nothing with --network=%s, which has its own; leave one out", r.firstNetwork().Name)
	}
	if shared && len(r.DNSOptions) > 0 {
		p.Add("--dns-option", "does nothing with --network=%s, which has its own; leave one out", r.firstNetwork().Name)
	}
	if r.ShmSize != 0 && r.sharesIPC() {
		p.Add("--shm-size", "does nothing with --ipc=%s, which has its own; leave one out", r.IPC)
	}
	if r.OOMKillDisable && r.Memory == 0 {
		p.Add("--oom-kill-disable", "without --memory the host itself can run out of memory, and docker only warns; give --memory")
	}
	if r.Privileged && len(r.CapDrop) > 0 {
		p.Add("--cap-drop", "does nothing with --privileged, which gives all capabilities; leave one out")
	}
	for i, u := range r.Ulimits {
		if slices.ContainsFunc(r.Ulimits[:i], func(o Ulimit) bool { return o.Name == u.Name }) {
			p.Add("--ulimit", "%s is given twice, and docker takes the last; give it once", u.Name)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Labels)) {
		if key != strings.TrimLeft(key, clientSpaces) {
			p.Add("--label", "the key %q begins with white space, which docker keeps; leave it out", key)
		}
	}
	p.variables(r.Env)
}

func (e *Exec) advise(p *problems) {
	p.strayFlag(e, "CONTAINER", e.Command)
	p.variables(e.Env)
}

// variables tells of names that docker takes and shells do not, and of those that stand twice.
func (p *problems) variables(env []string) {
	seen := map[string]bool{}
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if strings.ContainsFunc(name, unicode.IsSpace) {
			p.Add("--env", "the name %q holds white space, and no shell can use it; use letters, digits and '_'", name)
		}
		if seen[name] {
			p.Add("--env", "%s is given twice, and the last wins; give it once", name)
		}
		seen[name] = true
	}
}

// strayFlag tells of a command whose first word is a flag of docker's: behind the operand docker no longer looks for flags,
// and hands it to the container. Only what docker would have taken for c counts: "-p 8080:80", but not "-p x" or "-c
// max_connections=9".
func (p *problems) strayFlag(c Command, operand string, command []string) {
	if len(command) == 0 || !table.LooksLikeFlag(command[0]) || command[0] == "--" || command[0] == "--help" {
		return
	}
	word := command[0]
	probe := New(c.Subcommand())
	for n := range min(2, len(command)) {
		scanner := table.NewScanner(probe.Table())
		if scanner.Parse(command[:n+1]) == nil && scanner.NArg() == 0 {
			name, _, _ := strings.Cut(word, "=")
			p.Add(operand, "%q stands behind it, so that docker hands it to the container as the first word of the command; a flag of "+
				"docker's goes before %s", name, operand)
			return
		}
	}
}

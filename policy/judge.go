package policy

import (
	"fmt"
	"slices"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Judge decides about a line of docker for a scope. Everything that speaks against it is a finding. The line itself is not changed:
// run what [dockercmd.CommandLine.Args] renders of the same value.
func (p *Policy) Judge(l dockercmd.CommandLine, s Scope, h Host) Decision {
	j := &judge{policy: p, scope: s, host: h, command: l.Command}
	j.program(l.Program)
	j.global(&l.Global)
	if l.Command == nil {
		j.deny("subcommand", "line", "", "has no command", "")
		return Decision{j.findings}
	}
	name := l.Command.Subcommand()
	if rules, ok := commandRules[name]; !ok {
		j.deny("subcommand", "docker "+name, "", "is not what a policy can allow", p.Subcommands.String())
	} else {
		if !p.Subcommands.Has(name) {
			j.deny("subcommand", "docker "+name, "", "is not allowed", p.Subcommands.String())
		}
		j.flags(rules)
		if rules.whole != nil {
			rules.whole(j)
		}
	}
	if err := l.Command.Validate(); err != nil {
		for _, f := range dockercmd.FieldErrors(err) {
			j.deny("invalid", f.Flag, "", f.Err.Error(), "")
		}
		if len(dockercmd.FieldErrors(err)) == 0 {
			j.deny("invalid", "docker "+name, "", err.Error(), "")
		}
	}
	return Decision{j.findings}
}

// judge is one decision on its way.
type judge struct {
	policy   *Policy
	scope    Scope
	host     Host
	command  dockercmd.Command
	findings []Finding
}

// deny notes what one rule says. Rules that Rules does not list are a fault of this package's.
func (j *judge) deny(rule, field, value, problem, allowed string) {
	f := Finding{Rule: rule, Field: field, Value: shorten(value), Problem: problem, Allowed: allowed}
	if !slices.Contains(j.findings, f) {
		j.findings = append(j.findings, f)
	}
}

// maxShown is how much of a value a finding shows.
const maxShown = 200

func shorten(s string) string {
	if len(s) > maxShown {
		return s[:maxShown] + "..."
	}
	return s
}

// program denies lines of other programs: a policy knows docker's flags.
func (j *judge) program(name string) {
	if name != "" && name != "docker" {
		j.deny("program", "program", name, "is not docker", "docker")
	}
}

// global judges docker's options in front of the subcommand.
func (j *judge) global(g *dockercmd.Global) {
	for _, f := range dockercmd.GlobalFlags(g) {
		if !f.Value.IsSet() {
			continue
		}
		for _, text := range f.Value.Texts() {
			allowed, known := map[string]Names{"host": j.policy.Hosts, "context": j.policy.Contexts, "config": j.policy.Configs,
				"debug": {"*"}, "log-level": {"*"}}[f.Name]
			if !known {
				j.deny("global."+f.Name, "--"+f.Name, text, "is not what a policy can allow", "")
			} else if !allowed.Has(text) {
				j.deny("global."+f.Name, "--"+f.Name, f.Shown(text), "is not allowed: it decides which engine is asked, as whom",
					allowed.String())
			}
		}
	}
}

// flags judges each flag that is set, and each that no table knows.
func (j *judge) flags(rules commandRule) {
	for _, f := range dockercmd.Flags(j.command) {
		if !f.Value.IsSet() {
			continue
		}
		rule, ok := rules.flags[f.Name]
		if !ok {
			j.deny("flag.unclassified", "--"+f.Name, "", "has no rule", "")
			continue
		}
		if rule == nil {
			continue
		}
		for _, text := range f.Value.Texts() {
			rule(&flagValue{judge: j, field: "--" + f.Name, text: text, shown: f.Shown(text)})
		}
	}
	if extra := *j.command.Table().Extra(); len(extra) > 0 {
		for _, word := range extra {
			j.deny("flag.unknown", "flag", word, "is unknown", "")
		}
	}
}

// flagValue is one value of a flag under judgement.
type flagValue struct {
	*judge
	field string
	text  string // as docker takes it
	shown string // without secrets
}

func (v *flagValue) deny(rule, problem, allowed string) {
	v.judge.deny(rule, v.field, v.shown, problem, allowed)
}

// denyf is deny with a format.
func (v *flagValue) denyf(rule, allowed, format string, args ...any) {
	v.deny(rule, fmt.Sprintf(format, args...), allowed)
}

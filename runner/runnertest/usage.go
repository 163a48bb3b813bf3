package runnertest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/dockercmd/toolkit/dockercmd"
)

// usage is a command's line of help and how many operands it wants, in docker's words.
var usage = map[string]struct{ line, operands string }{
	"run":           {"[OPTIONS] IMAGE [COMMAND] [ARG...]", "requires at least 1 argument"},
	"start":         {"[OPTIONS] CONTAINER [CONTAINER...]", "requires at least 1 argument"},
	"exec":          {"[OPTIONS] CONTAINER COMMAND [ARG...]", "requires at least 2 arguments"},
	"stop":          {"[OPTIONS] CONTAINER [CONTAINER...]", "requires at least 1 argument"},
	"kill":          {"[OPTIONS] CONTAINER [CONTAINER...]", "requires at least 1 argument"},
	"pause":         {"CONTAINER [CONTAINER...]", "requires at least 1 argument"},
	"unpause":       {"CONTAINER [CONTAINER...]", "requires at least 1 argument"},
	"restart":       {"[OPTIONS] CONTAINER [CONTAINER...]", "requires at least 1 argument"},
	"rename":        {"CONTAINER NEW_NAME", "requires 2 arguments"},
	"wait":          {"CONTAINER [CONTAINER...]", "requires at least 1 argument"},
	"rm":            {"[OPTIONS] CONTAINER [CONTAINER...]", "requires at least 1 argument"},
	"ps":            {"[OPTIONS]", "accepts no arguments"},
	"inspect":       {"[OPTIONS] NAME|ID [NAME|ID...]", "requires at least 1 argument"},
	"logs":          {"[OPTIONS] CONTAINER", "requires 1 argument"},
	"image inspect": {"[OPTIONS] IMAGE [IMAGE...]", "requires at least 1 argument"},
	"images":        {"[OPTIONS] [REPOSITORY[:TAG]]", "requires at most 1 argument"},
	"pull":          {"[OPTIONS] NAME[:TAG|@DIGEST]", "requires 1 argument"},
	"load":          {"[OPTIONS]", "accepts no arguments"},
	"rmi":           {"[OPTIONS] IMAGE [IMAGE...]", "requires at least 1 argument"},
	"events":        {"[OPTIONS]", "accepts no arguments"},
	"version":       {"[OPTIONS]", "accepts no arguments"},
}

// refuse prints what docker 28.2.2 prints for a line that it cannot read, and returns its exit code. The words are docker's,
// except why a value does not fit its flag: there they are package dockercmd's.
func refuse(p *client, words []string, err error) int {
	if len(words) == 0 {
		p.errln("Usage:  docker [OPTIONS] COMMAND")
		return 0
	}
	name, rest := words[0], words[1:]
	if _, known := usage[name]; errors.Is(err, dockercmd.ErrUnknownCommand) || !known && !isGroup(name) {
		if isGroup(name) && len(words) > 1 {
			p.errln("docker: unknown command: docker " + name + " " + words[1] + "\n\nUsage:  docker " + name + "\n\nRun 'docker " +
				name + " --help' for more information")
			return 1
		}
		p.errln("docker: unknown command: docker " + name + "\n\nRun 'docker --help' for more information")
		return 1
	}
	short := name
	if isGroup(name) {
		name, rest = name+" "+words[1], words[2:]
		short = dockercmd.New(name).Subcommand()
	}
	line := fmt.Sprintf("Usage:  docker %s %s", name, usage[short].line)
	if errors.Is(err, dockercmd.ErrHelp) {
		p.out(line + "\n")
		return 0
	}
	if err := flagProblem(name, rest); err != nil {
		p.errln(fmt.Sprintf("%s\n\n%s\n\nRun 'docker %s --help' for more information", err, line, name))
		return 125
	}
	see := "Run"
	switch {
	case strings.Contains(usage[short].operands, "at least"):
		see = "See"
	case strings.Contains(usage[short].operands, "at most"):
		see = "SRun" // a slip of 28.2.2
	}
	p.errln(fmt.Sprintf("docker: 'docker %s' %s\n\n%s\n\n%s 'docker %s --help' for more information", name, usage[short].operands,
		line, see, name))
	return 1
}

// isGroup reports whether a word stands in front of subcommands.
func isGroup(name string) bool { return name == "container" || name == "image" }

// flagProblem returns what docker's scanner says about a line's flags, and nil when there are too few or too many operands.
// Package dockercmd says it in other words, which keep secrets.
func flagProblem(name string, rest []string) error {
	set := pflag.NewFlagSet(name, pflag.ContinueOnError)
	set.Usage = func() {}
	dockercmd.Register(set, dockercmd.New(name))
	return set.Parse(rest)
}

package dockercmd_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/golden"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// refusedCommands are commands of docker's that have no type, or groups of them, and why.
var refusedCommands = map[string]string{
	"build":      "a builder has a grammar of its own, which changes with each of its versions; a worker's image is built before",
	"builder":    "see build",
	"checkpoint": "it is experimental; start can begin from one",
	"completion": "it is for an interactive shell",
	"config":     "it manages what a swarm keeps for its services",
	"manifest":   "it makes images for several platforms, which is a builder's work",
	"plugin":     "it extends the engine, which is the work of whoever sets it up",
	"secret":     "it manages what a swarm keeps for its services",
	"stack":      "it reads a file with a grammar of its own",
	"trust":      "it signs images, which is a builder's work",
}

// coverage is how many of a command's flags a version of docker has, and how many of them are covered here.
type coverage struct{ covered, all int }

func (c coverage) String() string { return fmt.Sprintf("%d of %d", c.covered, c.all) }

// covered reports whether a flag has a row, or is one that reading a line answers by itself.
func covered(t *testing.T, command, flag string) bool {
	t.Helper()
	if command == "docker" {
		_, asksHelp := answers[flag]
		return asksHelp || slices.ContainsFunc(dockercmd.GlobalFlags(new(dockercmd.Global)),
			func(f dockercmd.Flag) bool { return f.Name == flag })
	}
	if flag == "help" {
		_, err := dockercmd.Parse(append(strings.Fields(command), "--help"))
		return errors.Is(err, dockercmd.ErrHelp)
	}
	_, ok := rowOf(command, flag)
	return ok
}

// answers are options in front of the subcommand that ask for a text instead of a command.
var answers = map[string]error{"help": dockercmd.ErrHelp, "version": dockercmd.ErrVersion}

// TestFlagsCovered keeps docs/flags.md true: how many flags of each command are covered, what is refused, and why.
func TestFlagsCovered(t *testing.T) {
	t.Parallel()
	for option, want := range answers {
		if _, err := dockercmd.ParseCommandLine([]string{"docker", "--" + option}); !errors.Is(err, want) {
			t.Errorf("docker --%s: %v, want %v", option, err, want)
		}
	}
	counts, refused := map[string]map[string]coverage{}, map[string]bool{}
	for _, f := range recordedFlags(t) {
		if f.command != "docker" && dockercmd.New(f.command) == nil {
			continue
		}
		name := f.command + " " + f.name
		isCovered := covered(t, f.command, f.name)
		if !isCovered {
			if refusedFlags[name] == "" {
				t.Errorf("%s --%s is neither covered nor refused: add a field and a row, or a reason to refusedFlags in rows_test.go",
					f.command, f.name)
			}
			refused[name] = true
		}
		if counts[f.command] == nil {
			counts[f.command] = map[string]coverage{}
		}
		for _, version := range knownVersions {
			if f.in(version) {
				c := counts[f.command][version]
				c.all++
				if isCovered {
					c.covered++
				}
				counts[f.command][version] = c
			}
		}
	}
	for _, version := range knownVersions[1:] { // the oldest has flags of kubernetes, which are refused
		if got := counts["run"][version]; got.covered != got.all || got.all < 100 {
			t.Errorf("run of %s: %s, want all of 100 or more", version, got)
		}
	}
	golden.Dir("../docs").CheckString(t, "flags.md", coverageTable(t, counts)+refusals(t, refused))
}

func coverageTable(t *testing.T, counts map[string]map[string]coverage) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Flags covered\n\n" +
		"`GOLDEN=update go test ./dockercmd -run TestFlagsCovered` writes this file, and the test holds it.\n\n" +
		"For each command: how many of the flags that a docker client takes are taken here. Counted is every flag, also those that\n" +
		"the client hides and its further names for one flag; `--help` counts where docker lists it with the command (reading it is `ErrHelp`).\n" +
		"A dash is a client without the command.\n\n")
	fmt.Fprintf(&b, "| command | %s |\n|---|%s\n", strings.Join(knownVersions, " | "), strings.Repeat("---|", len(knownVersions)))
	total := map[string]coverage{}
	row := func(title, command string) {
		fmt.Fprintf(&b, "| %s |", title)
		for _, version := range knownVersions {
			c, text := counts[command][version], "-"
			if command == "docker" || !lacking(t, version, command) {
				text = c.String()
			}
			total[version] = coverage{total[version].covered + c.covered, total[version].all + c.all}
			fmt.Fprintf(&b, " %s |", text)
		}
		b.WriteString("\n")
	}
	row("options in front of the subcommand", "docker")
	for _, command := range dockercmd.Names() {
		row("`"+command+"`", command)
	}
	b.WriteString("| all of these |")
	for _, version := range knownVersions {
		fmt.Fprintf(&b, " %s |", total[version])
	}
	b.WriteString("\n")
	return b.String()
}

// refusals returns the lists of what has no field and no type, with reasons.
func refusals(t *testing.T, refused map[string]bool) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n## Flags that are refused\n\n")
	for _, name := range slices.Sorted(maps.Keys(refused)) {
		command, flag := name[:strings.LastIndex(name, " ")], name[strings.LastIndex(name, " ")+1:]
		fmt.Fprintf(&b, "- `%s --%s`: %s\n", command, flag, refusedFlags[name])
	}
	b.WriteString("\n## Commands without a type\n\n")
	for _, name := range slices.Sorted(maps.Keys(refusedCommands)) {
		fmt.Fprintf(&b, "- `%s`: %s\n", name, refusedCommands[name])
	}
	var missing []string
	for _, c := range recordedCommands(t) {
		if dockercmd.New(c.name) == nil && refusedCommands[c.name] == "" {
			missing = append(missing, "`"+c.name+"`")
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(&b, "\nNot there yet: %s.\n", strings.Join(missing, ", "))
	}
	return b.String()
}

var helpCommand = regexp.MustCompile(`(?m)^  ([a-z]+)\*?  +\S`)

// hasAnswer reports whether a command of docker's has a type or a reason for none, or is listed as not there yet.
func hasAnswer(t *testing.T, command string) bool {
	t.Helper()
	if dockercmd.New(command) != nil {
		return true
	}
	names := []string{command, strings.TrimPrefix(command, "image ")}
	if command == "image ls" {
		names = append(names, "images")
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return refusedCommands[name] != "" || slices.ContainsFunc(recordedCommands(t),
			func(c recordedCommand) bool { return c.name == name })
	})
}

// TestCommandsOfClients finds commands in the help of each client at hand that the lists of docs/flags.md do not have.
func TestCommandsOfClients(t *testing.T) {
	t.Parallel()
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		r := recorder.Start(t)
		list := func(group string) []string {
			var names []string
			help := r.Do(t, client.Path, append(strings.Fields(group), "--help")...)
			for _, m := range helpCommand.FindAllStringSubmatch(help.Stdout, -1) {
				names = append(names, strings.TrimSpace(group+" "+m[1]))
			}
			return names
		}
		groups := map[string]bool{}
		for _, c := range recordedCommands(t) {
			if group, _, two := strings.Cut(c.name, " "); two {
				groups[group] = true
			}
		}
		groups["image"], groups["container"] = true, true
		all := list("")
		if len(all) < 40 {
			t.Errorf("%d commands in the client's help, want 40 at least: %v", len(all), all)
		}
		for _, name := range all {
			commands := []string{name}
			if groups[name] {
				commands = list(name)
			}
			for _, command := range commands {
				if !hasAnswer(t, command) {
					t.Errorf("docker %s has no type, and no reason for that", command)
				}
			}
		}
	})
}

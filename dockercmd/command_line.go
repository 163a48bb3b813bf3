package dockercmd

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"

	"github.com/dockercmd/toolkit/internal/hide"
	"github.com/dockercmd/toolkit/internal/table"
	"github.com/dockercmd/toolkit/quote"
)

// ErrVersion says that a line asks for the client's own version, which is no command to run. [Version] is one.
var ErrVersion = errors.New("the line asks for the client's version")

// CommandLine is a whole line: the program, docker's options in front of the subcommand, and the command.
type CommandLine struct {
	// Program is what is run: docker, podman, a path such as /usr/bin/docker; "" is docker, and docker reads back as "".
	Program string
	// Global are the options in front of the subcommand.
	Global Global
	// Command is a pointer to Run, Ps and so on.
	Command Command
}

// ParseCommandLine reads an argument vector whose first word is the program. Docker's own options are taken in front of the
// subcommand only, as docker does. The error satisfies errors.Is for [ErrHelp], [ErrVersion] and [ErrUnknownCommand].
func ParseCommandLine(argv []string) (CommandLine, error) {
	if len(argv) == 0 {
		return CommandLine{}, errors.New("no word; give docker and a command behind it")
	}
	l := CommandLine{Program: argv[0]}
	if err := checkProgram(l.Program); err != nil {
		return CommandLine{}, err
	}
	if l.Program == "docker" {
		l.Program = ""
	}
	words, err := l.Global.scan(argv[1:])
	if err != nil {
		return CommandLine{}, err
	}
	if len(words) > 0 && (words[0] == "docker" || table.LooksLikeFlag(words[0])) { // Parse would skip the one and tell of the other
		return CommandLine{}, fmt.Errorf("%w %q; give one of docker's, such as run", ErrUnknownCommand, words[0])
	}
	if l.Command, err = Parse(words); err != nil {
		if e, ok := errors.AsType[*ParseError](err); ok && e.Word > 0 {
			e.Word += len(argv) - 1 - len(words) // the options in front
		}
		return CommandLine{}, err
	}
	return l, nil
}

// scan takes the options in front of the subcommand, and returns the words from the subcommand on.
func (g *Global) scan(words []string) ([]string, error) {
	if len(words) == 0 || !table.LooksLikeFlag(words[0]) {
		return words, nil
	}
	set := pflag.NewFlagSet("docker", pflag.ContinueOnError)
	set.Usage = func() {}
	set.SetInterspersed(false)
	help := set.BoolP("help", "h", false, "")
	version := set.BoolP("version", "v", false, "")
	for _, f := range GlobalFlags(g) {
		table.Add(set, f, scanOnce{table.ScanValue{Value: f.Value}, f.Name})
	}
	switch err := set.Parse(words); {
	case err != nil:
		return nil, globalError(err)
	case *help:
		return nil, fmt.Errorf("docker: %w", ErrHelp)
	case *version:
		return nil, fmt.Errorf("docker: %w; leave --version out, or use the command version", ErrVersion)
	}
	return set.Args(), nil
}

// scanOnce refuses a second host: in every version docker does.
type scanOnce struct {
	table.ScanValue
	name string
}

func (s scanOnce) Set(text string) error {
	if s.name == "host" && s.Value.IsSet() {
		return errors.New("it stands twice; name one engine")
	}
	return s.ScanValue.Set(text)
}

// globalError puts pflag's error on global options in words.
func globalError(err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return fmt.Errorf("docker: %w", ErrHelp)
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("docker: --%s: %w", invalid.GetFlag().Name, invalid.Unwrap())
	}
	if _, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return errors.New("docker: bad flag syntax: no name behind the dashes; write --name=value")
	}
	missing, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return fmt.Errorf("docker: %w", err)
	}
	name := missing.GetSpecifiedName()
	if missing.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("docker: -%c is no option in front of the subcommand; options of the subcommand stand behind it", name[0])
	}
	near, nearest := "", 3
	for _, f := range GlobalFlags(new(Global)) {
		if d := distance(f.Name, name); d < nearest && d < len(name) {
			near, nearest = f.Name, d
		}
	}
	if near != "" {
		return fmt.Errorf("docker: unknown option --%s; did you mean --%s?", name, near)
	}
	return fmt.Errorf("docker: --%s is no option in front of the subcommand; options of the subcommand stand behind it", name)
}

// globalOption returns why Parse takes no word that begins with a dash in place of a subcommand.
func globalOption(word string) error {
	name, _, _ := strings.Cut(word, "=") // never a value
	if !strings.HasPrefix(name, "--") {
		name = name[:2]
	}
	switch name {
	case "--help", "-h":
		return fmt.Errorf("docker: %w", ErrHelp)
	case "--version", "-v":
		return fmt.Errorf("docker: %w; use the command version", ErrVersion)
	}
	return fmt.Errorf("docker: %s stands in front of the subcommand; use ParseCommandLine, which reads such options", name)
}

// checkProgram refuses what cannot be a program of docker's kind.
func checkProgram(word string) error {
	switch {
	case word == "":
		return errors.New("the program is empty; give docker, or a path to it")
	case table.LooksLikeFlag(word):
		return fmt.Errorf("the program %q begins with a dash; give docker, or a path to it", word)
	case specOf(word) != nil || isGroup(word):
		return fmt.Errorf("%q is a command of docker's, no program; put docker in front", word)
	}
	return CheckWord(word)
}

// Args returns the exact argument vector, with the program as its first word.
func (l CommandLine) Args() []string {
	words := append([]string{l.program()}, l.Global.Args()...)
	if l.Command == nil {
		return words
	}
	return append(words, l.Command.Args()...)
}

// ArgsFor returns the argument vector, spelled for an engine.
func (l CommandLine) ArgsFor(e Engine) []string {
	words := append([]string{l.program()}, l.Global.Args()...)
	if l.Command == nil {
		return words
	}
	return append(words, e.Args(l.Command)...)
}

func (l CommandLine) program() string {
	if l.Program == "" {
		return "docker"
	}
	return l.Program
}

// Validate returns nil or all problems of the options and of the command, as *FieldError values joined together.
func (l CommandLine) Validate() error {
	p := newProblems()
	if err := checkProgram(l.program()); err != nil {
		p.Add("PROGRAM", "%w", err)
	}
	l.Global.check(p)
	if l.Command == nil {
		p.Client("COMMAND", "none given; give one such as &Ps{}")
		return joinProblems("docker", p)
	}
	return errors.Join(joinProblems("docker", p), l.Command.Validate())
}

// String returns the line as a shell takes it. It may hold secrets: see Redacted.
func (l CommandLine) String() string { return quote.Line(l.Args()) }

// Redacted returns the line as a shell takes it, with secrets replaced by three dots as [Redacted] does.
func (l CommandLine) Redacted() string {
	words := append([]string{l.program()}, hide.Words(l.Global.Args())...)
	if l.Command != nil {
		words = append(words, table.Redacted(l.Command.Table())...)
	}
	return quote.Line(words)
}

// LogValue returns the line without secret values.
func (l CommandLine) LogValue() slog.Value { return slog.StringValue(l.Redacted()) }

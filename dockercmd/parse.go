package dockercmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// ErrHelp says that a line asks for docker's help, which is no command to run.
var ErrHelp = errors.New("the line asks for help")

// ErrUnknownCommand says that a line's subcommand is none of this package's.
var ErrUnknownCommand = errors.New("unknown command")

// Parse reads the words behind docker, in any spelling that docker's own scanner takes: --memory 5m, -m=5m, -dit,
// "container run". A leading word "docker" is skipped. The error is a [*ParseError]; it names the flag or the operand and its
// word, and never shows the value of an environment variable. It satisfies errors.Is for [ErrHelp] and [ErrUnknownCommand].
// Package shellline takes a line as people write it for a shell.
func Parse(args []string) (Command, error) { return parse(args, false) }

// ParseExtra is Parse that keeps unknown flags, written --name or --name=value, as the command's Extra.
func ParseExtra(args []string) (Command, error) { return parse(args, true) }

func parse(args []string, keepUnknown bool) (Command, error) {
	if len(args) > 0 && args[0] == "docker" {
		args = args[1:]
	}
	if len(args) == 0 {
		return nil, &ParseError{Word: 1, Err: fmt.Errorf("%w: no word behind docker; give one such as run, exec or stop", ErrUnknownCommand)}
	}
	if looksLikeFlag(args[0]) {
		return nil, globalOption(args[0])
	}
	name, rest := args[0], args[1:]
	if isGroup(name) && len(rest) > 0 {
		name, rest = name+" "+rest[0], rest[1:]
	}
	behind := len(args) - len(rest) + 1 // the words of docker and its subcommand
	if New(name) == nil {
		return nil, &ParseError{Word: behind, Err: unknownCommand(name)}
	}
	var unknown []string
	for {
		c, operands, err := scan(name, rest, unknown)
		if err == nil {
			if err = c.setOperands(operands); err == nil {
				return c, nil
			}
			return nil, operandError(c, name, rest, behind, unknown, err)
		}
		missing, isUnknown := errors.AsType[*pflag.NotExistError](err)
		if !isUnknown || !keepUnknown || missing.GetSpecifiedShortnames() != "" {
			return nil, locatedScanError(c, name, rest, behind, unknown, err)
		}
		unknown = append(unknown, missing.GetSpecifiedName())
	}
}

// keyAlone is the value that an unknown flag without one is given: no word can hold a NUL byte.
const keyAlone = "\x00"

// scan fills a new command of that name from the words behind it and returns the operands that the scanner leaves. The
// unknown flags fill its Extra.
func scan(name string, words, unknown []string) (Command, []string, error) {
	c := New(name)
	scanner := newScanner(c, unknown)
	err := scanner.Parse(words)
	if help := scanner.Lookup("help"); err == nil && help != nil && help.Changed {
		err = pflag.ErrHelp
	}
	return c, scanner.Args(), err
}

// newScanner is docker's own scanner with c's flags on it; the unknown names fill c's Extra.
func newScanner(c Command, unknown []string) *pflag.FlagSet {
	set := pflag.NewFlagSet(c.Subcommand(), pflag.ContinueOnError)
	set.Usage = func() {}
	Register(set, c)
	for _, name := range unknown {
		set.VarPF(extraValue{name, c.extra()}, name, "", "").NoOptDefVal = keyAlone
	}
	return set
}

// Register adds c's flags to a scanner, which then fills c's fields, and makes it stop where docker's does. SetOperands takes
// the words that the scanner leaves.
func Register(set *pflag.FlagSet, c Command) {
	set.SetInterspersed(!c.spec().verbatim)
	set.SortFlags = false
	if c.Subcommand() == "run" || c.Subcommand() == "create" {
		// On run and create, -h is --hostname; help has no letter there.
		set.Bool("help", false, "show this help")
	}
	for _, f := range Flags(c) {
		short := ""
		if f.Short != 0 {
			short = string(rune(f.Short))
		}
		flag := set.VarPF(scanValue{f.Value}, f.Name, short, f.Usage)
		if f.Value.IsBool() {
			flag.NoOptDefVal = "true"
		}
		for alias := range strings.FieldsSeq(f.Alias) {
			hidden := set.VarPF(scanValue{f.Value}, alias, "", f.Usage)
			hidden.NoOptDefVal, hidden.Hidden = flag.NoOptDefVal, true
		}
	}
}

// scanValue lets pflag fill a bound value.
type scanValue struct{ v Value }

func (s scanValue) Set(text string) error { return s.v.Set(text) }
func (s scanValue) String() string        { return "" }
func (s scanValue) Type() string          { return s.v.Type() }

// extraValue gathers an unknown flag as it was written.
type extraValue struct {
	name  string
	extra *[]string
}

func (e extraValue) Set(text string) error {
	word := "--" + e.name
	if text != keyAlone {
		word += "=" + text
	}
	*e.extra = append(*e.extra, word)
	return nil
}
func (extraValue) String() string { return "" }
func (extraValue) Type() string   { return "string" }

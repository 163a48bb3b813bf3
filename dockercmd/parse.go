package dockercmd

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/dockercmd/toolkit/internal/table"
)

// ErrHelp says that a line asks for docker's help, which is no command to run.
var ErrHelp = errors.New("the line asks for help")

// ErrUnknownCommand says that a line's subcommand is none of this package's.
var ErrUnknownCommand = errors.New("unknown command")

// Parse reads the words behind docker, in any spelling that docker's own scanner takes: --memory 5m, -m=5m, -dit,
// "container run". A leading word "docker" is skipped. The error is a [*ParseError]; it names the flag or the operand and its
// word, and never shows the value of an environment variable. It satisfies errors.Is for [ErrHelp] and [ErrUnknownCommand].
// Package shellline takes a line as people write it for a shell.
func Parse(args []string) (Command, error) {
	if len(args) > 0 && args[0] == "docker" {
		args = args[1:]
	}
	if len(args) == 0 {
		return nil, &ParseError{Word: 1, Err: fmt.Errorf("%w: no word behind docker; give one such as run, exec or stop",
			ErrUnknownCommand)}
	}
	if table.LooksLikeFlag(args[0]) {
		return nil, globalOption(args[0])
	}
	name, rest := args[0], args[1:]
	if isGroup(name) && len(rest) > 0 {
		name, rest = name+" "+rest[0], rest[1:]
	}
	behind := len(args) - len(rest) + 1 // the words of docker and its subcommand
	s := specOf(name)
	if s == nil {
		return nil, &ParseError{Word: behind, Err: unknownCommand(name)}
	}
	c, operands, err := scan(s, rest)
	if err != nil {
		return nil, locatedScanError(c, s, rest, behind, err)
	}
	if err = c.Table().SetOperands(operands); err != nil {
		return nil, operandError(c, s, rest, behind, err)
	}
	return c, nil
}

// scan fills a new command from the words behind its name and returns the operands that the scanner leaves.
func scan(s *table.Spec, words []string) (Command, []string, error) {
	c, operands, err := table.Scan(s, words)
	return c.(commander).command(), operands, err
}

// Register adds c's flags to a scanner, which then fills c's fields, and makes it stop where docker's does. SetOperands takes
// the words that the scanner leaves.
func Register(set *pflag.FlagSet, c Command) { table.Register(set, c.Table()) }

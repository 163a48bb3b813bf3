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
// "container run". A leading word "docker" is skipped. The error names the flag or the operand and never shows the value of
// an environment variable. It satisfies errors.Is for [ErrHelp] and [ErrUnknownCommand].
func Parse(args []string) (Command, error) { return parse(args, false) }

// ParseExtra is Parse that keeps unknown flags, written --name or --name=value, as the command's Extra.
func ParseExtra(args []string) (Command, error) { return parse(args, true) }

func parse(args []string, keepUnknown bool) (Command, error) {
	if len(args) > 0 && args[0] == "docker" {
		args = args[1:]
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("%w: no word behind docker; give one of %s", ErrUnknownCommand, strings.Join(Names(), ", "))
	}
	if looksLikeFlag(args[0]) {
		return nil, globalOption(args[0])
	}
	name, rest := args[0], args[1:]
	if isGroup(name) && len(rest) > 0 {
		name, rest = name+" "+rest[0], rest[1:]
	}
	if New(name) == nil {
		return nil, fmt.Errorf("%w %q; this toolkit knows %s", ErrUnknownCommand, name, strings.Join(Names(), ", "))
	}
	var unknown []string
	for {
		c := New(name)
		scanner := newScanner(c, unknown)
		err := scanner.Parse(rest)
		if help := scanner.Lookup("help"); err == nil && help != nil && help.Changed {
			err = pflag.ErrHelp
		}
		if err == nil {
			if err := SetOperands(c, scanner.Args()); err != nil {
				return nil, err
			}
			return c, nil
		}
		missing, isUnknown := errors.AsType[*pflag.NotExistError](err)
		if !isUnknown || !keepUnknown || missing.GetSpecifiedShortnames() != "" {
			return nil, ScanError(c, err)
		}
		unknown = append(unknown, missing.GetSpecifiedName())
	}
}

// keyAlone is the value that an unknown flag without one is given: no word can hold a NUL byte.
const keyAlone = "\x00"

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
		if f.Value.boolean() {
			flag.NoOptDefVal = "true"
		}
		for alias := range strings.FieldsSeq(f.Alias) {
			hidden := set.VarPF(scanValue{f.Value}, alias, "", f.Usage)
			hidden.NoOptDefVal, hidden.Hidden = flag.NoOptDefVal, true
		}
	}
}

// SetOperands gives c the words behind its flags. The error says what is missing or too much.
func SetOperands(c Command, words []string) error {
	if err := c.setOperands(words); err != nil {
		return fmt.Errorf("%s: %w", c.Subcommand(), err)
	}
	return nil
}

// ScanError puts an error of a scanner that c's flags are registered with in words that never hold a secret value.
func ScanError(c Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return fmt.Errorf("%s: %w", c.Subcommand(), ErrHelp)
	}
	return fmt.Errorf("%s: %w", c.Subcommand(), scanError(c, err))
}

// scanError puts pflag's error in words that never hold a secret value.
func scanError(c Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("--%s: %w", invalid.GetFlag().Name, invalid.Unwrap())
	}
	if _, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return errors.New("bad flag syntax: no name behind the dashes; write --name=value")
	}
	if missing, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if missing.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("unknown shorthand flag: %q", missing.GetSpecifiedName()[0]) // a value may stand behind the letter
		}
		if near := nearest(c, missing.GetSpecifiedName()); near != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return err
}

// nearest is the flag of c whose name is closest to an unknown one, or "" when none is close: one that begins with it, else
// one with few letters changed.
func nearest(c Command, name string) string {
	best, bestDistance := "", 3
	for _, f := range Flags(c) {
		d := distance(f.Name, name)
		if len(name) > 1 && strings.HasPrefix(f.Name, name) {
			d = -1
		}
		if d < bestDistance && d < len(name) {
			best, bestDistance = f.Name, d
		}
	}
	return best
}

// distance counts the letters to insert, drop or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
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

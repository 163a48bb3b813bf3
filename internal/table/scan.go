package table

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Register adds c's flags to a scanner, which then fills c's fields, and makes it stop where docker's does.
func Register(set *pflag.FlagSet, c Command) {
	set.SetInterspersed(!c.Spec().Verbatim)
	set.SortFlags = false
	flags := c.Flags()
	if slices.ContainsFunc(flags, func(f Flag) bool { return f.Short == 'h' }) {
		set.Bool("help", false, "show this help") // the letter is a flag's, such as run's --hostname
	}
	for _, f := range flags {
		Add(set, f, ScanValue{f.Value})
	}
}

// Add adds a flag and its aliases to a scanner.
func Add(set *pflag.FlagSet, f Flag, v pflag.Value) {
	short := ""
	if f.Short != 0 {
		short = string(rune(f.Short))
	}
	flag := set.VarPF(v, f.Name, short, f.Usage)
	if f.Value.IsBool() {
		flag.NoOptDefVal = "true"
	}
	for alias := range strings.FieldsSeq(f.Alias) {
		hidden := set.VarPF(v, alias, "", f.Usage)
		hidden.NoOptDefVal, hidden.Hidden = flag.NoOptDefVal, true
	}
}

// ScanValue lets pflag fill a bound value.
type ScanValue struct{ Value Value }

func (s ScanValue) Set(text string) error { return s.Value.Set(text) }
func (s ScanValue) String() string        { return "" }
func (s ScanValue) Type() string          { return s.Value.Type() }

// Scan reads the words behind a command's name with docker's own scanner. It returns a new command that has the flags, and the
// words that the scanner leaves. The command of a line that cannot be read has the flags in front of what is wrong.
func Scan(s *Spec, words []string) (Command, []string, error) {
	c := s.New()
	b := bind(c)
	if b.scanner == nil {
		b.scanner = NewScanner(b.command)
	}
	err := b.scanner.Parse(words)
	operands := b.scanner.Args()
	help := b.scanner.Lookup("help")
	asked := help != nil && help.Changed
	if err == nil && asked {
		err = pflag.ErrHelp
	}
	c.Assign(b.command)
	if asked {
		b.scanner = nil // for ever: a scanner remembers which flags it has seen
	} else {
		_ = b.scanner.Parse(nil) // so that it keeps no words
	}
	b.free()
	return c, operands, err
}

// NewScanner returns docker's own scanner with c's flags on it.
func NewScanner(c Command) *pflag.FlagSet {
	set := pflag.NewFlagSet(c.Spec().Name(), pflag.ContinueOnError)
	set.Usage = func() {}
	Register(set, c)
	return set
}

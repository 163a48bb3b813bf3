package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/quote"
)

// exitTrouble is diff's code when it cannot compare, as diff(1) has it.
const exitTrouble = 2

// compareHelp is what diff with two operands does; with one it is docker's own diff.
const compareHelp = `With one operand, print the canonical line of docker diff CONTAINER.

With two, A and B, tell what docker would do otherwise for the commands of B than for those of A: the order of flags, their
spelling and the order of lists do not count where docker does not mind. A and B are files or "-", or lines that begin with
docker. The exit status is 0 for no difference, 1 for some, 2 for trouble.

`

// compare prints what differs between the commands of a and those of b, in their order.
func compare(cmd *cobra.Command, a, b, color string) error {
	left, err := commandsOf(cmd, "A", a)
	if err != nil {
		return &exitError{exitTrouble, err}
	}
	right, err := commandsOf(cmd, "B", b)
	if err != nil {
		return &exitError{exitTrouble, err}
	}
	p := painter{out: cmd.OutOrStdout(), on: color == "always" || color == "auto" && isTerminal(cmd.OutOrStdout())}
	if p.on {
		p.out = raw(p.out)
	}
	differs := false
	for i := range max(len(left), len(right)) {
		switch {
		case i >= len(right):
			p.line(red, "- "+left[i].line.Redacted())
		case i >= len(left):
			p.line(green, "+ "+right[i].line.Redacted())
		default:
			found := dockercmd.CompareLines(left[i].line, right[i].line)
			if len(found) == 0 {
				continue
			}
			p.line(plain, fmt.Sprintf("docker %s: %s, %s", left[i].line.Command.Subcommand(), left[i].at, right[i].at))
			for _, d := range found {
				p.words(red, "  - ", d.A)
				p.words(green, "  + ", d.B)
			}
		}
		differs = true
	}
	if differs {
		return &exitError{code: exitFailed}
	}
	return nil
}

// commandsOf returns the commands of a file, or the one that the operand itself is.
func commandsOf(cmd *cobra.Command, name, operand string) ([]entry, error) {
	if strings.HasPrefix(operand, "docker ") {
		l, err := lineOfText(operand)
		if err != nil {
			return nil, fmt.Errorf("diff: %w", err)
		}
		return []entry{{at: name, line: l}}, nil
	}
	var found []entry
	var errs []error
	for e := range entries([]string{operand}, cmd.InOrStdin()) {
		if e.err != nil {
			errs = append(errs, fmt.Errorf("diff: %s: %w", e.at, e.err))
		}
		found = append(found, e)
	}
	if len(found) == 0 {
		errs = append(errs, fmt.Errorf("diff: %s holds no docker command", operand))
	}
	return found, errors.Join(errs...)
}

// The colours of a terminal; plain is none.
const (
	plain = ""
	red   = "\x1b[31m"
	green = "\x1b[32m"
)

// painter prints lines, in colours when on.
type painter struct {
	out io.Writer
	on  bool
}

func (p painter) line(color, text string) {
	if p.on {
		text = neutral(text)
	}
	if p.on && color != plain {
		text = color + text + "\x1b[m"
	}
	fmt.Fprintln(p.out, text)
}

// words prints the words of one side on a line of its own each; operands stay together.
func (p painter) words(color, mark string, words []string) {
	if len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		p.line(color, mark+quote.Line(words))
		return
	}
	for _, w := range words {
		p.line(color, mark+quote.Word(w))
	}
}

// isTerminal reports whether out is one that shows colours.
func isTerminal(out io.Writer) bool {
	f, ok := raw(out).(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

package main

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/quote"
)

func newExplain() *cobra.Command {
	var files []string
	cmd := &cobra.Command{
		Use: "explain [-f FILE]... [docker WORD...]", Short: "Explain a docker line flag by flag", GroupID: "lines",
		DisableFlagsInUseLine: true,
		Long: `Explain a docker line flag by flag: what it means, docker's default, since which version, which other programs
take it, what it risks.

The line is given as words, as one word with the whole line in it, as files, or on standard input. ` + inputHelp,
		Example: `  dockercmd explain docker run -itd --privileged -v /:/host busybox
  dockercmd explain -f deploy.sh`,
		RunE: func(cmd *cobra.Command, words []string) error {
			if len(words) == 0 {
				return eachEntry(cmd, files, explain)
			}
			if len(files) > 0 {
				return usageError(fmt.Errorf("explain: words and --file contradict each other; give one of them"))
			}
			l, err := lineOfArgs(words)
			if err != nil {
				return usageError(fmt.Errorf("explain: %w", err))
			}
			return explain(cmd.OutOrStdout(), l)
		},
	}
	cmd.Flags().SetInterspersed(false)
	cmd.Flags().StringArrayVarP(&files, "file", "f", nil, "read lines from a file")
	return cmd
}

// lineOfArgs reads the words of a line, or the one word that is a whole line.
func lineOfArgs(words []string) (dockercmd.CommandLine, error) {
	if len(words) == 1 && strings.Contains(words[0], " ") {
		return lineOfText(words[0])
	}
	return lineOfArgv(words)
}

// explain writes what each flag of a line means, the operands and the problems.
func explain(out io.Writer, l dockercmd.CommandLine) error {
	c := l.Command
	fmt.Fprintf(out, "%s\n", quote.Line(append(dockercmd.CommandLine{Program: l.Program, Global: l.Global}.Args(),
		strings.Fields(c.Subcommand())...)))
	for _, e := range dockercmd.Explain(c) {
		if len(e.Values) == 0 {
			fmt.Fprintf(out, "  %s\n", e.Flag)
		}
		for _, v := range e.Values {
			fmt.Fprintf(out, "  %s\n", quote.Word(e.Flag+"="+v))
		}
		fmt.Fprintf(out, "      %s\n", e.Usage)
		var facts []string
		if e.Default != "" {
			facts = append(facts, "default: "+e.Default)
		}
		if e.Since != "" {
			facts = append(facts, "since docker "+e.Since)
		}
		if e.Until != "" {
			facts = append(facts, "obsolete since docker "+e.Until)
		}
		facts = append(facts, "also for: "+list(e.Dialects))
		fmt.Fprintf(out, "      %s\n", strings.Join(facts, "; "))
		for _, r := range e.Risks {
			fmt.Fprintf(out, "      risk: %s\n", r)
		}
	}
	if words := dockercmd.Operands(c); len(words) > 0 {
		fmt.Fprintf(out, "  %s\n      %s\n", quote.Line(words), dockercmd.Usage(c))
	}
	if err := l.Validate(); err != nil {
		for line := range textLines(err.Error()) {
			fmt.Fprintf(out, "  problem: %s\n", line)
		}
	}
	for _, a := range dockercmd.Advice(c) {
		fmt.Fprintf(out, "  advice: %v\n", a)
	}
	return nil
}

func list(words []string) string {
	if len(words) == 0 {
		return "docker alone"
	}
	return strings.Join(words, ", ")
}

// textLines returns the lines of a text.
func textLines(s string) iter.Seq[string] { return strings.SplitSeq(s, "\n") }

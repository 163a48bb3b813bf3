package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
)

func newCheck() *cobra.Command {
	var names []string
	cmd := &cobra.Command{
		Use: "check [--engine ENGINE]... [FILE...]", Short: "Check docker lines, for engines too", GroupID: "lines",
		DisableFlagsInUseLine: true,
		Long: `Check docker lines: whatever docker would refuse or silently misread, and whatever an engine lacks or has as obsolete.

` + inputHelp + `

Each problem is a line on standard output that begins with its place. The exit status is 1 when there is one.
Lines of advice tell of what docker takes, though it may mean something else than it seems to; they change no exit status.`,
		Example: `  dockercmd check --engine docker@20.10 --engine podman deploy.sh
  dockercmd check <lines.txt`,
		RunE: func(cmd *cobra.Command, files []string) error {
			var engines []dockercmd.Engine
			for _, name := range names {
				e, err := engineOf(name)
				if err != nil {
					return err
				}
				engines = append(engines, e)
			}
			return check(cmd, files, engines)
		},
	}
	cmd.Flags().StringArrayVar(&names, "engine", nil, "what must take the lines, "+engineHelp+"; may be given several times")
	return cmd
}

func check(cmd *cobra.Command, files []string, engines []dockercmd.Engine) error {
	out := cmd.OutOrStdout()
	lines, bad := 0, 0
	for e := range entries(files, cmd.InOrStdin()) {
		lines++
		err := e.err
		if err == nil {
			problems := []error{e.line.Validate()}
			for _, engine := range engines {
				problems = append(problems, engine.Check(e.line.Command))
			}
			err = errors.Join(problems...)
		}
		if err != nil {
			bad++
			printProblems(out, e.at, err)
		}
		if e.err == nil {
			for _, a := range dockercmd.Advice(e.line.Command) {
				fmt.Fprintf(out, "%s: advice: %v\n", e.at, a)
			}
		}
	}
	switch {
	case lines == 0:
		return &exitError{exitFailed, errors.New("check: no docker command in the input")}
	case bad > 0:
		return &exitError{exitFailed, fmt.Errorf("check: %d of %d commands have problems", bad, lines)}
	}
	return nil
}

// printProblems prints each problem once, with its place.
func printProblems(out io.Writer, at string, err error) {
	for line := range textLines(err.Error()) {
		fmt.Fprintf(out, "%s: %s\n", at, line)
	}
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
)

const inputHelp = `FILE holds one command a line: as people write it for a shell (a backslash at the end continues it), as a JSON
array of words, or as a JSON object. Standard input, which is read without FILE or for "-", is such lines too.
Files that end in .sh, or begin with #!, are shell scripts, of which docker's commands count; .json, .yaml and
.go are what convert writes. Variables have the values of the environment. Nothing is run.`

func newFmt() *cobra.Command {
	var form, engine string
	cmd := &cobra.Command{
		Use: "fmt [-o FORM] [FILE...]", Short: "Print the canonical form of docker lines", GroupID: "lines", DisableFlagsInUseLine: true,
		Long: `Print the canonical form of docker lines: long flags in one order, each value exact and in one spelling.

` + inputHelp + `

Whatever docker's own client would take is printed, also what an engine would refuse; check tells of that. What cannot be read
gives a line on standard error with its number; the rest is still done, and the exit status is 1.`,
		Example: `  echo 'docker run -itd -m 1.5g busybox' | dockercmd fmt
  dockercmd fmt -o argv deploy.sh`,
		RunE: func(cmd *cobra.Command, files []string) error {
			e, err := engineAndForm(engine, form)
			if err != nil {
				return err
			}
			return eachEntry(cmd, files, func(out io.Writer, l dockercmd.CommandLine) error {
				if err := errors.Join(dockercmd.ClientProblems(l.Validate()), e.Check(l.Command)); err != nil {
					return err
				}
				text, err := spelled(l, form, e)
				if err == nil {
					_, err = fmt.Fprintln(out, text)
				}
				return err
			})
		},
	}
	addForm(cmd, &form, "line")
	addEngine(cmd, &engine)
	return cmd
}

// eachEntry calls do for each command of the input and tells of what goes wrong on standard error, with its place; it goes on
// with the rest and fails at the end.
func eachEntry(cmd *cobra.Command, files []string, do func(io.Writer, dockercmd.CommandLine) error) error {
	out := &bytes.Buffer{}
	bad, all := 0, 0
	for e := range entries(files, cmd.InOrStdin()) {
		all++
		err := e.err
		if err == nil {
			out.Reset()
			if err = do(out, e.line); err == nil {
				_, err = cmd.OutOrStdout().Write(out.Bytes())
				if err != nil {
					return err // nobody reads what is printed
				}
			}
		}
		if err != nil {
			bad++
			say(cmd, e.at, err)
		}
	}
	if all == 0 {
		return &exitError{exitFailed, errors.New(cmd.Name() + ": no docker command in the input")}
	}
	if bad > 0 {
		return &exitError{code: exitFailed}
	}
	return nil
}

// say prints problems at a place of the input, one a line.
func say(cmd *cobra.Command, at string, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(cmd.ErrOrStderr(), "dockercmd: %s: %s\n", at, line)
	}
}

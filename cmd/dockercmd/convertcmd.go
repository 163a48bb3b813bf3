package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
)

func newConvert() *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use: "convert --to FORM [FILE...]", Short: "Convert docker lines to Go, JSON or YAML, and back", GroupID: "lines",
		DisableFlagsInUseLine: true,
		Long: `Convert docker lines to other forms, and back.

` + inputHelp + `

go is a struct literal of package dockercmd, json an object of docker's own flag names, yaml the same, with --- between two. All
forms of the previews are there too: line, lines, argv, script, storm.`,
		Example: `  dockercmd convert --to go deploy.sh
  dockercmd convert --to yaml deploy.sh >deploy.yaml
  dockercmd convert --to line deploy.yaml`,
		RunE: func(cmd *cobra.Command, files []string) error {
			if form == "" {
				return usageError(errors.New("convert: --to is missing; give one of " + strings.Join(forms, ", ")))
			}
			if err := knownForm(form); err != nil {
				return err
			}
			first := true
			return eachEntry(cmd, files, func(out io.Writer, l dockercmd.CommandLine) error {
				text, err := spelled(l, form, dockercmd.Engine{})
				if err != nil {
					return err
				}
				if form == "yaml" && !first {
					text = "---\n" + text
				}
				first = false
				_, err = fmt.Fprintln(out, text)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&form, "to", "", formHelp)
	cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
)

// addPreviews adds docker's own subcommands, which print their canonical line, in each of docker's spellings: run and
// container run.
func addPreviews(root *cobra.Command) {
	groups := map[string]*cobra.Command{}
	for _, group := range dockercmd.Groups() {
		groups[group] = &cobra.Command{
			Use: group, Short: "Print a docker " + group + " line", GroupID: "preview", Args: noCommand, Hidden: true,
			RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		}
		root.AddCommand(groups[group])
	}
	for _, name := range dockercmd.Names() {
		for _, spelling := range dockercmd.Spellings(dockercmd.New(name)) {
			group, word, two := strings.Cut(spelling, " ")
			if !two {
				root.AddCommand(newPreview(dockercmd.New(name), spelling, "preview"))
				continue
			}
			groups[group].AddCommand(newPreview(dockercmd.New(name), word, ""))
			if spelling == name { // it has no shorter spelling
				groups[group].Hidden = false
			}
		}
	}
}

// newPreview returns the command of a name that fills c and prints it.
func newPreview(c dockercmd.Command, name, group string) *cobra.Command {
	var output, engine, color string
	isDiff := c.Subcommand() == "diff"
	cmd := &cobra.Command{
		Use:                   strings.TrimSpace(name + " [OPTIONS] " + dockercmd.Usage(c)),
		Short:                 "Print a docker " + c.Subcommand() + " line",
		Long:                  "Print the canonical line of docker " + c.Subcommand() + ", whose flags these are. Nothing is run.",
		GroupID:               group,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if help := cmd.Flags().Lookup("help"); help != nil && help.Changed {
				return cmd.Help()
			}
			if isDiff && len(args) == 2 {
				return compare(cmd, args[0], args[1], color)
			}
			if err := dockercmd.SetOperands(c, args); err != nil {
				return usageError(err)
			}
			text, err := render(c, output, engine)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
	dockercmd.Register(cmd.Flags(), c)
	if isDiff { // docker's takes one operand, ours two
		cmd.Use, cmd.Short = "diff CONTAINER | diff A B", "Print a docker diff line, or tell in what docker lines differ"
		cmd.Long = compareHelp + inputHelp
		cmd.Flags().StringVar(&color, "color", "auto", "colours: auto, always or never")
	}
	form, letter := "output", "o"
	if cmd.Flags().Lookup(form) != nil { // export has an --output of docker's
		form, letter = "form", ""
	} else if cmd.Flags().ShorthandLookup(letter) != nil { // volume create has a -o of docker's
		letter = ""
	}
	cmd.Flags().StringVarP(&output, form, letter, "line", formHelp)
	addEngine(cmd, &engine)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError(fmt.Errorf("%w%s", dockercmd.ScanError(c, err), flagHint(cmd, err)))
	})
	cmd.RegisterFlagCompletionFunc(form, cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

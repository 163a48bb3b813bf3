package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
)

// addPreviews adds docker's own subcommands, which print their canonical line, in each of docker's spellings: run and
// container run.
func addPreviews(root *cobra.Command, late lateParts) {
	groups, members := map[string]*cobra.Command{}, map[string][]func() *cobra.Command{}
	for _, group := range dockercmd.Groups() {
		groups[group] = &cobra.Command{
			Use: group, Short: "Print a docker " + group + " line", GroupID: "preview", Args: noCommand, Hidden: true,
			RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		}
		root.AddCommand(groups[group])
		late[groups[group]] = func() {
			for _, member := range members[group] {
				groups[group].AddCommand(member())
			}
		}
	}
	for _, name := range dockercmd.Names() {
		c := dockercmd.New(name)
		for _, spelling := range dockercmd.Spellings(c) {
			group, word, two := strings.Cut(spelling, " ")
			if !two {
				root.AddCommand(newPreview(c, spelling, "preview", late))
				continue
			}
			members[group] = append(members[group], func() *cobra.Command { return newPreview(c, word, "", late) })
			if spelling == name { // it has no shorter spelling
				groups[group].Hidden = false
			}
		}
	}
}

// newPreview returns the command of a name that fills c and prints it. Of the spellings that share c, a line has one.
func newPreview(c dockercmd.Command, name, group string, late lateParts) *cobra.Command {
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
	if isDiff { // docker's takes one operand, ours two
		cmd.Use, cmd.Short = "diff CONTAINER | diff A B", "Print a docker diff line, or tell in what docker lines differ"
		cmd.Long = compareHelp + inputHelp
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError(fmt.Errorf("%w%s", dockercmd.ScanError(c, err), flagHint(cmd, err)))
	})
	late[cmd] = func() {
		dockercmd.Register(cmd.Flags(), c)
		if isDiff {
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
		cmd.RegisterFlagCompletionFunc(form, cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

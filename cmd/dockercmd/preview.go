package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
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

// newPreview is the command of a name that fills c and prints it.
func newPreview(c dockercmd.Command, name, group string) *cobra.Command {
	var output, engine string
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
	form, letter := "output", "o"
	if cmd.Flags().Lookup(form) != nil { // export has an --output of docker's
		form, letter = "form", ""
	} else if cmd.Flags().ShorthandLookup(letter) != nil { // volume create has a -o of docker's
		letter = ""
	}
	cmd.Flags().StringVarP(&output, form, letter, "line", "form: "+strings.Join(forms, ", "))
	cmd.Flags().StringVar(&engine, "engine", "", "spell it for docker@VERSION, or for storm, and refuse what that one lacks")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError(fmt.Errorf("%w%s", dockercmd.ScanError(c, err), flagHint(cmd, err)))
	})
	cmd.RegisterFlagCompletionFunc(form, cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

var forms = []string{"line", "lines", "argv", "script", "storm", "json"}

// render writes a command in one of the forms, after it is checked.
func render(c dockercmd.Command, form, engineName string) (string, error) {
	var e dockercmd.Engine
	if engineName != "" {
		var err error
		if e, err = dockercmd.ParseEngine(engineName); err != nil {
			return "", usageError(fmt.Errorf("--engine: %w", err))
		}
	}
	if form == "storm" {
		e.Dialect = dockercmd.Storm
	}
	if err := errors.Join(c.Validate(), e.Check(c)); err != nil {
		return "", usageError(err)
	}
	argv := append([]string{"docker"}, e.Args(c)...)
	switch form {
	case "line":
		return scripts.Quote(argv), nil
	case "lines":
		data, err := scripts.Command{Argv: argv}.Bytes()
		_, text, _ := strings.Cut(string(data), "exec ")
		return strings.TrimSuffix(text, "\n"), err
	case "argv":
		data, err := json.Marshal(argv)
		return string(data), err
	case "script":
		data, err := scripts.Command{Argv: argv}.Bytes()
		return strings.TrimSuffix(string(data), "\n"), err
	case "storm":
		data, err := scripts.Command{Argv: argv, Format: scripts.Line}.Bytes()
		return string(data), err
	case "json":
		data, err := c.MarshalJSON()
		return string(data), err
	}
	return "", usageError(fmt.Errorf("--output: the form %q is unknown; use one of %s", form, strings.Join(forms, ", ")))
}

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

// addPreviews adds docker's own subcommands, which print their canonical line.
func addPreviews(root *cobra.Command) {
	for _, name := range dockercmd.Names() {
		root.AddCommand(newPreview(name))
	}
}

var operandHelp = map[string]string{
	"run": "IMAGE [COMMAND] [ARG...]", "exec": "CONTAINER COMMAND [ARG...]", "ps": "", "version": "", "logs": "CONTAINER", "inspect": "NAME...",
	"import": "FILE|URL|- [REPOSITORY[:TAG]]", "rmi": "IMAGE...",
}

func newPreview(name string) *cobra.Command {
	c := dockercmd.New(name)
	operands, ok := operandHelp[name]
	if !ok {
		operands = "CONTAINER..."
	}
	var output, engine string
	cmd := &cobra.Command{
		Use:                   strings.TrimSpace(name + " [OPTIONS] " + operands),
		Short:                 "Print a docker " + name + " line",
		Long:                  "Print the canonical line of docker " + name + ", whose flags these are. Nothing is run.",
		GroupID:               "preview",
		DisableFlagsInUseLine: true,
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
			fmt.Fprintln(cmd.OutOrStdout(), text)
			return nil
		},
	}
	dockercmd.Register(cmd.Flags(), c)
	cmd.Flags().StringVarP(&output, "output", "o", "line", "form: "+strings.Join(forms, ", "))
	cmd.Flags().StringVar(&engine, "engine", "", "spell it for docker@VERSION, or for storm, and refuse what that one lacks")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		err = dockercmd.ScanError(c, err)
		return usageError(fmt.Errorf("%w (dockercmd %s --help lists the flags)", err, name))
	})
	return cmd
}

var forms = []string{"line", "lines", "argv", "script", "storm", "json"}

// render writes a command in one of the forms, after it is checked.
func render(c dockercmd.Command, form, engineName string) (string, error) {
	var e dockercmd.Engine
	if engineName != "" {
		var err error
		if e, err = dockercmd.ParseEngine(engineName); err != nil {
			return "", usageError(err)
		}
	}
	if form == "storm" {
		e.Dialect = dockercmd.Storm
	}
	if err := errors.Join(c.Validate(), e.Check(c)); err != nil {
		return "", usageError(err)
	}
	argv := append([]string{"docker"}, c.Args()...)
	if e != (dockercmd.Engine{}) {
		argv = append([]string{"docker"}, e.Args(c)...)
	}
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
	return "", usageError(fmt.Errorf("the form %q is unknown; use %s", form, strings.Join(forms, ", ")))
}

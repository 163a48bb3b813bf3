package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/quote"
	"github.com/dockercmd/toolkit/scripts"
)

// forms are what a command can be printed as.
var forms = []string{"line", "lines", "argv", "script", "storm", "json", "yaml", "go"}

var formHelp = "form: " + strings.Join(forms, ", ")

const engineHelp = "docker@VERSION, docker@ENGINE/CLIENT, either with ,api=1.41 behind it, podman, podman@5, nerdctl or storm"

func addForm(cmd *cobra.Command, form *string, value string) {
	cmd.Flags().StringVarP(form, "output", "o", value, formHelp)
	cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
}

func addEngine(cmd *cobra.Command, engine *string) {
	cmd.Flags().StringVar(engine, "engine", "", "spell it for "+engineHelp+", and refuse what that one lacks")
}

func knownForm(form string) error {
	if slices.Contains(forms, form) {
		return nil
	}
	return usageError(fmt.Errorf("the form %q is unknown; use one of %s", form, strings.Join(forms, ", ")))
}

// engineOf reads the value of --engine; "" is docker of any version.
func engineOf(name string) (dockercmd.Engine, error) {
	if name == "" {
		return dockercmd.Engine{}, nil
	}
	e, err := dockercmd.ParseEngine(name)
	if err != nil {
		return e, usageError(fmt.Errorf("--engine: %w", err))
	}
	return e, nil
}

// engineAndForm reads the values of --engine and --output.
func engineAndForm(engine, form string) (dockercmd.Engine, error) {
	e, err := engineOf(engine)
	if err != nil {
		return e, err
	}
	return e, knownForm(form)
}

// render writes a command in one of the forms, after it is checked.
func render(c dockercmd.Command, form, engineName string) (string, error) {
	e, err := engineOf(engineName)
	if err != nil {
		return "", err
	}
	if !slices.Contains(forms, form) {
		return "", usageError(fmt.Errorf("--output: the form %q is unknown; use one of %s", form, strings.Join(forms, ", ")))
	}
	if form == "storm" {
		e.Dialect = dockercmd.Storm
	}
	if err := errors.Join(c.Validate(), e.Check(c)); err != nil {
		return "", usageError(err)
	}
	return spelled(dockercmd.CommandLine{Command: c}, form, e)
}

// spelled writes a line in one of the forms, for an engine.
func spelled(l dockercmd.CommandLine, form string, e dockercmd.Engine) (string, error) {
	if form == "storm" && e.Dialect != dockercmd.Storm {
		e = dockercmd.Engine{Dialect: dockercmd.Storm}
		if err := e.Check(l.Command); err != nil {
			return "", err
		}
	}
	argv := l.ArgsFor(e)
	switch form {
	case "line":
		return quote.Line(argv), nil
	case "lines":
		data, err := scripts.Command{Argv: argv}.Bytes()
		_, text, _ := strings.Cut(string(data), "exec ")
		return strings.TrimSuffix(text, "\n"), err
	case "argv":
		var b strings.Builder
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false) // < and & are for people to read
		err := encoder.Encode(argv)
		return strings.TrimSuffix(b.String(), "\n"), err
	case "script":
		data, err := scripts.Command{Argv: argv}.Bytes()
		return strings.TrimSuffix(string(data), "\n"), err
	case "storm":
		data, err := scripts.Command{Argv: argv, Format: scripts.Line}.Bytes()
		return string(data), err
	case "json":
		data, err := l.MarshalJSON()
		return string(data), err
	case "yaml":
		return toYAML(l)
	case "go":
		return goLiteral(l)
	}
	return "", knownForm(form)
}

package dockercmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// Engine is what a line is spelled for.
type Engine struct {
	Dialect Dialect
	// Version is docker's version, such as 20.10.24 or 28.2; the client's and the engine's are taken as one unless Client says
	// otherwise. "" is any version from 20.10 on: its lines are the canonical ones of Command.Args, which every version takes
	// that has their flags.
	Version string
	// Client is the version of docker's client where it is not the engine's: the client decides how a flag is spelled, and
	// the engine what it can do. "" is Version.
	Client string
}

// ParseEngine reads docker, docker@20.10, docker@20.10/28.2 (the engine's version and the client's), podman, nerdctl or storm.
func ParseEngine(s string) (Engine, error) {
	dialect, versions, versioned := strings.Cut(s, "@")
	version, client, two := strings.Cut(versions, "/")
	e := Engine{Version: version, Client: client}
	switch dialect {
	case "docker":
	case "podman", "nerdctl", "storm":
		e.Dialect = Dialect(dialect)
	default:
		return Engine{}, fmt.Errorf("the engine %q is unknown; give docker, docker@20.10, podman, nerdctl or storm", s)
	}
	if !versioned {
		return e, nil
	}
	if e.Dialect != Docker {
		return Engine{}, fmt.Errorf("the engine %q has a version, but %s is known in one version only; give %s", s, dialect, dialect)
	}
	if version == "" || two && client == "" {
		return Engine{}, fmt.Errorf("the engine %q has no version behind '@' or '/'; leave that out for any version", s)
	}
	for _, v := range []string{version, client} {
		if _, err := table.ParseVersion(v); err != nil {
			return Engine{}, fmt.Errorf("the engine %q: %w", s, err)
		}
	}
	return e, nil
}

func (e Engine) String() string {
	s := string(e.Dialect)
	if e.Dialect == Docker {
		s = "docker"
	}
	if e.Version != "" {
		s += "@" + e.Version
	}
	if e.Client != "" {
		s += "/" + e.Client
	}
	return s
}

// client returns the version that decides on spellings.
func (e Engine) client() (table.Version, error) {
	if e.Client != "" {
		return table.ParseVersion(e.Client)
	}
	return table.ParseVersion(e.Version)
}

// Args spells a command for the engine. It never fails: what the engine lacks is spelled as docker's newest version would
// take it, and Check tells of it.
func (e Engine) Args(c Command) []string {
	switch {
	case e.Dialect == Storm:
		return stormArgs(c)
	case e.Dialect == Docker && e.Version == "":
		return table.Args(c.Table())
	}
	client, _ := e.client()
	return table.ArgsSpelled(c.Table(), func(w *table.Writer, r *table.Row, v Value) {
		s := r.Long
		switch {
		case e.Dialect != Docker:
			s = r.Spelling
		case r.Old != "" && client.Before(r.SinceVersion):
			s = r.OldName
		}
		switch {
		case e.wordForJSON(client, r, v):
			w.Word(s.Start + "{{json .}}")
		case slices.Contains(r.Splits, e.Dialect) && v.IsSet():
			for _, text := range v.Texts() {
				w.Word(s.Start + string(table.QuoteElement([]byte(text), 0)))
			}
		default:
			v.Render(w, &s)
		}
	})
}

// wordForJSON reports whether the client would print the word json for --format=json, as it does before 23.0.
func (e Engine) wordForJSON(client table.Version, r *table.Row, v Value) bool {
	return e.Dialect == Docker && r.Name == "format" && client.Before(table.Version{23, 0}) &&
		slices.Equal(v.Texts(), []string{"json"})
}

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
	// that has their flags. A text that is no version of docker's, such as dev, is taken for "".
	//
	// For podman it is podman's version; "" is 4.3.
	Version string
	// Client is the version of docker's client where it is not the engine's: the client decides how a flag is spelled, and
	// the engine what it can do. "" is Version.
	Client string
	// API is the version of docker's API that client and engine have agreed on, such as 1.41. What Version says of the engine
	// then counts no more than that: a client speaks an older API to an old engine or to podman's socket, and when
	// DOCKER_API_VERSION says so. "" is the API of Version.
	API string
}

// Answer is what the programs say of themselves, as docker version shows it; output.Version.Engine reads it from there.
type Answer struct {
	// Client and ClientAPI are the client's version and the newest API that it knows.
	Client, ClientAPI string
	// Engine and EngineAPI are the engine's, both "" when none answered or when it is none of docker's.
	Engine, EngineAPI string
	// API is what the two have agreed on; "" is the older one of theirs.
	API string
}

// Detected returns the docker engine that has given an answer. Where a version is a text that says nothing, such as dev,
// library-import or the date of a build, the API stands for it.
func Detected(a Answer) Engine {
	client, engine := versionOr(a.Client, a.ClientAPI), versionOr(a.Engine, a.EngineAPI)
	e := Engine{Version: client}
	if engine != "" && engine != client {
		e.Version, e.Client = engine, client
	}
	agreed, ok := parseAPI(a.API)
	if !ok {
		return e
	}
	if v, known := readVersion(e.Version); !known || agreed != oldest(apiOf(v), e.clientAPI()) {
		e.API = a.API
	}
	return e
}

// versionOr returns a version's text, or where that says nothing the first version that speaks an API, or "".
func versionOr(text, api string) string {
	if _, ok := readVersion(text); ok {
		return text
	}
	if n, ok := parseAPI(api); ok {
		return firstWith(n).String()
	}
	return ""
}

// oldest returns the smaller one of two API versions.
func oldest(a, b table.Version) table.Version {
	if b.Before(a) {
		return b
	}
	return a
}

func (e Engine) clientAPI() table.Version {
	v, ok := e.client()
	if !ok {
		return table.Version{1 << 30}
	}
	return apiOf(v)
}

// readVersion reads a version of docker's: 1.13 and before, or counted by years from 17.03 on. Other numbers, such as 5.1 or the
// date of a build, say nothing of what docker can do.
func readVersion(text string) (table.Version, bool) {
	v, err := table.ParseVersion(text)
	return v, err == nil && (v[0] == 1 || v[0] >= 17 && v[0] < 1000)
}

// ParseEngine reads docker, docker@20.10, docker@20.10/28.2 (the engine's version and the client's), docker@28.2,api=1.41, podman,
// podman@5.0, nerdctl or storm.
func ParseEngine(s string) (Engine, error) {
	words, api, agreed := strings.Cut(s, ",api=")
	dialect, versions, versioned := strings.Cut(words, "@")
	version, client, two := strings.Cut(versions, "/")
	e := Engine{Version: version, Client: client, API: api}
	switch dialect {
	case "docker":
	case "podman", "nerdctl", "storm":
		e.Dialect = Dialect(dialect)
	default:
		return Engine{}, fmt.Errorf("the engine %q is unknown; give docker, docker@20.10, podman, nerdctl or storm", s)
	}
	if agreed && e.Dialect != Docker {
		return Engine{}, fmt.Errorf("the engine %q has an API, but %s has none of docker's; leave it out", s, dialect)
	}
	if _, ok := parseAPI(api); agreed && !ok {
		return Engine{}, fmt.Errorf("the engine %q: %q is not a version of docker's API such as 1.41", s, api)
	}
	if !versioned {
		return e, nil
	}
	if e.Dialect != Docker && (e.Dialect != Podman || two) {
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
	if e.API != "" {
		s += ",api=" + e.API
	}
	return s
}

// client returns the version that decides on spellings; ok is false when it is not known.
func (e Engine) client() (v table.Version, ok bool) {
	if e.Client != "" {
		return readVersion(e.Client)
	}
	return readVersion(e.Version)
}

// engine returns the version that decides on what can be done; ok is false when it is not known.
func (e Engine) engine() (v table.Version, ok bool) {
	v, ok = readVersion(e.Version)
	api, agreed := parseAPI(e.API)
	if agreed && (!ok || apiOf(v) != api) {
		return firstWith(api), true
	}
	return v, ok
}

// Args spells a command for the engine. It never fails: what the engine lacks is spelled as docker's newest version would
// take it, and Check tells of it.
func (e Engine) Args(c Command) []string {
	switch {
	case e.Dialect == Storm:
		return stormArgs(c)
	}
	client, known := e.client()
	if e.Dialect == Docker && !known {
		return table.Args(c.Table())
	}
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
		case e.splits(r) && v.IsSet():
			for _, text := range v.Texts() {
				w.Word(s.Start + string(table.QuoteElement([]byte(text), 0)))
			}
		default:
			v.Render(w, &s)
		}
	})
}

// splits reports whether the dialect splits the values of a flag at commas. Podman takes filters as they are from 5.0 on.
func (e Engine) splits(r *table.Row) bool {
	if v, err := table.ParseVersion(e.Version); e.Dialect == Podman && r.Name == "filter" && err == nil && v[0] >= 5 {
		return false
	}
	return slices.Contains(r.Splits, e.Dialect)
}

// wordForJSON reports whether the client would print the word json for --format=json, as it does before 23.0.
func (e Engine) wordForJSON(client table.Version, r *table.Row, v Value) bool {
	return e.Dialect == Docker && r.Name == "format" && client.Before(table.Version{23, 0}) &&
		slices.Equal(v.Texts(), []string{"json"})
}

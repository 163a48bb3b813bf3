package dockercmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Dialect is a family of programs that take docker's lines, each with spellings and gaps of its own.
type Dialect string

// The dialects. The zero value is docker's own client.
const (
	Docker Dialect = ""
	// Podman is podman; its flags are those of 4.3.1.
	Podman Dialect = "podman"
	// Nerdctl is containerd's nerdctl; its flags are those of 2.3.5.
	Nerdctl Dialect = "nerdctl"
	// Storm is the command file of Apache Storm's worker-launcher: one unquoted line, split at spaces, in which a few options
	// are allowed.
	Storm Dialect = "storm"
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
		if _, err := parseVersion(v); err != nil {
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

// client is the version that decides on spellings.
func (e Engine) client() (version, error) {
	if e.Client != "" {
		return parseVersion(e.Client)
	}
	return parseVersion(e.Version)
}

// Args spells a command for the engine. It never fails: what the engine lacks is spelled as docker's newest version would
// take it, and Check tells of it.
func (e Engine) Args(c Command) []string {
	switch {
	case e.Dialect == Storm:
		return stormArgs(c)
	case e.Dialect == Docker && e.Version == "":
		return args(c)
	}
	client, _ := e.client()
	rows, _ := c.spec().table()
	w, b := newWriter(), bind(c)
	for i, v := range b.values {
		r := &rows[i]
		s := r.long
		switch {
		case e.Dialect != Docker:
			s = r.spelling
		case r.Old != "" && client.before(r.since):
			s = r.old
		}
		switch {
		case e.wordForJSON(client, r, v):
			w.word(s.start + "{{json .}}")
		case r.splits(e.Dialect) && v.IsSet():
			for _, text := range v.Texts() {
				w.word(s.start + string(quoteElement([]byte(text), 0)))
			}
		default:
			v.render(w, &s)
		}
	}
	b.free()
	w.rest(c)
	return w.line(c)
}

// wordForJSON says whether the client would print the word json for --format=json, as it does before 23.0.
func (e Engine) wordForJSON(client version, r *row, v Value) bool {
	return e.Dialect == Docker && r.Name == "format" && client.before(version{23, 0}) && slices.Equal(v.Texts(), []string{"json"})
}

// splits says whether a dialect takes the flag's value for a list that is separated by commas, where docker takes it whole.
func (f *Flag) splits(d Dialect) bool {
	return d != Docker && slices.Contains(strings.Fields(f.Splits), string(d))
}

// version is the numbers of a docker version that this package compares.
type version [2]int

// parseVersion reads MAJOR.MINOR and whatever follows; "" is the oldest of all.
func parseVersion(s string) (version, error) {
	if s == "" {
		return version{}, nil
	}
	major, rest, _ := strings.Cut(s, ".")
	minor, _, _ := strings.Cut(rest, ".")
	if minor == "" {
		minor = "0"
	}
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	if err1 != nil || err2 != nil || a < 0 || b < 0 {
		return version{}, fmt.Errorf("%q is not a version such as 20.10 or 28.2.2", s)
	}
	return version{a, b}, nil
}

func (v version) before(o version) bool { return v[0] < o[0] || v[0] == o[0] && v[1] < o[1] }

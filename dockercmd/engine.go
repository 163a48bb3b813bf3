package dockercmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Dialect is a family of programs that take docker's lines, each with spellings and gaps of its own.
type Dialect string

// The dialects. The zero value is docker's own client.
const (
	Docker Dialect = ""
	// Storm is the command file of Apache Storm's worker-launcher: one unquoted line, split at spaces, in which a few options
	// are allowed.
	Storm Dialect = "storm"
)

// Engine is what a line is spelled for.
type Engine struct {
	Dialect Dialect
	// Version is docker's version, such as 20.10.24 or 28.2; the client's and the engine's are taken as one. "" is any version
	// from 20.10 on: its lines are the canonical ones of Command.Args, which every version takes that has their flags.
	Version string
}

// ParseEngine reads docker, docker@20.10 or storm.
func ParseEngine(s string) (Engine, error) {
	dialect, version, versioned := strings.Cut(s, "@")
	e := Engine{Version: version}
	switch dialect {
	case "docker":
	case "storm":
		e.Dialect = Storm
	default:
		return Engine{}, fmt.Errorf("the engine %q is unknown; give docker, docker@20.10 or storm", s)
	}
	if !versioned {
		return e, nil
	}
	if version == "" {
		return Engine{}, fmt.Errorf("the engine %q has no version behind '@'; leave the '@' out for any version", s)
	}
	if _, err := parseVersion(version); err != nil {
		return Engine{}, fmt.Errorf("the engine %q: %w", s, err)
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
	return s
}

// UnsupportedError is one flag that an engine lacks.
type UnsupportedError struct {
	Command string
	Flag    string // with its dashes
	Engine  Engine
	Reason  string // since when, or until when, or what to do instead
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: %s is not for %s: %s", e.Command, e.Flag, e.Engine, e.Reason)
}

// Args spells a command for the engine. It never fails: what the engine lacks is spelled as docker's newest version would
// take it, and Check tells of it.
func (e Engine) Args(c Command) []string {
	if e.Dialect == Storm {
		return stormArgs(c)
	}
	if e.Version == "" {
		return args(c)
	}
	dst := append(make([]string, 0, 24), c.Subcommand())
	version, _ := parseVersion(e.Version)
	for _, f := range c.flags() {
		if !f.Value.IsSet() {
			continue
		}
		since, _ := parseVersion(f.Since)
		switch {
		case f.Old != "" && version.before(since):
			dst = f.Value.appendArgs(dst, "--"+f.Old)
		default:
			dst = f.Value.appendArgs(dst, "--"+f.Name)
		}
	}
	dst = append(dst, *c.extra()...)
	return appendOperands(dst, c)
}

// Check is nil or every flag that the engine lacks, as *UnsupportedError values joined together. An engine without a version
// lacks nothing in docker's own dialect.
func (e Engine) Check(c Command) error {
	if e.Dialect == Storm {
		return stormCheck(c)
	}
	if e.Version == "" {
		return nil
	}
	version, err := parseVersion(e.Version)
	if err != nil {
		return fmt.Errorf("the engine's version: %w", err)
	}
	var errs []error
	for _, f := range c.flags() {
		if !f.Value.IsSet() {
			continue
		}
		since, _ := parseVersion(f.Since)
		until, _ := parseVersion(f.Until)
		switch {
		case version.before(since) && f.Old == "":
			errs = append(errs, &UnsupportedError{c.Subcommand(), "--" + f.Name, e, "docker has it from " + f.Since + " on"})
		case f.Until != "" && !version.before(until):
			errs = append(errs, &UnsupportedError{c.Subcommand(), "--" + f.Name, e, "docker hides it as obsolete from " + f.Until + " on; leave it out"})
		}
	}
	return errors.Join(append(errs, e.lacksValues(c, version)...)...)
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

package dockercmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// UnsupportedError is one flag, or a value of it, that an engine lacks or that is obsolete there.
type UnsupportedError struct {
	Command string
	Flag    string // with its dashes, perhaps with a part of its value; "" is the whole command
	Engine  Engine
	Reason  string // since when, or until when, and what to do instead
}

func (e *UnsupportedError) Error() string {
	if e.Flag == "" {
		return fmt.Sprintf("%s is not for %s: %s", e.Command, e.Engine, e.Reason)
	}
	return fmt.Sprintf("%s: %s is not for %s: %s", e.Command, e.Flag, e.Engine, e.Reason)
}

// need is what a value asks of docker beyond its flag: a key, a type or a form.
type need struct {
	what    string // as a reader finds it in the line: volume-subpath
	since   string // the first docker version that has it; "" is 20.10 or before
	until   string // the first docker version that refuses it; "" is none
	instead string // what to use
}

// Check is nil, or every flag and value that the engine lacks or has as obsolete, as *UnsupportedError values joined together. An
// engine without a version lacks nothing in docker's own dialect.
func (e Engine) Check(c Command) error {
	switch e.Dialect {
	case Storm:
		return stormCheck(c)
	case Docker:
		if e.Version == "" {
			return nil
		}
		return e.checkVersion(c)
	}
	return e.checkDialect(c)
}

// checkDialect finds what a program other than docker does not take.
func (e Engine) checkDialect(c Command) error {
	if slices.Contains(strings.Fields(c.spec().lacks), string(e.Dialect)) {
		return &UnsupportedError{c.Subcommand(), "", e, string(e.Dialect) + " has no such command"}
	}
	var errs []error
	for _, f := range Flags(c) {
		if f.Value.IsSet() && lacks(c.spec(), &f, e.Dialect) {
			errs = append(errs, &UnsupportedError{c.Subcommand(), "--" + f.Name, e, string(e.Dialect) + " does not know it; " + orLeaveOut(f.Instead)})
		}
	}
	return errors.Join(errs...)
}

// checkVersion finds what docker's client or engine of a version does not take.
func (e Engine) checkVersion(c Command) error {
	engine, err := parseVersion(e.Version)
	if err != nil {
		return fmt.Errorf("the engine's version: %w", err)
	}
	client, err := e.client()
	if err != nil {
		return fmt.Errorf("the client's version: %w", err)
	}
	var errs []error
	refuse := func(flag, format string, args ...any) {
		errs = append(errs, &UnsupportedError{c.Subcommand(), flag, e, fmt.Sprintf(format, args...)})
	}
	if since, _ := parseVersion(c.spec().since); client.before(since) || engine.before(since) {
		refuse("", "docker has it from %s on", c.spec().since)
	}
	for _, f := range Flags(c) {
		if !f.Value.IsSet() {
			continue
		}
		since, _ := parseVersion(f.Since)
		gate, gated := versionOfAPI(f.API)
		until, _ := parseVersion(f.Until)
		switch {
		case client.before(since) && f.Old == "":
			refuse("--"+f.Name, "docker has it from %s on%s", f.Since, then(f.Instead))
		case gated && engine.before(gate):
			refuse("--"+f.Name, "it needs API %s, which engines have from %d.%d on%s", f.API, gate[0], gate[1], then(f.Instead))
		case f.Until != "" && !client.before(until):
			refuse("--"+f.Name, "docker hides it as obsolete from %s on; %s", f.Until, orLeaveOut(f.Instead))
		}
		for _, n := range f.Value.needs() {
			since, _ := parseVersion(n.since)
			until, _ := parseVersion(n.until)
			switch {
			case client.before(since) || engine.before(since):
				refuse("--"+f.Name+" "+n.what, "docker has it from %s on%s", n.since, then(n.instead))
			case n.until != "" && !client.before(until):
				refuse("--"+f.Name+" "+n.what, "docker refuses it from %s on; %s", n.until, orLeaveOut(n.instead))
			}
		}
	}
	return errors.Join(errs...)
}

// then adds what to use instead, if there is something.
func then(instead string) string {
	if instead == "" {
		return ""
	}
	return "; use " + instead
}

func orLeaveOut(instead string) string {
	if instead == "" {
		return "leave it out"
	}
	return "use " + instead
}

// apiVersions are the first docker versions that speak an API version, from the release notes of each.
var apiVersions = map[string]version{
	"1.42": {23, 0}, "1.43": {24, 0}, "1.44": {25, 0}, "1.45": {26, 0}, "1.46": {27, 0}, "1.47": {27, 2}, "1.48": {28, 0},
	"1.49": {28, 1}, "1.50": {28, 2}, "1.51": {28, 3}, "1.52": {29, 0},
}

// versionOfAPI is the first docker version that speaks an API; ok is false for one that 20.10 speaks.
func versionOfAPI(api string) (v version, ok bool) {
	v, ok = apiVersions[api]
	return v, ok
}

package dockercmd

import (
	"errors"
	"fmt"

	"github.com/dockercmd/toolkit/internal/table"
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

// Check returns nil, or every flag and value that the engine lacks or has as obsolete, as *UnsupportedError values joined
// together. An engine without a version lacks nothing in docker's own dialect.
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
	if c.Table().Spec().IsLackedBy(e.Dialect) {
		return &UnsupportedError{c.Subcommand(), "", e, string(e.Dialect) + " has no such command"}
	}
	var errs []error
	for _, f := range Flags(c) {
		if f.Value.IsSet() && lacks(c.Table().Spec(), &f, e.Dialect) {
			errs = append(errs, &UnsupportedError{c.Subcommand(), "--" + f.Name, e, string(e.Dialect) + " does not know it; " +
				orLeaveOut(f.Instead)})
		}
	}
	return errors.Join(errs...)
}

// checkVersion finds what docker's client or engine of a version does not take.
func (e Engine) checkVersion(c Command) error {
	engine, err := table.ParseVersion(e.Version)
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
	if since, _ := table.ParseVersion(c.Table().Spec().Since); client.Before(since) || engine.Before(since) {
		refuse("", "docker has it from %s on", c.Table().Spec().Since)
	}
	for _, f := range Flags(c) {
		if !f.Value.IsSet() {
			continue
		}
		since, _ := table.ParseVersion(f.Since)
		gate, gated := versionOfAPI(f.API)
		until, _ := table.ParseVersion(f.Until)
		switch {
		case client.Before(since) && f.Old == "":
			refuse("--"+f.Name, "docker has it from %s on%s", f.Since, then(f.Instead))
		case gated && engine.Before(gate):
			refuse("--"+f.Name, "it needs API %s, which engines have from %d.%d on%s", f.API, gate[0], gate[1], then(f.Instead))
		case f.Until != "" && !client.Before(until):
			refuse("--"+f.Name, "docker hides it as obsolete from %s on; %s", f.Until, orLeaveOut(f.Instead))
		}
		for _, n := range f.Value.Needs() {
			since, _ := table.ParseVersion(n.Since)
			until, _ := table.ParseVersion(n.Until)
			switch {
			case client.Before(since) || engine.Before(since):
				refuse("--"+f.Name+" "+n.What, "docker has it from %s on%s", n.Since, then(n.Instead))
			case n.Until != "" && !client.Before(until):
				refuse("--"+f.Name+" "+n.What, "docker refuses it from %s on; %s", n.Until, orLeaveOut(n.Instead))
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
var apiVersions = map[string]table.Version{
	"1.42": {23, 0}, "1.43": {24, 0}, "1.44": {25, 0}, "1.45": {26, 0}, "1.46": {27, 0}, "1.47": {27, 2}, "1.48": {28, 0},
	"1.49": {28, 1}, "1.50": {28, 2}, "1.51": {28, 3}, "1.52": {29, 0},
}

// versionOfAPI returns the first docker version that speaks an API; ok is false for one that 20.10 speaks.
func versionOfAPI(api string) (v table.Version, ok bool) {
	v, ok = apiVersions[api]
	return v, ok
}

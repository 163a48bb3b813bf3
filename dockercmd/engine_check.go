package dockercmd

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
// together. An engine without a version, and one with a version that is none of docker's, lacks nothing in docker's own dialect;
// what its API lacks is found nonetheless.
func (e Engine) Check(c Command) error {
	switch e.Dialect {
	case Storm:
		return stormCheck(c)
	case Docker:
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
		if f.Value.IsSet() && e.lacks(c.Table().Spec(), &f) {
			errs = append(errs, &UnsupportedError{c.Subcommand(), "--" + f.Name, e, string(e.Dialect) + " does not know it; " +
				orLeaveOut(f.Instead)})
		}
	}
	return errors.Join(errs...)
}

// lacks reports whether an engine's dialect has no such command or no such flag of it, or its podman not yet.
func (e Engine) lacks(s *table.Spec, f *Flag) bool {
	switch {
	case e.Dialect == Storm:
		return f.Storm == "" || strings.Contains(s.Names[0], " ")
	case s.IsLackedBy(e.Dialect):
		return true
	case !slices.Contains(f.Lacks, e.Dialect):
		return false
	case e.Dialect != Podman || f.Podman == "" || e.Version == "":
		return true
	}
	since, err := table.ParseVersion(f.Podman)
	version, versionErr := table.ParseVersion(e.Version)
	return err != nil || versionErr != nil || version.Before(since)
}

// checkVersion finds what docker's client or engine of a version does not take.
func (e Engine) checkVersion(c Command) error {
	engine, engineKnown := e.engine()
	client, clientKnown := e.client()
	if !engineKnown && !clientKnown {
		return nil
	}
	clientBefore := func(v table.Version) bool { return clientKnown && client.Before(v) }
	engineBefore := func(v table.Version) bool { return engineKnown && engine.Before(v) }
	_, agreed := parseAPI(e.API)
	var errs []error
	refuse := func(flag, format string, args ...any) {
		errs = append(errs, &UnsupportedError{c.Subcommand(), flag, e, fmt.Sprintf(format, args...)})
	}
	if since, _ := table.ParseVersion(c.Table().Spec().Since); clientBefore(since) || engineBefore(since) {
		refuse("", "docker has it from %s on", c.Table().Spec().Since)
	}
	for _, f := range Flags(c) {
		if !f.Value.IsSet() {
			continue
		}
		since, _ := table.ParseVersion(f.Since)
		api, gated := parseAPI(f.API)
		until, _ := table.ParseVersion(f.Until)
		switch {
		case clientBefore(since) && f.Old == "":
			refuse("--"+f.Name, "docker has it from %s on%s", f.Since, then(f.Instead))
		case gated && engineKnown && apiOf(engine).Before(api) && agreed:
			refuse("--"+f.Name, "it needs API %s, and client and engine speak %s%s", f.API, e.API, then(f.Instead))
		case gated && engineKnown && apiOf(engine).Before(api):
			refuse("--"+f.Name, "it needs API %s, which engines have from %s on%s", f.API, firstWith(api), then(f.Instead))
		case f.Until != "" && clientKnown && !client.Before(until):
			refuse("--"+f.Name, "docker hides it as obsolete from %s on; %s", f.Until, orLeaveOut(f.Instead))
		}
		for _, n := range f.Value.Needs() {
			since, _ := table.ParseVersion(n.Since)
			until, _ := table.ParseVersion(n.Until)
			switch {
			case clientBefore(since) || engineBefore(since):
				refuse("--"+f.Name+" "+n.What, "docker has it from %s on%s", n.Since, then(n.Instead))
			case n.Until != "" && clientKnown && !client.Before(until):
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

// apiVersions are the first docker versions that speak each API version, from the release notes of each.
var apiVersions = []struct{ api, docker table.Version }{
	{table.Version{1, 24}, table.Version{1, 12}}, {table.Version{1, 25}, table.Version{1, 13}},
	{table.Version{1, 27}, table.Version{17, 3}}, {table.Version{1, 28}, table.Version{17, 4}},
	{table.Version{1, 29}, table.Version{17, 5}}, {table.Version{1, 30}, table.Version{17, 6}},
	{table.Version{1, 31}, table.Version{17, 7}}, {table.Version{1, 32}, table.Version{17, 9}},
	{table.Version{1, 33}, table.Version{17, 10}}, {table.Version{1, 34}, table.Version{17, 11}},
	{table.Version{1, 35}, table.Version{17, 12}}, {table.Version{1, 36}, table.Version{18, 2}},
	{table.Version{1, 37}, table.Version{18, 3}}, {table.Version{1, 38}, table.Version{18, 6}},
	{table.Version{1, 39}, table.Version{18, 9}}, {table.Version{1, 40}, table.Version{19, 3}},
	{table.Version{1, 41}, table.Version{20, 10}}, {table.Version{1, 42}, table.Version{23, 0}},
	{table.Version{1, 43}, table.Version{24, 0}}, {table.Version{1, 44}, table.Version{25, 0}},
	{table.Version{1, 45}, table.Version{26, 0}}, {table.Version{1, 46}, table.Version{27, 0}},
	{table.Version{1, 47}, table.Version{27, 2}}, {table.Version{1, 48}, table.Version{28, 0}},
	{table.Version{1, 49}, table.Version{28, 1}}, {table.Version{1, 50}, table.Version{28, 2}},
	{table.Version{1, 51}, table.Version{28, 3}}, {table.Version{1, 52}, table.Version{29, 0}},
}

// parseAPI reads a version of docker's API, such as 1.41.
func parseAPI(text string) (table.Version, bool) {
	minor, ok := strings.CutPrefix(text, "1.")
	n, err := strconv.ParseUint(minor, 10, 16)
	return table.Version{1, int(n)}, ok && err == nil
}

// apiOf returns the newest API that a version of docker's speaks.
func apiOf(docker table.Version) table.Version {
	api := table.Version{1, 0}
	for _, r := range apiVersions {
		if !docker.Before(r.docker) {
			api = r.api
		}
	}
	return api
}

// firstWith returns the first version of docker's that speaks an API; of one that is not known yet, the newest that is.
func firstWith(api table.Version) table.Version {
	docker := apiVersions[0].docker
	for _, r := range apiVersions {
		if !api.Before(r.api) {
			docker = r.docker
		}
	}
	return docker
}

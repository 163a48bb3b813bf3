package dockercmd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/golden"
)

// TestCapabilities keeps docs/engines.md true: what is not for every engine, asked of Engine.Check with a line for each flag.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`# What is not for every engine

` + "`GOLDEN=update go test ./dockercmd -run TestCapabilities`" + ` writes this file, and the test holds it.

What engines do with the lines they take is in [engine-contract.md](engine-contract.md).

A flag that is not here is taken by docker 20.10 to 29, podman 4.3 and nerdctl 2.3 alike. Docker's column says from which version on
it is there, from which on it is obsolete, and what the engine must speak where the client alone is not enough. Where a value is split at
commas by a program, ` + "`Engine.Args`" + ` quotes it; podman takes filters as they are from 5.0 on. Storm's worker-launcher takes the
flags of the last list and no others.

A version that says nothing (dev, the date of a build) is no obstacle: the API that client and engine have agreed on decides then, and
it does too where it is older than their versions: with DOCKER_API_VERSION, or before podman's socket. ` + "`docker@28.2,api=1.41`" + ` is
such an engine. Before API 1.41 these lack as well: ` + "`" + `--gpus` + "`" + ` (1.40), ` + "`" + `--cgroupns` + "`" + ` (1.41), ` + "`" + `--pids-limit` + "`" + ` of update (1.40).

| command | flag | docker | podman | nerdctl |
|---|---|---|---|---|
`)
	var storm strings.Builder
	for _, name := range dockercmd.Names() {
		podman, nerdctl := takesCommand(name, dockercmd.Podman), takesCommand(name, dockercmd.Nerdctl)
		if !podman || !nerdctl {
			fmt.Fprintf(&b, "| `%s` | the whole command | yes | %s | %s |\n", name, yes(podman, ""), yes(nerdctl, ""))
		}
		var passed []string
		for _, f := range dockercmd.Flags(dockercmd.New(name)) {
			if f.Storm != "" && !strings.Contains(name, " ") {
				passed = append(passed, "`--"+f.Name+"`")
			}
			takesPodman := podman && !slices.Contains(f.Lacks, dockercmd.Podman)
			takesNerdctl := nerdctl && !slices.Contains(f.Lacks, dockercmd.Nerdctl)
			docker := versions(f)
			splits := len(f.Splits) > 0
			if docker == "yes" && takesPodman == podman && takesNerdctl == nerdctl && !splits {
				continue
			}
			fmt.Fprintf(&b, "| `%s` | `--%s` | %s | %s | %s |\n", name, f.Name, docker, podmanColumn(f, podman),
				yes(takesNerdctl, splitBy(f, dockercmd.Nerdctl)))
		}
		if len(passed) > 0 {
			fmt.Fprintf(&storm, "* `%s`: %s\n", name, strings.Join(passed, " "))
		}
	}
	b.WriteString("\n## What Storm's worker-launcher lets through\n\n" + storm.String())
	golden.Dir("../docs").CheckString(t, "engines.md", b.String())
}

// podmanColumn returns podman's column.
func podmanColumn(f dockercmd.Flag, command bool) string {
	if command && f.Podman != "" {
		return "from " + f.Podman
	}
	return yes(command && !slices.Contains(f.Lacks, dockercmd.Podman), splitBy(f, dockercmd.Podman))
}

// takesCommand asks whether a dialect has a command at all: the refusal of a whole command names no flag.
func takesCommand(name string, d dockercmd.Dialect) bool {
	err := dockercmd.Engine{Dialect: d}.Check(dockercmd.New(name))
	return err == nil
}

func yes(takes bool, note string) string {
	if !takes {
		return "no"
	}
	return "yes" + note
}

func splitBy(f dockercmd.Flag, dialect dockercmd.Dialect) string {
	if slices.Contains(f.Splits, dialect) {
		return ", split at commas"
	}
	return ""
}

// versions returns docker's column.
func versions(f dockercmd.Flag) string {
	var notes []string
	switch {
	case f.Since != "" && f.Old != "":
		notes = append(notes, fmt.Sprintf("from %s; `--%s` before", f.Since, f.Old))
	case f.Since != "":
		notes = append(notes, "from "+f.Since)
	}
	if f.API > "1.41" { // which every engine from 20.10 on speaks
		notes = append(notes, "engine with API "+f.API)
	}
	if f.Until != "" {
		notes = append(notes, "obsolete from "+f.Until)
	}
	if len(notes) == 0 {
		return "yes"
	}
	return strings.Join(notes, "; ")
}

package dockercmd_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/recordings"
)

// knownVersions are the clients that flags.tsv and commands.tsv record.
var (
	knownVersions = recordings.Versions
	oldest        = knownVersions[0]
	newest        = knownVersions[len(knownVersions)-1]
)

// recordedFlag is a line of flags.tsv.
type recordedFlag struct {
	command, name, letter, since string
	versions                     []string // that show it
	hiding                       []string // that take it but do not show it
	podman, nerdctl              bool
	podmanSince                  string // the first recorded podman after 4.3 that takes it, or ""
}

// in reports whether a version takes the flag.
func (f recordedFlag) in(version string) bool {
	return slices.Contains(f.versions, version) || slices.Contains(f.hiding, version)
}

// recordedCommand is a line of commands.tsv.
type recordedCommand struct {
	name, since     string
	versions        []string
	podman, nerdctl bool
}

// lacks returns the dialects that a record has not, in the words of rows and specs.
func lacks(podman, nerdctl bool) []dockercmd.Dialect {
	var dialects []dockercmd.Dialect
	if !podman {
		dialects = append(dialects, dockercmd.Podman)
	}
	if !nerdctl {
		dialects = append(dialects, dockercmd.Nerdctl)
	}
	return dialects
}

func recordedFlags(t *testing.T) []recordedFlag {
	t.Helper()
	var flags []recordedFlag
	for _, c := range record(t, "flags.tsv", 7) {
		f := recordedFlag{command: c[0], name: c[1], letter: c[2], since: c[3], podman: c[5] == "yes", nerdctl: c[6] == "yes"}
		if strings.Contains(c[5], ".") {
			f.podmanSince = c[5]
		}
		for version := range strings.FieldsSeq(c[4]) {
			if plain := strings.Trim(version, "()"); plain != version {
				f.hiding = append(f.hiding, plain)
			} else {
				f.versions = append(f.versions, version)
			}
		}
		flags = append(flags, f)
	}
	return flags
}

func recordedCommands(t *testing.T) []recordedCommand {
	t.Helper()
	var commands []recordedCommand
	for _, c := range record(t, "commands.tsv", 6) {
		commands = append(commands, recordedCommand{name: c[0], since: c[1], versions: strings.Fields(c[2]), podman: c[3] == "yes",
			nerdctl: c[4] == "yes"})
	}
	return commands
}

// lacking reports whether a version of docker has no such command.
func lacking(t *testing.T, version, command string) bool {
	t.Helper()
	return !slices.ContainsFunc(recordedCommands(t), func(c recordedCommand) bool {
		return c.name == command && slices.Contains(c.versions, version)
	})
}

// record returns the lines of a file of columns, without its head.
func record(t *testing.T, name string, columns int) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata, name))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(row) != columns {
			t.Fatalf("%s: %q has %d columns, want %d", name, line, len(row), columns)
		}
		rows = append(rows, row)
	}
	return rows
}

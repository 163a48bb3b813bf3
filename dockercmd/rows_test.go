package dockercmd_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/golden"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
	"github.com/dockercmd/toolkit/internal/recordings"
)

// TestEveryFieldHasOneFlag holds the first half of the third law: a value in any one field shows up in exactly one flag, and each
// flag has its field.
func TestEveryFieldHasOneFlag(t *testing.T) {
	t.Parallel()
	for _, name := range dockercmd.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGenerator(t)
			fieldOf := map[string]string{}
			for _, f := range fields(dockercmd.New(name)) {
				c := dockercmd.New(name)
				reflect.ValueOf(c).Elem().FieldByIndex(f.Index).Set(g.value(c, f))
				var set []string
				for _, flag := range dockercmd.Flags(c) {
					if flag.Value.IsSet() {
						set = append(set, flag.Name)
					}
				}
				if len(set) != 1 {
					t.Errorf("the field %s sets the flags %q, want one", f.Name, set)
					continue
				}
				if other := fieldOf[set[0]]; other != "" {
					t.Errorf("the fields %s and %s both set --%s", other, f.Name, set[0])
				}
				fieldOf[set[0]] = f.Name
			}
			words := map[string]bool{}
			unique := func(word string) {
				if words[word] {
					t.Errorf("%s stands twice", word)
				}
				words[word] = true
			}
			for _, flag := range dockercmd.Flags(dockercmd.New(name)) {
				if fieldOf[flag.Name] == "" {
					t.Errorf("--%s has no field", flag.Name)
				}
				if flag.Usage == "" || strings.Contains(flag.Usage, "\n") {
					t.Errorf("--%s: usage %q, want a line", flag.Name, flag.Usage)
				}
				unique("--" + flag.Name)
				if flag.Short != 0 {
					unique("-" + string(rune(flag.Short)))
				}
				for alias := range strings.FieldsSeq(flag.Alias) {
					unique("--" + alias)
				}
			}
		})
	}
}

// refusedFlags are flags of docker's that have no row, and why.
var refusedFlags = map[string]string{
	"help":               "it asks for help, which is no command to run: ErrHelp",
	"version kubeconfig": "it is gone since 23.0 and was for kubernetes only",

	"context create default-stack-orchestrator": "it is gone since 23.0 and was for kubernetes only",
	"context create kubernetes":                 "it is gone since 23.0",
	"context export kubeconfig":                 "it is gone since 23.0 and was for kubernetes only",
	"context update default-stack-orchestrator": "it is gone since 23.0 and was for kubernetes only",
	"context update kubernetes":                 "it is gone since 23.0",
}

func refusedFlag(command, flag string) bool {
	return refusedFlags[flag] != "" || refusedFlags[command+" "+flag] != ""
}

// rowOf returns the row of a command that takes a long name, perhaps as its alias.
func rowOf(command, name string) (dockercmd.Flag, bool) {
	for _, f := range dockercmd.Flags(dockercmd.New(command)) {
		if f.Name == name {
			return f, true
		}
		for alias := range strings.FieldsSeq(f.Alias) {
			if alias == name {
				return f, true
			}
		}
	}
	return dockercmd.Flag{}, false
}

// TestFlagsOfKnownVersions holds the rows to the record of three docker versions: names, letters, since and until.
func TestFlagsOfKnownVersions(t *testing.T) {
	t.Parallel()
	recorded := map[string]bool{}
	for _, f := range recordedFlags(t) {
		command, name := f.command, f.name
		if dockercmd.New(command) == nil {
			continue
		}
		recorded[command+" "+name] = true
		if refusedFlag(command, name) {
			continue
		}
		row, ok := rowOf(command, name)
		if !ok {
			t.Errorf("%s --%s has no row: add a field and a row to cmd_%s.go", command, name, file(command))
			continue
		}
		isAlias := row.Name != name
		if got := string(rune(row.Short)); !isAlias && f.letter != "-" && got != f.letter || f.letter == "-" && row.Short != 0 &&
			!isAlias {
			t.Errorf("%s --%s: letter %q, want %q", command, name, got, f.letter)
		}
		if got := strings.TrimPrefix(row.Since, "-"); !isAlias && got != strings.Trim(f.since, "-") {
			t.Errorf("%s --%s: since %q, want %q", command, name, got, f.since)
		}
		if gone := slices.Contains(f.hiding, newest) && !slices.Contains(f.hiding, oldest) && !isAlias; gone != (row.Until != "") {
			t.Errorf("%s --%s: until %q, but %s hides it: %t", command, name, row.Until, newest, gone)
		}
	}
	for _, command := range dockercmd.Names() {
		for _, row := range dockercmd.Flags(dockercmd.New(command)) {
			if !recorded[command+" "+row.Name] {
				t.Errorf("%s --%s is in no record: add a line to testdata/dockercmd/flags.tsv, whose head explains its columns",
					command, row.Name)
			}
		}
	}
}

var helpFlag = regexp.MustCompile(`(?m)^  (?:-(\w), |    )--([a-z0-9-]+)(?: ([a-zA-Z0-9-]+)  )?`)

// specialTypes are words of docker's for a type that have a plainer one here; a boolean has none in its help. A command and its
// flag are one whose type has changed: 29.0 made a list of it.
var specialTypes = map[string]string{"map": "list", "strings": "list", "gpu-request": "list", "network": "list", "uint16": "uint",
	"uint32": "uint", "": "bool",
	"load --platform": "list", "save --platform": "list"}

// checkHelp finds flags in one of docker's help texts that have no row, another letter or another type.
func checkHelp(t *testing.T, command, text string) {
	t.Helper()
	found := helpFlag.FindAllStringSubmatch(text, -1)
	for _, m := range found {
		letter, name := m[1], m[2]
		if refusedFlag(command, name) {
			continue
		}
		row, ok := rowOf(command, name)
		if !ok {
			t.Errorf("%s --%s has no row", command, name)
			continue
		}
		if letter != "" && letter[0] != row.Short {
			t.Errorf("%s --%s: letter %q, want %q", command, name, row.Short, letter)
		}
		if got := row.Value.Type(); got != m[3] && specialTypes[m[3]] != got && specialTypes[command+" --"+name] != got {
			t.Errorf("%s --%s: type %q, want %q", command, name, got, m[3])
		}
	}
	isHelp := func(spelling string) bool { return strings.Contains(text, "docker "+spelling) }
	if !slices.ContainsFunc(dockercmd.Spellings(dockercmd.New(command)), isHelp) {
		t.Errorf("this is no help of docker %s:\n%s", command, text)
	}
}

// commandOf returns the command that a file is named after.
func commandOf(name string) string {
	for _, command := range dockercmd.Names() {
		if file(command) == name {
			return command
		}
	}
	return name
}

// helpVersions are those whose help texts are kept.
var helpVersions = recordings.Clients

// TestStoredHelp holds the other half of the third law, for the help texts that are kept per version.
func TestStoredHelp(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(testdata, "help", "*", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, version := range helpVersions {
		for _, command := range dockercmd.Names() {
			if !lacking(t, version, command) {
				want++
			}
		}
	}
	if len(files) != want {
		t.Errorf("%d help texts, want %d: one for each command of %d versions", len(files), want, len(helpVersions))
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		checkHelp(t, commandOf(strings.TrimSuffix(filepath.Base(path), ".txt")), string(text))
	}
}

// TestLiveHelp holds the rows to the help of each client at hand, so that it is noticed when docker grows a flag, and keeps the
// stored texts true.
func TestLiveHelp(t *testing.T) {
	t.Parallel()
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		version, _, _ := strings.Cut(client.Version, "+") // a packager's own addition
		r := recorder.Start(t)
		for _, command := range dockercmd.Names() {
			if slices.Contains(helpVersions, version) && lacking(t, version, command) {
				continue
			}
			t.Run(command, func(t *testing.T) {
				t.Parallel()
				help := r.Do(t, client.Path, append(strings.Fields(command), "--help")...)
				if help.Exit != 0 {
					t.Fatalf("exit %d\n%s", help.Exit, help.Stderr)
				}
				checkHelp(t, command, help.Stdout)
				if slices.Contains(helpVersions, version) {
					golden.Dir(testdata).CheckString(t, "help/"+version+"/"+file(command)+".txt", help.Stdout)
				}
			})
		}
	})
}

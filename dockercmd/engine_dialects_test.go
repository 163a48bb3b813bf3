package dockercmd_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

// TestLacks holds the rows and the specs to the record of podman 4.3.1 and nerdctl 2.3.5. A row whose long name is not the one
// that is printed (Portable) is lacking only where its other names are lacking too; a command that a dialect lacks says nothing of
// its flags there.
func TestLacks(t *testing.T) {
	t.Parallel()
	takes := map[string]recordedFlag{}
	for _, f := range recordedFlags(t) {
		takes[f.command+" "+f.name] = f
	}
	for _, c := range recordedCommands(t) {
		command := dockercmd.New(c.name)
		if command == nil {
			continue
		}
		spec := command.Table().Spec()
		if want := lacks(c.podman, c.nerdctl); !slices.Equal(spec.Lacks, want) {
			t.Errorf("%s: lacks %v, want %v", c.name, spec.Lacks, want)
		}
		if want := strings.Trim(c.since, "-"); spec.Since != want {
			t.Errorf("%s: since %q, want %q", c.name, spec.Since, want)
		}
		for _, row := range dockercmd.Flags(command) {
			names := []string{row.Name}
			if row.Portable != "" {
				names = append(names, strings.Fields(row.Alias)...)
			}
			podman := slices.ContainsFunc(names, func(name string) bool { return takes[c.name+" "+name].podman })
			nerdctl := slices.ContainsFunc(names, func(name string) bool { return takes[c.name+" "+name].nerdctl })
			if want := lacks(podman || !c.podman, nerdctl || !c.nerdctl); !slices.Equal(row.Lacks, want) {
				t.Errorf("%s --%s: lacks %v, want %v", c.name, row.Name, row.Lacks, want)
			}
		}
	}
}

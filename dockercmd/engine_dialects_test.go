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
			if want := takes[c.name+" "+row.Name].podmanSince; row.Podman != want {
				t.Errorf("%s --%s: podman takes it from %q on, want %q", c.name, row.Name, row.Podman, want)
			}
		}
	}
}

// TestFlagsOfLaterPodman holds that what podman has only after 4.3 is refused before, and without a version, and taken then.
func TestFlagsOfLaterPodman(t *testing.T) {
	t.Parallel()
	c := &dockercmd.Update{PidsLimit: 5, Restart: dockercmd.RestartPolicy{Policy: "always"}, Containers: []string{"w1"}}
	for version, takes := range map[string]bool{"": false, "4.3.1": false, "5.4.2": true, "5.8.6": true} {
		err := dockercmd.Engine{Dialect: dockercmd.Podman, Version: version}.Check(c)
		if (err == nil) != takes {
			t.Errorf("podman %q: got %v, want it taken: %t", version, err, takes)
		}
	}
}

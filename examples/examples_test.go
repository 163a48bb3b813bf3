// Package examples holds the examples to what they promise.
package examples

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/worker"
)

func readSpecs(t testing.TB, name string) []worker.Spec {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	specs, err := worker.ReadSpecs(f, name)
	if err != nil {
		t.Fatal(err)
	}
	return specs
}

// TestSpecs reads, checks and plans every spec file.
func TestSpecs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %q, %v", files, err)
	}
	small := &worker.Machine{CPUs: 1, Memory: 256 * dockercmd.MiB, Zones: map[string]worker.Zone{"0": {CPUs: "0", Mems: "0"}}}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &worker.Manager{Root: "/srv/supervisor", Machine: small}
			if name == "storm.yaml" {
				m.Docker.Engine.Dialect = dockercmd.Storm
			}
			seen := map[string]bool{}
			for _, s := range readSpecs(t, name) {
				if seen[s.ID] {
					t.Errorf("worker %s is in it twice", s.ID)
				}
				seen[s.ID] = true
				if err := s.Validate(); err != nil {
					t.Error(err)
				}
				plan, err := m.Plan(t.Context(), s)
				if err != nil {
					t.Error(err)
					continue
				}
				if plan.Step(worker.StepRun) == nil {
					t.Errorf("the plan of %s has no run", s.ID)
				}
			}
		})
	}
}

// TestWorkerHasEveryKey holds worker.yaml to the keys of worker.Spec, in their order, each with a comment above it that says what
// happens without the key.
func TestWorkerHasEveryKey(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("worker.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	required := map[string]bool{"id": true, "image": true, "user": true, "command": true, "log-opts": true}
	for paragraph := range strings.SplitSeq(string(data), "\n\n") {
		var comment strings.Builder
		for line := range strings.Lines(paragraph) {
			if strings.HasPrefix(line, "#") {
				comment.WriteString(line)
				continue
			}
			key, _, ok := strings.Cut(line, ":")
			if !ok || strings.HasPrefix(line, " ") {
				continue
			}
			got = append(got, key)
			if comment.Len() == 0 || !required[key] && !strings.Contains(comment.String(), "Default: ") {
				t.Errorf("%s: no comment that names its default", key)
			}
		}
	}
	if want := keys(reflect.TypeFor[worker.Spec]()); !slices.Equal(got, want) {
		t.Errorf("got keys %q\nwant     %q", got, want)
	}
}

func keys(t reflect.Type) []string {
	var all []string
	for f := range t.Fields() {
		if f.Anonymous {
			all = append(all, keys(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		all = append(all, name)
	}
	return all
}

// TestReadme compares the program in README.md with the one that is tested.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("supervisor/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "```go\npackage main\n")
	if !ok {
		t.Fatal("README.md has no ```go block that begins with package main: put examples/supervisor/main.go there")
	}
	got, _, ok := strings.Cut("package main\n"+rest, "```")
	if !ok {
		t.Fatal("the block in README.md does not end")
	}
	if got != string(program) {
		t.Errorf("README.md shows another program than examples/supervisor/main.go: copy that file there\n%s",
			firstDifference(got, string(program)))
	}
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one is the beginning of the other"
}

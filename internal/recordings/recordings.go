// Package recordings gives tests what real programs have printed: [Read] returns one recording, [Fuzz] seeds a fuzzer with many.
// testdata/dockercmd/outputs/README.md says where and when each was made.
package recordings

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Versions are the docker clients whose commands and flags are recorded (flags.tsv, commands.tsv), the oldest first. To record
// a new version, add it here and a column's worth to these files; where its help and outputs are at hand too, add it to
// Clients.
var Versions = []string{"20.10.24", "28.2.2", "29.7.2"}

// Clients are the docker clients whose help and outputs were recorded, each in a folder of its name.
var Clients = []string{"20.10.24", "28.2.2"}

// Podman is the folder of podman's outputs.
const Podman = "podman-4.3.1"

// Podman5 is the folder of a later podman's outputs.
const Podman5 = "podman-5.8.6"

// Dir returns the folder of all recordings.
func Dir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../testdata/dockercmd/outputs")
}

// Read returns what a client printed.
func Read(t testing.TB, version, file string) []byte {
	t.Helper()
	out, err := os.ReadFile(filepath.Join(Dir(), version, file))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Fuzz fuzzes the parser of an output, seeded with the recordings whose names the patterns match, and with texts.
func Fuzz(f *testing.F, patterns []string, check func(t *testing.T, out []byte), seeds ...string) {
	f.Helper()
	for _, p := range patterns {
		files, err := filepath.Glob(filepath.Join(Dir(), "*", p))
		if err != nil || len(files) == 0 {
			f.Fatalf("no recording matches %s: %v", p, err)
		}
		for _, file := range files {
			f.Add(Read(f, filepath.Base(filepath.Dir(file)), filepath.Base(file)))
		}
	}
	for _, s := range append(seeds, "", "json", "[]", "{}", "[null]", "[[]]", "{", "null\n{}") {
		f.Add([]byte(s))
	}
	f.Fuzz(check)
}

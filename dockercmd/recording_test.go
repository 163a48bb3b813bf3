package dockercmd_test

import (
	"os"
	"path/filepath"
	"testing"
)

// recording is what a client printed; testdata/dockercmd/outputs/README.md says where and when.
func recording(t testing.TB, version, file string) []byte {
	t.Helper()
	out, err := os.ReadFile(filepath.Join(testdata, "outputs", version, file))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// recorded are the docker clients whose outputs were recorded.
var recorded = []string{"20.10.24", "28.2.2"}

// podman is a folder of recordings too.
const podman = "podman-4.3.1"

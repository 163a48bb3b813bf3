package enginetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// podman is looked up once in a test process.
var podman = sync.OnceValues(findPodman)

// Podman returns the podman on PATH as an Engine: its Docker is the program podman. When there is none that can run a container,
// it skips the test with the cause, or fails it if DOCKERCMD_REQUIRE_PODMAN is 1.
func Podman(t testing.TB) *Engine {
	t.Helper()
	e, err := podman()
	if err == nil {
		return new(*e)
	}
	cause := "there is no podman to test with: " + err.Error()
	if os.Getenv("DOCKERCMD_REQUIRE_PODMAN") == "1" {
		t.Fatal("DOCKERCMD_REQUIRE_PODMAN=1, but " + cause)
	}
	t.Skip("NOT TESTED, " + cause)
	return nil
}

func findPodman() (*Engine, error) {
	path, err := exec.LookPath("podman")
	if err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	e := &Engine{Docker: path, Image: imageName}
	if e.Version, err = e.try(pingDeadline, nil, "version", "--format={{.Client.Version}}"); err != nil {
		return nil, err
	}
	if err := e.importBusybox(imageName); err != nil {
		return nil, err
	}
	_, err = e.try(runDeadline, nil, "run", "--rm", "--network=none", imageName, "true")
	return e, err
}

package enginetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Client is a docker client on this machine.
type Client struct {
	// Path is absolute.
	Path string
	// Version is what the client says of itself, for instance "28.2.2".
	Version string
}

// Clients returns every docker client at hand, in the order in which they are found: on PATH, /usr/bin/docker, then
// the paths in DOCKERCMD_CLIENTS (a list like PATH, of files). One file under several names, and several files of one
// version, count once. No engine is needed. Something called docker that is not (podman's stand-in) is left out with a
// note in the test's log; one that DOCKERCMD_CLIENTS names fails the test instead. There may be none; with
// DOCKERCMD_QUICK=1 there are none.
func Clients(t testing.TB) []Client {
	t.Helper()
	if Quick() {
		return nil
	}
	named := filepath.SplitList(os.Getenv("DOCKERCMD_CLIENTS"))
	var paths []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		paths = append(paths, filepath.Join(dir, "docker"))
	}
	paths = append(paths, "/usr/bin/docker")

	var clients []Client
	for _, path := range slices.Concat(paths, named) {
		c, err := askVersion(path)
		switch {
		case err == nil:
			if !slices.ContainsFunc(clients, c.same) {
				clients = append(clients, c)
			}
		case slices.Contains(named, path):
			t.Fatalf("DOCKERCMD_CLIENTS: %v", err)
		case !os.IsNotExist(err):
			t.Logf("not a docker client: %v", err)
		}
	}
	return clients
}

func (c Client) same(other Client) bool {
	return c.Version == other.Version || c.Path == other.Path
}

// askVersion returns the Client at path, which it asks for its version; it keeps the path behind any links.
func askVersion(path string) (Client, error) {
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return Client{}, err
	}
	if file, err = filepath.Abs(file); err != nil {
		return Client{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), pingDeadline)
	defer cancel()
	out, err := exec.CommandContext(ctx, file, "--version").Output()
	if err != nil {
		return Client{}, fmt.Errorf("%s --version: %w", path, err)
	}
	// Docker version 28.2.2, build e6534b4
	rest, ok := strings.CutPrefix(string(out), "Docker version ")
	version, _, comma := strings.Cut(rest, ",")
	if !ok || !comma {
		return Client{}, fmt.Errorf("%s --version says %q", path, out)
	}
	return Client{Path: file, Version: version}, nil
}

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMethodsAreFresh wants go generate to have run.
func TestMethodsAreFresh(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "dockercmd")
	want, err := generate(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "methods.go"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), string(want)); diff != "" {
		t.Errorf("methods.go is not what the commands want; run go generate ./dockercmd: is -, want +\n%s", diff)
	}
}

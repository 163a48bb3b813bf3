package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSmall bounds what a program that is setuid root is made of: no network, no templates, no cgo, and few modules.
func TestSmall(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{with .Module}}{{.Path}}{{end}}", ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var modules []string
	for line := range strings.Lines(string(out)) {
		name, module, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, banned := range []string{"net/http", "crypto/tls", "text/template", "html/template", "plugin", "runtime/cgo", "net/rpc", "expvar"} {
			if name == banned {
				t.Errorf("it imports %s", name)
			}
		}
		if module != "" && !slices.Contains(modules, module) {
			modules = append(modules, module)
		}
	}
	slices.Sort(modules)
	want := []string{"al.essio.dev/pkg/shellescape", "github.com/docker/go-units", "github.com/dockercmd/toolkit", "github.com/google/shlex",
		"github.com/spf13/pflag", "go.yaml.in/yaml/v3", "golang.org/x/sys"}
	if diff := cmp.Diff(want, modules); diff != "" {
		t.Errorf("modules: want (-), got (+):\n%s", diff)
	}
}

// Package arrows holds the imports of the module to the table in ARCHITECTURE.md.
package arrows

import (
	"go/build"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/dockercmd/toolkit"

// row is a line of the table: | `folder/` | what it holds | `what`, `it` may import |.
var row = regexp.MustCompile("(?m)^\\| `([a-z0-9/-]+)/` \\|[^|]*\\| ([^|]*) \\|$")

var quoted = regexp.MustCompile("`([^`]+)`")

// table reads what each folder may import besides the standard library.
func table(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		var names []string
		for _, q := range quoted.FindAllStringSubmatch(m[2], -1) {
			names = append(names, q[1])
		}
		allowed[m[1]] = names
	}
	return allowed
}

// packages returns the folders of the module that hold Go code, by their path in it.
func packages(t *testing.T) []string {
	t.Helper()
	var dirs []string
	err := filepath.WalkDir("../..", func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return filepath.SkipDir
		}
		if goFiles, _ := filepath.Glob(filepath.Join(p, "*.go")); d.IsDir() && len(goFiles) > 0 {
			rel, _ := filepath.Rel("../..", p)
			dirs = append(dirs, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func TestImports(t *testing.T) {
	allowed := table(t)
	if len(allowed) < 8 {
		t.Fatalf("ARCHITECTURE.md has %d rows with imports, want one for each folder", len(allowed))
	}
	used := map[string]bool{}
	for _, dir := range packages(t) {
		if _, ok := allowed[dir]; !ok && strings.HasPrefix(dir, "internal/") {
			continue // a rig
		}
		folder := dir
		for _, ok := allowed[folder]; !ok && folder != "."; _, ok = allowed[folder] {
			folder = path.Dir(folder)
		}
		if folder == "." {
			t.Errorf("%s/ has no row in ARCHITECTURE.md", dir)
			continue
		}
		used[folder] = true
		pkg, err := build.ImportDir(filepath.Join("../..", dir), 0)
		if err != nil {
			if _, onlyTests := err.(*build.NoGoError); onlyTests {
				continue
			}
			t.Fatal(err)
		}
		for _, imported := range pkg.Imports {
			if name, foreign := arrow(imported); foreign && !slices.Contains(allowed[folder], name) {
				t.Errorf("%s/ imports %s, which its row in ARCHITECTURE.md does not allow", dir, imported)
			}
		}
	}
	for folder := range allowed {
		if !used[folder] && folder != "internal" && folder != "testdata" {
			t.Errorf("ARCHITECTURE.md has a row for %s/, which holds no Go code", folder)
		}
	}
}

// arrow returns an import as the table writes it; foreign reports whether it is outside the standard library.
func arrow(imported string) (name string, foreign bool) {
	if inside, ok := strings.CutPrefix(imported, module+"/"); ok {
		return inside, true
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return "", false
	}
	// A module is known by its last part: github.com/spf13/pflag is pflag, mvdan.cc/sh/v3/syntax is sh.
	parts := strings.Split(imported, "/")
	switch {
	case first == "github.com" || first == "golang.org":
		return parts[2], true
	case len(parts) > 2 && parts[1] == "pkg":
		return parts[2], true
	}
	return parts[1], true
}

// TestOnlyTestsUseTheRigs keeps the rigs out of the product: what is in internal/ without a row in the table.
func TestOnlyTestsUseTheRigs(t *testing.T) {
	allowed := table(t)
	for _, dir := range packages(t) {
		if strings.HasPrefix(dir, "internal/") {
			continue
		}
		pkg, err := build.ImportDir(filepath.Join("../..", dir), 0)
		if err != nil {
			continue // tests alone
		}
		for _, imported := range pkg.Imports {
			name, _ := arrow(imported)
			if _, ok := allowed[name]; !ok && strings.HasPrefix(name, "internal/") {
				t.Errorf("%s/ imports %s outside its tests", dir, imported)
			}
		}
	}
}

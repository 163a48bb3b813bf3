package dockercmd_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

// TestFlagDetails holds the rows to the record of API versions and of what podman 4.3.1 and nerdctl 2.3.5 split at commas.
func TestFlagDetails(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(testdata, "flag-details.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if columns := strings.Split(s.Text(), "\t"); len(columns) == 4 {
			want[columns[0]+" --"+columns[1]] = strings.ReplaceAll(columns[2], "-", "") + "|" + strings.ReplaceAll(columns[3], "-", "")
		}
	}
	if len(want) < 50 {
		t.Fatalf("the record has %d flags, want more", len(want))
	}
	for _, name := range dockercmd.Names() {
		for _, f := range dockercmd.Flags(dockercmd.New(name)) {
			recorded := want[name+" --"+f.Name]
			if recorded == "" {
				recorded = "|"
			}
			if got := f.API + "|" + dialects(f.Splits); got != recorded {
				t.Errorf("%s --%s: API and Splits %q, want %q", name, f.Name, got, recorded)
			}
		}
	}
}

// dialects returns dialects as the record has them.
func dialects(list []dockercmd.Dialect) string {
	var names []string
	for _, d := range list {
		names = append(names, string(d))
	}
	return strings.Join(names, " ")
}

package policy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/policy"
)

// corpusCase is one line of the corpus: what must be denied, by just these rules, or, without rules, allowed.
type corpusCase struct {
	ID     string
	Policy string // a profile, or a file of testdata/policy; "" is hardened
	Argv   []string
	Rules  []string
	Why    string
}

// unreadable stands in the corpus for the rule of lines that cannot be parsed.
const unreadable = "unreadable"

func readCorpus(t testing.TB, pattern string) []corpusCase {
	t.Helper()
	files, err := filepath.Glob("../testdata/policy/" + pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var all []corpusCase
	for _, name := range files {
		readLines(t, name, func(data []byte) error {
			var c corpusCase
			err := json.Unmarshal(data, &c)
			all = append(all, c)
			return err
		})
	}
	return all
}

// corpusPolicy returns the policy of a case.
func corpusPolicy(t testing.TB, name string) *policy.Policy {
	t.Helper()
	var p *policy.Policy
	var err error
	switch {
	case name == "":
		p, err = policy.Profile("hardened")
	case strings.HasSuffix(name, ".yaml"):
		var f *os.File
		if f, err = os.Open("../testdata/policy/" + name); err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p, err = policy.Read(f, name)
	default:
		p, err = policy.Profile(name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// corpusScope is who asks in a case.
func corpusScope(name string) policy.Scope {
	s := policy.Scope{Denied: []string{"/var/lib/dockercmd", "/etc/dockercmd"}, Sources: []string{"/var/lib/dockercmd/work/w1/work"}}
	if name == "site.yaml" {
		s.Labels = map[string]string{"dockercmd.owner": "2000"}
	}
	return s
}

// rulesOf returns the rules that speak against a line, each once, sorted.
func rulesOf(t testing.TB, h policy.Host, c corpusCase) []string {
	line, err := dockercmd.ParseCommandLine(c.Argv)
	if err != nil {
		return []string{unreadable}
	}
	d := corpusPolicy(t, c.Policy).Judge(line, corpusScope(c.Policy), h)
	var rules []string
	for _, f := range d.Findings {
		rules = append(rules, f.Rule)
		if policy.Rules()[f.Rule] == "" {
			t.Errorf("%s: no text of the rule %s", c.ID, f.Rule)
		}
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// TestAttacks checks that every attack is denied, by just the rules that are meant to.
func TestAttacks(t *testing.T) {
	t.Parallel()
	h := readHost(t)
	all := readCorpus(t, "attacks/*.jsonl")
	if len(all) < 300 {
		t.Errorf("only %d attacks", len(all))
	}
	for _, c := range all {
		if got := rulesOf(t, h, c); !cmp.Equal(got, c.Rules) {
			t.Errorf("%s: %q\nis denied by %q, and should be by %q", c.ID, c.Argv, got, c.Rules)
		}
	}
}

// TestBenign checks that what is harmless is allowed.
func TestBenign(t *testing.T) {
	t.Parallel()
	h := readHost(t)
	all := readCorpus(t, "benign/*.jsonl")
	if len(all) < 100 {
		t.Errorf("only %d benign lines", len(all))
	}
	for _, c := range all {
		if got := rulesOf(t, h, c); len(got) > 0 {
			t.Errorf("%s: %q\nis denied by %q", c.ID, c.Argv, got)
			line, err := dockercmd.ParseCommandLine(c.Argv)
			if err == nil {
				t.Error(corpusPolicy(t, c.Policy).Judge(line, corpusScope(c.Policy), h).Err())
			} else {
				t.Error(err)
			}
		}
	}
}

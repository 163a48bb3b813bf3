package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/policy"
)

// TestClassified checks that each flag of each command that can be allowed has a rule or is known to need none. When the table grows
// a flag, decide in rules.go what it can do.
func TestClassified(t *testing.T) {
	t.Parallel()
	for _, name := range policy.Subcommands() {
		c := dockercmd.New(name)
		if c == nil {
			t.Errorf("no command %s", name)
			continue
		}
		judged, harmless := policy.Classified(name)
		for _, f := range dockercmd.Flags(c) {
			if !slices.Contains(judged, f.Name) && !slices.Contains(harmless, f.Name) {
				t.Errorf("docker %s --%s has no rule", name, f.Name)
			}
		}
	}
}

// TestZeroDenies checks that a policy without a word allows nothing.
func TestZeroDenies(t *testing.T) {
	t.Parallel()
	h := readHost(t)
	for _, c := range readCorpus(t, "benign/*.jsonl") {
		line, err := dockercmd.ParseCommandLine(c.Argv)
		if err != nil {
			t.Fatal(err)
		}
		if d := new(policy.Policy).Judge(line, policy.Scope{}, h); d.Allowed() {
			t.Errorf("%s is allowed by nothing", c.ID)
		} else if err := d.Err(); !errors.Is(err, policy.ErrDenied) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
	}
	if d := new(policy.Policy).Judge(dockercmd.CommandLine{}, policy.Scope{}, h); d.Allowed() {
		t.Error("no command is allowed")
	}
}

// TestOwned checks that containers are the caller's when the Scope says so, whatever they are called.
func TestOwned(t *testing.T) {
	t.Parallel()
	p := corpusPolicy(t, "site.yaml")
	scope := policy.Scope{Owned: func(container string) error {
		if container == "alice-1" || container == strings.Repeat("a", 64) {
			return nil
		}
		return errors.New("is bob's")
	}}
	for line, want := range map[string]bool{
		"stop alice-1": true, "stop " + strings.Repeat("a", 64): true, "stop alice-2": false, "kill alice-1 bob-1": false,
		"logs " + strings.Repeat("b", 64): false,
	} {
		l, err := dockercmd.ParseCommandLine(append([]string{"docker"}, strings.Fields(line)...))
		if err != nil {
			t.Fatal(err)
		}
		if d := p.Judge(l, scope, readHost(t)); d.Allowed() != want {
			t.Errorf("docker %s: %v", line, d.Err())
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"version: 1\nprofile: hardened\n": "",
		"version: 1\n":                    "",
		"":                                "no keys and values",
		"profile: hardened\n":             "version 0",
		"version: 2\n":                    "version 2",
		"version: 1\nprofile: soft\n":     `no profile "soft"`,
		"version: 1\nsubcommand: [run]\n": "p.yaml:2:1",
		"version: 1\nsubcommands: [run, build]\n":                          `"build" cannot be allowed`,
		"version: 1\nusers: {ids: [10-5]}\n":                               "10-5",
		"version: 1\nusers: {ids: [-1]}\n":                                 "-1",
		"version: 1\nmounts: {read-write: [srv]}\n":                        "no plain absolute path",
		"version: 1\nmounts: {read-only: [/srv/../etc]}\n":                 "no plain absolute path",
		"version: 1\nimages: {allow: ['*/x']}\n":                           "neither a reference",
		"version: 1\nimages: {allow: ['team/*']}\n":                        "no registry",
		"version: 1\nimages: {allow: ['registry.example.com/team/*']}\n":   "",
		"version: 1\nimages: {allow: ['registry.example.com/*', 'x:1']}\n": "",
		"version: 1\nkernel: {cap-add: [CAP_CHOWN]}\n":                     "without CAP_",
		"version: 1\nkernel: {cap-add: [ALL]}\n":                           "without CAP_",
		"version: 1\nlimits: {required: [swap]}\n":                         "none of memory",
		"version: 1\nnetwork: {ports: ['localhost:1-2']}\n":                "no address",
		"version: 1\nnetwork: {ports: ['127.0.0.1:9-2']}\n":                "127.0.0.1:9-2",
		"version: 1\ncontainers: ['a*b']\n":                                "not at its end",
		"version: 1\nreserved-labels: ['']\n":                              "reserves all labels",
		"version: 1\nstop-timeout: -1\n":                                   "below 0",
		"version: 1\n---\nversion: 1\n":                                    "a second document",
		"version: 1\nversion: 1\n":                                         "p.yaml:2",
		strings.Repeat("[", 100_000):                                       "not a policy",
		"version: 1\nlabels: [" + strings.Repeat("a,", maxPolicy) + "b]\n": "larger than",
	} {
		p, err := policy.Read(strings.NewReader(text), "p.yaml")
		switch {
		case want == "" && (err != nil || p == nil):
			t.Errorf("%.60q: %v", text, err)
		case want != "" && (err == nil || !errors.Is(err, policy.ErrPolicy) || !strings.Contains(err.Error(), want)):
			t.Errorf("%.60q: got %v, want %q in it", text, err, want)
		}
	}
}

const maxPolicy = 256 << 10

// TestProfileFile checks that a file changes what it names of its profile, and nothing else.
func TestProfileFile(t *testing.T) {
	t.Parallel()
	p, err := policy.Read(strings.NewReader("version: 1\nprofile: hardened\nmounts: {read-write: [/x]}\nenv: []\n"), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := policy.Profile("hardened")
	if err != nil {
		t.Fatal(err)
	}
	want.Mounts.ReadWrite, want.Env = []string{"/x"}, policy.Names{}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	again, err := policy.Profile("hardened")
	if err != nil || cmp.Equal(again, p) {
		t.Errorf("the profile has changed: %v", err)
	}
}

// FuzzJudge checks that a line and what is rendered of it are judged alike, and that no line makes the judge fail.
func FuzzJudge(f *testing.F) {
	for _, c := range slices.Concat(readCorpus(f, "attacks/*.jsonl"), readCorpus(f, "benign/*.jsonl")) {
		f.Add(strings.Join(c.Argv, "\x00"))
	}
	h := readHost(f)
	policies := []*policy.Policy{corpusPolicy(f, ""), corpusPolicy(f, "site.yaml"), corpusPolicy(f, "permissive"),
		corpusPolicy(f, "storm-site.yaml")}
	f.Fuzz(func(t *testing.T, text string) {
		line, err := dockercmd.ParseCommandLine(strings.Split(text, "\x00"))
		if err != nil {
			return
		}
		for _, p := range policies {
			first := p.Judge(line, corpusScope("site.yaml"), h)
			back, err := dockercmd.ParseCommandLine(line.Args())
			if err != nil {
				if first.Allowed() {
					t.Fatalf("%q is allowed and cannot be read back: %v", line.Args(), err)
				}
				continue
			}
			if second := p.Judge(back, corpusScope("site.yaml"), h); !cmp.Equal(first, second) && first.Allowed() != second.Allowed() {
				t.Fatalf("%q: %v, and of what is rendered %v", line.Args(), first.Err(), second.Err())
			}
		}
	})
}

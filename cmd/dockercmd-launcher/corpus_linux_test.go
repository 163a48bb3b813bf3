package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

const corpusRole = "corpus"

// corpusCase is a case of package policy's corpus.
type corpusCase struct {
	ID, Policy string
	Argv       []string
	Rules      []string
}

// TestCorpus puts each case of package policy's corpus through the launcher, installed setuid root, as a user without rights. What is
// denied is denied by the same rules, and docker is not started; what is allowed reaches docker as the canonical line, with the
// caller's label and containers by id, and with none of the caller's environment.
func TestCorpus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var cases []corpusCase
	for _, pattern := range []string{"attacks/*.jsonl", "benign/*.jsonl"} {
		files, err := filepath.Glob("../../testdata/policy/" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, name := range files {
			readLines(t, name, func(data []byte) error {
				var c corpusCase
				err := json.Unmarshal(data, &c)
				cases = append(cases, c)
				return err
			})
		}
	}
	for _, name := range []string{"site.yaml", "storm-site.yaml"} {
		w.copyFile(t, "../../testdata/policy/"+name, "etc/dockercmd/"+name, 0o644)
	}
	for _, name := range []string{"hardened", "permissive"} {
		w.write(t, "etc/dockercmd/"+name+".yaml", "version: 1\nprofile: "+name+"\nmounts:\n  denied: [/var/lib/dockercmd]\n", 0o644)
	}
	data, err := json.Marshal(corpusRun{w.root, hostFiles(t), cases})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	apart(t, corpusRole, name)
}

// corpusRun is what the process that plays the corpus is told.
type corpusRun struct {
	Root  string
	Files []hostFile
	Cases []corpusCase
}

func playCorpus(args []string) int {
	var r corpusRun
	data, err := os.ReadFile(args[0])
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	w := &world{r.Root}
	if err == nil {
		err = w.mounts(r.Files)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	byPolicy := map[string][]corpusCase{}
	for _, c := range r.Cases {
		if c.Policy == "" {
			c.Policy = "hardened"
		}
		name := strings.TrimSuffix(c.Policy, ".yaml") + ".yaml"
		byPolicy[name] = append(byPolicy[name], c)
	}
	failed, played := 0, 0
	for _, name := range slices.Sorted(maps.Keys(byPolicy)) {
		uid, prefix := 1000, "prefix: ''\n"
		if name == "site.yaml" {
			uid, prefix = 2000, ""
		}
		if err := w.configure(prefix + "policy: /etc/dockercmd/" + name + "\n"); err != nil {
			fmt.Println(err)
			return 1
		}
		for _, c := range byPolicy[name] {
			if isOther(c) {
				continue
			}
			played++
			if err := w.play(c, uid); err != nil {
				failed++
				fmt.Printf("%s (%s): %q: %v\n", c.ID, name, c.Argv, err)
			}
		}
	}
	fmt.Printf("%d cases, %d failed\n", played, failed)
	return min(failed, 1)
}

// isOther reports whether a case is not the launcher's: the Manager's own directories, and the label that the launcher adds.
func isOther(c corpusCase) bool {
	if slices.Contains(c.Argv, "/var/lib/dockercmd/work/w1/work:/worker") {
		return true
	}
	return slices.Equal(c.Rules, []string{"label.reserved"}) && !slices.ContainsFunc(c.Argv, func(word string) bool {
		return strings.Contains(word, "dockercmd.") || strings.Contains(word, "com.docker.")
	})
}

// play puts one case through the launcher.
func (w *world) play(c corpusCase, uid int) error {
	script, err := scripts.Command{Argv: c.Argv}.Bytes()
	if err != nil {
		return err
	}
	a, err := w.ask(uid, string(script))
	if err != nil {
		return err
	}
	if len(c.Rules) > 0 {
		return w.wantDenied(c, a)
	}
	line, err := dockercmd.ParseCommandLine(c.Argv)
	if err != nil {
		return err
	}
	switch command := line.Command.(type) {
	case *dockercmd.Run:
		command.Labels = withOwner(command.Labels, uid)
	case *dockercmd.Create:
		command.Labels = withOwner(command.Labels, uid)
	}
	want := line.Args()[1:]
	if len(a.Argv) == len(want) {
		for i, word := range want {
			if a.Argv[i] == anID && (strings.HasPrefix(word, "w") || word == "alice-1") {
				want[i] = anID
			}
		}
	}
	if diff := cmp.Diff(want, a.Argv); diff != "" || a.Status != 0 {
		return fmt.Errorf("status %d, %s; want (-), got (+):\n%s", a.Status, a.Stderr, diff)
	}
	return w.checkDocker(uid)
}

func withOwner(labels map[string]string, uid int) map[string]string {
	all := map[string]string{ownerLabel: strconv.Itoa(uid)}
	maps.Copy(all, labels)
	return all
}

// wantDenied checks that a case was denied by its rules, and that docker was not started.
func (w *world) wantDenied(c corpusCase, a answer) error {
	if a.Argv != nil {
		return fmt.Errorf("docker was started with %q", a.Argv)
	}
	outcome, rules, err := w.lastRules()
	if err != nil {
		return err
	}
	if slices.Equal(c.Rules, []string{"unreadable"}) || slices.Equal(c.Rules, []string{"program"}) {
		if a.Status != int(statusRequest) {
			return fmt.Errorf("status %d: %s", a.Status, a.Stderr)
		}
		return nil
	}
	if c.Argv[0] != "docker" { // another program is none of the launcher's lines
		if a.Status != int(statusRequest) {
			return fmt.Errorf("status %d: %s", a.Status, a.Stderr)
		}
		return nil
	}
	if a.Status != int(statusDenied) || outcome != "denied" || !slices.Equal(rules, c.Rules) {
		return fmt.Errorf("status %d, %s by %q, want denied by %q: %s", a.Status, outcome, rules, c.Rules, a.Stderr)
	}
	return nil
}

// checkDocker checks as whom docker ran, and with what environment.
func (w *world) checkDocker(uid int) error {
	id, err := os.ReadFile(w.path("out/id"))
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("uid=%d", uid); !strings.HasPrefix(string(id), want) || !strings.Contains(string(id), "gid=999") ||
		strings.Contains(string(id), "3000") {
		return fmt.Errorf("docker ran as %s", id)
	}
	env, err := os.ReadFile(w.path("out/env"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(env)) {
		name, _, _ := strings.Cut(line, "=")
		if !slices.Contains([]string{"PATH", "HOME", "DOCKER_CONFIG", "LANG", "PWD", "SHLVL"}, name) || strings.Contains(line, "alice") {
			return fmt.Errorf("docker had %q in its environment", line)
		}
	}
	return nil
}

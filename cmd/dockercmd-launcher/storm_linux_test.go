package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/golden"
)

// stormCase is a command file that Storm's own worker-launcher was given, and what docker then got; see TestStormCorpus of package
// dockercmd.
type stormCase struct {
	File string
	Exit int
	Argv []string
}

// stormPolicy is the storm profile of a site that allows every image, its directories and groups.
const stormPolicy = `version: 1
profile: storm
images: {allow: ["*"], pull: ["", missing]}
users: {ids: [1-2147483647], groups: [1-2147483647], names: ["*"], optional: true}
mounts: {read-only: [/], read-write: [/srv]}
files: {write: [/srv]}
network: {networks: ["*", "", host]}
kernel: {drop-all: false, no-new-privileges: false, read-only-root: false, cgroup-parents: ["", /storm]}
exec: ["*"]
formats: ["*"]
`

// newStormWorld makes a world whose launcher speaks Storm's protocol.
func newStormWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.write(t, "etc/dockercmd/storm.yaml", stormPolicy, 0o644)
	if err := w.configure("storm: true\nprefix: ''\nwork: /srv/user\npolicy: /etc/dockercmd/storm.yaml\n"); err != nil {
		t.Fatal(err)
	}
	return w
}

// askStorm has the launcher run a command file in Storm's protocol.
func (w *world) askStorm(t testing.TB, file string) answer {
	t.Helper()
	w.write(t, "home/storm", file, 0o600)
	if err := os.Chown(w.path("home/storm"), 1000, 1000); err != nil {
		t.Fatal(err)
	}
	a, err := w.do(call{uid: 1000, args: []string{"alice", "run-docker-cmd", "/nonexistent", "/home/storm"}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// stormVerdict says how what docker got compares with what it gets of Storm's own launcher.
func (w *world) stormVerdict(t testing.TB, theirs []string, a answer) string {
	t.Helper()
	if a.Argv == nil {
		_, rules, err := w.lastRules()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("status %d %s", a.Status, strings.Join(rules, " "))
	}
	same := "the same"
	if last := len(theirs) - 1; last >= 0 && strings.HasSuffix(theirs[last], "\n") {
		theirs = slices.Clone(theirs)
		if theirs[last] = strings.TrimSuffix(theirs[last], "\n"); theirs[last] == "" {
			theirs = theirs[:last]
		}
		same = "the same, without the line break in its last word"
	}
	got, errGot := dockercmd.Parse(a.Argv)
	want, err := dockercmd.Parse(theirs)
	if err := errors.Join(err, errGot); err != nil {
		return "docker was started, and not with what can be read: " + err.Error()
	}
	if r, ok := want.(*dockercmd.Run); ok {
		r.Labels = withOwner(r.Labels, 1000)
	} else if words := dockercmd.Operands(want); slices.Contains(dockercmd.Operands(got), anID) {
		for i, word := range dockercmd.Operands(got) {
			if i < len(words) && word == anID {
				words[i] = anID
			}
		}
		if err := dockercmd.SetOperands(want, words); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got.Args(), want.Args()) {
		return fmt.Sprintf("docker got %q, and of theirs %q", a.Argv, theirs)
	}
	return same
}

// TestStormCorpus gives the launcher each command file that was recorded with Storm's own. What docker gets is the same but for the
// label and the ids, or it gets nothing, by a rule; testdata/storm.txt is the table of that.
func TestStormCorpus(t *testing.T) {
	t.Parallel()
	w := newStormWorld(t)
	var table strings.Builder
	tally := map[string]int{}
	readLines(t, "../../testdata/dockercmd/storm/corpus.jsonl", func(data []byte) error {
		var c stormCase
		if err := json.Unmarshal(data, &c); err != nil {
			return err
		}
		verdict := w.stormVerdict(t, c.Argv, w.askStorm(t, c.File))
		if c.Exit != 0 && strings.HasPrefix(verdict, "the same") || strings.HasPrefix(verdict, "docker ") {
			t.Errorf("%q: theirs %d, ours: %s", c.File, c.Exit, verdict)
		}
		tally[strings.Fields(verdict)[0]]++
		fmt.Fprintf(&table, "%.100q\n\ttheirs %d, ours: %s\n", c.File, c.Exit, verdict)
		return nil
	})
	golden.Check(t, "storm.txt", table.String())
	if tally["the"] < 18 {
		t.Errorf("few are the same: %v", tally)
	}
}

// stormWords are what random command files are made of.
var stormWords = []string{"run", "stop", "rm", "ps", "wait", "inspect", "exec", "pull", "kill", "events", "img", "busybox:1", "w1", "w-2",
	"--name=w1", "--name", "--user=2000:2000", "--user=0:0", "--rm", "--net=host", "--net", "host", "-d", "-dd", "-v", "/srv/data:/x",
	"-v/srv/data:/x", "-v=/:/x", "/:/x", "--cgroup-parent=/storm", "--cgroup-parent=/", "--cap-add=ALL", "--cap-drop=ALL", "--device=/dev/sda",
	"--detach=true", "--detach", "--group-add=5", "--group-add", "0", "--read-only", "--security-opt=no-new-privileges",
	"--security-opt", "seccomp=unconfined", "--cpus=1.5", "--cpu-shares=5", "--cidfile=/srv/data/c", "--force", "--time=5", "--quiet=true",
	"--filter=name=w1", "--format={{.Id}}", "--", "-", "--privileged", "--memory=5m", "--na=w3", "-H", "tcp://x", "bash", "-c", "sleep",
	"--workdir=/x", "--type=container", "--config=/x", "\t", "$(id)", ";", "sh"}

// TestStormRandom gives the launcher random command files: what docker gets is what it gets of Storm's own launcher, as package
// dockercmd predicts that by the recordings, or nothing.
func TestStormRandom(t *testing.T) {
	t.Parallel()
	w := newStormWorld(t)
	count := 1000
	if testing.Short() {
		count = 200
	}
	random := rand.New(rand.NewPCG(1, 2))
	tally := map[string]int{}
	for range count {
		words := []string{stormWords[random.IntN(10)]}
		for range random.IntN(8) {
			words = append(words, stormWords[random.IntN(len(stormWords))])
		}
		if words[0] == "run" && random.IntN(2) == 0 {
			words = slices.Insert(words, 1, "--name=w1", "--user=2000:2000", "--net=host")
		}
		file := strings.Join(words, " ")
		theirs, err := dockercmd.ReadStorm([]byte(file))
		a := w.askStorm(t, file)
		if err != nil && a.Argv != nil {
			t.Errorf("%q: docker was started with %q, and theirs refuses: %v", file, a.Argv, err)
			continue
		}
		verdict := w.stormVerdict(t, theirs, a)
		if strings.HasPrefix(verdict, "docker ") {
			t.Errorf("%q: %s", file, verdict)
		}
		tally[strings.Fields(verdict)[0]+" "+strconv.Itoa(a.Status)]++
	}
	t.Log(tally)
	if tally["the 0"] < count/50 {
		t.Errorf("few are the same: %v", tally)
	}
}

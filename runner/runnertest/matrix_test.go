package runnertest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/golden"
)

// TestEngineMatrix keeps docs/engine-contract.md true: what the recordings of each engine have in common with those of docker 28.5.
// TestContract and TestPodmanContract hold the recordings to the engines.
func TestEngineMatrix(t *testing.T) {
	t.Parallel()
	m := matrix{t: t}
	m.write()
	golden.Dir("../../docs").CheckString(t, "engine-contract.md", m.text.String())
}

// A played line is what a line of a scenario did.
type playedLine struct {
	line, stdout, stderr, ending string
}

// difference is how far two engines are apart in one line.
type difference int

const (
	same    difference = iota
	words              // in what standard error says alone
	result             // in the exit code or on standard output
	unknown            // one of them says something else each time
)

func (p playedLine) differs(other playedLine) difference {
	switch {
	case p.ending == notHeld || other.ending == notHeld:
		return unknown
	case p.ending != other.ending || p.stdout != other.stdout:
		return result
	case p.stderr != other.stderr:
		return words
	}
	return same
}

// column is an engine of the table, held against docker 28.5, and listed by what it does otherwise than another one.
type column struct {
	engineVersion
	title string
	from  string // the Debian release that has it
	than  string // the name of the engine that its list refers to
}

var columns = []column{
	{engineVersion{name: "20.10"}, "docker 20.10", "bookworm", "28.5"},
	{engineVersion{name: "26.1"}, "docker 26.1", "trixie", "28.5"},
	{engineVersion{name: "28.5"}, "docker 28.5", "sid", ""},
	{engineVersion{name: "podman-5.4"}, "podman 5.4", "trixie", "podman-5.8"},
	{engineVersion{name: "podman-5.8"}, "podman 5.8", "sid", "28.5"},
}

func columnOf(name string) column {
	return columns[slices.IndexFunc(columns, func(c column) bool { return c.name == name })]
}

// played returns what was recorded of a scenario on an engine.
func (c column) played(t *testing.T, s scenario) []playedLine {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(string(recorded), c.file(s)))
	if err != nil {
		t.Fatal(err)
	}
	var all []playedLine
	for block := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n\n"), "\n\n$ ") {
		line, rest, _ := strings.Cut(strings.TrimPrefix(block, "$ "), "\n")
		p := playedLine{line: line}
		for l := range strings.Lines(rest) {
			switch l = strings.TrimSuffix(l, "\n"); {
			case strings.HasPrefix(l, "1|"):
				p.stdout += l[2:] + "\n"
			case strings.HasPrefix(l, "2|"):
				p.stderr += l[2:] + "\n"
			case strings.HasPrefix(l, "= "):
				p.ending = l[2:]
			default:
				t.Fatalf("%s: %q is no line of a recording", c.file(s), l)
			}
		}
		all = append(all, p)
	}
	return all
}

type matrix struct {
	t    *testing.T
	text strings.Builder
}

func (m *matrix) printf(format string, args ...any) { fmt.Fprintf(&m.text, format, args...) }

func (m *matrix) write() {
	m.printf("%s", matrixHead)
	m.engines()
	m.printf("%s", matrixCases)
	m.cases()
	m.printf("%s", matrixWords)
	for _, c := range slices.Backward(columns) {
		if c.than != "" {
			m.list(c)
		}
	}
}

// cases writes the table of cases.
func (m *matrix) cases() {
	head, rule := "| case | lines |", "|---|---|"
	for _, c := range columns {
		head, rule = head+" "+c.title+" |", rule+"---|"
	}
	m.printf("%s\n%s\n", head, rule)
	for _, s := range scenarios {
		want := columnOf("28.5").played(m.t, s)
		m.printf("| %s | %d |", s.name, len(want))
		for _, c := range columns {
			count := m.compare(c, columnOf("28.5"), s)
			switch {
			case count[result] > 0:
				m.printf(" %d differ |", count[result])
			case count[words] > 0:
				m.printf(" words |")
			default:
				m.printf(" same |")
			}
		}
		m.printf("\n")
	}
}

// compare counts the lines of a scenario by how far two engines are apart.
func (m *matrix) compare(c, than column, s scenario) (count [4]int) {
	got, want := c.played(m.t, s), than.played(m.t, s)
	if len(got) != len(want) {
		m.t.Fatalf("%s: %d lines were recorded on %s, %d on %s", s.name, len(got), c.title, len(want), than.title)
	}
	for i := range got {
		count[got[i].differs(want[i])]++
	}
	return count
}

// list writes which lines have another result than on the engine that a column refers to.
func (m *matrix) list(c column) {
	than := columnOf(c.than)
	var lines [4]int
	for _, s := range scenarios {
		for d, n := range m.compare(c, than, s) {
			lines[d] += n
		}
	}
	m.printf("\n## %s beside %s\n\n%d lines do the same, %d with other words on standard error; %d have another exit code or output; %d are not held.\n\n",
		c.title, than.title, lines[same], lines[words], lines[result], lines[unknown])
	m.printf("| case | line | %s | %s |\n|---|---|---|---|\n", than.title, c.title)
	for _, s := range scenarios {
		name := s.name
		got, want := c.played(m.t, s), than.played(m.t, s)
		for i := range got {
			if got[i].differs(want[i]) != result || onlyCode(want[i], got[i]) {
				continue
			}
			theirs, ours := apart(want[i], got[i])
			m.printf("| %s | %s | %s | %s |\n", name, code(got[i].line, 90), theirs, ours)
			name = ""
		}
	}
}

// onlyCode reports whether all that is different is that podman ends with 125 where docker ends with 1.
func onlyCode(docker, podman playedLine) bool {
	return docker.ending == "exit 1" && podman.ending == "exit 125" &&
		strings.TrimSpace(docker.stdout) == strings.TrimSpace(podman.stdout)
}

// apart says of two results, each in a few words, where they part: the exit codes and the first line of output.
func apart(a, b playedLine) (string, string) {
	var as, bs []string
	if a.ending != b.ending {
		as, bs = append(as, a.ending), append(bs, b.ending)
	}
	if a.stdout != b.stdout {
		x, y := strings.Split(a.stdout, "\n"), strings.Split(b.stdout, "\n")
		i := 0
		for i < len(x)-1 && i < len(y)-1 && x[i] == y[i] {
			i++
		}
		from := 0
		for from < min(len(x[i]), len(y[i])) && x[i][from] == y[i][from] {
			from++
		}
		as, bs = append(as, printed(x[i], from)), append(bs, printed(y[i], from))
	}
	return strings.Join(as, ", "), strings.Join(bs, ", ")
}

// printed returns a line of output from a little before the place where it parts from another's.
func printed(line string, from int) string {
	if line == "" {
		return "no output"
	}
	if from > 60 {
		line = "…" + strings.ToValidUTF8(line[from-30:], "")
	}
	return code(strings.TrimSpace(line), 70)
}

// code returns a text as code in a cell of a table, of so many characters at most.
func code(text string, most int) string {
	if r := []rune(text); len(r) > most {
		text = string(r[:most-1]) + "…"
	}
	return "`` " + strings.ReplaceAll(text, "|", `\|`) + " ``"
}

// engines writes the table of engines, with the versions that the recordings name.
func (m *matrix) engines() {
	version := scenarios[slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == "version" })]
	m.printf("| engine | from Debian | recorded with | API |\n|---|---|---|---|\n")
	for _, c := range columns {
		words := strings.Fields(c.played(m.t, version)[0].stdout)
		if strings.HasPrefix(c.name, "podman") {
			m.printf("| %s | %s | its own program, %s | none: it runs no daemon |\n", c.title, c.from, words[0])
			continue
		}
		m.printf("| %s | %s | client %s | %s, from %s on |\n", c.title, c.from, words[0], words[4], words[5])
	}
}

const matrixHead = `# How engines behave

` + "`GOLDEN=update go test ./runner/runnertest -run TestEngineMatrix`" + ` writes this file from the recordings in testdata/runnertest, and the
test holds it; it needs no engine. TestContract holds the recordings of docker to real engines, and the fake docker to those of 20.10
and 28.5: in their columns, the engine does what the fake of that version does. ` + "`make test-podman`" + ` holds podman's. What flags each
takes is in [engines.md](engines.md).

## The engines

`

const matrixCases = `
All were played as root, with the cgroupfs driver and runc, on a machine with cgroup v1 and v2. Where the group of a container lies:

| | cgroupfs driver | systemd driver |
|---|---|---|
| docker | docker/ID, or PARENT/ID | system.slice/docker-ID.scope, or in the parent slice |
| podman | libpod_parent/libpod-ID, or PARENT/libpod-ID | machine.slice/libpod-ID.scope, or in the parent slice |

Podman's monitor is beside the container, in libpod_parent/conmon or libpod-conmon-ID.scope. Podman 5 warns of cgroup v1 on the
standard error of each line, unless PODMAN_IGNORE_CGROUPSV1_WARNING is set, as it was here. Package cgroupread finds them all.

## The cases

Each case of the contract beside docker 28.5: "same" is every exit code and every word, "words" is that only standard error reads
otherwise, and a number counts the lines whose exit code or output is another. Lines that are not held are in no count (see below).

`

const matrixWords = `
## What podman does otherwise, in words

* What fails ends with 125, where docker ends with 1 (exec with 255, rm with 1 or 2), and with podman's own words.
* Of several names, one that does not exist makes kill, pause, restart, stop and wait do nothing, also to the others.
* ` + "`rm --force`" + ` stops a running container first and waits for its stop timeout, 10 s, where docker kills it at once, as
  ` + "`rm --force --time 0`" + ` does.
* ` + "`run`" + ` of a program that is not there prints no id. The container stays created, with exit code 0 and the error in
  inspect's State.Error; docker has the code there too.
* ` + "`events --until`" + ` with a time that has passed prints all, some or none of what has happened. Such lines are not held, and are in
  no count. ` + "`events --stream=false`" + ` without --until prints all. Its events have no Action and no Actor for --format.
* ` + "`ps`" + ` lists the oldest first. Its formats have no LocalVolumes, and a table none of Label.
* ` + "`ps --quiet --format`" + ` prints the format, and docker the ids.
* Images without a registry are localhost/NAME. Inspect's Name has no slash.
* A paused container is not State.Running, stays paused when it is sent a signal, and is neither stopped nor restarted.
* stop and restart have no --signal. ` + "`exec --detach`" + ` prints an id. ` + "`run --rm --cidfile`" + ` removes the file in the end.
* ` + "`exec -it`" + ` goes on without a terminal; an unknown health for ps --filter finds nothing, and a wrong number for
  ` + "`logs --tail`" + ` is refused.

What follows is each line with another exit code or output, but for those that end with 125 instead of 1 and are otherwise alike:
the exit codes, and the first line of output that is another. A line with "no end" was still waiting when the test ended it. Podman
4.3 is not played.
`

package runnertest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
)

// TestPodmanDiffers plays the scenarios on podman and prints where it says something else than docker. A difference is no failure:
// it is what a supervisor for both has to know. GOLDEN=update keeps the list in testdata/runnertest/podman-differences.txt.
func TestPodmanDiffers(t *testing.T) {
	e := enginetest.Podman(t)
	var report strings.Builder
	lines, different := 0, 0
	for _, s := range scenarios {
		if needsDocker(s) {
			continue
		}
		w := &world{runner: runner.Exec{}, docker: e.Docker, image: e.Image, a: e.Name(t), b: e.Name(t), dir: folder(t),
			patience: 10 * time.Second, lenient: true}
		got := blocks(w.play(t, s.lines))
		text, err := os.ReadFile(filepath.Join(string(recorded), s.file()))
		if err != nil {
			t.Fatal(err)
		}
		want := blocks(string(text))
		w.leaveNothing(t)
		if len(got) != len(want) {
			t.Errorf("%s: podman has done %d lines, docker %d", s.name, len(got), len(want))
			continue
		}
		fmt.Fprintf(&report, "# %s\n\n", s.name)
		for i := range got {
			lines++
			if got[i] == want[i] {
				continue
			}
			different++
			line, rest, _ := strings.Cut(want[i], "\n")
			_, theirs, _ := strings.Cut(got[i], "\n")
			fmt.Fprintf(&report, "%s\n-- docker\n%s-- podman\n%s\n", line, rest, theirs)
		}
	}
	if lines == 0 {
		t.Fatal("no line was played")
	}
	if os.Getenv("GOLDEN") == "update" {
		if err := os.WriteFile(filepath.Join(string(recorded), "podman-differences.txt"), []byte(report.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
	t.Logf("podman %s differs from docker 28.2.2 before 20.10.24 in %d of %d lines\n\n%s", e.Version, different, lines,
		report.String())
}

// needsDocker reports whether a scenario makes no sense on podman: its events never end by themselves, its version names no
// server, it lacks lines of client 28's help, and it takes a name that docker refuses, which may be in use.
func needsDocker(s scenario) bool {
	switch s.name {
	case "version", "lines that docker cannot read", "run refused":
		return true
	}
	return strings.HasPrefix(s.name, "events")
}

// leaveNothing removes what a scenario has begun and podman has not ended.
func (w *world) leaveNothing(t *testing.T) {
	for _, name := range []string{w.a, w.b} {
		p, _ := w.start(t, "rm --force --time 0 "+name)
		_ = p.Wait() // there may be none
	}
}

// blocks parts a transcript at its lines.
func blocks(transcript string) []string {
	var all []string
	for b := range strings.SplitSeq(strings.TrimSuffix(transcript, "\n\n"), "\n\n$ ") {
		all = append(all, strings.TrimSpace(strings.TrimPrefix(b, "$ "))+"\n")
	}
	return all
}

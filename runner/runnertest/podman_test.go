package runnertest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
)

// podmanVersions are the podmen whose words are recorded, each whole in a folder of its name.
var podmanVersions = []engineVersion{
	{name: "podman-5.4", release: "podman-trixie"},
	{name: "podman-5.8", release: "podman-sid"},
}

// TestPodmanContract plays the scenarios on each podman that is at hand and compares them with what is recorded. That podman says
// something else than docker is no failure: docs/engine-contract.md lists it. GOLDEN=update records it anew.
func TestPodmanContract(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED, it takes minutes: make test-podman")
	}
	enginetest.Slow(t)
	t.Parallel()
	for _, v := range podmanVersions {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			e := enginetest.PodmanOf(t, v.release)
			if !strings.HasPrefix("podman-"+e.Version, v.name+".") {
				t.Skipf("NOT TESTED, the texts are those of %s, not of %s", v.name, e.Version)
			}
			for _, s := range scenarios {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					holdPodman(t, v, s, e)
				})
			}
		})
	}
}

// holdPodman compares a podman with what is recorded, as holdEngine does. What podman never does (a container that was not
// stopped is waited for, a stream does not end) takes its patience each time and is recorded as such.
func holdPodman(t *testing.T, v engineVersion, s scenario, e *enginetest.Engine) {
	file := filepath.Join(v.name, s.file())
	var got string
	for _, patience := range []time.Duration{20 * time.Second, 30 * time.Second, 45 * time.Second} {
		w := &world{runner: runner.Exec{}, docker: e.Docker, image: e.Image, a: e.Name(t), b: e.Name(t), dir: folder(t),
			patience: patience, pause: 100 * time.Millisecond, lenient: true, podman: true}
		got = w.play(t, s.lines)
		w.leaveNothing(t)
		want, err := os.ReadFile(filepath.Join(string(recorded), file))
		if err == nil && string(want) == got {
			return
		}
		if os.Getenv("GOLDEN") == "update" {
			break
		}
	}
	recorded.CheckString(t, file, got)
}

// losesEvents reports whether a line asks for what has happened until a time that has passed: podman 5.4 and 5.8 then end before
// they have printed all of it, or anything.
func losesEvents(line string) bool {
	return strings.HasPrefix(line, "events ") && (strings.Contains(line, "--until $NOW") || strings.Contains(line, "--until $SOON"))
}

// leaveNothing removes what a scenario has begun and podman has not ended.
func (w *world) leaveNothing(t *testing.T) {
	for _, name := range []string{w.a, w.b, w.a + "-more", "x"} {
		p, _ := w.start(t, "rm --force --time 0 "+name)
		_ = p.Wait() // there may be none
	}
}

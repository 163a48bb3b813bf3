package scripts_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/scripts"
)

// TestRealWorker goes the whole way: a command file of the supervisor's starts a container that starts the worker by its
// script. From inside, the worker then puts a link and a pipe in the place of its files, which must not help it.
func TestRealWorker(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: giving files to another user takes root")
	}
	base := t.TempDir()
	victim := filepath.Join(base, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	ours, err := scripts.OpenDir(filepath.Join(base, "supervisor"))
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	theirs, err := scripts.OpenWorkerDir(filepath.Join(base, "worker"), scripts.Owner{UID: 1000, GID: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()

	const value = "it's\n$HOME \\\n\"é\"\n"
	const program = `printf '%s|' "$V" "$@" "$(umask)" "$(id -u)"; cd /w && rm worker.sh && ln -s "$0" worker.sh && mkfifo status`
	start := scripts.Worker{
		Env:   map[string]string{"V": value},
		Umask: new(fs.FileMode(0o027)),
		Argv:  []string{"sh", "-c", program, victim, "a b", ""},
	}
	data, err := start.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Write("worker.sh", data, 0o500); err != nil {
		t.Fatal(err)
	}
	run := scripts.Command{Comment: t.Name(), Argv: []string{
		e.Docker, "run", "--name=" + e.Name(t), "--rm", "--network=none", "--read-only", "--user=1000:1000",
		"--volume=" + theirs.Path() + ":/w", "--volume=" + victim + ":" + victim, e.Image, "/w/worker.sh",
	}}
	line, err := run.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path, err := ours.Write("run.sh", line, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, want := string(out), value+"|a b||0027|1000|"; got != want {
		t.Errorf("the worker got %q, want %q", got, want)
	}

	for _, name := range []string{"worker.sh", "status"} {
		if _, err := theirs.Read(name); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
			t.Errorf("read %s: got %v, want a refusal", name, err)
		}
		if _, err := theirs.Write(name, data, 0o500); err != nil {
			t.Errorf("%v", err)
		}
		if got, err := theirs.Read(name); err != nil || string(got) != string(data) {
			t.Errorf("got %q, %v, want the script", got, err)
		}
	}
	if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
		t.Errorf("the victim holds %q (%v)", got, err)
	}
}

package examples

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
)

// readmeLine is a command of README.md, and what the page says of it.
type readmeLine struct {
	command string
	output  string // "" is not shown
	status  int
}

var exitStatus = regexp.MustCompile(`# exit status (\d+)$`)

// readmeLines reads the commands of README.md: indented, behind a prompt, perhaps with their output below.
func readmeLines(t *testing.T) []readmeLine {
	t.Helper()
	data, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var lines []readmeLine
	shown := false // the line above is a command or its output
	for line := range strings.Lines(string(data)) {
		command, isCommand := strings.CutPrefix(line, "    $ ")
		output, isIndented := strings.CutPrefix(line, "    ")
		switch {
		case isCommand:
			l := readmeLine{command: strings.TrimSpace(command)}
			if m := exitStatus.FindStringSubmatch(l.command); m != nil {
				l.status, _ = strconv.Atoi(m[1])
			}
			lines = append(lines, l)
		case isIndented && shown:
			lines[len(lines)-1].output += output
		}
		shown = isCommand || isIndented && shown
	}
	return lines
}

// TestEngineReadmeRuns runs the commands of README.md in order, in one shell, from the top of the checkout.
func TestEngineReadmeRuns(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	if os.Geteuid() != 0 {
		enginetest.Missing(t, "the README's workers take root")
	}
	lines := readmeLines(t)
	if len(lines) < 20 {
		t.Fatalf("README.md has %d commands, want more", len(lines))
	}
	dir := t.TempDir()
	hadImage := e.Run(t, "images", "--quiet", "busybox:1.36") != ""
	t.Cleanup(func() { // of what a failure leaves, and of the image
		docker := func(args ...string) { _ = exec.Command(e.Docker, args...).Run() }
		docker("rm", "--force", "--volumes", "crawler-1", "batch-good", "batch-bad")
		if !hadImage {
			docker("rmi", "busybox:1.36")
		}
	})
	var script strings.Builder
	script.WriteString("cd ..\n")
	for i, l := range lines {
		n := filepath.Join(dir, strconv.Itoa(i))
		script.WriteString("{ " + strings.ReplaceAll(l.command, "/tmp/", dir+"/") + "\n} >" + n + ".out 2>&1 </dev/null; echo $? >" + n +
			".status\n")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script.String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Env = append(os.Environ(), "DOCKERCMD_ROOT="+filepath.Join(dir, "root"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for i, l := range lines {
		n := filepath.Join(dir, strconv.Itoa(i))
		out, _ := os.ReadFile(n + ".out") // where there is none, there is no status
		status, err := os.ReadFile(n + ".status")
		if err != nil {
			t.Errorf("%s: it did not come to its end: %v", l.command, err)
			continue
		}
		if got := string(bytes.TrimSpace(status)); got != strconv.Itoa(l.status) {
			t.Errorf("%s: exit status %s, want %d\n%s", l.command, got, l.status, out)
		}
		if l.output != "" && string(out) != l.output {
			t.Errorf("%s: got\n%s\nREADME.md says\n%s", l.command, out, l.output)
		}
	}
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/internal/enginetest"
)

// TestMain lets the test binary be the programs that tests start: dockercmd, the demo's shell, and normal for scripts.
func TestMain(m *testing.M) {
	testscript.Main(cleaning{m}, map[string]func(){"dockercmd": main, "sh": main, "normal": normalMain})
}

// cleaning removes what tests have built when they are over.
type cleaning struct{ *testing.M }

func (c cleaning) Run() int {
	child.Guard(nil)
	defer func() { removeFake() }()
	return c.M.Run()
}

// workerUser returns the user that the tests' workers run as: one that this process may make directories for.
func workerUser() string {
	if os.Geteuid() != 0 {
		return fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid())
	}
	return "1000:1000"
}

// TestScripts runs testdata/cmd/*.txtar. Each finds a worker w1 in spec.yaml, three in many.yaml, of which w3 has the image
// failing, and the example files in $EXAMPLES. GOLDEN=update rewrites the files that they compare with.
func TestScripts(t *testing.T) {
	t.Parallel()
	update := os.Getenv("GOLDEN") == "update"
	if update && os.Getenv("CI") == "true" {
		t.Fatal("GOLDEN=update is refused while CI=true: update where somebody reads the change, and commit it")
	}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/cmd",
		UpdateScripts:       update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "fakedocker": fakeDockerCmd,
			"await": awaitCmd},
		Condition: func(cond string) (bool, error) {
			if cond != "quick" {
				return false, fmt.Errorf("the condition %s is unknown", cond)
			}
			return enginetest.Quick(), nil
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			e.Setenv("DOCKER_HOST", "unix:///nonexistent") // no script needs an engine
			spec := "id: w1\nimage: busybox\ncommand: [id]\nuser: " + workerUser() + "\n"
			err := os.WriteFile(filepath.Join(e.WorkDir, "spec.yaml"), []byte(spec), 0o600)
			many := strings.Join([]string{spec, strings.Replace(spec, "w1", "w2", 1), strings.NewReplacer("w1", "w3", "busybox",
				"failing").Replace(spec)}, "---\n")
			return errors.Join(err, os.WriteFile(filepath.Join(e.WorkDir, "many.yaml"), []byte(many), 0o600))
		},
	})
}

// exits runs the script command "exits CODE PROGRAM ARG...", which runs a program that must end with that very code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// varying is what differs from one run or one machine to the next.
var varying = []struct {
	re   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\bdemo-\d+-`), "demo-PID-"},
	{regexp.MustCompile(`\bdockercmd-demo:\d+`), "dockercmd-demo:PID"},
	{regexp.MustCompile(`/[^ ,=]*/dockercmd-demo-\d+`), "TMP"},
	{regexp.MustCompile(`\bdockercmd\.instance=[0-9a-f]{12}\b`), "dockercmd.instance=INSTANCE"},
	{regexp.MustCompile(`\bdockercmd\.launch=\d{8}T\d{6}-[0-9a-f]{8}\b`), "dockercmd.launch=LAUNCH"},
	{regexp.MustCompile(`--user=(65534:65534|` + fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid()) + `) `), "--user=USER "},
	{regexp.MustCompile(`\b[0-9a-f]{12}([0-9a-f]{52})?\b`), "CONTAINER---"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`), "TIME"},
	{regexp.MustCompile(`Up (Less than a second|\d+ seconds?)`), "Up SECONDS"},
	{regexp.MustCompile(`Name \S+, VmRSS \d+ kB, Threads \d+`), "Name NAME, VmRSS N kB, Threads N"},
	{regexp.MustCompile(` +\n`), "\n"},
	{regexp.MustCompile(`(\S) {2,}`), "$1  "}, // columns
}

// normal takes out of a text what differs from one run to the next.
func normal(text string) string {
	for _, v := range varying {
		text = v.re.ReplaceAllString(text, v.with)
	}
	return text
}

// normalMain runs normal as a filter.
func normalMain() {
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		_, err = io.WriteString(os.Stdout, normal(string(text)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

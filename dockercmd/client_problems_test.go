package dockercmd_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// notTheClients are parts of lines of problem cases that fail here although it is not the client that refuses them, and why.
var notTheClients = map[string]string{
	"a/b":                      "the recording daemon has no such object",
	"ca=/a\r\nb":               "the file is not there",
	"cert=/c.pem":              "the file is not there",
	"from=ab,host=tcp://h:1":   "the context is not there",
	"--memory-swap=1g busybox": "clients of service create have it from 29.0 on",
}

// TestClientProblems holds the marks of the problems that Validate finds to the real client: it refuses the line of a problem case
// exactly when the case has ClientProblems.
func TestClientProblems(t *testing.T) {
	t.Parallel()
	clients := slices.DeleteFunc(enginetest.Clients(t), func(c enginetest.Client) bool { return olderThan(c.Version, "28.0") })
	if len(clients) == 0 {
		enginetest.Missing(t, "there is no docker client of 28.0 or later on PATH")
	}
	b := &bench{recorder: recorder.Start(t), client: clients[0], done: map[string]func() recorder.Result{}}
	for _, f := range families {
		for _, c := range f.problems() {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				problem := c.cmd.Validate()
				refused := dockercmd.ClientProblems(problem)
				line := strings.Join(c.cmd.Args(), " ")
				if strings.Contains(line, "\x00") {
					if refused == nil {
						t.Errorf("no program can be given %q, and it has no client's problem", line)
					}
					return
				}
				for part := range notTheClients {
					if refused == nil && strings.Contains(line, part) {
						return
					}
				}
				if r := b.do(t, c.cmd.Args()); (r.Exit != 0) != (refused != nil) {
					t.Errorf("%q: the client's exit is %d, its problems are: %v\nall problems: %v\n%s", c.cmd.Args(), r.Exit, refused, problem,
						r.Stderr)
				}
			})
		}
	}
}

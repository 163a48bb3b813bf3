package child_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/internal/child"
)

func TestMain(m *testing.M) {
	child.Guard(map[string]child.Role{
		"greet": func(args []string) int { fmt.Println("hello", strings.Join(args, " ")); return 3 },
		"again": func(args []string) int { // a role that starts the test binary without a role
			out, err := self(os.Environ(), args...)
			fmt.Print(out)
			return exitCode(err)
		},
	})
	if len(os.Args) > 1 && os.Args[1] == "bomb" {
		fmt.Println("the tests run")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// self runs the test binary with an environment.
func self(env []string, args ...string) (output string, err error) {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = env
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err = cmd.Run()
	return b.String(), err
}

func exitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

// TestGuard starts this test binary as its own child. "bomb" keeps it from running its tests if the guard lets it pass.
func TestGuard(t *testing.T) {
	t.Parallel()
	refused := "refuses to run its tests as a child of a test"
	tests := []struct {
		name string
		env  []string
		args []string
		want string
		code int
	}{
		{"no role", os.Environ(), []string{"bomb"}, refused, 2},
		{"no environment of its own", nil, []string{"bomb"}, refused, 2},
		{"unknown role", append(os.Environ(), child.As("stranger")), []string{"bomb"}, `the role "stranger" is none of again, greet`, 2},
		{"role", append(os.Environ(), child.As("greet")), []string{"bomb"}, "hello bomb\n", 3},
		{"child of a role", append(os.Environ(), child.As("again")), []string{"bomb"}, refused, 2},
		{"fuzz worker", os.Environ(), []string{"bomb", "-test.fuzzworker"}, "the tests run\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := self(tt.env, tt.args...)
			if !strings.Contains(out, tt.want) || exitCode(err) != tt.code {
				t.Errorf("got %q and exit status %d, want %q and %d", out, exitCode(err), tt.want, tt.code)
			}
		})
	}
}

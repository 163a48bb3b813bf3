package runner_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	const half = 32 << 10
	a, b, c := strings.Repeat("a", half), strings.Repeat("b", half), strings.Repeat("c", half)
	mark := func(n int) string { return fmt.Sprintf("\n[... %d bytes left out ...]\n", n) }
	exit := &runner.ExitError{Code: 1}
	tests := []struct {
		name           string
		stdout, stderr []string
		err            error
		limit          int
		wantOut        string
		wantErrOut     string
		wantErrs       []error
	}{
		{name: "nothing"},
		{name: "both", stdout: []string{"1", "2"}, stderr: []string{"3", "4"}, wantOut: "12", wantErrOut: "34"},
		{name: "both, with an error", stdout: []string{"1"}, stderr: []string{"2"}, err: exit, wantOut: "1", wantErrOut: "2",
			wantErrs: []error{exit}},
		{name: "exactly the limit", stdout: []string{"123", "45"}, limit: 5, wantOut: "12345"},
		{name: "over the limit", stdout: []string{"123", "456", "7"}, limit: 5, wantOut: "12345",
			wantErrs: []error{runner.ErrOutputTooLarge}},
		{name: "over the limit, with an error", stdout: []string{"123"}, limit: 2, err: exit, wantOut: "12",
			wantErrs: []error{runner.ErrOutputTooLarge, exit}},
		{name: "messages that just fit", stderr: []string{a, b}, wantErrOut: a + b},
		{name: "messages with a middle", stderr: []string{a, b, c}, wantErrOut: a + mark(half) + c},
		{name: "messages in one piece", stderr: []string{a + b + c + "d"}, wantErrOut: a + mark(half+1) + c[1:] + "d"},
		{name: "messages in small pieces", stderr: strings.Split(a+b+c, ""), wantErrOut: a + mark(half) + c},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := runner.Output(t.Context(), processtest.Writing(tt.stdout, tt.stderr, tt.err),
				runner.Cmd{Argv: []string{"x"}}, runner.Limits{Stdout: tt.limit})
			if string(stdout) != tt.wantOut {
				t.Errorf("stdout: got %q, want %q", stdout, tt.wantOut)
			}
			if string(stderr) != tt.wantErrOut {
				t.Errorf("stderr: got %d bytes, want %d", len(stderr), len(tt.wantErrOut))
			}
			if (err != nil) != (len(tt.wantErrs) > 0) {
				t.Errorf("got %v, want %v", err, tt.wantErrs)
			}
			for _, want := range tt.wantErrs {
				if !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			}
		})
	}
}

func TestOutputDefaultLimit(t *testing.T) {
	t.Parallel()
	mib := strings.Repeat("x", 1<<20)
	stdout, _, err := runner.Output(t.Context(), runner.Exec{}, self("flood", fmt.Sprint(17<<10)), runner.Limits{})
	if !errors.Is(err, runner.ErrOutputTooLarge) || len(stdout) != runner.DefaultOutputLimit {
		t.Errorf("got %d bytes and %v, want %d and ErrOutputTooLarge", len(stdout), err, runner.DefaultOutputLimit)
	}
	if want := "output too large: 17825792 bytes, of which 16777216 are kept: ask for less, or raise the limit"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if !strings.HasPrefix(string(stdout), mib) {
		t.Error("what was kept is not the beginning")
	}
}

func TestOutputRefuses(t *testing.T) {
	t.Parallel()
	never := runner.RunnerFunc(func(context.Context, runner.Cmd) (runner.Process, error) {
		t.Error("started")
		return nil, errors.New("started")
	})
	_, _, err := runner.Output(t.Context(), never, runner.Cmd{Argv: []string{"x"}, Stderr: new(strings.Builder)}, runner.Limits{})
	if err == nil || !strings.Contains(err.Error(), "without Stdout and Stderr") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func ExampleOutput() {
	stdout, _, err := runner.Output(context.Background(), runner.Exec{}, runner.Cmd{Argv: []string{"echo", "one  argument"}},
		runner.Limits{})
	fmt.Printf("%q %v\n", stdout, err)

	_, stderr, err := runner.Output(context.Background(), runner.Exec{},
		runner.Cmd{Argv: []string{"sh", "-c", "echo sorry >&2; exit 7"}}, runner.Limits{})
	fmt.Printf("%q %v\n", stderr, err)
	// Output:
	// "one  argument\n" <nil>
	// "sorry\n" exit status 7
}

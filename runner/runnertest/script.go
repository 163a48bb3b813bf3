package runnertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"al.essio.dev/pkg/shellescape"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/runner"
)

// Script is a Runner that expects certain command lines, in any order, and answers each as told. Two Lines with the same words
// answer one after the other. An unexpected line is not started: the error, an [UnexpectedError], shows what is
// expected. It is safe for concurrent use, must not be copied, and Expect must not change once it is in use. A process that
// nobody releases ends with its context.
type Script struct {
	// Expect are the command lines and their answers.
	Expect []Line

	// Grace is how long a Stubborn process outlives its context. Zero means [runner.DefaultGrace]; a negative one means not
	// at all.
	Grace time.Duration

	mu         sync.Mutex
	used       []int // how often each Line has answered
	unexpected []*UnexpectedError
	lastPID    int
	wg         sync.WaitGroup
}

// Line is a command line that a [Script] expects, and its answer.
type Line struct {
	// Argv are the exact words, beginning with the program.
	Argv []string

	// Match, when set, is asked instead of Argv whether this is the answer to a command line; Argv then only stands for it
	// in messages.
	Match func(argv []string) bool

	// Times is how often the Line answers; 0 is once, a negative number any number of times, or never.
	Times int

	// StartErr makes Start fail, and the rest is left out.
	StartErr error

	// Delay is how long the process takes before it answers.
	Delay time.Duration

	// Release, when set, is what the process waits for, after Delay, before it answers: close it when the time has come.
	Release <-chan struct{}

	// Stubborn makes the process ignore every signal but SIGKILL. Others end it, as they end most programs.
	Stubborn bool

	// Stdout and Stderr are what the process writes, and Code is its exit status.
	Stdout, Stderr string
	Code           int
}

// UnexpectedError is the error of a [Script] that was asked to run what it does not expect, or no longer expects.
type UnexpectedError struct {
	// Argv is the line.
	Argv []string
	// Known are the lines that could have been run at that moment.
	Known [][]string
}

// Error shows the line and what was expected instead. The values of environment variables are left out, so that two lines
// may look alike; the first word that differs from the most similar line is therefore named by its position.
func (e *UnexpectedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "unexpected command line: %s", redactedLine(e.Argv))
	if len(e.Known) == 0 {
		b.WriteString("; nothing is expected any more")
		return b.String()
	}
	best, same := 0, -1
	for i, k := range e.Known {
		if n := common(k, e.Argv); n > same {
			best, same = i, n
		}
	}
	b.WriteString("; expected is one of:")
	for i, k := range e.Known {
		fmt.Fprintf(&b, "\n\t%s", redactedLine(k))
		if i == best {
			fmt.Fprintf(&b, "   (differs first at word %d)", same+1)
		}
	}
	return b.String()
}

// Start answers with the first Line that fits.
func (s *Script) Start(ctx context.Context, c runner.Cmd) (runner.Process, error) {
	if err := startable(ctx, c); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.take(c.Argv)
	if err != nil {
		return nil, err
	}
	if l.StartErr != nil {
		return nil, l.StartErr
	}
	onSignal := defaultAction
	if l.Stubborn {
		onSignal = func(syscall.Signal) (exitStatus, bool) { return exitStatus{}, false }
	}
	s.lastPID++
	return startClient(ctx, &s.wg, firstPID+s.lastPID, c, graceOr(s.Grace), onSignal, l.answer), nil
}

// take returns the first Line that fits. The caller holds s.mu.
func (s *Script) take(argv []string) (Line, error) {
	if s.used == nil {
		s.used = make([]int, len(s.Expect))
	}
	var known [][]string
	for i, l := range s.Expect {
		if l.Times >= 0 && s.used[i] >= max(l.Times, 1) {
			continue
		}
		if l.fits(argv) {
			s.used[i]++
			return l, nil
		}
		known = append(known, l.Argv)
	}
	err := &UnexpectedError{Argv: slices.Clone(argv), Known: known}
	s.unexpected = append(s.unexpected, err)
	return Line{}, err
}

func (l Line) fits(argv []string) bool {
	if l.Match != nil {
		return l.Match(argv)
	}
	return slices.Equal(l.Argv, argv)
}

func (l Line) answer(p *client) int {
	if !p.pause(l.Delay) {
		return 0
	}
	if l.Release != nil && !p.await(l.Release) {
		return 0
	}
	p.write(p.cmd.Stdout, []byte(l.Stdout))
	p.write(p.cmd.Stderr, []byte(l.Stderr))
	return l.Code
}

// Verify reports, all at once, the Lines that have not been run as often as expected and the lines that were not expected.
// Nil means that the script was followed.
func (s *Script) Verify() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for i, l := range s.Expect {
		want, got := max(l.Times, 1), 0
		if s.used != nil {
			got = s.used[i]
		}
		if l.Times >= 0 && got < want {
			errs = append(errs, fmt.Errorf("command line run %d times of %d: %s", got, want, redactedLine(l.Argv)))
		}
	}
	for _, e := range s.unexpected {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// startable refuses what no Runner starts.
func startable(ctx context.Context, c runner.Cmd) error {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return errors.New("runnertest: Cmd.Argv names no program: put it first, as in []string{\"docker\", \"ps\"}")
	}
	if ctx.Err() != nil {
		return &runner.StartError{Program: c.Argv[0], Err: errline.Context(ctx)}
	}
	return nil
}

func graceOr(grace time.Duration) time.Duration {
	if grace == 0 {
		return runner.DefaultGrace
	}
	return grace
}

// redactedLine returns a line as a shell takes it, word for word except for secret values, where it is docker's.
func redactedLine(argv []string) string {
	shown := slices.Clone(argv)
	if len(argv) > 0 && argv[0] == "docker" {
		if c, err := dockercmd.Parse(argv); err == nil {
			for _, f := range dockercmd.Flags(c) {
				for _, text := range f.Value.Texts() {
					hide(shown, text, f.Shown(text))
				}
			}
		}
	}
	return shellescape.QuoteCommand(shown)
}

// hide replaces a flag's value by what may be shown of it. The word is --env=KEY=value, -eKEY=value, or what follows -e.
func hide(words []string, text, shown string) {
	for i, word := range words {
		if before, ok := strings.CutSuffix(word, text); ok && text != shown {
			words[i] = before + shown
		}
	}
}

// common counts the words that a and b have in common at their beginning.
func common(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

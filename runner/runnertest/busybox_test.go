package runnertest_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/runner/runnertest"
)

// applets are what the fake busybox image has.
var applets = []string{"sh", "sleep", "echo", "true", "false", "cat"}

// lookBusybox is a Docker.Lookup for the fake busybox image.
func lookBusybox(c *runnertest.Container) error {
	switch {
	case len(c.Args) == 0 || slices.Contains(applets, c.Args[0]):
		return nil
	case c.Args[0] == "/bin":
		return fs.ErrPermission
	}
	return exec.ErrNotFound
}

// busybox is the test image's program: the few words of the shell that the scenarios use.
func busybox(ctx context.Context, c *runnertest.Container) int {
	s := &shell{ctx: ctx, c: c, traps: map[string]string{}}
	if len(c.Args) == 0 {
		return s.run([]string{"sh"})
	}
	return s.run(c.Args)
}

type shell struct {
	ctx    context.Context
	c      *runnertest.Container
	traps  map[string]string
	caught <-chan os.Signal
	ended  bool
}

func (s *shell) run(words []string) int {
	var stdout io.Writer = s.c.Stdout
	if last := len(words) - 1; words[last] == ">&2" {
		words, stdout = words[:last], s.c.Stderr
	}
	switch words[0] {
	case "true", ":":
		return 0
	case "false":
		return 1
	case "echo":
		fmt.Fprintln(stdout, strings.Join(words[1:], " "))
		return 0
	case "cat":
		return s.cat(words[1:])
	case "sleep":
		seconds, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			return 1
		}
		return s.block(time.After(time.Duration(seconds * float64(time.Second))))
	case "a=x": // the beginning of a script that takes all memory
		s.c.SetMemory(1 << 40)
		return s.block(nil)
	case "while": // all loops of the scenarios go on until a signal comes
		return s.block(nil)
	case "trap":
		s.traps[words[2]] = words[1]
		s.caught = s.c.Notify(syscall.SIGTERM)
		return 0
	case "exit":
		s.ended = true
		code, _ := strconv.Atoi(words[1])
		return code
	case "sh":
		if len(words) < 3 {
			return 0
		}
		return s.script(words[2])
	}
	fmt.Fprintf(s.c.Stderr, "sh: %s: not found\n", words[0])
	return 127
}

func (s *shell) script(text string) int {
	words, err := shlex.Split(strings.ReplaceAll(text, ";", " ; "))
	if err != nil {
		return 2
	}
	code := 0
	for len(words) > 0 && !s.ended {
		end := slices.Index(words, ";")
		if words[0] == "while" || end < 0 {
			end = len(words)
		}
		if words[0] == "trap" { // its word was split at semicolons too, and put together again by its quotes
			words[1] = strings.ReplaceAll(words[1], " ; ", "; ")
		}
		if end > 0 {
			code = s.run(words[:end])
		}
		words = words[min(end+1, len(words)):]
	}
	return code
}

func (s *shell) cat(names []string) int {
	if len(names) == 0 {
		_, _ = io.Copy(s.c.Stdout, s.c.Stdin)
		return 0
	}
	host, ok := s.c.Path(names[0])
	text, err := os.ReadFile(host)
	if !ok || err != nil {
		fmt.Fprintf(s.c.Stderr, "cat: can't open '%s': No such file or directory\n", names[0])
		return 1
	}
	_, _ = s.c.Stdout.Write(text)
	return 0
}

// block waits for the end of a time, for a signal with a trap, or for the end.
func (s *shell) block(done <-chan time.Time) int {
	select {
	case <-done:
		return 0
	case <-s.ctx.Done():
		s.ended = true
		return 0
	case <-s.caught:
		trap := s.traps["TERM"]
		if trap == "" {
			return s.block(done)
		}
		return s.script(trap)
	}
}

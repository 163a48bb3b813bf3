package runnertest

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
)

// applets are what the fake busybox has.
var applets = []string{"sh", "sleep", "echo", "true", "false", "cat"}

// BusyboxLookup looks up a program for an image whose Program is [Busybox]; it is a [Docker.Lookup].
func BusyboxLookup(c *Container) error {
	switch {
	case len(c.Args) == 0 || slices.Contains(applets, strings.TrimPrefix(c.Args[0], "/bin/")):
		return nil
	case c.Args[0] == "/bin":
		return fs.ErrPermission
	}
	return exec.ErrNotFound
}

// Busybox runs the words of its command line: sleep SECONDS (or inf), echo WORD..., true, false, cat [FILE in a bind mount] and sh
// -c with a list of these, separated by semicolons, with exit N, trap 'LIST' TERM and a while loop, which goes on until a signal
// comes. It is a Program. A command may end in >&2. Of every other thing it says that it has not been found, and the exit code is
// 127; a script with pipes, redirections or other operators is refused with 2.
func Busybox(ctx context.Context, c *Container) int {
	s := &shell{ctx: ctx, c: c, traps: map[string]string{}}
	if len(c.Args) == 0 {
		return s.run([]string{"sh"})
	}
	return s.run(c.Args)
}

type shell struct {
	ctx    context.Context
	c      *Container
	traps  map[string]string
	caught <-chan os.Signal
	ended  bool
}

func (s *shell) run(words []string) int {
	var stdout io.Writer = s.c.Stdout
	if last := len(words) - 1; words[last] == ">&2" {
		words, stdout = words[:last], s.c.Stderr
	}
	if len(words) == 0 {
		return 0
	}
	name := strings.TrimPrefix(words[0], "/bin/")
	switch {
	case name == "true" || name == ":":
		return 0
	case name == "false":
		return 1
	case name == "echo":
		fmt.Fprintln(stdout, strings.Join(words[1:], " "))
		return 0
	case name == "cat":
		return s.cat(words[1:])
	case name == "sleep" && len(words) == 2:
		return s.sleep(words[1])
	case name == "a=x": // the beginning of a script that takes all memory
		s.c.SetMemory(1 << 40)
		return s.block(nil)
	case name == "while":
		return s.block(nil)
	case name == "trap" && len(words) == 3:
		s.traps[words[2]] = words[1]
		s.caught = s.c.Notify(syscall.SIGTERM)
		return 0
	case name == "exit" && len(words) <= 2:
		s.ended = true
		code, _ := strconv.Atoi(words[len(words)-1]) // exit alone is 0
		return code & 0xff
	case name == "sh":
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
		fmt.Fprintln(s.c.Stderr, "sh: syntax error:", err)
		return 2
	}
	code := 0
	for len(words) > 0 && !s.ended {
		end := slices.Index(words, ";")
		switch {
		case words[0] == "while" || end < 0:
			end = len(words)
		case words[0] == "trap": // its word was split at semicolons too, and put together again by its quotes
			words[1] = strings.ReplaceAll(words[1], " ; ", "; ")
		}
		for _, w := range words[:end] {
			if words[0] != "while" && strings.Trim(w, "|&<>") == "" && w != "" {
				fmt.Fprintf(s.c.Stderr, "sh: the fake busybox has no %s\n", w)
				return 2
			}
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

func (s *shell) sleep(length string) int {
	if length == "inf" || length == "infinity" {
		return s.block(nil)
	}
	seconds, err := strconv.ParseFloat(length, 64)
	if err != nil {
		fmt.Fprintf(s.c.Stderr, "sleep: invalid number '%s'\n", length)
		return 1
	}
	return s.block(time.After(time.Duration(seconds * float64(time.Second))))
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

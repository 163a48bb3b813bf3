package scripts

import (
	"errors"
	"fmt"
	"strings"
)

const (
	// defaultBinary is worker-launcher's own default for docker.binary.
	defaultBinary = "/usr/bin/docker"
	// maxLine is where worker-launcher cuts its docker line, binary included, without a word: docker then runs with
	// fewer arguments, or half of one (measured with Storm's launcher of 2026-07).
	maxLine = 131071
)

// checkLine returns what the line format cannot say. The launcher takes every run of bytes other than a space for a
// word, stops at a newline, and dies of an empty line.
func (c Command) checkLine() []error {
	if len(c.Argv) == 0 {
		return nil // checkArgv has said it
	}
	words := c.Argv[1:]
	if len(words) == 0 {
		return []error{errors.New("argv has no subcommand: a line without words crashes the launcher")}
	}
	const wayOut = "the line format has no quoting: use the sh format"
	var errs []error
	for i, word := range words {
		switch {
		case word == "":
			errs = append(errs, fmt.Errorf("argv[%d] is empty: %s", i+1, wayOut))
		case strings.Contains(word, " "):
			errs = append(errs, fmt.Errorf("argv[%d] holds a space: %s", i+1, wayOut))
		case strings.ContainsAny(word, "\r\n"):
			errs = append(errs, fmt.Errorf("argv[%d] holds a line break: %s", i+1, wayOut))
		}
	}
	if strings.HasPrefix(words[0], "#!") {
		errs = append(errs, errors.New("argv[1] begins with #!, which marks a shell script: it must be a docker subcommand"))
	}
	binary := c.Binary
	if binary == "" {
		binary = defaultBinary
	}
	size := len(binary)
	for _, word := range words {
		size += len(" ") + len(word)
	}
	if size > maxLine {
		errs = append(errs, fmt.Errorf("the line with %s in front has %d bytes, and the launcher cuts it at %d: move words into a "+
			"file, or use the sh format",
			binary, size, maxLine))
	}
	return errs
}

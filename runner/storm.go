package runner

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/internal/writers"
)

// LauncherError is the failure of Storm's launcher itself: docker did not run, so nothing has been done.
type LauncherError struct {
	// Code is the launcher's exit status; 128 + n when signal n ended it.
	Code int

	// Name is the launcher's own name for Code, or empty: 255 stands for all that it has no number for, such as a
	// user that is unknown, banned or below min.user.id.
	Name string

	// Output is what it wrote, standard output before standard error, with the middle left out when it is long.
	Output string

	// Err is what its process ended with: an [ExitError], or nil if it claimed success.
	Err error
}

// Error returns the status, its name, and the launcher's last line.
func (e *LauncherError) Error() string {
	name := e.Name
	if name == "" {
		name = "no name"
	}
	lines := strings.Split(strings.TrimSpace(e.Output), "\n")
	last := lines[len(lines)-1]
	if e.Code == 0 {
		const format = "launcher ended with success, but without the line that names docker's command: is it Storm's? Its last words: %q"
		return fmt.Sprintf(format, last)
	}
	return fmt.Sprintf("launcher failed before docker ran: status %d (%s): %q", e.Code, name, last)
}

// Unwrap returns Err. Its status is the launcher's, not docker's: look for a LauncherError before an [ExitError].
func (e *LauncherError) Unwrap() error { return e.Err }

// launcherCodes are the statuses of Storm's launcher. Docker uses some of the numbers, too; what tells them apart is
// whether the launcher had come to docker.
var launcherCodes = map[int]string{
	1: "INVALID_ARGUMENT_NUMBER", 2: "INVALID_USER_NAME", 3: "INVALID_COMMAND_PROVIDED", 5: "INVALID_WL_ROOT_DIRS",
	6: "SETUID_OPER_FAILED", 7: "UNABLE_TO_EXECUTE_CONTAINER_SCRIPT", 8: "UNABLE_TO_SIGNAL_CONTAINER",
	9: "INVALID_CONTAINER_PID", 12: "UNABLE_TO_STAT_FILE", 18: "OUT_OF_MEMORY", 20: "INITIALIZE_USER_FAILED",
	21: "UNABLE_TO_BUILD_PATH", 22: "INVALID_CONTAINER_EXEC_PERMISSIONS", 24: "INVALID_CONFIG_FILE",
	25: "SETSID_OPER_FAILED", 26: "WRITE_PIDFILE_FAILED", 29: "DOCKER_RUN_FAILED", 30: "ERROR_OPENING_FILE",
	31: "ERROR_READING_FILE", 39: "ERROR_SANITIZING_DOCKER_COMMAND", 40: "DOCKER_IMAGE_INVALID",
	41: "DOCKER_CONTAINER_NAME_INVALID", 42: "ERROR_COMPILING_REGEX", 43: "ERROR_CHANGING_USER",
	44: "ERROR_OCI_RUN_FAILED", 45: "ERROR_OCI_REAP_LAYER_MOUNTS_FAILED",
}

// stormOutput separates the launcher's output from docker's.
type stormOutput struct {
	stdout   dockerOutput
	stderr   tee
	detached bool // it is docker run --detach, whose own statuses are few
	shared   bool // a program of a container may write to these streams
}

// keptOutput is how many bytes of each stream of a launcher are kept for a LauncherError.
const keptOutput = 8 << 10

func newStormOutput(c Cmd) *stormOutput {
	out, msg := writers.Serialize(c.Stdout, c.Stderr)
	kept := writers.HeadTail(keptOutput)
	command := subcommand(c.Argv)
	s := &stormOutput{
		stdout:   dockerOutput{w: cmp.Or(out, io.Discard), banner: kept},
		stderr:   tee{w: cmp.Or(msg, io.Discard), kept: kept},
		detached: command == "run" && c.LastLine,
		shared:   sharesStreams(command, c),
	}
	switch {
	case s.detached:
		s.stdout.mode = lastAnswer
	case command == "run":
		s.stdout.mode = holdBack
	}
	return s
}

// sharesStreams reports whether a program of a container may write to the streams of a command, and its exit status be the
// program's.
func sharesStreams(command string, c Cmd) bool {
	has := func(flags ...string) bool {
		return slices.ContainsFunc(c.Argv, func(word string) bool { return slices.Contains(flags, word) })
	}
	switch command {
	case "run":
		return !c.LastLine
	case "exec":
		return !has("-d", "--detach")
	case "start":
		return has("-a", "-i", "--attach", "--interactive")
	}
	return command == "attach"
}

// result returns what the end of a launcher's process means. Of a detached run it passes docker's answer on only when it is that:
// a launcher that has failed, or was stopped, may have come no further than the names that a worker chose.
func (s *stormOutput) result(ctx context.Context, err error) error {
	var flushErr error
	if !s.detached {
		flushErr = s.stdout.flush()
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	exit, _ := errors.AsType[*ExitError](err)
	code := 0
	if exit != nil {
		code = exit.Code
	}
	out, begun := s.stdout.state()
	said := s.stderr.bytes()
	// It names docker's command before it knows whether there is a docker.
	noDocker := code == 29 && !s.shared && bytes.Contains(said, []byte("Couldn't execute the container launch"))
	// The line that names docker's command may be a name that a worker chose, before the launcher failed. Docker run --detach ends
	// with 0, 1 or 125 to 127, and a Go program that fails by itself with 2.
	forged := s.detached && exit != nil && exit.Signal == 0 && code > 2 && (code == 255 || launcherCodes[code] != "")
	if begun && !noDocker && !forged {
		if s.detached && (err == nil || exit != nil && exit.Signal == 0 && exit.Cause == nil) {
			flushErr = s.stdout.flush()
		}
		return errline.Join(err, flushErr)
	}
	output := string(out) + string(said)
	return &LauncherError{Code: code, Name: launcherCodes[code], Output: output, Err: err}
}

// dockerLine begins the last line that the launcher prints before docker runs.
const dockerLine = "command: "

// outputMode is how docker's output is told from the launcher's.
type outputMode int

const (
	// passOn: docker's output is all behind the first line that names docker's command.
	passOn outputMode = iota
	// holdBack: at docker run the launcher first prints the paths of all symbolic links in the worker's directory, whose names the
	// worker chooses; one with newlines in it can look like docker's answer. So output is held back until the process has ended, and
	// what counts is what follows the last line that names docker's command. More than maxHeld is passed on as it comes.
	holdBack
	// lastAnswer: the same for docker run --detach, whose answer is short, however long the names are: nothing is passed on before
	// the end, and then the end of what follows that line.
	lastAnswer
)

const maxHeld = 64 << 10

// dockerOutput is a Writer that drops the launcher's lines and passes docker's output on.
type dockerOutput struct {
	w io.Writer

	mu     sync.Mutex // not held while w is written to, which may block
	mode   outputMode
	begun  bool            // dockerLine was seen
	line   []byte          // the beginning of an unfinished line
	banner writers.Bounded // of what was dropped
	held   []byte          // of holdBack
	answer writers.Bounded // of lastAnswer
}

func (d *dockerOutput) Write(p []byte) (int, error) {
	pass, full := d.split(p)
	if full {
		return len(p), d.flush()
	}
	if len(pass) == 0 {
		return len(p), nil
	}
	n, err := d.w.Write(pass)
	return len(p) - len(pass) + n, err
}

// split keeps the launcher's own lines and what must be held back, and returns the rest of p; full reports whether too much is
// held.
func (d *dockerOutput) split(p []byte) (pass []byte, full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(p) > 0 && (!d.begun || d.mode == lastAnswer) {
		p = d.takeLine(p)
	}
	if d.begun && d.mode == holdBack {
		d.held = append(d.held, p...)
		return nil, len(d.held) > maxHeld
	}
	return p, false
}

// takeLine takes in what p has of a line, and returns the rest. The caller holds d.mu.
func (d *dockerOutput) takeLine(p []byte) (rest []byte) {
	line, _, whole := bytes.Cut(p, []byte("\n"))
	d.line = append(d.line, line[:min(len(line), len(dockerLine)-len(d.line))]...)
	taken := len(line)
	if whole {
		taken++
	}
	named := whole && string(d.line) == dockerLine
	switch {
	case named:
		d.begun, d.answer = true, writers.Bounded{Tail: maxHeld}
	case d.begun:
		d.answer.Write(p[:taken])
	default:
		d.banner.Write(p[:taken])
	}
	if whole {
		d.line = d.line[:0]
	}
	return p[taken:]
}

// flush passes on what was held back, without what precedes the last line that names docker's command.
func (d *dockerOutput) flush() error {
	d.mu.Lock()
	answer := d.held
	if d.mode == lastAnswer {
		answer = d.answer.Last()
	} else {
		d.mode, d.held = passOn, nil
		if i := bytes.LastIndex(append([]byte("\n"), answer...), []byte("\n"+dockerLine)); i >= 0 {
			_, answer, _ = bytes.Cut(answer[i:], []byte("\n"))
		}
	}
	d.mu.Unlock()
	if len(answer) == 0 {
		return nil
	}
	_, err := d.w.Write(answer)
	return err
}

// state returns the launcher's own lines, with the end of what could have been docker's, and whether docker was named.
func (d *dockerOutput) state() (said []byte, begun bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	answer := d.answer.Last()
	return append(d.banner.Bytes(), answer[max(0, len(answer)-keptOutput):]...), d.begun
}

// tee is a Writer that keeps a part of what it passes on.
type tee struct {
	w io.Writer

	mu   sync.Mutex
	kept writers.Bounded
}

func (t *tee) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.kept.Write(p)
	t.mu.Unlock()
	return t.w.Write(p)
}

func (t *tee) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept.Bytes()
}

package runner

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/scripts"
)

// Launcher starts commands through a privileged helper: it writes the argv as a command file and starts
// `<launcher> <args...>`, which names that file. It is safe for concurrent use.
//
// With Args nil it speaks the protocol of Apache Storm's setuid worker-launcher:
//
//	<launcher> <user> launch-docker-container <worker dir> <script>    for docker run
//	<launcher> <user> run-docker-cmd          <worker dir> <script>    for everything else
//
// Storm's launcher prints lines of its own before docker's. They are taken away, so that the Cmd's Stdout gets
// docker's own output; a launcher that fails before it has come to docker is a [LauncherError].
//
// Three things differ from running docker here, measured with Storm's launcher of 2026-07. Docker runs as User, who
// must be allowed to use docker's socket. It inherits Cmd.Env except TMPDIR and LD_*, and complains on standard error
// at every call when User cannot read the .docker folder in HOME. And the supervisor may not signal it (EPERM): when
// the context ends it is abandoned, see [AbandonedError].
type Launcher struct {
	// Path is the launcher, for instance /opt/storm/bin/worker-launcher.
	Path string

	// User is whom the launcher is to become. Storm's protocol needs one.
	User string

	// WorkerDir is the worker's directory, absolute. Storm's launcher gives it to User at docker run, recursively; at
	// all other commands it ignores it, and it may be empty.
	WorkerDir string

	// Scripts is where command files are written that a Cmd does not bring along. They are named
	// docker-<subcommand>-<8 hex digits of the content's hash>.sh and removed when the process has ended. Nobody but
	// the supervisor may write there.
	Scripts *scripts.Dir

	// Format of the command files, when Args is set. Storm's protocol always takes [scripts.Line].
	Format scripts.Format

	// Args returns the launcher's arguments for a call. Nil means Storm's protocol.
	Args func(Call) []string

	// Runner starts the launcher. Nil means Exec{}.
	Runner Runner
}

// Call is what a Launcher's arguments are made of.
type Call struct {
	User, WorkerDir string
	Script          string // path of the command file
	Cmd             Cmd    // the command that is to be run; its Env may hold secrets
}

// Start starts c through the launcher.
func (l Launcher) Start(ctx context.Context, c Cmd) (Process, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := l.check(c); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, &StartError{Program: l.Path, Err: contextError(ctx)}
	}
	call := Call{User: l.User, WorkerDir: l.WorkerDir, Script: c.Script, Cmd: c}
	file := &commandFile{}
	if c.Script == "" {
		var err error
		if file, err = l.write(c); err != nil {
			return nil, err
		}
		call.Script = file.path
	}
	args, storm := l.Args, (*stormOutput)(nil)
	if args == nil {
		args, storm = stormArgs, newStormOutput(c)
		c.Stdout, c.Stderr = &storm.stdout, &storm.stderr
	}
	c.Argv, c.Script = append([]string{l.Path}, args(call)...), ""

	inner := l.Runner
	if inner == nil {
		inner = Exec{}
	}
	started, err := inner.Start(ctx, c)
	if err != nil {
		file.release()
		return nil, err
	}
	return answering(started, func(err error) error {
		if storm != nil {
			err = storm.verdict(ctx, err)
		}
		file.release()
		return err
	}), nil
}

func (l Launcher) check(c Cmd) error {
	switch {
	case l.Path == "":
		return errors.New("runner: Launcher.Path is empty: name the launcher's file")
	case c.Script == "" && l.Scripts == nil:
		return errors.New("runner: Launcher.Scripts is nil: open a directory for command files, or give Cmd.Script")
	case l.Args != nil:
		return nil
	case strings.TrimSpace(l.User) == "":
		return errors.New("runner: Launcher.User is blank: name the user that the launcher is to become")
	case subcommand(c.Argv) == "run" && !filepath.IsAbs(l.WorkerDir):
		return fmt.Errorf("runner: Launcher.WorkerDir %q is not absolute: the launcher gives this directory to its user at docker run", l.WorkerDir)
	}
	return nil
}

// subcommand is the first word after the program and its global options, which are written --name=value.
func subcommand(argv []string) string {
	for _, word := range argv[1:] {
		if !strings.HasPrefix(word, "-") {
			return word
		}
	}
	return ""
}

// stormArgs is Storm's protocol.
func stormArgs(c Call) []string {
	command := "run-docker-cmd"
	if subcommand(c.Cmd.Argv) == "run" {
		command = "launch-docker-container"
	}
	return []string{c.User, command, cmp.Or(c.WorkerDir, "/nonexistent"), c.Script}
}

// write writes c's command file.
func (l Launcher) write(c Cmd) (*commandFile, error) {
	script, mode := scripts.Command{Argv: c.Argv, Format: l.Format}, 0o700
	if l.Args == nil {
		script.Format = scripts.Line
	}
	if script.Format == scripts.Line {
		mode = 0o600 // read, not run
	}
	data, err := script.Bytes()
	if err != nil {
		return nil, err
	}
	f := reserve(l.Scripts, subcommand(c.Argv), data)
	if _, err := l.Scripts.Write(f.name, data, fs.FileMode(mode)); err != nil {
		f.release()
		return nil, err
	}
	return f, nil
}

// commandFile is a file that exists while it has users. The zero value is nobody's.
type commandFile struct {
	dir        *scripts.Dir
	name, path string
	content    string
	users      int
}

// commandFiles holds the files in use, by path. It spans all Launchers, since workers may share a directory and equal
// lines share a file.
var commandFiles = struct {
	sync.Mutex
	byPath map[string]*commandFile
}{byPath: map[string]*commandFile{}}

// reserve finds the file for a content. One that is in use with another content, which takes a collision of hashes, is
// left alone.
func reserve(dir *scripts.Dir, subcommand string, content []byte) *commandFile {
	commandFiles.Lock()
	defer commandFiles.Unlock()
	hash := sha256.Sum256(content)
	stem := fmt.Sprintf("docker-%s-%x", fileWord(subcommand), hash[:4])
	for i := 1; ; i++ {
		name := stem + ".sh"
		if i > 1 {
			name = fmt.Sprintf("%s-%d.sh", stem, i)
		}
		path := filepath.Join(dir.Path(), name)
		f, used := commandFiles.byPath[path]
		if !used {
			f = &commandFile{dir: dir, name: name, path: path, content: string(content)}
			commandFiles.byPath[path] = f
		}
		if f.content == string(content) {
			f.users++
			return f
		}
	}
}

// release removes the file after its last user. A file that cannot be removed is harmless: it holds a line that was
// to be run, and the next call of its name replaces it.
func (f *commandFile) release() {
	if f.dir == nil {
		return
	}
	commandFiles.Lock()
	defer commandFiles.Unlock()
	f.users--
	if f.users == 0 {
		delete(commandFiles.byPath, f.path)
		f.dir.Remove(f.name)
	}
}

// fileWord is word if it can be part of a file's name, as docker's subcommands can.
func fileWord(word string) string {
	if word == "" || len(word) > 32 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return "command"
	}
	return word
}

// LauncherError says that Storm's launcher failed by itself: docker did not run, so nothing has been done.
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

// Error gives the status, its name, and the launcher's last words.
func (e *LauncherError) Error() string {
	name := e.Name
	if name == "" {
		name = "no name"
	}
	lines := strings.Split(strings.TrimSpace(e.Output), "\n")
	if e.Code == 0 {
		return fmt.Sprintf("launcher ended with success, but without the line that names docker's command: is it Storm's? Its last words: %q", lines[len(lines)-1])
	}
	return fmt.Sprintf("launcher failed before docker ran: status %d (%s): %q", e.Code, name, lines[len(lines)-1])
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

// stormOutput parts the launcher's output from docker's.
type stormOutput struct {
	stdout dockerOutput
	stderr tee
}

// keptOutput is how much of a launcher's words is kept for a LauncherError, at each end.
const keptOutput = 4 << 10

func newStormOutput(c Cmd) *stormOutput {
	out, msg := c.Stdout, c.Stderr
	if sameWriter(out, msg) {
		out = &lockedWriter{w: out}
		msg = out
	}
	kept := headTail{head: keptOutput, tail: keptOutput}
	return &stormOutput{
		stdout: dockerOutput{w: cmp.Or(out, io.Discard), banner: kept, hold: subcommand(c.Argv) == "run"},
		stderr: tee{w: cmp.Or(msg, io.Discard), kept: kept},
	}
}

// verdict says what a launcher's end means.
func (s *stormOutput) verdict(ctx context.Context, err error) error {
	flushErr := s.stdout.flush()
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	exit, _ := errors.AsType[*ExitError](err)
	code := 0
	if exit != nil {
		code = exit.Code
	}
	banner, begun := s.stdout.said()
	said := s.stderr.said()
	// It names docker's command before it knows whether there is a docker.
	noDocker := code == 29 && bytes.Contains(said, []byte("Couldn't execute the container launch"))
	if begun && !noDocker {
		return join(err, flushErr)
	}
	output := string(banner) + string(said)
	return &LauncherError{Code: code, Name: launcherCodes[code], Output: output, Err: err}
}

// dockerLine begins the last line that the launcher prints before docker runs.
const dockerLine = "command: "

// dockerOutput is a Writer that drops the launcher's lines and passes docker's output on.
//
// At docker run the launcher first prints the paths of all symbolic links in the worker's directory, whose names the
// worker chooses; one with newlines in it can look like docker's answer. So, with hold, output is held back until the
// process has ended, and what counts is what follows the last line that names docker's command. More than maxHeld
// cannot be the answer of a detached run, and is passed on as it comes.
type dockerOutput struct {
	w io.Writer

	mu     sync.Mutex // not held while w is written to, which may block
	hold   bool
	begun  bool     // dockerLine was seen
	line   []byte   // the beginning of an unfinished line
	banner headTail // of what was dropped
	held   []byte
}

const maxHeld = 64 << 10

func (d *dockerOutput) Write(p []byte) (int, error) {
	pass, full := d.sort(p)
	if full {
		return len(p), d.flush()
	}
	if len(pass) == 0 {
		return len(p), nil
	}
	n, err := d.w.Write(pass)
	return len(p) - len(pass) + n, err
}

// sort keeps of p what is the launcher's or to be held, and returns the rest. Full means that too much is held.
func (d *dockerOutput) sort(p []byte) (pass []byte, full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.begun && len(p) > 0 {
		line, _, whole := bytes.Cut(p, []byte("\n"))
		d.line = append(d.line, line[:min(len(line), len(dockerLine)-len(d.line))]...)
		taken := len(line)
		if whole {
			taken++
			d.begun = string(d.line) == dockerLine
			d.line = d.line[:0]
		}
		if !d.begun {
			d.banner.Write(p[:taken])
		}
		p = p[taken:]
	}
	if d.begun && d.hold {
		d.held = append(d.held, p...)
		return nil, len(d.held) > maxHeld
	}
	return p, false
}

// flush passes on what was held, without what precedes the last line that names docker's command.
func (d *dockerOutput) flush() error {
	d.mu.Lock()
	answer := d.held
	d.hold, d.held = false, nil
	d.mu.Unlock()

	if i := bytes.LastIndex(append([]byte("\n"), answer...), []byte("\n"+dockerLine)); i >= 0 {
		_, answer, _ = bytes.Cut(answer[i:], []byte("\n"))
	}
	if len(answer) == 0 {
		return nil
	}
	_, err := d.w.Write(answer)
	return err
}

// said returns what the launcher said, and whether it came to docker.
func (d *dockerOutput) said() (banner []byte, begun bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.banner.Bytes(), d.begun
}

// tee is a Writer that keeps a part of what it passes on.
type tee struct {
	w io.Writer

	mu   sync.Mutex
	kept headTail
}

func (t *tee) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.kept.Write(p)
	t.mu.Unlock()
	return t.w.Write(p)
}

func (t *tee) said() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept.Bytes()
}

// lockedWriter lets two streams write to one Writer.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

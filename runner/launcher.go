package runner

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/errline"
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

	// User is the user that the launcher is to become. Storm's protocol needs one.
	User string

	// WorkerDir is the worker's directory, absolute. Storm's launcher gives it to User at docker run, recursively; at
	// all other commands it ignores it, and it may be empty.
	WorkerDir string

	// Scripts is where command files are written that a Cmd does not bring along. They are named
	// docker-<subcommand>-<8 hex digits of the content's hash>.sh and removed when the process has ended. Only
	// the supervisor may write there.
	Scripts *scripts.Dir

	// Format of the command files, when Args is set. Storm's protocol always takes [scripts.Line].
	Format scripts.Format

	// Args returns the launcher's arguments for a call. Nil means Storm's protocol.
	Args func(LauncherCall) []string

	// Runner starts the launcher. Nil means Exec{}.
	Runner Runner
}

// LauncherCall is what a Launcher makes its arguments from.
type LauncherCall struct {
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
		return nil, &StartError{Program: l.Path, Err: errline.Context(ctx)}
	}
	call := LauncherCall{User: l.User, WorkerDir: l.WorkerDir, Script: c.Script, Cmd: c}
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
	return withResult(started, func(err error) error {
		if storm != nil {
			err = storm.result(ctx, err)
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
		const format = "runner: Launcher.WorkerDir %q is not absolute: the launcher gives this directory to its user at docker run"
		return fmt.Errorf(format, l.WorkerDir)
	}
	return nil
}

// subcommand returns the first word after the program and its global options, which are written --name=value.
func subcommand(argv []string) string {
	for _, word := range argv[1:] {
		if !strings.HasPrefix(word, "-") {
			return word
		}
	}
	return ""
}

// stormArgs returns the arguments of Storm's protocol.
func stormArgs(c LauncherCall) []string {
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
	f := acquire(l.Scripts, subcommand(c.Argv), data)
	if _, err := l.Scripts.Write(f.name, data, fs.FileMode(mode)); err != nil {
		f.release()
		return nil, err
	}
	return f, nil
}

// commandFile is a file that exists while it has users. The zero value is no file.
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

// acquire returns the command file for a content, and counts one more user of it. One that is in use with another content, which
// takes a collision of hashes, is left alone.
func acquire(dir *scripts.Dir, subcommand string, content []byte) *commandFile {
	commandFiles.Lock()
	defer commandFiles.Unlock()
	hash := sha256.Sum256(content)
	stem := fmt.Sprintf("docker-%s-%x", fileNamePart(subcommand), hash[:4])
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

// fileNamePart returns word if it can be part of a file's name, as docker's subcommands can, and otherwise "command".
func fileNamePart(word string) string {
	if word == "" || len(word) > 32 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return "command"
	}
	return word
}

package scripts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/quote"
)

// maxShell keeps the first line within the 127 bytes that kernels before 5.1 read of it.
const maxShell = 125

// Worker is the script that starts a worker inside its container:
//
//	#!/bin/sh
//	# worker-1
//	export HOME=/tmp
//	export 'JAVA_OPTS=-Xmx64m -Da=b'
//	umask 0027
//	exec java -jar app.jar
//
// The environment is not part of the docker line, so neither the process list nor docker inspect shows it. The working
// directory is docker's to set (--workdir). A shell may add PWD, OLDPWD, SHLVL and _ to what the worker sees.
type Worker struct {
	// Shell is the absolute path of a POSIX shell in the image; "" means /bin/sh.
	Shell string
	// Env is added to what the container has. Names must be ones that a shell can export; [CheckEnvName] says which
	// cannot be. Values may be any valid UTF-8 without NUL, newlines too. They are secrets: no error, and nothing that
	// fmt or slog print of a Worker, shows one.
	Env map[string]string
	// Umask holds permission bits only; nil leaves the container's own.
	Umask *fs.FileMode
	// Argv begins with the worker's program, which is looked up in Env's PATH when it has no slash.
	Argv []string
	// Comment has one or more lines of printable characters; "" leaves it out.
	Comment string
}

// Validate returns everything that keeps the script from starting the worker exactly so, nil if nothing does.
func (w Worker) Validate() error {
	errs := []error{w.checkShell(), checkComment(w.Comment)}
	for _, name := range slices.Sorted(maps.Keys(w.Env)) {
		errs = append(errs, CheckEnvName(name))
		if err := checkText(w.Env[name]); err != nil {
			errs = append(errs, fmt.Errorf("the value of env %q %w", name, err))
		}
	}
	if w.Umask != nil && *w.Umask&^0o777 != 0 {
		errs = append(errs, fmt.Errorf("umask %#o: must be between 0 and 0777", uint32(*w.Umask)))
	}
	return errors.Join(append(errs, checkArgv(w.Argv)...)...)
}

func (w Worker) checkShell() error {
	shell := w.shell()
	if !path.IsAbs(shell) || len(shell) > maxShell ||
		strings.ContainsFunc(shell, func(r rune) bool { return r >= 128 || !quote.Plain(byte(r)) }) {
		return fmt.Errorf("shell %q: must be an absolute path of at most %d letters, digits and ._@%%+=:,/-", shell, maxShell)
	}
	return nil
}

func (w Worker) shell() string {
	if w.Shell == "" {
		return DefaultShell
	}
	return w.Shell
}

// Bytes returns the script with the environment sorted by name. It fails when [Worker.Validate] does.
func (w Worker) Bytes() ([]byte, error) {
	if err := w.Validate(); err != nil {
		return nil, fmt.Errorf("render worker script: %w", err)
	}
	data := appendHeader(nil, w.shell(), w.Comment)
	for _, name := range slices.Sorted(maps.Keys(w.Env)) {
		data = append(data, "export "+quote.Word(name+"="+w.Env[name])+"\n"...)
	}
	if w.Umask != nil {
		data = fmt.Appendf(data, "umask %04o\n", uint32(*w.Umask))
	}
	data = quote.AppendLine(append(data, "exec "...), w.Argv)
	return append(data, '\n'), nil
}

// ParseWorker reads a worker script back, so that a small static program can start a worker whose image has no shell.
// Shell is always set in the result; Env is nil when nothing is exported.
func ParseWorker(data []byte) (Worker, error) {
	w, err := parseWorker(string(data))
	if err == nil {
		err = w.Validate()
	}
	if err != nil {
		return Worker{}, fmt.Errorf("parse worker script: %w", err)
	}
	return w, nil
}

func parseWorker(text string) (Worker, error) {
	s, err := parseScript(text)
	if err != nil {
		return Worker{}, err
	}
	w := Worker{Shell: s.shell, Comment: s.comment}
	for i, words := range s.statements {
		last := i == len(s.statements)-1
		switch {
		case words[0] == "export" && len(words) == 2 && !last && w.Umask == nil:
			err = w.export(words[1])
		case words[0] == "umask" && len(words) == 2 && !last && w.Umask == nil:
			err = w.umask(words[1])
		case words[0] == "exec" && last:
			w.Argv = words[1:]
		default:
			err = errors.New("must be exports, at most one umask, and exec, in this order")
		}
		if err != nil {
			return Worker{}, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return w, nil
}

func (w *Worker) export(word string) error {
	name, value, ok := strings.Cut(word, "=")
	if !ok {
		return errors.New("export must have the form NAME=VALUE")
	}
	if _, twice := w.Env[name]; twice {
		return fmt.Errorf("env %q is exported twice", name)
	}
	if w.Env == nil {
		w.Env = map[string]string{}
	}
	w.Env[name] = value
	return nil
}

func (w *Worker) umask(word string) error {
	mask, err := strconv.ParseUint(word, 8, 32)
	if err != nil {
		return errors.New("umask must be an octal number")
	}
	w.Umask = new(fs.FileMode(mask))
	return nil
}

// String describes the script without any value of its environment. Of Argv it shows the program only, because a later word may
// carry a value too.
func (w Worker) String() string {
	umask := "inherited"
	if w.Umask != nil {
		umask = fmt.Sprintf("%04o", uint32(*w.Umask))
	}
	program := ""
	if len(w.Argv) > 0 {
		program = w.Argv[0]
	}
	return fmt.Sprintf("worker script: shell %s, env %q, umask %s, program %q with %d arguments",
		w.shell(), slices.Sorted(maps.Keys(w.Env)), umask, program, max(len(w.Argv)-1, 0))
}

// Format prints [Worker.String] for every verb, %#v too.
func (w Worker) Format(f fmt.State, _ rune) { io.WriteString(f, w.String()) }

// LogValue returns the text of [Worker.String].
func (w Worker) LogValue() slog.Value { return slog.StringValue(w.String()) }

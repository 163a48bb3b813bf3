package ash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// call runs a simple command.
func (s *shell) call(c *syntax.CallExpr) int {
	s.substSet = -1
	words, ok := s.fields(c.Args)
	if !ok {
		return s.status
	}
	if len(words) == 0 {
		for _, a := range c.Assigns {
			if !s.assignment(a) {
				return s.status
			}
		}
		return max(s.substSet, 0)
	}
	// Assignments in front of a command last as long as the command, but in front of a special builtin they stay.
	hidden := map[string]variable{}
	for _, a := range c.Assigns {
		name := a.Name.Value
		if _, ok := hidden[name]; !ok {
			hidden[name] = s.vars[name]
		}
		if !s.assignment(a) {
			return s.status
		}
		v := s.vars[name]
		v.exported = true
		s.vars[name] = v
	}
	s.trace(words)
	code := s.run(words)
	if !special[words[0]] {
		for name, v := range hidden {
			if !v.set {
				delete(s.vars, name)
			} else {
				s.vars[name] = v
			}
		}
	}
	return code
}

// assignment carries out NAME=word.
func (s *shell) assignment(a *syntax.Assign) bool {
	if a.Array != nil || a.Index != nil || a.Append || a.Name == nil {
		s.ctl, s.status = exiting, s.refuse(2, "arrays, nor +=")
		return false
	}
	value, ok := s.literal(a.Value)
	if !ok || !s.assign(a.Name.Value, value) {
		return false
	}
	if s.xtrace {
		fmt.Fprintf(s.stderr(), "+ %s=%s\n", a.Name.Value, quotedValue(value))
	}
	return true
}

func quotedValue(v string) string {
	if v == "" {
		return ""
	}
	return quoted(v)
}

// run runs a command of expanded words: a function, a builtin, an applet or a script.
func (s *shell) run(words []string) int {
	if s.ctx.Err() != nil {
		s.ctl = exiting
		return s.status
	}
	if f := s.funcs[words[0]]; f != nil && !special[words[0]] {
		return s.function(f, words)
	}
	if b := builtins[words[0]]; b != nil {
		return b(s, words)
	}
	if what, ok := missing[words[0]]; ok {
		s.ctl = exiting
		return s.refuse(2, "%s", what)
	}
	return s.start(words)
}

// function calls a function.
func (s *shell) function(body *syntax.Stmt, words []string) int {
	if s.calls >= maxDepth {
		s.ctl = exiting
		return s.refuse(2, "more than %d calls in one another", maxDepth)
	}
	params, loops := s.params, s.loops
	s.params, s.loops = words[1:], 0
	s.calls++
	s.scopes = append(s.scopes, map[string]variable{})
	code := s.stmt(body)
	scope := s.scopes[len(s.scopes)-1]
	s.scopes = s.scopes[:len(s.scopes)-1]
	for name, v := range scope {
		if v.set || v.exported {
			s.vars[name] = v
		} else {
			delete(s.vars, name)
		}
	}
	s.calls--
	s.params, s.loops = params, loops
	if s.ctl == returning {
		s.ctl = goOn
		return s.status
	}
	return code
}

// start runs a program: a file by its path, or one on the PATH.
func (s *shell) start(words []string) int {
	name, err := s.lookup(words[0])
	if err != nil {
		code := 127
		text := "not found"
		if errors.Is(err, fs.ErrPermission) {
			code, text = 126, "Permission denied"
		}
		s.problem("", "%s: %s", words[0], text)
		return code
	}
	return s.program(name, words, s.environ())
}

// lookup finds a program: fs.ErrNotExist and fs.ErrPermission are its errors. The applets are in /bin.
func (s *shell) lookup(name string) (string, error) {
	if strings.Contains(name, "/") {
		full := s.abs(name)
		return full, s.executable(full)
	}
	worst := fs.ErrNotExist
	search := s.vars["PATH"].value
	for dir := range strings.SplitSeq(search, ":") {
		full := s.abs(path.Join(dir, name))
		err := s.executable(full)
		if err == nil {
			return full, nil
		}
		if errors.Is(err, fs.ErrPermission) {
			worst = fs.ErrPermission
		}
	}
	return "", worst
}

// executable returns what keeps a file from being started.
func (s *shell) executable(full string) error {
	if dir, name := path.Split(full); dir == "/bin/" && (applets[name] != nil || slices.Contains(Lacking, name)) {
		return nil
	}
	info, err := s.m.Files.Stat(full)
	switch {
	case err != nil:
		s.unknown(err)
		return fs.ErrNotExist
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fs.ErrPermission
	}
	return nil
}

// program runs a file that has been found, with an environment, as a child of the shell.
func (s *shell) program(full string, words, env []string) int {
	t := s.m.newTask(s.ctx)
	if t == nil {
		s.ctl = exiting
		return s.refuse(2, "more than %d processes", maxTasks)
	}
	c := s.fresh(env, t)
	code := c.inPlace(full, words, env)
	s.m.end(t, code)
	s.m.forget(t.pid)
	s.tell(t)
	return t.status
}

// inPlace runs a file that has been found as the shell's own process.
func (s *shell) inPlace(full string, words, env []string) int {
	if s.depth > maxDepth {
		s.ctl = exiting
		return s.refuse(2, "more than %d programs in one another", maxDepth)
	}
	dir, name := path.Split(full)
	if dir == "/bin/" {
		if applet := applets[name]; applet != nil {
			return applet(s.fresh(env, nil), words)
		}
		if slices.Contains(Lacking, name) {
			return s.refuse(127, "applet %s", name)
		}
	}
	text, err := s.read(full)
	if err != nil {
		s.problem("", "%s: %v", words[0], reason(err))
		return 126
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	interpreter, isScript := strings.CutPrefix(string(line), "#!")
	switch {
	case isScript:
		return s.interpreted(full, interpreter, words, env)
	case bytes.IndexByte(text, 0) >= 0:
		return s.refuse(126, "way to run %s, which is not a shell script: no program of the machine is started", words[0])
	}
	c := s.fresh(env, nil) // as the shell itself does when the kernel refuses the file
	c.name, c.file, c.params = words[0], words[0], words[1:]
	return c.script(text)
}

// interpreted runs a script with the interpreter that its first line names.
func (s *shell) interpreted(full, interpreter string, words, env []string) int {
	with := strings.Fields(interpreter)
	if len(with) == 0 {
		return s.refuse(126, "script without the name of its shell: %s", words[0])
	}
	if s.executable(with[0]) != nil || with[0] == full {
		s.problem("", "%s: not found", words[0])
		return 127
	}
	if len(with) > 1 { // the kernel gives the rest of the line as one word
		with = []string{with[0], strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(interpreter), with[0]))}
	}
	file := words[0]
	if !strings.Contains(file, "/") {
		file = full
	}
	s.depth++
	return s.inPlace(with[0], slices.Concat(with, []string{file}, words[1:]), env)
}

// execute runs the words as the whole process, which the kernel starts, and no shell.
func (s *shell) execute(words []string) int {
	if len(words) == 0 {
		words = []string{"sh"}
	}
	full, err := s.lookup(words[0])
	switch {
	case errors.Is(err, fs.ErrPermission):
		s.problem("", "%s: Permission denied", words[0])
		return 126
	case err != nil:
		s.problem("", "%s: not found", words[0])
		return 127
	}
	if dir, _ := path.Split(full); dir != "/bin/" {
		text, err := s.read(full)
		line, _, _ := bytes.Cut(text, []byte("\n"))
		interpreter, isScript := strings.CutPrefix(string(line), "#!")
		with := strings.Fields(interpreter)
		switch {
		case err != nil || bytes.IndexByte(text, 0) >= 0: // inPlace says why
		case !isScript:
			fmt.Fprintf(s.stderr(), "exec %s: exec format error\n", words[0])
			return s.m.Unstarted
		case len(with) > 0 && s.executable(with[0]) != nil:
			fmt.Fprintf(s.stderr(), "exec %s: no such file or directory\n", words[0])
			return s.m.Unstarted
		}
	}
	return s.inPlace(full, words, s.environ())
}

// LackingError is the error of an applet that busybox has and package ash lacks.
type LackingError struct{ What string }

// Error says what is lacking.
func (e LackingError) Error() string { return "there is no " + e.What }

// Lookup returns what keeps a program from being started: fs.ErrNotExist, fs.ErrPermission or a [LackingError].
func Lookup(files Files, env []string, dir, program string) error {
	m := &machine{Process: Process{Env: env, Dir: dir, Files: files, Stderr: io.Discard, Stdout: io.Discard}}
	s := m.newShell(&task{ctx: context.Background()})
	full, err := s.lookup(program)
	if dir, name := path.Split(full); err == nil && dir == "/bin/" && applets[name] == nil {
		if _, mounted := files.Stat(full); mounted != nil {
			return LackingError{"applet " + name}
		}
	}
	return err
}

// read reads a file whole.
func (s *shell) read(full string) ([]byte, error) {
	f, err := s.m.Files.OpenFile(full, os.O_RDONLY, 0)
	if err != nil {
		s.unknown(err)
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: full, Err: syscall.EISDIR}
	}
	return io.ReadAll(io.LimitReader(f, maxScript+1))
}

// reason returns an error's cause in libc's words.
func reason(err error) string {
	errno, ok := errors.AsType[syscall.Errno](err)
	switch {
	case ok:
	case errors.Is(err, fs.ErrNotExist):
		errno = syscall.ENOENT
	case errors.Is(err, fs.ErrExist):
		errno = syscall.EEXIST
	case errors.Is(err, fs.ErrPermission):
		errno = syscall.EACCES
	default:
		return err.Error()
	}
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// decl runs export, readonly and local, where the parser takes their words for assignments.
func (s *shell) decl(c *syntax.DeclClause) int {
	words := []string{c.Variant.Value}
	for _, a := range c.Args {
		if a.Array != nil || a.Index != nil || a.Append {
			s.ctl = exiting
			return s.refuse(2, "arrays, nor +=")
		}
		if a.Naked && a.Name == nil {
			more, ok := s.fields([]*syntax.Word{a.Value})
			if !ok {
				return s.status
			}
			words = append(words, more...)
			continue
		}
		word := a.Name.Value
		if !a.Naked {
			value, ok := s.literal(a.Value)
			if !ok {
				return s.status
			}
			word += "=" + value
		}
		words = append(words, word)
	}
	s.trace(words)
	return s.run(words)
}

// document expands a here-document.
func (s *shell) document(w *syntax.Word) (string, bool) {
	if w == nil {
		return "", true
	}
	text, err := expand.Document(s.config(), w)
	if err != nil {
		s.status = s.expansionError(err)
		return "", false
	}
	return text, s.ctl == goOn
}

package ash

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"strconv"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/syntax"
)

// redirected makes a statement's redirections, runs it, and takes them back, unless it is exec without a command.
func (s *shell) redirected(stmt *syntax.Stmt) int {
	if len(stmt.Redirs) == 0 {
		return s.command(stmt.Cmd)
	}
	before := maps.Clone(s.fds)
	var opened []io.Closer
	ok := true
	for _, r := range stmt.Redirs {
		c, good := s.redirect(r)
		if c != nil {
			opened = append(opened, c)
		}
		if !good {
			ok = false
			break
		}
	}
	keep := false
	code := 1
	if call, isCall := stmt.Cmd.(*syntax.CallExpr); isCall && len(call.Args) > 0 {
		name := call.Args[0].Lit()
		keep = ok && name == "exec" && len(call.Args) == 1
		if !ok && special[name] {
			s.ctl = exiting
		}
	}
	switch {
	case ok:
		code = s.command(stmt.Cmd)
	case s.ctl == exiting && s.status != 0:
		code = s.status
	}
	if keep {
		s.owned = append(s.owned, opened...)
		return code
	}
	s.fds = before
	for _, c := range opened {
		c.Close()
	}
	return code
}

// redirect makes one redirection; what it has opened is returned.
func (s *shell) redirect(r *syntax.Redirect) (io.Closer, bool) {
	n := 1
	switch r.Op {
	case syntax.RdrIn, syntax.RdrInOut, syntax.Hdoc, syntax.DashHdoc, syntax.DplIn:
		n = 0
	}
	if r.N != nil {
		var err error
		if n, err = strconv.Atoi(r.N.Value); err != nil {
			s.ctl, s.status = exiting, s.refuse(2, "redirection of {%s}", r.N.Value)
			return nil, false
		}
	}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		text, ok := s.document(r.Hdoc)
		s.fds[n] = io.Reader(strings.NewReader(text))
		return nil, ok
	}
	name, ok := s.literal(r.Word)
	if !ok {
		return nil, false
	}
	switch r.Op {
	case syntax.DplIn, syntax.DplOut:
		if name == "-" {
			delete(s.fds, n)
			return nil, true
		}
		from, err := strconv.Atoi(name)
		f, open := s.fds[from]
		switch {
		case err != nil:
			s.ctl, s.status = exiting, s.refuse(2, "redirection to %s", name)
			return nil, false
		case !open:
			s.problem("", "%s: Bad file descriptor", name)
			return nil, false
		}
		s.fds[n] = f
		return nil, true
	}
	flag := 0
	switch r.Op {
	case syntax.RdrIn:
		flag = os.O_RDONLY
	case syntax.RdrOut, syntax.RdrClob:
		flag = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	case syntax.AppOut:
		flag = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	case syntax.RdrInOut:
		flag = os.O_RDWR | os.O_CREATE
	default:
		s.ctl, s.status = exiting, s.refuse(2, "%s", r.Op)
		return nil, false
	}
	f, err := s.open(name, flag)
	if err != nil {
		s.openProblem(name, flag, err)
		return nil, false
	}
	s.fds[n] = f
	c, _ := f.(io.Closer)
	return c, true
}

// open opens a file or one of the devices that every container has.
func (s *shell) open(name string, flag int) (any, error) {
	switch full := s.abs(name); full {
	case "/dev/null":
		return null{}, nil
	case "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console":
		s.refuse(1, "%s", full)
		return nil, &fs.PathError{Op: "open", Path: full, Err: syscall.ENXIO}
	case "/dev/stdin", "/dev/stdout", "/dev/stderr", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2":
		n := map[string]int{"stdin": 0, "stdout": 1, "stderr": 2, "0": 0, "1": 1, "2": 2}[full[strings.LastIndex(full, "/")+1:]]
		if f, ok := s.fds[n]; ok {
			return unclosed(f), nil
		}
		return nil, &fs.PathError{Op: "open", Path: full, Err: syscall.ENOENT}
	default:
		f, err := s.m.Files.OpenFile(full, flag, 0o666&^s.umask)
		if err != nil {
			return nil, err
		}
		if info, err := f.Stat(); err == nil && info.IsDir() && flag != os.O_RDONLY {
			f.Close()
			return nil, &fs.PathError{Op: "open", Path: full, Err: syscall.EISDIR}
		}
		return f, nil
	}
}

// openProblem says, as ash does, why a redirection fails.
func (s *shell) openProblem(name string, flag int, err error) {
	if s.unknown(err) {
		return
	}
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case flag&os.O_CREATE != 0 && missing:
		s.problem("", "can't create %s: nonexistent directory", name)
	case flag&os.O_CREATE != 0:
		s.problem("", "can't create %s: %s", name, reason(err))
	case missing:
		s.problem("", "can't open %s: no such file", name)
	default:
		s.problem("", "can't open %s: %s", name, reason(err))
	}
}

// null is /dev/null.
type null struct{}

func (null) Read([]byte) (int, error)    { return 0, io.EOF }
func (null) Write(p []byte) (int, error) { return len(p), nil }

// unclosed hides Close: the file is another's.
func unclosed(f any) any {
	r, isReader := f.(io.Reader)
	w, isWriter := f.(io.Writer)
	switch {
	case isReader && isWriter:
		return struct {
			io.Reader
			io.Writer
		}{r, w}
	case isReader:
		return struct{ io.Reader }{r}
	}
	return struct{ io.Writer }{w}
}

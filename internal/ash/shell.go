package ash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// shell is the state of one shell; a subshell has a copy.
type shell struct {
	m    *machine
	t    *task
	ctx  context.Context
	pid  int
	name string // arg0
	file string // whose commands run; "" for those of -c
	line uint

	params []string
	vars   map[string]variable
	funcs  map[string]*syntax.Stmt
	dir    string
	umask  os.FileMode
	fds    map[int]any // io.Reader, io.Writer or File
	owned  []io.Closer // opened by exec

	errexit, nounset, noglob, noexec, xtrace, pipefail bool

	status   int
	substSet int // status of the latest substitution, or -1
	traps    map[os.Signal]string
	exitTrap string
	inTrap   bool
	sub      bool // signals are not its own

	ctl     control
	ctlN    int
	loops   int
	calls   int
	scopes  []map[string]variable // of local variables, what they hide
	tested  int                   // > 0 where a failure does not end the shell
	depth   int
	lastJob int
	jobs    []*task
}

type variable struct {
	value              string
	set                bool
	exported, readOnly bool
}

// control is what ends the list of commands that runs.
type control int

const (
	goOn control = iota
	breaking
	continuing
	returning
	exiting
)

func (m *machine) newShell(t *task) *shell {
	s := &shell{
		m: m, t: t, ctx: t.ctx, pid: t.pid, name: "sh", dir: m.Dir, umask: 0o022,
		vars: map[string]variable{}, funcs: map[string]*syntax.Stmt{},
		fds: map[int]any{0: &pump{ctx: t.ctx, in: m.Stdin}, 1: m.Stdout, 2: m.Stderr}, traps: map[os.Signal]string{}, substSet: -1,
	}
	if s.dir == "" {
		s.dir = "/"
	}
	for _, e := range m.Env {
		if name, value, ok := strings.Cut(e, "="); ok {
			s.vars[name] = variable{value: value, set: true, exported: true}
		}
	}
	if _, ok := s.vars["PATH"]; !ok {
		s.vars["PATH"] = variable{value: DefaultPath, set: true, exported: true}
	}
	return s
}

// subshell returns a copy for commands that run in a process of their own. Traps are not inherited, but for signals ignored.
func (s *shell) subshell(t *task) *shell {
	c := *s
	c.vars, c.funcs, c.fds = maps.Clone(s.vars), maps.Clone(s.funcs), maps.Clone(s.fds)
	c.params, c.scopes = slices.Clone(s.params), nil
	c.traps, c.exitTrap, c.owned, c.jobs, c.sub = map[os.Signal]string{}, "", nil, nil, true
	if t != nil {
		c.t, c.ctx, c.sub = t, t.ctx, false
		for sig, action := range s.traps {
			if action == "" {
				c.traps[sig] = ""
			}
		}
		c.listen()
	}
	c.depth++
	return &c
}

// fresh returns the shell of a program that this one starts as the task t; nil means in its own place, as exec does. Variables that
// are not exported stay behind.
func (s *shell) fresh(env []string, t *task) *shell {
	c := s.subshell(t)
	if t != nil {
		c.pid = t.pid
	}
	c.vars, c.funcs = map[string]variable{}, map[string]*syntax.Stmt{}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		c.vars[name] = variable{value: value, set: true, exported: true}
	}
	c.errexit, c.nounset, c.noglob, c.noexec, c.xtrace, c.pipefail = false, false, false, false, false, false
	c.params, c.name, c.file, c.line, c.loops, c.calls, c.tested, c.status, c.ctl = nil, "sh", "", 0, 0, 0, 0, 0, goOn
	c.inTrap = false
	if t == nil {
		c.sub = s.sub
		for sig, action := range s.traps {
			if action == "" {
				c.traps[sig] = ""
			}
		}
		c.listen()
	}
	return c
}

func (s *shell) environ() []string {
	var env []string
	for name, v := range s.vars {
		if v.exported && v.set {
			env = append(env, name+"="+v.value)
		}
	}
	slices.Sort(env)
	return env
}

func (s *shell) stdin() io.Reader {
	if r, ok := s.fds[0].(io.Reader); ok {
		return r
	}
	return badFile{}
}
func (s *shell) stdout() io.Writer { return s.writer(1) }
func (s *shell) stderr() io.Writer { return s.writer(2) }

func (s *shell) writer(n int) io.Writer {
	if w, ok := s.fds[n].(io.Writer); ok {
		return w
	}
	return badFile{}
}

// badFile is a descriptor that is closed.
type badFile struct{}

func (badFile) Read([]byte) (int, error)  { return 0, syscall.EBADF }
func (badFile) Write([]byte) (int, error) { return 0, syscall.EBADF }

// write writes what a command prints. A pipe that nobody reads ends the process, as SIGPIPE does.
func (s *shell) write(text string) int {
	_, err := io.WriteString(s.stdout(), text)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, io.ErrClosedPipe) || s.ctx.Err() != nil:
		s.ctl, s.errexit = exiting, false
		return 128 + int(syscall.SIGPIPE)
	}
	return 1
}

// problem prints an error of the shell as ash does: with the name of the builtin that says so, or the script's, and the line.
func (s *shell) problem(builtin, format string, args ...any) {
	where := s.name + ": "
	who, line := s.file, int(s.line)
	if builtin != "" {
		who = builtin
		if s.file == "" {
			line--
		}
	}
	if who != "" && who != s.name {
		where += who + ": "
	}
	if who != "" {
		where += fmt.Sprintf("line %d: ", max(line, 0))
	}
	fmt.Fprintf(s.stderr(), "%s%s\n", where, fmt.Sprintf(format, args...))
}

// fail prints an error after which a shell ends.
func (s *shell) fail(builtin, format string, args ...any) int {
	s.problem(builtin, format, args...)
	s.ctl = exiting
	return 2
}

// script runs a text to its end, and the trap of EXIT after it.
func (s *shell) script(text []byte) int {
	s.status = s.source(text, "")
	return s.leave()
}

// leave runs the trap of EXIT.
func (s *shell) leave() int {
	if action := s.exitTrap; action != "" && s.ctx.Err() == nil {
		s.exitTrap, s.ctl = "", goOn
		code := s.status
		s.status = s.source([]byte(action), "")
		if s.ctl != exiting {
			s.status = code
		}
	}
	for _, c := range s.owned {
		c.Close()
	}
	return s.status
}

// source runs a text in this shell.
func (s *shell) source(text []byte, builtin string) int {
	if len(text) > maxScript {
		s.ctl = exiting
		return s.refuse(2, "scripts of more than %d bytes", maxScript)
	}
	if opens(text) > maxOpen {
		s.ctl = exiting
		return s.refuse(2, "scripts with more than %d parentheses, braces and the like", maxOpen)
	}
	if s.depth > maxDepth {
		s.ctl = exiting
		return s.refuse(2, "more than %d calls in one another", maxDepth)
	}
	s.depth++
	defer func() { s.depth-- }()
	// A line is read whole before its commands are run, and no further.
	var lines []*syntax.Stmt
	code := 0
	run := func() bool {
		if len(lines) > 0 {
			code = s.stmts(lines)
		}
		lines = nil
		return s.ctl == goOn
	}
	all, err := parse(text)
	for i := 0; i <= len(all); i++ {
		end := uint(0)
		if len(lines) > 0 {
			end = lines[len(lines)-1].End().Line()
		}
		switch {
		case i == len(all) && err == nil:
			run()
			return code
		case i == len(all):
			line, what := s.syntaxProblem(err, text)
			if line > end && !run() {
				return code
			}
			s.ctl, s.line = exiting, line
			if _, ok := errors.AsType[syntax.LangError](err); ok {
				return s.refuse(2, "%s", what)
			}
			s.problem(builtin, "syntax error: %s", what)
			return 2
		case all[i].Pos().Line() > end && !run():
			return code
		}
		lines = append(lines, all[i])
	}
	return code
}

// opens counts what may open a construct, so that it is no less than how deep a text nests.
func opens(text []byte) int {
	n := 0
	for _, word := range []string{"(", "{", "`", "?", "=", "!", "if", "while", "until", "for", "case", "&&", "|"} {
		n += bytes.Count(text, []byte(word))
	}
	return n
}

// parse returns the statements up to the first syntax error.
func parse(text []byte) (all []*syntax.Stmt, first error) {
	for stmt, err := range syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).StmtsSeq(bytes.NewReader(text)) {
		switch {
		case first != nil: // of this loop nobody may break: mvdan.cc/sh 3.14 would go on
		case err != nil:
			first = err
		default:
			all = append(all, stmt)
		}
	}
	return all, first
}

var (
	offending = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("encountered `([^`]+)`|^`([^`]+)` can only") })
	closing   = map[string]string{"if": "fi", "then": "fi", "else": "fi", "elif": "fi", "do": "done", "while": "done", "until": "done",
		"for": "done", "case": "esac", "{": "}", "(": ")"}
	expecting = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("must be followed by `([^`]+)`$") })
	begun     = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^(?:`([^`]+)`|reached EOF without matching `([^`]+)`)")
	})
)

// syntaxProblem returns the line of a syntax error, and the error in ash's words as far as they are known.
func (s *shell) syntaxProblem(err error, text []byte) (line uint, what string) {
	if lang, ok := errors.AsType[syntax.LangError](err); ok {
		return lang.Pos.Line(), lang.Feature
	}
	p, ok := errors.AsType[syntax.ParseError](err)
	if !ok {
		return 1, err.Error()
	}
	line, what = p.Pos.Line(), p.Text
	if m := offending().FindStringSubmatch(what); m != nil {
		return line, fmt.Sprintf("unexpected %q", m[1]+m[2])
	}
	if strings.Contains(what, "without closing quote") {
		return line, "unterminated quoted string"
	}
	if m := expecting().FindStringSubmatch(what); m != nil && p.Incomplete {
		return uint(bytes.Count(text, []byte("\n"))) + 1, fmt.Sprintf("unexpected end of file (expecting %q)", m[1])
	}
	if m := begun().FindStringSubmatch(what); m != nil && closing[m[1]+m[2]] != "" {
		return uint(bytes.Count(text, []byte("\n"))) + 1, fmt.Sprintf("unexpected end of file (expecting %q)", closing[m[1]+m[2]])
	}
	return line, what
}

func (s *shell) stmts(list []*syntax.Stmt) int {
	code := 0
	for i, stmt := range list {
		if stmt.Background && i+1 < len(list) && list[i+1].Cmd == nil && list[i+1].Pos().Offset() == stmt.Semicolon.Offset()+1 {
			s.ctl = exiting
			return s.refuse(2, "&>")
		}
		code = s.stmt(stmt)
		if s.ctl != goOn {
			break
		}
	}
	return code
}

// stmt runs one statement with its redirections.
func (s *shell) stmt(stmt *syntax.Stmt) int {
	if s.ctx.Err() != nil {
		s.ctl = exiting
		return s.status
	}
	s.line = stmt.Pos().Line()
	s.m.tick(s.ctx)
	s.deliver()
	if s.ctl != goOn {
		return s.status
	}
	if s.noexec {
		return 0
	}
	if stmt.Coprocess || stmt.Disown {
		s.ctl = exiting
		return s.refuse(2, "|& and &|")
	}
	if stmt.Background {
		s.status = s.background(stmt)
		return s.status
	}
	if stmt.Negated {
		s.tested++
	}
	code := s.redirected(stmt)
	if stmt.Negated {
		s.tested--
		if s.ctl != exiting {
			code = truth(code != 0)
		}
	}
	s.status = code
	s.deliver()
	if s.ctl != goOn {
		return s.status
	}
	if code != 0 && s.errexit && s.tested == 0 && !stmt.Negated {
		switch c := stmt.Cmd.(type) {
		case *syntax.BinaryCmd:
			if c.Op == syntax.Pipe {
				s.ctl = exiting
			}
		case *syntax.CallExpr, *syntax.Subshell, *syntax.DeclClause, nil:
			s.ctl = exiting
		}
	}
	return code
}

func truth(b bool) int {
	if b {
		return 0
	}
	return 1
}

// background starts a statement beside the shell.
func (s *shell) background(stmt *syntax.Stmt) int {
	t := s.m.newTask(s.ctx)
	if t == nil {
		s.ctl = exiting
		return s.refuse(2, "more than %d commands in the background", maxTasks)
	}
	c := s.subshell(t)
	c.tested = 0
	if _, ok := c.fds[0].(io.Reader); ok {
		c.fds[0] = strings.NewReader("") // /dev/null
	}
	one := *stmt
	one.Background = false
	s.m.wg.Go(func() {
		c.status = c.stmt(&one)
		s.m.end(t, c.leave())
	})
	s.lastJob = t.pid
	if len(s.jobs) >= maxTasks {
		s.jobs = slices.DeleteFunc(s.jobs, func(t *task) bool { return closed(t.done) })
	}
	s.jobs = append(s.jobs, t)
	return 0
}

// command runs a statement's command; its redirections are made.
func (s *shell) command(cmd syntax.Command) int {
	switch c := cmd.(type) {
	case nil:
		return 0
	case *syntax.CallExpr:
		return s.call(c)
	case *syntax.Block:
		return s.stmts(c.Stmts)
	case *syntax.Subshell:
		if s.depth > maxDepth {
			s.ctl = exiting
			return s.refuse(2, "more than %d shells in one another", maxDepth)
		}
		sub := s.subshell(nil)
		sub.status = sub.stmts(c.Stmts)
		return sub.leave()
	case *syntax.IfClause:
		return s.ifClause(c)
	case *syntax.WhileClause:
		return s.while(c)
	case *syntax.ForClause:
		return s.forClause(c)
	case *syntax.CaseClause:
		return s.caseClause(c)
	case *syntax.BinaryCmd:
		return s.binary(c)
	case *syntax.DeclClause:
		return s.decl(c)
	case *syntax.FuncDecl:
		if c.Name != nil && !c.RsrvWord {
			s.funcs[c.Name.Value] = c.Body
			return 0
		}
	}
	s.ctl = exiting
	return s.refuse(2, "%s", strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", cmd), "*syntax.")))
}

func (s *shell) condition(list []*syntax.Stmt) bool {
	s.tested++
	defer func() { s.tested-- }()
	return s.stmts(list) == 0
}

func (s *shell) ifClause(c *syntax.IfClause) int {
	for ; c != nil; c = c.Else {
		if len(c.Cond) == 0 { // else
			return s.stmts(c.Then)
		}
		yes := s.condition(c.Cond)
		switch {
		case s.ctl != goOn:
			return s.status
		case yes:
			return s.stmts(c.Then)
		}
	}
	return 0
}

// loopEnds takes what has stopped a turn of a loop, and reports whether the loop ends.
func (s *shell) loopEnds() bool {
	switch s.ctl {
	case goOn:
		return false
	case breaking, continuing:
		if s.ctlN > 1 {
			s.ctlN--
			return true
		}
		again := s.ctl == continuing
		s.ctl = goOn
		return !again
	}
	return true
}

func (s *shell) while(c *syntax.WhileClause) int {
	s.loops++
	defer func() { s.loops-- }()
	code := 0
	for {
		yes := s.condition(c.Cond) != c.Until
		if s.ctl != goOn {
			if s.loopEnds() {
				return s.after(code)
			}
			continue
		}
		if !yes {
			return code
		}
		code = s.stmts(c.Do)
		if s.loopEnds() {
			return s.after(code)
		}
	}
}

// after returns the status of a loop that did not end by itself.
func (s *shell) after(code int) int {
	if s.ctl == exiting || s.ctl == returning {
		return s.status
	}
	return code
}

func (s *shell) forClause(c *syntax.ForClause) int {
	iter, ok := c.Loop.(*syntax.WordIter)
	if !ok || c.Select {
		s.ctl = exiting
		return s.refuse(2, "select, nor for with arithmetic")
	}
	items := slices.Clone(s.params)
	if iter.InPos.IsValid() {
		if items, ok = s.fields(iter.Items); !ok {
			return s.status
		}
	}
	s.loops++
	defer func() { s.loops-- }()
	code := 0
	for _, item := range items {
		if !s.assign(iter.Name.Value, item) {
			return s.status
		}
		s.m.tick(s.ctx)
		code = s.stmts(c.Do)
		if s.loopEnds() {
			return s.after(code)
		}
	}
	return code
}

func (s *shell) caseClause(c *syntax.CaseClause) int {
	word, err := expand.Literal(s.config(), c.Word)
	if err != nil {
		return s.expansionError(err)
	}
	for _, item := range c.Items {
		if item.Op != syntax.Break {
			s.ctl = exiting
			return s.refuse(2, "%s", item.Op)
		}
		for _, p := range item.Patterns {
			pat, err := expand.Pattern(s.config(), p)
			if err != nil {
				return s.expansionError(err)
			}
			if matches(pat, word) {
				return s.stmts(item.Stmts)
			}
		}
	}
	return 0
}

// matches reports whether a text is what a pattern of the shell stands for.
func matches(pat, text string) bool {
	expr, err := pattern.Regexp(pat, pattern.EntireString)
	if err != nil {
		return pat == text
	}
	re, err := regexp.Compile(expr)
	return err == nil && re.MatchString(text)
}

func (s *shell) binary(c *syntax.BinaryCmd) int {
	switch c.Op {
	case syntax.AndStmt, syntax.OrStmt:
		s.tested++
		code := s.stmt(c.X)
		s.tested--
		if s.ctl != goOn || (code == 0) != (c.Op == syntax.AndStmt) {
			return code
		}
		return s.stmt(c.Y)
	case syntax.Pipe:
		return s.pipeline(c)
	}
	s.ctl = exiting
	return s.refuse(2, "%s", c.Op)
}

// pipeline runs commands side by side, each in a shell of its own.
func (s *shell) pipeline(c *syntax.BinaryCmd) int {
	if s.depth > maxDepth {
		s.ctl = exiting
		return s.refuse(2, "more than %d shells in one another", maxDepth)
	}
	r, w := io.Pipe()
	stop := context.AfterFunc(s.ctx, func() { w.CloseWithError(io.ErrClosedPipe) })
	defer stop()
	left, right := s.subshell(nil), s.subshell(nil)
	left.fds[1], right.fds[0] = w, r
	done := make(chan int, 1)
	s.m.wg.Go(func() {
		left.status = left.stmt(c.X)
		code := left.leave()
		w.Close()
		done <- code
	})
	right.status = right.stmt(c.Y)
	code := right.leave()
	r.Close()
	if first := <-done; s.pipefail && code == 0 {
		code = first
	}
	return code
}

// pump is the process's standard input. Its reader may block for ever: what waits for it goes on when the process ends.
type pump struct {
	ctx  context.Context
	in   io.Reader
	once sync.Once
	out  *io.PipeReader
}

func (p *pump) Read(b []byte) (int, error) {
	p.once.Do(func() {
		r, w := io.Pipe()
		p.out = r
		context.AfterFunc(p.ctx, func() { r.CloseWithError(io.ErrClosedPipe) })
		go func() {
			_, err := io.Copy(w, p.in)
			w.CloseWithError(err)
		}()
	})
	return p.out.Read(b)
}

package shellline

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/dockercmd/toolkit/dockercmd"
)

// maxWords bounds what braces such as {1..9999999} can make of a short text.
const maxWords = 100_000

// maxBraces bounds what package expand does for a word: for each word that it makes of it, the square of their number.
const maxBraces = 100

// SplitLines finds the docker commands of a text in the language of bash, in their order, and splits them into words as the
// shell would:
//
//   - Variables have the lookup's values, and those that the text itself sets before (A=b on a line of its own, export A=b).
//     They split at white space outside quotes. "$@" and $* are the lookup's "@" and "*", or nothing. A variable that is
//     not set is an error, unless it is written with a default, as ${A:-b} or ${A-}.
//   - Braces become words as in bash, but for those with an empty pair in them, such as {},}, which stay as they are written,
//     and an empty element beside an empty text, {"",}, which becomes a word too many.
//   - ~ is the lookup's HOME, in NAME=~/x too. ~NAME and patterns such as *.txt stay as they are written: they depend on the
//     machine.
//   - What runs something, $(...), backticks, <(...), is an error, and so is what sets a variable on the way. Backticks around
//     a comment run nothing.
//   - Redirections, a trailing &, pipes to other commands and all commands that are not docker's are left out. What docker
//     reads from a pipe or a here-document is no part of its line.
//   - sudo, env, exec, time, nohup, winpty and their like in front of docker are left out with their own options.
//   - In a text whose first line begins with a prompt ($, %, user@host:~#, PS C:\>), only the lines with that prompt count, and
//     what continues them; the others are output. # in front of docker is root's prompt if nothing else in the text is docker's.
//   - Lines may end in CR LF. A backslash at the very end continues nothing.
//
// A docker command inside $(...) that is no part of another one, as in ID=$(docker run -d busybox), is found too.
func SplitLines(text string, lookup func(name string) (value string, ok bool)) ([]Line, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if err := dockercmd.CheckWord(text); err != nil {
		return nil, &Error{1, 1, err}
	}
	lines, err := splitShell(unprompted(text), lookup)
	if len(lines) > 0 {
		return lines, err
	}
	if rootless := withoutRootPrompt(text); rootless != text {
		again, errAgain := splitShell(rootless, lookup)
		if err == nil || errAgain == nil && len(again) > 0 {
			return again, errAgain
		}
	}
	return lines, err
}

// continued takes out of a text outside single quotes what continues a line. The parser does that itself, but not behind an
// escaped backslash (sh v3.14.1).
func continued(text string) string {
	if !strings.Contains(text, "\\\n") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		if text[i+1] != '\n' {
			b.WriteString(text[i : i+2])
		}
		i++
	}
	return b.String()
}

func splitShell(text string, lookup func(string) (string, bool)) ([]Line, error) {
	file, err := parseShell(text)
	s := splitter{window: newWindow([]byte(text)), env: shellEnv{lookup: lookup}}
	if err != nil {
		return nil, s.parseError(err)
	}
	for _, stmt := range file.Stmts {
		s.statement(stmt)
		if s.err != nil {
			return nil, s.err
		}
	}
	return s.lines, nil
}

// splitter walks through a text and gathers its docker commands.
type splitter struct {
	window

	env   shellEnv
	lines []Line
	err   error
}

// parseError gives an error of the parser its place.
func (s *splitter) parseError(err error) error {
	if e, ok := errors.AsType[syntax.ParseError](err); ok {
		return s.fail(e.Pos, errors.New(e.Text))
	}
	if e, ok := errors.AsType[syntax.LangError](err); ok {
		return s.fail(e.Pos, fmt.Errorf("%s is not bash's", e.Feature))
	}
	return &Error{1, 1, err}
}

// statement finds the docker commands of one whole command of the text. What it sets counts for those behind it.
func (s *splitter) statement(stmt *syntax.Stmt) {
	if list, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && list.Op == syntax.AndStmt {
		s.statement(list.X)
		s.statement(list.Y)
		return
	}
	switch cmd := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		if len(cmd.Args) == 0 {
			s.assign(cmd.Assigns)
		}
	case *syntax.DeclClause:
		s.assign(cmd.Args)
	}
	all := walk(stmt, func(n syntax.Node) bool {
		if s.err != nil {
			return false
		}
		if stmt, ok := n.(*syntax.Stmt); ok {
			if call, ok := stmt.Cmd.(*syntax.CallExpr); ok {
				return !s.docker(stmt, call)
			}
		}
		return true
	})
	if !all && s.err == nil {
		s.err = s.fail(stmt.Pos(), errDeep)
	}
}

// assign keeps the variables that a text sets. One that depends on what runs, or on what is not set, is unknown from here on.
func (s *splitter) assign(assigns []*syntax.Assign) {
	for _, a := range assigns {
		s.env.begin()
		if a.Naked || a.Name == nil || a.Index != nil {
			continue
		}
		v := shellVar{}
		if a.Array == nil && !a.Append && s.check(a.Value) == nil {
			value, err := expand.Literal(s.config(), a.Value)
			v = shellVar{value: value, known: err == nil && s.env.tooMuch() == nil}
		}
		if s.env.set == nil {
			s.env.set = map[string]shellVar{}
		}
		s.env.set[a.Name.Value] = v
	}
}

// docker takes a call if it is one of docker, and says whether it is.
func (s *splitter) docker(stmt *syntax.Stmt, call *syntax.CallExpr) bool {
	s.env.begin()
	at := s.program(call.Args)
	if at < 0 {
		return false
	}
	var l Line
	s.env.begin()
	for _, a := range call.Assigns {
		if value, ok := s.value(a); ok {
			l.Env = append(l.Env, a.Name.Value+"="+value)
		} else if s.err != nil {
			return true
		}
	}
	for _, w := range call.Args[:at] {
		l.Dropped = append(l.Dropped, s.written(w))
		if text, known := s.text1(w); known { // behind env and sudo
			if name, _, assigns := strings.Cut(text, "="); assigns && syntax.ValidName(name) {
				l.Env = append(l.Env, text)
			}
		}
	}
	for _, r := range stmt.Redirs {
		l.Dropped = append(l.Dropped, s.written(r))
	}
	l.Words = make([]Word, 0, min(len(call.Args)-at, maxWords))
	for _, w := range call.Args[at:] {
		place := s.place(w.Pos())
		if text, ok := plain(w); ok && len(l.Words) < maxWords {
			place.Text = text
			l.Words = append(l.Words, place)
			continue
		}
		if s.err = s.check(w); s.err != nil {
			return true
		}
		for field, err := range expand.FieldsSeq(s.config(), s.assignmentTildes(w)) {
			if large := s.env.tooMuch(); large != nil {
				s.err = s.fail(w.Pos(), large)
				return true
			}
			if err != nil {
				s.err = s.expandError(w, err)
				return true
			}
			if len(l.Words) == maxWords {
				s.err = s.fail(w.Pos(), fmt.Errorf("more than %d words", maxWords))
				return true
			}
			if field == "" && !quoted(w) { // of {,x}; the shell drops it
				continue
			}
			place.Text = field
			l.Words = append(l.Words, place)
		}
	}
	s.lines = append(s.lines, l)
	return true
}

// plain returns the text of a word in which there is nothing for a shell to expand: letters, and quotes around letters. It is
// what package expand returns.
func plain(w *syntax.Word) (string, bool) {
	if len(w.Parts) == 1 {
		return plainPart(w.Parts[0])
	}
	var b strings.Builder
	for _, p := range w.Parts {
		text, ok := plainPart(p)
		if !ok {
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), b.Len() > 0
}

func plainPart(p syntax.WordPart) (string, bool) {
	switch p := p.(type) {
	case *syntax.Lit:
		return p.Value, p.Value != "" && !strings.ContainsAny(p.Value, "\\{~\x00")
	case *syntax.SglQuoted:
		return p.Value, !p.Dollar
	case *syntax.DblQuoted:
		if len(p.Parts) == 0 {
			return "", true
		}
		lit, ok := p.Parts[0].(*syntax.Lit)
		if !ok || len(p.Parts) > 1 {
			return "", false
		}
		return lit.Value, !strings.ContainsAny(lit.Value, "\\\x00")
	}
	return "", false
}

// quoted reports whether a part of a word stands in quotes.
func quoted(w *syntax.Word) bool {
	return slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		switch p.(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			return true
		}
		return false
	})
}

// value returns what a call's own assignment gives docker's environment.
func (s *splitter) value(a *syntax.Assign) (string, bool) {
	if a.Naked || a.Name == nil || a.Index != nil || a.Array != nil || a.Append {
		return "", false
	}
	if a.Value == nil {
		return "", true
	}
	if s.err = s.check(a.Value); s.err != nil {
		return "", false
	}
	value, err := expand.Literal(s.config(), a.Value)
	if large := s.env.tooMuch(); large != nil {
		s.err = s.fail(a.Value.Pos(), large)
	} else if err != nil {
		s.err = s.expandError(a.Value, err)
	}
	return value, s.err == nil
}

// wrappers are the programs that run the rest of their words, and the letters of their options that take a word.
var wrappers = map[string]string{
	"sudo": "ugpChrtTUDR", "doas": "uC", "env": "uSC", "exec": "a", "command": "", "nohup": "", "nice": "n", "ionice": "cnpPu",
	"winpty": "", "time": "fo", "timeout": "ks", "stdbuf": "ioe", "setsid": "",
}

// program returns the place of docker's own word among those of a call, -1 when the call is not docker's.
func (s *splitter) program(words []*syntax.Word) int {
	for i := 0; i < len(words); i++ {
		text, known := s.text1(words[i])
		switch {
		case IsProgram(text):
			return i
		case !known || text == "": // $SUDO docker
			if _, isVariable := variable(words[i]); !isVariable {
				return -1
			}
			continue
		}
		letters, isWrapper := wrappers[text]
		if !isWrapper {
			return -1
		}
		if i = s.options(words, i+1, letters); text == "timeout" {
			i++ // how long
		}
		i--
	}
	return -1
}

// options returns the place of the first word behind a wrapper's options and assignments.
func (s *splitter) options(words []*syntax.Word, i int, letters string) int {
	for ; i < len(words); i++ {
		text, _ := s.text1(words[i])
		name, _, assigns := strings.Cut(text, "=")
		switch {
		case assigns && syntax.ValidName(name):
		case text == "--":
			return i + 1
		case !strings.HasPrefix(text, "-"):
			return i
		case len(text) == 2 && strings.Contains(letters, text[1:]):
			i++
		}
	}
	return i
}

// text1 returns the text of a word if it is one word and nothing has to run for it.
func (s *splitter) text1(w *syntax.Word) (string, bool) {
	if text, ok := plain(w); ok {
		return text, true
	}
	if s.check(w) != nil {
		return "", false
	}
	text, one := "", false
	for field, err := range expand.FieldsSeq(s.config(), w) {
		if err != nil || one {
			return "", false
		}
		text, one = field, true
	}
	return text, true
}

// variable returns the parameter that a word consists of.
func variable(w *syntax.Word) (*syntax.ParamExp, bool) {
	if len(w.Parts) != 1 {
		return nil, false
	}
	p, ok := w.Parts[0].(*syntax.ParamExp)
	return p, ok
}

// config returns a new configuration for each use: package expand keeps buffers in it.
func (s *splitter) config() *expand.Config {
	nothing := func(io.Writer, *syntax.CmdSubst) error { return nil } // check lets no other one pass
	return &expand.Config{Env: &s.env, NoUnset: true, ExtGlob: true, CmdSubst: nothing}
}

// runsNothing reports whether a command substitution is empty or holds a comment alone: people comment the lines of a command
// with `#...`.
func runsNothing(n *syntax.CmdSubst) bool { return len(n.Stmts) == 0 && !n.TempFile && !n.ReplyVar }

// check refuses what would run something, or set a variable, or cannot be known here.
func (s *splitter) check(w *syntax.Word) (err error) {
	if w == nil {
		return nil
	}
	all := walk(w, func(n syntax.Node) bool {
		if err != nil {
			return false
		}
		switch n := n.(type) {
		case *syntax.CmdSubst:
			if !runsNothing(n) {
				err = s.fail(n.Pos(), s.substitution(n))
			}
		case *syntax.ProcSubst:
			err = s.fail(n.Pos(), fmt.Errorf("%s...) is not run; give the name of a file", n.Op))
		case *syntax.ParamExp:
			if n.Repl != nil {
				s.env.most = min(s.env.most, maxReplaced)
			}
			if n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
				err = s.fail(n.Pos(), fmt.Errorf("${%[1]s%[2]s...} sets a variable on the way; write ${%[1]s:-...}", n.Param.Value, n.Exp.Op))
			}
		case *syntax.UnaryArithm:
			if n.Op == syntax.Inc || n.Op == syntax.Dec {
				err = s.fail(n.Pos(), errors.New("the arithmetic sets a variable on the way; write its result"))
			}
		case *syntax.BinaryArithm:
			if strings.HasSuffix(n.Op.String(), "=") &&
				!slices.Contains([]syntax.BinAritOperator{syntax.Eql, syntax.Neq, syntax.Leq, syntax.Geq}, n.Op) {
				err = s.fail(n.Pos(), errors.New("the arithmetic sets a variable on the way; write its result"))
			}
		}
		return err == nil
	})
	if !all && err == nil {
		err = s.fail(w.Pos(), errDeep)
	}
	if err != nil || len(w.Parts) == 0 {
		return err
	}
	braces := 0
	for _, p := range w.Parts {
		if lit, ok := p.(*syntax.Lit); ok {
			braces += strings.Count(lit.Value, "{")
		}
	}
	if braces > maxBraces {
		return s.fail(w.Pos(), fmt.Errorf("more than %d braces outside quotes in a word; put them into quotes", maxBraces))
	}
	if lit, ok := w.Parts[0].(*syntax.Lit); ok && !s.env.Get("HOME").IsSet() {
		for i := range tildes(lit.Value, len(w.Parts) > 1) {
			if i > 0 || lit.Value[0] == '~' {
				return s.fail(w.Pos(), errors.New("~ is HOME, which is not set; give the path itself"))
			}
		}
	}
	return nil
}

// tildes returns the places in the unquoted beginning of a word where bash puts HOME for a tilde: at the start, and, if the
// word looks like NAME=value, behind the = and each colon. A colon ends what is HOME, so that -v ~:/x mounts it. Other shells
// do the second and heed the colon only in assignments.
func tildes(text string, more bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		name, _, assigns := strings.Cut(text, "=")
		assigns = assigns && syntax.ValidName(name)
		for i := range len(text) {
			begins := i == 0 || assigns && i > len(name) && (text[i-1] == ':' || i == len(name)+1)
			if text[i] != '~' || !begins {
				continue
			}
			ends := i+1 == len(text) && !more || i+1 < len(text) && (text[i+1] == '/' || text[i+1] == ':')
			if ends && !yield(i) {
				return
			}
		}
	}
}

// assignmentTildes returns a word with HOME put in where package expand does not look for tildes.
func (s *splitter) assignmentTildes(w *syntax.Word) *syntax.Word {
	if len(w.Parts) == 0 {
		return w
	}
	lit, ok := w.Parts[0].(*syntax.Lit)
	if !ok || lit.Value == "" || lit.Value[0] == '~' && !strings.HasPrefix(lit.Value, "~:") {
		return w
	}
	var parts []syntax.WordPart
	from := 0
	for i := range tildes(lit.Value, len(w.Parts) > 1) {
		parts = append(parts, &syntax.Lit{Value: lit.Value[from:i]}, &syntax.SglQuoted{Value: s.env.Get("HOME").String()})
		from = i + 1
	}
	if from == 0 {
		return w
	}
	parts = append(parts, &syntax.Lit{Value: lit.Value[from:]})
	return &syntax.Word{Parts: append(parts, w.Parts[1:]...)}
}

// substitution returns what to do about a command substitution. Of the command it shows the name alone: the rest may be secret.
func (s *splitter) substitution(n *syntax.CmdSubst) error {
	name, more := "", len(n.Stmts) > 1
	if len(n.Stmts) > 0 {
		call, ok := n.Stmts[0].Cmd.(*syntax.CallExpr)
		if ok && len(call.Args) > 0 && len(call.Assigns) == 0 {
			name = call.Args[0].Lit()
		}
		more = more || !ok || len(call.Args) != 1 || len(n.Stmts[0].Redirs) > 0
	}
	written := name
	if more || name == "" {
		written = strings.TrimSpace(name + " ...")
	}
	switch {
	case n.Backquotes && s.backticksContinue(int(n.Left.Offset())):
		return errors.New("backticks run what is between them; where one should continue the line, write \\")
	case n.Backquotes:
		written = "`" + written + "`"
	default:
		written = "$(" + written + ")"
	}
	if name == "pwd" && !more {
		return fmt.Errorf("%s is not run; write $PWD", written)
	}
	return fmt.Errorf("%s is not run; run it yourself and put its output in its place", written)
}

// expandError gives what goes wrong in a word its place.
func (s *splitter) expandError(w *syntax.Word, err error) error {
	unset, ok := errors.AsType[expand.UnsetParameterError](err)
	if !ok {
		return s.fail(w.Pos(), err)
	}
	name := unset.Node.Param.Value
	if unset.Node.Exp != nil { // ${A:?message}
		return s.fail(unset.Node.Pos(), fmt.Errorf("%s is not set: %s; set it", name, unset.Message))
	}
	if v, mine := s.env.set[name]; mine && !v.known {
		return s.fail(unset.Node.Pos(), fmt.Errorf("%s is set by what has to run first; put its value in its place", name))
	}
	return s.fail(unset.Node.Pos(), fmt.Errorf("%[1]s is not set; set it, or write ${%[1]s-} if it may be empty", name))
}

// written returns a part of the text as it stands there.
func (s *splitter) written(n syntax.Node) Word {
	w := s.place(n.Pos())
	w.Text = s.between(int(n.Pos().Offset()), int(n.End().Offset()))
	return w
}

func (s *splitter) fail(p syntax.Pos, err error) error {
	at := s.place(p)
	return &Error{at.Line, at.Column, err}
}

// shellVar is a variable that the text sets; its value may be unknown.
type shellVar struct {
	value string
	known bool
}

// The most bytes of variables that one command may name: each may name those before it several times, and ${A//b/c} puts one into
// another at many places.
const (
	maxValues   = 4 << 20
	maxReplaced = 16 << 10
)

// shellEnv is the environment that words are expanded in.
type shellEnv struct {
	lookup func(string) (string, bool)
	set    map[string]shellVar
	named  int // bytes of variables that the command has named
	most   int // that it may name
}

// tooMuch returns an error if a command has named more than it may.
func (e *shellEnv) tooMuch() error {
	if e.named <= e.most {
		return nil
	}
	return fmt.Errorf("variables of more than %d bytes", e.most)
}

// begin gives the next command the whole limit.
func (e *shellEnv) begin() { e.named, e.most = 0, maxValues }

// Get returns a variable. IFS is always the shell's own; "HOME name" is how package expand asks for the home of a user, which
// only the machine knows: the text stays as it is.
func (e *shellEnv) Get(name string) expand.Variable {
	if user, ok := strings.CutPrefix(name, "HOME "); ok {
		return expand.Variable{Set: true, Kind: expand.String, Str: "~" + user}
	}
	if name == "IFS" {
		return expand.Variable{}
	}
	value, ok := "", false
	if v, mine := e.set[name]; mine {
		value, ok = v.value, v.known
	} else if e.lookup != nil {
		value, ok = e.lookup(name)
	}
	if name == "@" || name == "*" { // no parameters are none, not an error
		list := expand.Variable{Set: true, Kind: expand.Indexed, List: []string{}}
		if ok {
			list.List = []string{value}
		}
		return list
	}
	if e.named += len(value); !ok || e.named > e.most {
		return expand.Variable{}
	}
	return expand.Variable{Set: true, Kind: expand.String, Str: value}
}

// Each has nothing to tell: names are not asked for.
func (*shellEnv) Each(func(string, expand.Variable) bool) {}

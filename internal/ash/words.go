package ash

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// config returns how words are expanded now.
func (s *shell) config() *expand.Config {
	c := &expand.Config{Env: environ{s}, NoUnset: s.nounset, CmdSubst: s.substitute}
	if !s.noglob {
		c.ReadDir2 = func(name string) ([]fs.DirEntry, error) {
			entries, err := s.m.Files.ReadDir(s.abs(name))
			s.unknown(err)
			return entries, err
		}
	}
	return c
}

// unknown refuses what the file system does not know, and reports whether err is that.
func (s *shell) unknown(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok || errors.Is(err, fs.ErrNotExist) {
		return false
	}
	s.refuse(1, "%v", err)
	return true
}

// environ is the shell's variables, as package expand sees them.
type environ struct{ s *shell }

func (e environ) Get(name string) expand.Variable {
	s := e.s
	text := func(v string) expand.Variable { return expand.Variable{Set: true, Kind: expand.String, Str: v} }
	switch name {
	case "?":
		return text(strconv.Itoa(s.status))
	case "$":
		return text(strconv.Itoa(s.pid))
	case "!":
		if s.lastJob == 0 {
			return expand.Variable{}
		}
		return text(strconv.Itoa(s.lastJob))
	case "#":
		return text(strconv.Itoa(len(s.params)))
	case "@", "*":
		return expand.Variable{Set: len(s.params) > 0, Kind: expand.Indexed, List: s.params}
	case "0":
		return text(s.name)
	case "-":
		return text(s.flags())
	case "PPID":
		return text("0")
	case "IFS":
		if _, ok := s.vars["IFS"]; !ok {
			return text(" \t\n")
		}
	}
	if user, ok := strings.CutPrefix(name, "HOME "); ok {
		return text("~" + user) // the machine's users are none of the container's
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n < 1 || n > len(s.params) {
			return expand.Variable{}
		}
		return text(s.params[n-1])
	}
	v := s.vars[name]
	if !v.set {
		return expand.Variable{}
	}
	return expand.Variable{Set: true, Kind: expand.String, Str: v.value, Exported: v.exported, ReadOnly: v.readOnly}
}

func (e environ) Each(yield func(string, expand.Variable) bool) {
	for name := range e.s.vars {
		if !yield(name, e.Get(name)) {
			return
		}
	}
}

// Set is for ${x:=y} and $((x=1)).
func (e environ) Set(name string, v expand.Variable) error {
	if !e.s.assign(name, v.String()) {
		return errAssigned
	}
	return nil
}

// errAssigned is an assignment that has failed and been reported.
var errAssigned = errors.New("is read only")

func (s *shell) flags() string {
	out := ""
	for _, f := range []struct {
		on   bool
		name string
	}{{s.errexit, "e"}, {s.noglob, "f"}, {s.noexec, "n"}, {s.nounset, "u"}, {s.xtrace, "x"}} {
		if f.on {
			out += f.name
		}
	}
	return out
}

// assign sets a variable.
func (s *shell) assign(name, value string) bool {
	v := s.vars[name]
	if v.readOnly {
		s.status = s.fail("", "%s: is read only", name)
		return false
	}
	v.value, v.set = value, true
	s.vars[name] = v
	if len(value) < 1<<16 {
		return true
	}
	all := 0
	for _, v := range s.vars {
		all += len(v.value)
	}
	if s.m.Memory != nil {
		s.m.Memory(int64(all))
	}
	if all > maxBytes && s.ctx.Err() == nil {
		s.ctl = exiting
		s.status = s.refuse(2, "variables of more than %d bytes", maxBytes)
		return false
	}
	return s.ctx.Err() == nil
}

// fields expands words; when that fails, it has been reported, and the status is set.
func (s *shell) fields(words []*syntax.Word) ([]string, bool) {
	plain := make([]*syntax.Word, len(words))
	for i, w := range words {
		plain[i] = withoutBraces(w)
	}
	out, err := expand.Fields(s.config(), plain...)
	if err != nil {
		s.status = s.expansionError(err)
		return nil, false
	}
	if s.ctl != goOn {
		return nil, false
	}
	return out, true
}

// withoutBraces returns the word with quotes around its braces: busybox does not expand {a,b}.
func withoutBraces(w *syntax.Word) *syntax.Word {
	c := *w
	c.Parts = nil
	for _, part := range w.Parts {
		if lit, ok := part.(*syntax.Lit); ok && strings.Contains(lit.Value, "{") {
			l := *lit
			var b strings.Builder
			for i := 0; i < len(l.Value); i++ {
				switch {
				case l.Value[i] == '\\' && i+1 < len(l.Value):
					b.WriteByte('\\')
					i++
				case l.Value[i] == '{':
					b.WriteByte('\\')
				}
				b.WriteByte(l.Value[i])
			}
			l.Value = b.String()
			part = &l
		}
		c.Parts = append(c.Parts, part)
	}
	return &c
}

// literal expands a word to one text.
func (s *shell) literal(w *syntax.Word) (string, bool) {
	if w == nil {
		return "", true
	}
	text, err := expand.Literal(s.config(), w)
	if err != nil {
		s.status = s.expansionError(err)
		return "", false
	}
	return text, s.ctl == goOn
}

// expansionError reports an error in a word, after which a shell ends.
func (s *shell) expansionError(err error) int {
	s.ctl = exiting
	if errors.Is(err, errAssigned) || errors.Is(err, errEnd) {
		return s.status
	}
	if unset, ok := errors.AsType[expand.UnsetParameterError](err); ok {
		text := unset.Message
		if text == "unbound variable" || text == "parameter not set or null" || text == "" || strings.HasPrefix(text, "parameter") {
			text = "parameter not set"
		}
		return s.fail("", "%s: %s", unset.Node.Param.Value, text)
	}
	if strings.Contains(err.Error(), "division by zero") {
		return s.fail("", "divide by zero")
	}
	return s.fail("", "arithmetic syntax error or bad substitution: %v", err)
}

// errEnd ends an expansion that has gone on long enough.
var errEnd = errors.New("ended")

// substitute writes the output of $(...).
func (s *shell) substitute(w io.Writer, c *syntax.CmdSubst) error {
	if c.ReplyVar || c.TempFile {
		s.ctl, s.status = exiting, s.refuse(2, "${ }")
		return errEnd
	}
	if s.depth > maxDepth {
		s.ctl, s.status = exiting, s.refuse(2, "more than %d shells in one another", maxDepth)
		return errEnd
	}
	sub := s.subshell(nil)
	out := &limited{w: w, left: maxBytes}
	sub.fds[1] = out
	sub.tested = 0
	sub.status = sub.stmts(c.Stmts)
	s.substSet = sub.leave()
	switch {
	case s.ctx.Err() != nil:
		s.ctl = exiting
		return errEnd
	case out.left < 0:
		s.ctl, s.status = exiting, s.refuse(2, "output of more than %d bytes in $( )", maxBytes)
		return errEnd
	}
	return nil
}

// limited is a writer that takes so many bytes.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return l.w.Write(p)
}

// trace prints a command for set -x.
func (s *shell) trace(words []string) {
	if !s.xtrace {
		return
	}
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = quoted(w)
	}
	fmt.Fprintf(s.stderr(), "+ %s\n", strings.Join(shown, " "))
}

func quoted(w string) string {
	if w != "" && !strings.ContainsAny(w, " \t\n'\"\\$`;&|<>()*?[]#~{}!") {
		return w
	}
	return always(w)
}

package ash

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
)

// special are the builtins after whose errors a shell ends, and for which assignments in front stay.
var special = map[string]bool{
	":": true, ".": true, "source": true, "break": true, "continue": true, "eval": true, "exec": true, "exit": true, "export": true,
	"readonly": true, "return": true, "set": true, "shift": true, "trap": true, "unset": true, "local": true,
}

// missing are commands of busybox's shell that this one lacks.
var missing = map[string]string{
	"[[": "[[", "getopts": "getopts", "ulimit": "ulimit", "times": "times", "jobs": "job control", "fg": "job control",
	"bg": "job control", "alias": "aliases", "unalias": "aliases", "hash": "hash", "let": "let", "history": "history",
}

var builtins map[string]func(s *shell, words []string) int

func init() { // a variable would refer to itself
	builtins = map[string]func(s *shell, words []string) int{
		":":        func(*shell, []string) int { return 0 },
		"true":     func(*shell, []string) int { return 0 },
		"false":    func(*shell, []string) int { return 1 },
		".":        (*shell).dot,
		"source":   (*shell).dot,
		"break":    (*shell).leaveLoop,
		"continue": (*shell).leaveLoop,
		"cd":       (*shell).cd,
		"chdir":    (*shell).cd,
		"command":  (*shell).commandBuiltin,
		"echo":     (*shell).echo,
		"eval":     func(s *shell, words []string) int { return s.source([]byte(strings.Join(words[1:], " ")), "eval") },
		"exec":     (*shell).exec,
		"exit":     (*shell).exit,
		"export":   (*shell).export,
		"readonly": (*shell).export,
		"kill":     (*shell).kill,
		"local":    (*shell).local,
		"printf":   (*shell).printf,
		"pwd":      func(s *shell, _ []string) int { return s.write(s.dir + "\n") },
		"read":     (*shell).readLine,
		"return":   (*shell).exit,
		"set":      (*shell).set,
		"shift":    (*shell).shift,
		"test":     (*shell).test,
		"[":        (*shell).test,
		"trap":     (*shell).trap,
		"type":     (*shell).commandBuiltin,
		"umask":    (*shell).umaskBuiltin,
		"unset":    (*shell).unset,
		"wait":     (*shell).wait,
	}
}

func (s *shell) dot(words []string) int {
	if len(words) < 2 {
		return s.fail(words[0], "filename argument required")
	}
	name := words[1]
	full := s.abs(name)
	if !strings.Contains(name, "/") {
		for dir := range strings.SplitSeq(s.vars["PATH"].value, ":") {
			candidate := s.abs(path.Join(dir, name))
			if info, err := s.m.Files.Stat(candidate); err == nil && info.Mode().IsRegular() {
				full = candidate
				break
			}
		}
	}
	text, err := s.read(full)
	if err != nil {
		return s.fail(words[0], "can't open '%s': %s", name, reason(err))
	}
	file, params := s.file, s.params
	s.file = name
	if len(words) > 2 {
		s.params = words[2:]
	}
	s.calls++
	code := s.source(text, "")
	s.calls--
	s.file = file
	if len(words) > 2 {
		s.params = params
	}
	if s.ctl == returning {
		s.ctl = goOn
		return s.status
	}
	return code
}

// number reads the operand of exit, return, break and shift.
func (s *shell) number(words []string, otherwise int) (int, bool) {
	if len(words) < 2 {
		return otherwise, true
	}
	n, err := strconv.ParseUint(words[1], 10, 31)
	if err != nil {
		s.status = s.fail(words[0], "Illegal number: %s", words[1])
		return 0, false
	}
	return int(n), true
}

func (s *shell) exit(words []string) int {
	n, ok := s.number(words, s.status)
	if !ok {
		return s.status
	}
	s.ctl = exiting
	if words[0] == "return" && s.calls > 0 {
		s.ctl = returning
	}
	s.status = n & 0xff
	return s.status
}

func (s *shell) leaveLoop(words []string) int {
	n, ok := s.number(words, 1)
	switch {
	case !ok:
		return s.status
	case s.loops == 0:
		return 0
	case n == 0:
		return s.fail(words[0], "Illegal number: 0")
	}
	s.ctl, s.ctlN = breaking, min(n, s.loops)
	if words[0] == "continue" {
		s.ctl = continuing
	}
	return 0
}

func (s *shell) cd(words []string) int {
	to := s.vars["HOME"].value
	show := false
	switch {
	case len(words) > 1 && words[1] == "-":
		to, show = s.vars["OLDPWD"].value, true
	case len(words) > 1:
		to = words[len(words)-1]
	}
	full := s.abs(to)
	info, err := s.m.Files.Stat(full)
	switch {
	case s.unknown(err):
		return 2
	case err != nil:
		s.problem("cd", "can't cd to %s: %s", to, reason(err))
		return 2
	case !info.IsDir():
		s.problem("cd", "can't cd to %s: Not a directory", to)
		return 2
	}
	s.assign("OLDPWD", s.dir)
	s.dir = full
	s.assign("PWD", full)
	if show {
		return s.write(full + "\n")
	}
	return 0
}

// commandBuiltin is command and type.
func (s *shell) commandBuiltin(words []string) int {
	kind := words[0]
	words = words[1:]
	if kind == "command" {
		for len(words) > 0 && (words[0] == "-p" || words[0] == "--") {
			words = words[1:]
		}
		if len(words) == 0 {
			return 0
		}
		if words[0] == "-V" {
			kind, words = "type", words[1:]
		} else if words[0] != "-v" {
			if b := builtins[words[0]]; b != nil {
				return b(s, words)
			}
			if what, ok := missing[words[0]]; ok {
				s.ctl = exiting
				return s.refuse(2, "%s", what)
			}
			return s.start(words)
		} else {
			words = words[1:]
		}
	}
	code := 0
	for _, w := range words {
		text, short := "", w
		full, err := s.lookup(w)
		switch {
		case s.funcs[w] != nil:
			text = w + " is a function"
		case special[w]:
			text = w + " is a special shell builtin"
		case builtins[w] != nil || missing[w] != "":
			text = w + " is a shell builtin"
		case err == nil:
			text, short = w+" is "+full, full
		default:
			code = 127
			if kind == "type" {
				text = w + ": not found"
			}
			short = ""
		}
		if kind == "command" {
			text = short
		}
		if text != "" {
			if c := s.write(text + "\n"); c != 0 {
				return c
			}
		}
	}
	return code
}

func (s *shell) echo(words []string) int {
	words = words[1:]
	newline, escapes := true, false
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' && strings.Trim(words[0][1:], "neE") == "" {
		for _, f := range words[0][1:] {
			switch f {
			case 'n':
				newline = false
			case 'e':
				escapes = true
			case 'E':
				escapes = false
			}
		}
		words = words[1:]
	}
	text := strings.Join(words, " ")
	if escapes {
		var more bool
		if text, more = unescape(text); !more {
			return s.write(text)
		}
	}
	if newline {
		text += "\n"
	}
	return s.write(text)
}

// unescape replaces the escapes of echo -e; more is false after \c.
func unescape(text string) (out string, more bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		if at := strings.IndexByte("abfnrtv\\", text[i]); at >= 0 {
			b.WriteByte("\a\b\f\n\r\t\v\\"[at])
			continue
		}
		digits, base := "", 8
		switch text[i] {
		case 'c':
			return b.String(), false
		case 'x':
			base = 16
			for n := 0; n < 2 && i+1 < len(text) && strings.IndexByte("0123456789abcdefABCDEF", text[i+1]) >= 0; n++ {
				i++
				digits += text[i : i+1]
			}
		case '0':
			digits = "0"
			for n := 0; n < 3 && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '7'; n++ {
				i++
				digits += text[i : i+1]
			}
		}
		if digits == "" {
			b.WriteByte('\\')
			b.WriteByte(text[i])
			continue
		}
		n, _ := strconv.ParseUint(digits, base, 16)
		b.WriteByte(byte(n))
	}
	return b.String(), true
}

// exec replaces the shell; without a command, its redirections stay.
func (s *shell) exec(words []string) int {
	if len(words) == 1 {
		return 0
	}
	full, err := s.lookup(words[1])
	if err != nil {
		s.ctl = exiting
		code, text := 127, "not found"
		if errors.Is(err, os.ErrPermission) {
			code, text = 126, "Permission denied"
		}
		s.problem("exec", "%s: %s", words[1], text)
		return code
	}
	s.exitTrap = ""
	s.status = s.inPlace(full, words[1:], s.environ())
	s.ctl = exiting
	return s.status
}

func goodName(name string) bool {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// export is export and readonly.
func (s *shell) export(words []string) int {
	kind := words[0]
	if len(words) == 1 || words[1] == "-p" {
		out := ""
		for _, name := range slices.Sorted(maps.Keys(s.vars)) {
			if v := s.vars[name]; kind == "export" && v.exported || kind == "readonly" && v.readOnly {
				out += kind + " " + name + "=" + always(v.value) + "\n"
			}
		}
		return s.write(out)
	}
	for _, w := range words[1:] {
		name, value, set := strings.Cut(w, "=")
		switch {
		case name == "-n" || name == "-p" || strings.HasPrefix(name, "-"):
			s.ctl = exiting
			return s.refuse(2, "%s %s", kind, w)
		case !goodName(name):
			return s.fail(kind, "%s: bad variable name", name)
		case set && !s.assign(name, value):
			return s.status
		}
		v := s.vars[name]
		v.exported = v.exported || kind == "export"
		v.readOnly = v.readOnly || kind == "readonly"
		s.vars[name] = v
	}
	return 0
}

func (s *shell) local(words []string) int {
	if len(s.scopes) == 0 {
		return s.fail("local", "not in a function")
	}
	scope := s.scopes[len(s.scopes)-1]
	for _, w := range words[1:] {
		name, value, set := strings.Cut(w, "=")
		if !goodName(name) {
			return s.fail("local", "%s: bad variable name", name)
		}
		if _, ok := scope[name]; !ok {
			scope[name] = s.vars[name]
		}
		if set && !s.assign(name, value) {
			return s.status
		}
	}
	return 0
}

func (s *shell) unset(words []string) int {
	functions := false
	for _, w := range words[1:] {
		switch {
		case w == "-f" || w == "-v":
			functions = w == "-f"
		case !goodName(w):
			return s.fail("unset", "%s: bad variable name", w)
		case functions:
			delete(s.funcs, w)
		case s.vars[w].readOnly:
			return s.fail("unset", "%s: is read only", w)
		default:
			delete(s.vars, w)
		}
	}
	return 0
}

// options are those of set.
func (s *shell) option(flag byte) *bool {
	switch flag {
	case 'e':
		return &s.errexit
	case 'u':
		return &s.nounset
	case 'f':
		return &s.noglob
	case 'n':
		return &s.noexec
	case 'x':
		return &s.xtrace
	}
	return nil
}

var longOptions = map[string]byte{"errexit": 'e', "nounset": 'u', "noglob": 'f', "noexec": 'n', "xtrace": 'x'}

func (s *shell) set(words []string) int {
	words = words[1:]
	if len(words) == 0 {
		s.ctl = exiting
		return s.refuse(2, "set without words")
	}
	rest, code := s.setOptions(words)
	if code != 0 {
		return code
	}
	if rest != nil {
		s.params = rest
	}
	return 0
}

// setOptions takes options from the front of words, and returns the parameters after them; nil means none.
func (s *shell) setOptions(words []string) ([]string, int) {
	for len(words) > 0 {
		w := words[0]
		if w == "--" {
			return append([]string{}, words[1:]...), 0
		}
		if len(w) < 2 || w[0] != '-' && w[0] != '+' {
			return words, 0
		}
		words = words[1:]
		for i := 1; i < len(w); i++ {
			o := s.option(w[i])
			if w[i] == 'o' && len(words) > 0 {
				if words[0] == "pipefail" {
					o = &s.pipefail
				} else {
					o = s.option(longOptions[words[0]])
				}
				if o == nil {
					s.ctl = exiting
					return nil, s.refuse(2, "set -o %s", words[0])
				}
				words = words[1:]
			}
			if o == nil {
				s.ctl = exiting
				return nil, s.refuse(2, "set -%c", w[i])
			}
			*o = w[0] == '-'
		}
	}
	return nil, 0
}

func (s *shell) shift(words []string) int {
	n, ok := s.number(words, 1)
	switch {
	case !ok:
		return s.status
	case n > len(s.params):
		return 1
	}
	s.params = s.params[n:]
	return 0
}

func (s *shell) umaskBuiltin(words []string) int {
	if len(words) == 1 {
		return s.write(fmt.Sprintf("%04o\n", s.umask))
	}
	n, err := strconv.ParseUint(words[1], 8, 12)
	if err != nil || n > 0o777 {
		s.ctl = exiting
		return s.refuse(2, "umask %s", words[1])
	}
	s.umask = os.FileMode(n)
	return 0
}

// readLine is read.
func (s *shell) readLine(words []string) int {
	words = words[1:]
	raw := false
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		if words[0] != "-r" {
			s.ctl = exiting
			return s.refuse(2, "read %s", words[0])
		}
		raw, words = true, words[1:]
	}
	var line []byte
	ended := false
	b := make([]byte, 1)
	for !ended {
		n, err := s.stdin().Read(b)
		if n == 0 && err != nil {
			ended = true
			if !errors.Is(err, io.EOF) && s.ctx.Err() == nil {
				return 1
			}
			break
		}
		if n == 0 {
			continue
		}
		if b[0] == '\n' {
			if !raw && len(line) > 0 && line[len(line)-1] == '\\' {
				line = line[:len(line)-1]
				continue
			}
			break
		}
		if line = append(line, b[0]); len(line) > maxBytes {
			s.ctl = exiting
			return s.refuse(2, "lines of more than %d bytes", maxBytes)
		}
	}
	if len(words) == 0 {
		words = []string{"REPLY"}
	}
	values := expand.ReadFields(s.config(), string(line), len(words), raw)
	for i, name := range words {
		value := ""
		if i < len(values) {
			value = values[i]
		}
		if !s.assign(name, value) {
			return s.status
		}
	}
	return truth(!ended)
}

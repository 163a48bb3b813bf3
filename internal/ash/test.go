package ash

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// test is test and [.
func (s *shell) test(words []string) int {
	args := words[1:]
	if words[0] == "[" {
		if len(args) == 0 || args[len(args)-1] != "]" {
			fmt.Fprintln(s.stderr(), "sh: missing ]")
			return 2
		}
		args = args[:len(args)-1]
	}
	t := &tester{s: s, words: args}
	yes := t.whole()
	switch {
	case t.err != nil:
		fmt.Fprintf(s.stderr(), "sh: %v\n", t.err)
		return 2
	case len(t.words) > 0:
		fmt.Fprintf(s.stderr(), "sh: %s: unknown operand\n", t.words[0])
		return 2
	}
	return truth(yes)
}

// tester reads an expression of test.
type tester struct {
	s     *shell
	words []string
	depth int
	err   error
}

func (t *tester) take() string {
	w := t.words[0]
	t.words = t.words[1:]
	return w
}

// whole applies POSIX's rules for few words, which make test ! and test "$x" = "$y" safe.
func (t *tester) whole() bool {
	w := t.words
	switch {
	case len(w) == 0:
		return false
	case len(w) == 1:
		return t.take() != ""
	case len(w) == 3 && isBinary(w[1]):
		return t.primary()
	case len(w) == 4 && w[0] == "!" && isBinary(w[2]):
		t.take()
		return !t.primary()
	}
	return t.or()
}

func (t *tester) or() bool {
	if t.depth++; t.depth > maxDepth {
		t.err = errors.New("too many parentheses")
		return false
	}
	yes := t.and()
	for t.err == nil && len(t.words) > 0 && t.words[0] == "-o" {
		t.take()
		yes = t.and() || yes
	}
	t.depth--
	return yes
}

func (t *tester) and() bool {
	yes := t.not()
	for t.err == nil && len(t.words) > 0 && t.words[0] == "-a" {
		t.take()
		yes = t.not() && yes
	}
	return yes
}

func (t *tester) not() bool {
	odd := false
	for len(t.words) > 1 && t.words[0] == "!" {
		t.take()
		odd = !odd
	}
	return t.primary() != odd
}

func isBinary(op string) bool {
	switch op {
	case "=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "<", ">", "-nt", "-ot", "-ef":
		return true
	}
	return false
}

func (t *tester) primary() bool {
	if t.err != nil {
		return false
	}
	if len(t.words) == 0 {
		t.err = errors.New("argument expected")
		return false
	}
	if len(t.words) >= 3 && isBinary(t.words[1]) {
		a, op, b := t.take(), t.take(), t.take()
		return t.binary(a, op, b)
	}
	w := t.take()
	switch {
	case w == "(" && len(t.words) > 0:
		yes := t.or()
		if t.err == nil && (len(t.words) == 0 || t.take() != ")") {
			t.err = errors.New("closing paren expected")
		}
		return yes
	case len(w) == 2 && w[0] == '-' && len(t.words) > 0:
		switch w[1] {
		case 'a', 'o':
		default:
			return t.unary(w, t.take())
		}
	}
	return w != ""
}

func (t *tester) unary(op, arg string) bool {
	switch op {
	case "-n":
		return arg != ""
	case "-z":
		return arg == ""
	case "-t":
		return false
	case "-e", "-f", "-d", "-s", "-r", "-w", "-x":
	default:
		t.s.refuse(2, "test %s", op)
		t.err = fmt.Errorf("%s: unknown operand", arg)
		return false
	}
	full := t.s.abs(arg)
	if full == "/dev/null" {
		return op != "-f" && op != "-d" && op != "-s" && op != "-x"
	}
	if op == "-x" && t.s.executable(full) == nil {
		return true
	}
	info, err := t.s.m.Files.Stat(full)
	if err != nil {
		t.s.unknown(err)
		return (op == "-e" || op == "-f" || op == "-r") && t.s.executable(full) == nil
	}
	switch op {
	case "-f":
		return info.Mode().IsRegular()
	case "-d":
		return info.IsDir()
	case "-s":
		return info.Size() > 0
	case "-x":
		return info.IsDir() && info.Mode()&0o111 != 0
	case "-w":
		if info.IsDir() {
			return true
		}
		f, err := t.s.m.Files.OpenFile(full, os.O_WRONLY, 0)
		if err == nil {
			f.Close()
		}
		return err == nil && !errors.Is(err, syscall.EROFS)
	}
	return true
}

func (t *tester) binary(a, op, b string) bool {
	switch op {
	case "=", "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case ">":
		return a > b
	case "-nt", "-ot", "-ef":
		t.s.refuse(2, "test %s", op)
		t.err = fs.ErrInvalid
		return false
	}
	x, y := t.number(a), t.number(b)
	switch op {
	case "-eq":
		return x == y
	case "-ne":
		return x != y
	case "-lt":
		return x < y
	case "-le":
		return x <= y
	case "-gt":
		return x > y
	}
	return x >= y
}

func (t *tester) number(w string) int64 {
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil && t.err == nil {
		t.err = fmt.Errorf("%s: bad number", w)
	}
	return n
}

package ash

import (
	"fmt"
	"strconv"
	"strings"
)

// printf is printf: the format is used again as long as there are words.
func (s *shell) printf(words []string) int {
	words = words[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		fmt.Fprintln(s.stderr(), "sh: usage: printf FORMAT [ARG...]")
		return 2
	}
	f := &formatter{s: s, words: words[1:]}
	for {
		left := len(f.words)
		f.format(words[0])
		if f.ended || f.refused || len(f.words) == 0 || len(f.words) == left {
			break
		}
		if f.out.Len() > maxBytes {
			s.ctl = exiting
			return s.refuse(2, "printf of more than %d bytes", maxBytes)
		}
	}
	code := s.write(f.out.String())
	return max(code, f.code)
}

type formatter struct {
	s       *shell
	words   []string
	out     strings.Builder
	code    int
	ended   bool // by \\c
	refused bool
}

func (f *formatter) word() (string, bool) {
	if len(f.words) == 0 {
		return "", false
	}
	w := f.words[0]
	f.words = f.words[1:]
	return w, true
}

// number reads a word as C does: decimal, 0 for octal, 0x, or 'c for a character's code.
func (f *formatter) number() int64 {
	w, ok := f.word()
	if !ok {
		return 0
	}
	if len(w) > 1 && (w[0] == '\'' || w[0] == '"') {
		return int64(w[1])
	}
	n, err := strconv.ParseInt(w, 0, 64)
	if err != nil || strings.Contains(w, "_") {
		fmt.Fprintf(f.s.stderr(), "sh: invalid number '%s'\n", w)
		f.code = 1
		return 0
	}
	return n
}

// maxWidth keeps a width from taking all memory.
const maxWidth = 1 << 16

func (f *formatter) format(format string) {
	for i := 0; i < len(format) && !f.ended; i++ {
		switch format[i] {
		case '\\':
			// One escape: \NNN is octal here, without the 0 that echo -e wants.
			end := min(i+2, len(format))
			for end < len(format) && end < i+4 && format[end] >= '0' && format[end] <= '7' && format[i+1] >= '0' && format[i+1] <= '7' {
				end++
			}
			if format[i+1:end] != "" && format[i+1] == 'x' {
				for end < len(format) && end < i+4 && strings.IndexByte("0123456789abcdefABCDEF", format[end]) >= 0 {
					end++
				}
			}
			text := format[i:end]
			if len(text) > 1 && text[1] >= '0' && text[1] <= '7' {
				text = `\0` + text[1:]
			}
			out, more := unescape(text)
			f.out.WriteString(out)
			f.ended = !more
			i = end - 1
		case '%':
			n := strings.IndexAny(format[i+1:], "%diouxXfFeEgGcsb")
			if n < 0 {
				f.refuse(format[i:])
				return
			}
			f.conversion(format[i+1:i+1+n], format[i+1+n])
			i += n + 1
		default:
			f.out.WriteByte(format[i])
		}
	}
}

func (f *formatter) refuse(what string) {
	f.code, f.refused, f.ended = f.s.refuse(1, "printf %s", what), true, true
}

// conversion writes one word by its flags, width and precision.
func (f *formatter) conversion(flags string, verb byte) {
	if strings.Trim(flags, "-+ #0123456789.*") != "" || len(flags) > 16 {
		f.refuse("%" + flags + string(verb))
		return
	}
	for strings.Contains(flags, "*") {
		flags = strings.Replace(flags, "*", strconv.FormatInt(f.number(), 10), 1)
	}
	for _, n := range strings.FieldsFunc(flags, func(r rune) bool { return r < '0' || r > '9' }) {
		if width, err := strconv.Atoi(n); err != nil || width > maxWidth {
			f.refuse("%" + flags + string(verb))
			return
		}
	}
	switch verb {
	case '%':
		f.out.WriteByte('%')
	case 'd', 'i':
		fmt.Fprintf(&f.out, "%"+flags+"d", f.number())
	case 'o', 'x', 'X':
		fmt.Fprintf(&f.out, "%"+flags+string(verb), uint64(f.number()))
	case 'u':
		fmt.Fprintf(&f.out, "%"+flags+"d", uint64(f.number()))
	case 'c':
		w, _ := f.word()
		fmt.Fprintf(&f.out, "%"+flags+"s", w[:min(1, len(w))])
	case 's':
		w, _ := f.word()
		fmt.Fprintf(&f.out, "%"+flags+"s", w)
	case 'b':
		w, _ := f.word()
		text, more := unescape(w)
		f.ended = !more
		fmt.Fprintf(&f.out, "%"+flags+"s", text)
	default:
		w, ok := f.word()
		x, err := strconv.ParseFloat(w, 64)
		if ok && err != nil {
			fmt.Fprintf(f.s.stderr(), "sh: invalid number '%s'\n", w)
			f.code = 1
		}
		fmt.Fprintf(&f.out, "%"+flags+string(verb), x)
	}
}

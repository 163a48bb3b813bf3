package shellline

import (
	"strconv"
	"strings"
)

// ansiEscapes are the letters behind a backslash in $'...' that stand for one byte.
var ansiEscapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'e': 0x1b, 'E': 0x1b, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\', '\'': '\'',
	'"': '"', '?': '?',
}

// unquoteANSI returns what bash makes of the text between $' and '. A NUL byte ends it. Package expand reads octal digits otherwise
// and has no \cX.
func unquoteANSI(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		switch {
		case c >= '0' && c <= '7':
			n, digits := leadingDigits(s[i+1:], 3, 8)
			if byte(n) == 0 {
				return b.String()
			}
			b.WriteByte(byte(n))
			i += 1 + digits
		case c == 'x' || c == 'u' || c == 'U':
			n, digits := leadingDigits(s[i+2:], map[byte]int{'x': 2, 'u': 4, 'U': 8}[c], 16)
			switch {
			case digits == 0:
				b.WriteString(s[i : i+2])
			case n == 0:
				return b.String()
			case c == 'x':
				b.WriteByte(byte(n))
			default:
				b.WriteRune(rune(n))
			}
			i += 2 + digits
		case c == 'c' && i+2 < len(s):
			control := s[i+2] & 0x1f
			if s[i+2] == '?' {
				control = 0x7f
			}
			if control == 0 {
				return b.String()
			}
			b.WriteByte(control)
			if i += 3; s[i-1] == '\\' && strings.HasPrefix(s[i:], `\`) {
				i++ // \c\\ is one character
			}
		default:
			if plain, known := ansiEscapes[c]; known {
				b.WriteByte(plain)
			} else {
				b.WriteString(s[i : i+2])
			}
			i += 2
		}
	}
	return b.String()
}

// leadingDigits reads a number of at most that many digits, and says how many there were.
func leadingDigits(s string, most, base int) (n uint64, digits int) {
	for digits < most && digits < len(s) {
		next, err := strconv.ParseUint(s[:digits+1], base, 32)
		if err != nil {
			break
		}
		n, digits = next, digits+1
	}
	return n, digits
}

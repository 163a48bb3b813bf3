package cgroupread

import (
	"bytes"
	"iter"
)

// pairs yields the lines "key number" of memory.stat, cpu.stat, memory.events and their like. Lines of any other shape are left
// out: kernels add some.
func pairs(text []byte) iter.Seq2[[]byte, int64] {
	return func(yield func([]byte, int64) bool) {
		for len(text) > 0 {
			var line []byte
			line, text, _ = bytes.Cut(text, []byte("\n"))
			key, value, _ := bytes.Cut(line, []byte(" "))
			n, ok := parseNumber(value)
			if ok && !yield(key, n) {
				return
			}
		}
	}
}

// line is a wanted line of such a file.
type line struct {
	key  string
	into *Figure
	may  bool // some kernels do not have it
}

// pick fills in the numbers of the wanted lines; of a line that is not there the Figure stays as it is.
func pick(text []byte, lines ...line) {
	for key, n := range pairs(text) {
		for _, l := range lines {
			if string(key) == l.key {
				*l.into = Known(n)
				break
			}
		}
	}
}

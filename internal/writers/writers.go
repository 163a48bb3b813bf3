// Package writers holds what several packages need to take in the output of a process: [Bounded] keeps the beginning and the
// end of it, [Same] compares two writers, and [Serialize] lets two streams share one.
package writers

import (
	"fmt"
	"io"
	"reflect"
	"sync"
)

// Bounded is a Writer that keeps the first Head and the last Tail bytes of what it is given. It is not safe for concurrent use.
type Bounded struct {
	Head, Tail int

	first, last []byte
	total       int64
}

// HeadTail returns a Bounded that keeps n bytes, half of them from the beginning and half from the end.
func HeadTail(n int) Bounded { return Bounded{Head: n / 2, Tail: n / 2} }

// Write never fails.
func (b *Bounded) Write(p []byte) (int, error) {
	n := len(p)
	b.total += int64(n)
	if room := b.Head - len(b.first); room > 0 {
		k := min(room, len(p))
		b.first = append(b.first, p[:k]...)
		p = p[k:]
	}
	if len(p) > b.Tail {
		b.last, p = b.last[:0], p[len(p)-b.Tail:]
	}
	if len(b.last)+len(p) > 2*b.Tail { // dropped in bulk, so that single bytes do not move the whole tail each
		b.last = append(b.last[:0], b.last[len(b.last)+len(p)-b.Tail:]...)
	}
	b.last = append(b.last, p...)
	return n, nil
}

// Total returns how many bytes were written.
func (b *Bounded) Total() int64 { return b.total }

// First returns the first Head bytes of what was written.
func (b *Bounded) First() []byte { return b.first }

// Last returns the last Tail bytes of what was written behind the first Head ones.
func (b *Bounded) Last() []byte { return b.last[max(0, len(b.last)-b.Tail):] }

// Bytes returns what was kept, with a line in the middle that says how many bytes are missing, if any are.
func (b *Bounded) Bytes() []byte {
	last := b.Last()
	missing := b.total - int64(len(b.first)+len(last))
	if missing == 0 {
		return append(b.first[:len(b.first):len(b.first)], last...)
	}
	return fmt.Appendf(b.first[:len(b.first):len(b.first)], "\n[... %d bytes left out ...]\n%s", missing, last)
}

// Same reports whether a and b are one writer. Writers that cannot be compared are different, and so are two nil ones.
func Same(a, b io.Writer) bool {
	return a != nil && reflect.ValueOf(a).Comparable() && a == b
}

// Serialize returns stdout and stderr as they are, unless they are one writer: then it returns a writer for both that admits
// one Write at a time.
func Serialize(stdout, stderr io.Writer) (io.Writer, io.Writer) {
	if !Same(stdout, stderr) {
		return stdout, stderr
	}
	both := &locked{w: stdout}
	return both, both
}

// locked is a Writer that admits one Write at a time.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

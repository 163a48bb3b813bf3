package cgroupread

import (
	"errors"
	"fmt"
)

// reader reads several files of one place into one buffer and keeps the first error; after it, it reads no more.
type reader struct {
	place
	buf []byte
	err error
}

// bufferSize holds any file that is read here: the longest, memory.stat, has 1 to 3 KB.
const bufferSize = 4096

// text returns a file's content, valid until the next read.
func (r *reader) text(file string) []byte {
	if r.err != nil {
		return nil
	}
	text, err := r.read(r.buf, file)
	if err != nil {
		r.err = err
		return nil
	}
	r.buf = text
	return text
}

// number reads a file that holds one number.
func (r *reader) number(file string) int64 {
	f := r.figure(file)
	if f.IsUnlimited() {
		r.fail(file, errors.New("\"max\" is not a number"))
	}
	return f.n
}

// figure reads a file that holds one number or "max".
func (r *reader) figure(file string) Figure {
	text := r.text(file)
	if r.err != nil {
		return Figure{}
	}
	f, err := parseFigure(text)
	r.fail(file, err)
	return f
}

// lines picks lines out of a file.
func (r *reader) lines(file string, want ...line) {
	pick(r.text(file), want...)
	for _, l := range want {
		if !l.may && l.into.IsUnknown() {
			r.fail(file, fmt.Errorf("no line %q", l.key))
		}
	}
}

// optional runs one of the above; a file that the kernel does not offer is no failure and leaves figures unknown.
func (r *reader) optional(read func()) {
	if r.err != nil {
		return
	}
	read()
	if errors.Is(r.err, ErrUnavailable) {
		r.err = nil
	}
}

// optionalFigure reads like figure, as optional.
func (r *reader) optionalFigure(file string) (f Figure) {
	r.optional(func() { f = r.figure(file) })
	return f
}

// fail keeps err, when it is the first, with the file's name.
func (r *reader) fail(file string, err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("read %s: %w", joinGroup(r.dir, file), err)
	}
}

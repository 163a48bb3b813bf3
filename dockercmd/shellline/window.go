package shellline

import (
	"bytes"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// window is the part of a text that positions may still point into. Lines and columns are counted from the place that was asked for
// last, which is near by; package syntax counts columns in bytes, and lines up to 262143 only.
type window struct {
	text   []byte
	start  int // the offset of text[0] in the whole text
	margin int // the characters in front of it on its line

	offset, line, column int // a known place, from 0, 1 and 1
}

func newWindow(text []byte) window { return window{text: text, line: 1, column: 1} }

// place returns where something begins.
func (w *window) place(p syntax.Pos) Word { return w.placeAt(int(p.Offset())) }

func (w *window) placeAt(offset int) Word {
	offset = w.clamp(offset)
	if offset >= w.offset {
		w.forward(w.text[w.offset-w.start : offset-w.start])
	} else {
		w.back(w.text[offset-w.start:w.offset-w.start], w.text[:offset-w.start])
	}
	w.offset = offset
	return Word{Line: w.line, Column: w.column}
}

func (w *window) forward(passed []byte) {
	if newline := bytes.LastIndexByte(passed, '\n'); newline >= 0 {
		w.line += bytes.Count(passed, []byte("\n"))
		w.column = 1
		passed = passed[newline+1:]
	}
	w.column += utf8.RuneCount(passed)
}

// back goes back over the text passed; before is what stands in front of it.
func (w *window) back(passed, before []byte) {
	newlines := bytes.Count(passed, []byte("\n"))
	if newlines == 0 {
		w.column -= utf8.RuneCount(passed)
		return
	}
	w.line -= newlines
	if newline := bytes.LastIndexByte(before, '\n'); newline >= 0 {
		w.column = utf8.RuneCount(before[newline+1:]) + 1
	} else {
		w.column = utf8.RuneCount(before) + w.margin + 1
	}
}

// between returns a part of the text.
func (w *window) between(from, to int) string {
	from = w.clamp(from)
	return string(w.text[from-w.start : max(from, w.clamp(to))-w.start])
}

// backticksContinue reports whether the backtick at an offset stands where a line is meant to be continued.
func (w *window) backticksContinue(offset int) bool {
	return bytes.HasPrefix(bytes.TrimLeft(w.text[w.clamp(offset+1)-w.start:], " \t"), []byte("\n"))
}

// clamp keeps an offset in the window.
func (w *window) clamp(offset int) int { return min(max(offset, w.start), w.start+len(w.text)) }

// dropBefore forgets what stands in front of an offset. No place in front of it may be asked for.
func (w *window) dropBefore(offset int) {
	w.placeAt(offset)
	w.text = w.text[w.offset-w.start:]
	w.start, w.margin = w.offset, w.column-1
}

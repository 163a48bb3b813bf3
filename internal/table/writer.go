package table

import (
	"slices"
	"sync"
)

// Writer gathers the words of a line in one arena, so that a line costs two allocations whatever its length: the text of all
// words and the list of them.
type Writer struct {
	text     []byte   // of the words so far, one behind the other
	ends     []int    // where each word ends
	keys     []string // room for a map's keys
	operands []string // room for a command's operands
}

// writers keep the arenas from line to line.
var writers = sync.Pool{New: func() any {
	return &Writer{text: make([]byte, 0, 1<<10), ends: make([]int, 0, 64), keys: make([]string, 0, 16),
		operands: make([]string, 0, 16)}
}}

// innerWriters are for values that are made of fields themselves: a line holds the other kind meanwhile.
var innerWriters = sync.Pool{New: writers.New}

// keptArena is the largest arena that is kept: a few huge lines must not hold their memory for ever.
const keptArena = 64 << 10

// keptWords is the longest line whose lists are kept.
const keptWords = 4096

// NewWriter returns an empty writer.
func NewWriter() *Writer { return writers.Get().(*Writer) }

// end ends a word.
func (w *Writer) end() { w.ends = append(w.ends, len(w.text)) }

// Word adds a whole word.
func (w *Writer) Word(s string) {
	w.text = append(w.text, s...)
	w.end()
}

// sorted returns a map's keys in order. They are good until the next call.
func (w *Writer) sorted(table map[string]string) []string {
	w.keys = w.keys[:0]
	for key := range table {
		w.keys = append(w.keys, key)
	}
	slices.Sort(w.keys)
	return w.keys
}

// line returns the command's name, the words of the arena, and behind them the operands, which stand behind "--" where one of them
// could be taken for a flag. The writer is done.
func (w *Writer) line(c Command) []string {
	_, prefix := c.Spec().table()
	return w.words(prefix, needsDashes(c, w.operands))
}

// words returns prefix, the words of the arena, and behind them the operands. The writer is done.
func (w *Writer) words(prefix []string, dashes bool) []string {
	n := len(prefix) + len(w.ends) + len(w.operands)
	if dashes {
		n++
	}
	words := append(make([]string, 0, n), prefix...)
	text, start := string(w.text), 0
	for _, end := range w.ends {
		words = append(words, text[start:end])
		start = end
	}
	if dashes {
		words = append(words, "--")
	}
	words = append(words, w.operands...)
	w.free()
	return words
}

// free gives the writer back, without the texts of the command.
func (w *Writer) free() {
	w.reset()
	writers.Put(w)
}

// reset makes the writer empty: nothing of the command stays in it.
func (w *Writer) reset() {
	if cap(w.text) > keptArena {
		w.text = nil
	}
	if max(cap(w.ends), cap(w.keys), cap(w.operands)) > keptWords {
		w.ends, w.keys, w.operands = nil, nil, nil
	}
	clear(w.text)
	clear(w.keys[:cap(w.keys)])
	clear(w.operands)
	w.text, w.ends, w.keys, w.operands = w.text[:0], w.ends[:0], w.keys[:0], w.operands[:0]
}

// AppendRecord adds the words that render writes to dst, as the fields of one CSV record.
func AppendRecord(dst []byte, render func(*Writer)) []byte {
	w := innerWriters.Get().(*Writer)
	render(w)
	start := 0
	for i, end := range w.ends {
		if i > 0 {
			dst = append(dst, ',')
		}
		from := len(dst)
		dst = QuoteElement(append(dst, w.text[start:end]...), from)
		start = end
	}
	w.reset()
	innerWriters.Put(w)
	return dst
}

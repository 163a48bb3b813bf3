package client

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// maxEventLine is how long one event may be: its labels are all in it. A longer line is left out.
const maxEventLine = 4 << 20

// eventQueue is a Writer that never blocks, between a client that prints events and a handler that may be slow.
type eventQueue struct {
	maxLines, maxBytes int
	lost               func(*EventsLostError) // called once, instead of the handler; nil calls the handler

	mu        sync.Mutex
	more      sync.Cond
	items     []eventItem
	first     int // index in items: those before it are delivered
	lines     int // events that wait
	bytes     int // the length of their lines
	part      []byte
	skipping  bool // the rest of a line that is too long
	closed    bool // no more will come
	discarded bool // nothing is delivered any more
}

// eventItem is a line of the client's, or a problem.
type eventItem struct {
	line    []byte
	problem error
}

func newEventQueue(maxLines, maxBytes int) *eventQueue {
	q := &eventQueue{maxLines: maxLines, maxBytes: maxBytes}
	q.more.L = &q.mu
	return q
}

// Write takes the output of the client.
func (q *eventQueue) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for rest := p; len(rest) > 0 && !q.discarded; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		rest = after
		q.appendPart(line)
		if whole {
			q.endLine()
		}
	}
	return len(p), nil
}

// appendPart adds to the unfinished line. The caller holds q.mu.
func (q *eventQueue) appendPart(more []byte) {
	if q.skipping {
		return
	}
	if len(q.part)+len(more) > maxEventLine {
		q.part, q.skipping = nil, true
		return
	}
	q.part = append(q.part, more...)
}

// endLine ends a line. The caller holds q.mu.
func (q *eventQueue) endLine() {
	switch {
	case q.skipping:
		q.push(eventItem{problem: fmt.Errorf("an event: the line has more than %d bytes", maxEventLine)})
	case len(bytes.TrimSpace(q.part)) > 0:
		q.push(eventItem{line: bytes.Clone(q.part)})
	}
	q.part, q.skipping = q.part[:0], false
	if cap(q.part) > 64<<10 {
		q.part = nil
	}
}

// push adds an item, or drops all that wait when there is no room. The caller holds q.mu.
func (q *eventQueue) push(item eventItem) {
	if q.lines == q.maxLines || q.bytes+len(item.line) > q.maxBytes {
		lost := &EventsLostError{Dropped: q.lines + 1, Bytes: q.bytes + len(item.line)}
		for _, waiting := range q.items[q.first:] { // what was lost before is still not told
			if before, ok := waiting.problem.(*EventsLostError); ok {
				lost.Dropped, lost.Bytes = lost.Dropped+before.Dropped, lost.Bytes+before.Bytes
			}
		}
		q.items, q.first, q.lines, q.bytes = nil, 0, 0, 0
		if q.lost != nil {
			q.discarded = true
			q.more.Signal()
			q.lost(lost)
			return
		}
		item = eventItem{problem: lost}
	} else {
		q.lines++
		q.bytes += len(item.line)
	}
	if q.first > 1024 && q.first > len(q.items)/2 { // a handler that is always a little behind must not make it grow
		q.items = q.items[:copy(q.items, q.items[q.first:])]
		q.first = 0
	}
	q.items = append(q.items, item)
	q.more.Signal()
}

// close marks the end of the client's output.
func (q *eventQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.skipping || len(bytes.TrimSpace(q.part)) > 0 {
		q.endLine() // half a line of a client that was cut off, which is a problem, or a whole line without its newline
	}
	q.closed = true
	q.more.Signal()
}

// discard drops the items that wait and all that will come.
func (q *eventQueue) discard() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.discarded = true
	q.items, q.first, q.part = nil, 0, nil
	q.more.Signal()
}

// next waits for an item; false means that there are no more.
func (q *eventQueue) next() (eventItem, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.first == len(q.items) && !q.closed && !q.discarded {
		q.more.Wait()
	}
	if q.discarded || q.first == len(q.items) {
		return eventItem{}, false
	}
	item := q.items[q.first]
	q.items[q.first] = eventItem{}
	q.first++
	if _, isLoss := item.problem.(*EventsLostError); !isLoss {
		q.lines--
		q.bytes -= len(item.line)
	}
	if q.first == len(q.items) {
		q.items, q.first = q.items[:0], 0
		if cap(q.items) > 64<<10 {
			q.items = nil
		}
	}
	return item, true
}

// deliver passes every item to h until the end, and counts the lines for which h was not called.
func (q *eventQueue) deliver(h EventHandler) (bad EventLineError) {
	for {
		item, ok := q.next()
		if !ok {
			return bad
		}
		_, isLoss := item.problem.(*EventsLostError)
		event, err := output.Event{}, item.problem
		if err == nil {
			event, err = output.ParseEvent(item.line)
		}
		switch {
		case isLoss:
			h.Problem(err)
		case err == nil && h.Event != nil:
			h.Event(event)
		case err != nil:
			if bad.Lines++; bad.Err == nil {
				bad.Err = err
			}
			if h.Problem != nil {
				h.Problem(&EventLineError{Lines: 1, Err: err})
			}
		}
	}
}

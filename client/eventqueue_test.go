package client

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

func eventLine(name string) string {
	return `{"Type":"container","Action":"die","Actor":{"ID":"x","Attributes":{"name":"` + name + `"}},"time":1}` + "\n"
}

// heard is what a handler was told, in order.
type heard struct{ words []string }

func (h *heard) handler() EventHandler {
	return EventHandler{
		Event: func(e output.Event) { h.words = append(h.words, e.Name) },
		Problem: func(err error) {
			if lost, ok := errors.AsType[*EventsLostError](err); ok {
				h.words = append(h.words, fmt.Sprint("lost ", lost.Dropped))
				return
			}
			h.words = append(h.words, "bad")
		},
	}
}

func TestEventQueue(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxEventLine)
	tests := []struct {
		name   string
		lines  int // how many may wait
		chunks []string
		want   []string
	}{
		{"nothing", 9, nil, nil},
		{"two", 9, []string{eventLine("a") + eventLine("b")}, []string{"a", "b"}},
		{"in bytes", 9, strings.Split(eventLine("a")+eventLine("b"), ""), []string{"a", "b"}},
		{"empty lines", 9, []string{"\n \r\n", eventLine("a"), "\n"}, []string{"a"}},
		{"no newline at the end", 9, []string{strings.TrimSpace(eventLine("a"))}, []string{"a"}},
		{"cut off", 9, []string{eventLine("a"), eventLine("b")[:20]}, []string{"a", "bad"}},
		{"words between", 9, []string{eventLine("a"), "hello\n", eventLine("b")}, []string{"a", "bad", "b"}},
		{"as many as may wait", 2, []string{eventLine("a"), eventLine("b")}, []string{"a", "b"}},
		{"one too many", 2, []string{eventLine("a"), eventLine("b"), eventLine("c"), eventLine("d")}, []string{"lost 3", "d"}},
		{"far too many", 2, []string{strings.Repeat(eventLine("a"), 8)}, []string{"lost 6", "a", "a"}},
		{"and again", 2, []string{strings.Repeat(eventLine("a"), 9)}, []string{"lost 9"}},
		{"long", 9, []string{eventLine("a"), long, "y", "z\n", eventLine("b")}, []string{"a", "bad", "b"}},
		{"long, cut off", 9, []string{eventLine("a"), long, "y"}, []string{"a", "bad"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := newEventQueue(tt.lines, 64<<20)
			for _, c := range tt.chunks {
				if n, err := q.Write([]byte(c)); n != len(c) || err != nil {
					t.Fatal(n, err)
				}
			}
			q.close()
			var h heard
			q.deliver(h.handler())
			if !slices.Equal(h.words, tt.want) {
				t.Errorf("got %q, want %q", h.words, tt.want)
			}
			if q.lines != 0 || q.bytes != 0 {
				t.Errorf("%d events of %d bytes are counted when nothing waits", q.lines, q.bytes)
			}
		})
	}
}

func TestEventQueueBytes(t *testing.T) {
	t.Parallel()
	line := eventLine("a")
	q := newEventQueue(100, 3*(len(line)-1))
	q.Write([]byte(strings.Repeat(line, 4)))
	q.close()
	var h heard
	q.deliver(h.handler())
	if want := []string{"lost 4"}; !slices.Equal(h.words, want) {
		t.Errorf("got %q, want %q", h.words, want)
	}
}

// TestEventQueueStaysSmall tests a handler that is always a little behind.
func TestEventQueueStaysSmall(t *testing.T) {
	t.Parallel()
	q := newEventQueue(MaxEvents, MaxEventBytes)
	line := []byte(eventLine("a"))
	for range 10 {
		q.Write(line)
	}
	for range 100_000 {
		q.Write(line)
		if _, ok := q.next(); !ok {
			t.Fatal("the queue has ended")
		}
	}
	if cap(q.items) > 8<<10 {
		t.Errorf("it has room for %d events, when 10 wait", cap(q.items))
	}
}

func FuzzEventQueue(f *testing.F) {
	f.Add([]byte(eventLine("a")+eventLine("b")), 7, 1)
	f.Add([]byte("x\n\n"+eventLine("b")), 1, 3)
	f.Fuzz(func(t *testing.T, out []byte, chunk, limit int) {
		chunk, limit = max(chunk%100, 1), max(limit%10, 1)
		var whole, pieces, few heard
		q, r, s := newEventQueue(1<<20, 1<<30), newEventQueue(1<<20, 1<<30), newEventQueue(limit, 1<<30)
		q.Write(out)
		for part := range slices.Chunk(out, chunk) {
			r.Write(part)
			s.Write(part)
		}
		q.close()
		r.close()
		s.close()
		q.deliver(whole.handler())
		r.deliver(pieces.handler())
		s.deliver(few.handler())
		if !slices.Equal(whole.words, pieces.words) {
			t.Errorf("got %q at once, %q in pieces", whole.words, pieces.words)
		}
		lost, told := 0, 0
		for _, w := range few.words {
			if _, err := fmt.Sscanf(w, "lost %d", &lost); err != nil {
				told++
			}
		}
		if lost+told != len(whole.words) {
			t.Errorf("%d were lost and %d told, of %d", lost, told, len(whole.words))
		}
	})
}

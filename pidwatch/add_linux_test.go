package pidwatch

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// TestReuse goes through the ways in which a number may stand for another process than was meant.
func TestReuse(t *testing.T) {
	stranger := errors.New("a stranger")
	gone := grandchildren(t, 1, 0, reaping)
	gone.endAll()
	awaitState(t, gone.pids[0], "")
	for _, test := range []struct {
		name         string
		pid          func(f *family) int
		verify       func(t *testing.T, f *family) error
		is, not      error
		deathsToCome int
	}{
		{"the same process", nil, func(*testing.T, *family) error { return nil }, nil, nil, 1},
		{"collected before", func(*family) int { return gone.pids[0] }, nil, ErrGone, stranger, 0},
		{"another process", nil, func(*testing.T, *family) error { return stranger }, stranger, ErrGone, 0},
		{"dies and is collected during verify", nil, func(t *testing.T, f *family) error {
			kill(t, f.pids[0])
			awaitState(t, f.pids[0], "")
			return nil
		}, ErrGone, stranger, 0},
		{"dies and is replaced during verify", nil, func(t *testing.T, f *family) error {
			kill(t, f.pids[0])
			awaitState(t, f.pids[0], "")
			return fmt.Errorf("cgroup: %w", stranger)
		}, ErrGone, nil, 0},
		{"a thread of another process", func(*family) int { return threadOfOurs(t) }, nil, ErrGone, nil, 0},
		{"no process", func(*family) int { return 0 }, nil, nil, ErrGone, 0},
		{"all processes", func(*family) int { return -1 }, nil, nil, ErrGone, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, f := newSet(t), grandchildren(t, 1, 0, reaping)
			pid := f.pids[0]
			if test.pid != nil {
				pid = test.pid(f)
			}
			var verify func() error
			if test.verify != nil {
				verify = func() error { return test.verify(t, f) }
			}
			before := descriptors(t)
			err := s.Add("a", pid, verify)
			if (err == nil) != (test.deathsToCome > 0) || test.is != nil && !errors.Is(err, test.is) || test.not != nil &&
				errors.Is(err, test.not) {
				t.Errorf("got %v, want it to be %v and not %v", err, test.is, test.not)
			}
			if errors.Is(err, ErrGone) != errors.Is(err, syscall.ESRCH) {
				t.Errorf("got %v, want ErrGone and ESRCH, or neither", err)
			}
			if got := descriptors(t); got != before+test.deathsToCome || s.Len() != test.deathsToCome {
				t.Errorf("%d descriptors more and %d keys, want %d", got-before, s.Len(), test.deathsToCome)
			}
			f.endAll()
			for range test.deathsToCome {
				next(t, s)
			}
			none(t, s)
		})
	}
}

// threadOfOurs returns the number of a thread that does not lead this process.
func threadOfOurs(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if n, err := strconv.Atoi(task.Name()); err == nil && n != os.Getpid() {
			return n
		}
	}
	t.Fatal("this process has one thread")
	return 0
}

func TestReplaceAndRemove(t *testing.T) {
	s, f := newSet(t), grandchildren(t, 4, 0, reaping)
	before := descriptors(t)
	add(t, s, "a", f.pids[0])
	if err := s.Add("a", f.pids[1], func() error { return errors.New("another") }); err == nil {
		t.Error("got no error of verify")
	}
	kill(t, f.pids[0])
	if got := next(t, s); got.PID != f.pids[0] {
		t.Errorf("got %+v: an Add that failed replaced the watch", got)
	}
	add(t, s, "a", f.pids[1])
	add(t, s, "a", f.pids[2])
	add(t, s, "b", f.pids[3])
	add(t, s, "once more", f.pids[3])
	if n := s.Len(); n != 3 {
		t.Errorf("%d keys, want 3", n)
	}
	s.Remove("b")
	s.Remove("nothing")
	for _, pid := range f.pids[1:] {
		kill(t, pid)
	}
	got := map[string]int{}
	for range 2 {
		d := next(t, s)
		got[d.Key] = d.PID
	}
	if got["a"] != f.pids[2] || got["once more"] != f.pids[3] {
		t.Errorf("got the deaths %v, want of the last under each key", got)
	}
	none(t, s)
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors more", after-before)
	}
}

// TestRemoveDead drops deaths that Next has not returned: not yet noticed, noticed as a zombie, and ready.
func TestRemoveDead(t *testing.T) {
	s, f := newSet(t), grandchildren(t, 5, 0, holding)
	s.patience = time.Hour
	for i, pid := range f.pids[:4] {
		add(t, s, strconv.Itoa(i), pid)
	}
	f.endAll()
	for _, pid := range f.pids {
		awaitState(t, pid, "Z")
	}
	s.Remove("0")
	none(t, s)
	s.Remove("1")
	f.collect(t)
	for _, pid := range f.pids {
		awaitState(t, pid, "")
	}
	first := next(t, s)
	if n := s.Len(); n != 1 {
		t.Fatalf("%d keys, want the other death", n)
	}
	s.Remove("2")
	s.Remove("3")
	none(t, s)
	if (first.Key != "2" && first.Key != "3") || s.Len() != 0 {
		t.Errorf("got %+v and %d keys", first, s.Len())
	}
}

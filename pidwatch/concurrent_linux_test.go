package pidwatch

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
)

// TestConcurrent adds, replaces, removes and kills from many goroutines while two call Next, and holds that each process that was
// not removed is reported once; the race detector watches. At the end, Close comes amid all that.
func TestConcurrent(t *testing.T) {
	const each, removed = 20, 5
	s := newSet(t)
	var workers, readers sync.WaitGroup
	deaths := make(chan Death, 1000)
	for range 2 {
		readers.Go(func() {
			for {
				d, err := s.Next(t.Context())
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				deaths <- d
			}
		})
	}
	want := map[string]int{}
	for g := range 4 {
		f := grandchildren(t, each, 0, reaping)
		for i, pid := range f.pids[removed:] {
			want[fmt.Sprint(g, "-", removed+i)] = pid
		}
		workers.Go(func() {
			for i, pid := range f.pids {
				key := fmt.Sprint(g, "-", i)
				for _, pid := range []int{os.Getpid(), pid} { // The second replaces the first.
					if err := s.Add(key, pid, func() error { return nil }); err != nil {
						t.Error(err)
					}
				}
				if i < removed {
					s.Remove(key)
				}
				kill(t, pid)
				s.Len()
			}
		})
	}
	workers.Wait()
	for range len(want) {
		d := <-deaths
		if want[d.Key] != d.PID {
			t.Errorf("got %+v, want process %d, once", d, want[d.Key])
		}
		delete(want, d.Key)
	}
	if n := s.Len(); n != 0 {
		t.Errorf("%d keys at the end", n)
	}
	for g := range 4 {
		workers.Go(func() {
			for i := 0; ; i++ {
				key := strconv.Itoa(g*1000 + i%100)
				if err := s.Add(key, os.Getpid(), nil); errors.Is(err, ErrClosed) {
					return
				} else if err != nil {
					t.Error(err)
					return
				}
				s.Remove(key)
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	workers.Wait()
	readers.Wait()
	if n := len(deaths); n != 0 {
		t.Errorf("%d deaths too many: %+v", n, <-deaths)
	}
}

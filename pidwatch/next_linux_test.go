package pidwatch

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newSet makes a Set that the test's end closes.
func newSet(t testing.TB) *Set {
	t.Helper()
	s, err := New()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("NOT TESTED, this kernel cannot: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func add(t testing.TB, s *Set, key string, pid int) {
	t.Helper()
	if err := s.Add(key, pid, nil); err != nil {
		t.Fatal(err)
	}
}

// next returns the next death, which must come within a minute.
func next(t testing.TB, s *Set) Death {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, err := s.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// none checks that there is no death to return now.
func none(t testing.TB, s *Set) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if d, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %+v, %v, want no death", d, err)
	}
}

// tellsExits finds out, without this package, whether the kernel tells how processes end.
func tellsExits(t testing.TB) bool {
	t.Helper()
	f := grandchildren(t, 1, 1, reaping)
	fd, err := unix.PidfdOpen(f.pids[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	f.endAll()
	awaitState(t, f.pids[0], "")
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	return unix.IoctlPidfdInfo(fd, &info) == nil && info.Mask&unix.PIDFD_INFO_EXIT != 0
}

func TestDeath(t *testing.T) {
	known := tellsExits(t)
	t.Logf("this kernel tells how processes end: %v", known)
	for _, test := range []struct {
		name string
		end  func(t *testing.T, f *family)
		want Death
	}{
		{"exit code 7", func(t *testing.T, f *family) { f.endAll() }, Death{Code: 7, Known: true}},
		{"killed", func(t *testing.T, f *family) { kill(t, f.pids[0]) }, Death{Code: 137, Signal: syscall.SIGKILL, Known: true}},
		{"terminated", func(t *testing.T, f *family) {
			if err := unix.Kill(f.pids[0], unix.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}, Death{Code: 143, Signal: syscall.SIGTERM, Known: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, f := newSet(t), grandchildren(t, 1, 7, reaping)
			add(t, s, "a", f.pids[0])
			none(t, s)
			before := time.Now()
			test.end(t, f)
			got := next(t, s)
			if got.At.Before(before) || got.At.After(time.Now()) {
				t.Errorf("at %v, which is not between the death and now", got.At)
			}
			want := test.want
			want.Key, want.PID, want.At = "a", f.pids[0], got.At
			if !known {
				want.Code, want.Signal, want.Known = 0, 0, false
			}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if n := s.Len(); n != 0 {
				t.Errorf("%d keys after the death was returned", n)
			}
			none(t, s)
		})
	}
}

// TestOlderKernel runs the same without PIDFD_GET_INFO, as on Linux 5.3 to 6.12.
func TestOlderKernel(t *testing.T) {
	s, f := newSet(t), grandchildren(t, 2, 7, holding)
	s.tells = false
	add(t, s, "a", f.pids[0])
	f.endAll()
	start := time.Now()
	got := next(t, s)
	if got.Key != "a" || got.Known || got.Code != 0 || got.At.Before(start) {
		t.Errorf("got %+v, want the death of a, with nothing known", got)
	}
	awaitState(t, f.pids[1], "Z")
	if err := s.Add("zombie", f.pids[1], nil); err != nil {
		t.Errorf("a zombie: got %v", err)
	}
	if got := next(t, s); got.Key != "zombie" || got.Known {
		t.Errorf("got %+v, want the zombie's death, with nothing known", got)
	}
	err := s.Add("b", f.pids[1], func() error {
		f.collect(t)
		awaitState(t, f.pids[1], "")
		return nil
	})
	if !errors.Is(err, ErrGone) || s.Len() != 0 {
		t.Errorf("collected during verify: got %v and %d keys, want ErrGone and none", err, s.Len())
	}
}

// TestZombie checks that a Set waits for the parent of a zombie to collect it, so that it can report the exit code, and that no
// other death waits for that.
func TestZombie(t *testing.T) {
	known := tellsExits(t)
	s, held, prompt := newSet(t), grandchildren(t, 2, 7, holding), grandchildren(t, 1, 3, reaping)
	s.patience = time.Hour
	add(t, s, "held", held.pids[0])
	add(t, s, "prompt", prompt.pids[0])
	held.endAll()
	awaitState(t, held.pids[0], "Z")
	awaitState(t, held.pids[1], "Z")
	if !s.tells { // There is nothing to wait for.
		next(t, s)
	}
	none(t, s)
	prompt.endAll()
	if got := next(t, s); got.Key != "prompt" || got.Known != known {
		t.Errorf("got %+v, want the collected process first", got)
	}
	add(t, s, "zombie when added", held.pids[1])
	if s.tells {
		none(t, s)
		held.collect(t)
		next(t, s)
	}
	if got := next(t, s); got.Known != known || known && got.Code != 7 {
		t.Errorf("got %+v, want the exit code", got)
	}
}

// TestZombieForEver checks that processes whose parent does not collect them are reported in the end.
func TestZombieForEver(t *testing.T) {
	s, f := newSet(t), grandchildren(t, 3, 7, holding)
	f.endAll()
	for _, pid := range f.pids {
		awaitState(t, pid, "Z")
		add(t, s, strconv.Itoa(pid), pid)
	}
	for range f.pids {
		got := next(t, s)
		if want := (Death{Key: strconv.Itoa(got.PID), PID: got.PID, At: got.At}); got != want || !slices.Contains(f.pids, got.PID) {
			t.Errorf("got %+v, want %+v, one of %v", got, want, f.pids)
		}
		if late := time.Since(got.At); s.tells && late < usualPatience {
			t.Errorf("reported %v after it was noticed, want %v for the parent", late, usualPatience)
		}
	}
	none(t, s)
}

// TestZombieCollectedUnseen checks that the exit code counts also if the parent collected the process while nobody called Next,
// for longer than a Set waits for it.
func TestZombieCollectedUnseen(t *testing.T) {
	if !tellsExits(t) {
		t.Skip("NOT TESTED, this kernel does not tell how processes end")
	}
	s, f := newSet(t), grandchildren(t, 1, 7, holding)
	s.patience = time.Hour
	add(t, s, "a", f.pids[0])
	f.endAll()
	awaitState(t, f.pids[0], "Z")
	none(t, s)
	f.collect(t)
	awaitState(t, f.pids[0], "")
	if len(s.zombies) != 1 {
		t.Fatalf("%d zombies were noticed, want 1", len(s.zombies))
	}
	s.zombies[0].expiry = time.Now()
	if got := next(t, s); !got.Known || got.Code != 7 {
		t.Errorf("got %+v, want code 7", got)
	}
}

// TestBurst kills many at once while nobody looks, more than one system call fetches.
func TestBurst(t *testing.T) {
	known := tellsExits(t)
	s, f := newSet(t), grandchildren(t, 200, 0, reaping)
	want := map[string]int{}
	for _, pid := range f.pids {
		key := "worker-" + strconv.Itoa(pid)
		want[key] = pid
		add(t, s, key, pid)
	}
	for _, pid := range f.pids {
		kill(t, pid)
	}
	for _, pid := range f.pids {
		awaitState(t, pid, "")
	}
	for range f.pids {
		d := next(t, s)
		if want[d.Key] != d.PID || d.Known != known || known && d.Code != 137 {
			t.Errorf("got %+v, want %d, once, killed", d, want[d.Key])
		}
		delete(want, d.Key)
	}
	none(t, s)
}

package worker_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
)

// soakLives names how many lives the soak has; without it there is none.
const soakLives = "DOCKERCMD_SOAK"

// soakTime is how long the soak may take.
const soakTime = time.Hour

// gauge writes down, every second, what this process holds: goroutines, descriptors, children.
func (r role) gauge() {
	f, err := os.OpenFile(filepath.Join(r.Dir, "gauge"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	for ; ; time.Sleep(time.Second) {
		fmt.Fprintln(f, os.Getpid(), runtime.NumGoroutine(), len(dirNames("/proc/self/fd")), len(childrenOf(os.Getpid())))
	}
}

// TestSoak has three supervisors run short lives on one engine, as many as the environment says: the first is killed every few
// seconds, alone or with all its clients, or halted; the second falls now and then; the third is halted alone, and holds no more at
// the end than at the beginning. The engine is killed and stopped again and again. Every exit is held against what the worker wrote
// down.
func TestSoak(t *testing.T) {
	lives, err := strconv.Atoi(os.Getenv(soakLives))
	if err != nil || lives < 100 {
		t.Skipf("NOT TESTED: the soak takes a number of lives from 100 on in %s; make soak sets it", soakLives)
	}
	e := enginetest.Private(t)
	e.Stop(t)
	e.Start(t, "--live-restore")
	o := new(outages)
	strangers := map[string]string{"stranger": e.Run(t, "run", "--detach", "--network=none", e.Image, "sleep", "100000")}
	over := make(chan struct{})
	var all []*chaos
	var running sync.WaitGroup
	for _, s := range []struct {
		name  string
		every time.Duration
		harms []harm
	}{
		{"often", 4 * time.Second, []harm{sigkill, sigterm, sigstop}},
		{"seldom", 30 * time.Second, []harm{sigkill, sigterm, sigstop}},
		{"never", 20 * time.Second, []harm{sigstop}},
	} {
		c := newChaos(t, e, o, role{Name: s.name, Workers: chaosWorkers, Least: 0.5, More: 4, Glance: true}, false)
		all = append(all, c)
		running.Go(func() { c.supervise(t, over, s.every, s.harms...) })
	}
	breaks := 0
	for began := time.Now(); ; {
		n := 0
		for _, c := range all {
			_, more := c.started(t)
			n += more
		}
		if n >= lives {
			break
		}
		if time.Since(began) > soakTime {
			t.Errorf("%d lives in %v, want %d", n, soakTime, lives)
			break
		}
		time.Sleep(15*time.Second + rand.N(15*time.Second))
		o.breaks(func() {
			if rand.IntN(3) == 0 {
				e.Stop(t)
			} else {
				e.Kill(t)
			}
			time.Sleep(rand.N(3 * time.Second))
			e.Start(t, "--live-restore")
		})
		breaks++
	}
	for _, c := range all {
		if err := os.WriteFile(filepath.Join(c.Dir, "stop"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	close(over)
	running.Wait()
	t.Logf("the engine was killed or stopped %d times", breaks)
	for _, c := range all {
		t.Logf("supervisor %s, halted %d times:", c.Name, c.stops)
		c.tally(t, strangers)
	}
	wantFlat(t, all[len(all)-1])
}

// wantFlat holds that a supervisor which never fell holds no more in the last third of its time than in the first.
func wantFlat(t *testing.T, c *chaos) {
	t.Helper()
	held := lines(t, filepath.Join(c.Dir, "gauge"))
	pid, _, _ := strings.Cut(held[0], " ")
	held = held[len(held)/20:] // it begins
	if len(held) < 30 {
		t.Errorf("%d looks at what it holds are too few", len(held))
		return
	}
	third := len(held) / 3
	for i, what := range []string{"goroutines", "descriptors", "children"} {
		typical := func(part []string) int {
			var n []int
			for _, line := range part {
				f := strings.Fields(line)
				if f[0] != pid {
					t.Fatalf("supervisor %s fell: %q", c.Name, line)
				}
				one, err := strconv.Atoi(f[i+1])
				if err != nil {
					t.Fatal(err)
				}
				n = append(n, one)
			}
			slices.Sort(n)
			return n[len(n)/2]
		}
		first, last := typical(held[:third]), typical(held[2*third:])
		t.Logf("%s: %d in the first third, %d in the last", what, first, last)
		if last > first+first/2+10 {
			t.Errorf("%d %s in the last third, %d in the first", last, what, first)
		}
	}
}

package worker_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
)

// livesVariable names the environment's variable that says how many sequences TestLives tries, of which seed the first is, and how
// many operations one has: "250 1 24".
const livesVariable = "DOCKERCMD_LIVES"

// TestLives puts workers, their Watcher and their engine through random sequences of operations, and holds what must be true
// whatever happens: see world. What fails is cut down to its shortest beginning that still fails, and told with its seed; what goes
// on side by side does not always fail again.
func TestLives(t *testing.T) {
	t.Parallel()
	n, first, length := 250, uint64(1), 24
	switch {
	case enginetest.Quick():
		n /= 40
	case testing.Short():
		n /= 8
	}
	if text := os.Getenv(livesVariable); text != "" {
		if _, err := fmt.Sscan(text, &n, &first, &length); err != nil {
			t.Fatalf("%s is %q: %v; give three numbers", livesVariable, text, err)
		}
	}
	var mu sync.Mutex
	total := map[string]int{}
	t.Run("worlds", func(t *testing.T) {
		beside := uint64(runtime.GOMAXPROCS(0))
		for part := range beside {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for seed := first + part; seed < first+uint64(n) && !t.Failed(); seed += beside {
					tally := trySeed(t, seed, length)
					mu.Lock()
					for k, v := range tally {
						total[k] += v
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d sequences: %v", n, total)
	for _, what := range []string{"programs", "exits", "launched", "crash", "deaths", "engine away"} {
		if total[what] == 0 && n >= 50 {
			t.Errorf("the sequences had no %s", what)
		}
	}
}

// trySeed puts the world of a seed through its operations.
func trySeed(t *testing.T, seed uint64, length int) (tally map[string]int) {
	t.Helper()
	ops, kind := sequence(seed, length), kindOf(seed)
	problems, tally := live(t, ops, kind)
	if len(problems) == 0 {
		return tally
	}
	for length := range len(ops) {
		if shorter, _ := live(t, ops[:length], kind); len(shorter) > 0 {
			ops, problems = ops[:length], shorter
			break
		}
	}
	t.Errorf("seed %d, %+v: %s\nafter\n%s", seed, kind, strings.Join(problems, "\n"), text(ops))
	return tally
}

// op is one operation of a sequence.
type op struct {
	name string
	do   func(*world)
}

func text(ops []op) string {
	var b strings.Builder
	for i, o := range ops {
		fmt.Fprintf(&b, "%3d %s\n", i, o.name)
	}
	return b.String()
}

// sequence makes a seed's operations. What each of them will be depends on nothing else.
func sequence(seed uint64, length int) []op {
	rng := rand.New(rand.NewPCG(seed, 0))
	ops := make([]op, length)
	for i := range ops {
		ops[i] = randomOp(rng)
	}
	return ops
}

// live runs a sequence and returns what was wrong, and a tally of what happened.
func live(t *testing.T, ops []op, kind worldKind) (problems []string, tally map[string]int) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, kind)
		for i, o := range ops {
			w.at = fmt.Sprintf("%d %s", i, o.name)
			o.do(w)
			rest(time.Millisecond) // no two lives of a container begin at one time
			w.bury()
			w.look()
		}
		w.at = "the end"
		w.end()
		problems, tally = w.problems, w.tally
	})
	return problems, tally
}

package worker_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
)

var (
	lives    = flag.Int("lives", 250, "how many sequences of operations TestLives tries")
	livesOf  = flag.Uint64("lives-seed", 1, "the seed of the first of them")
	livesLen = flag.Int("lives-length", 24, "how many operations one has")
)

// TestLives puts workers, their Watcher and their engine through random sequences of operations, and holds what must be true whatever
// happens: see world. What fails is cut down to its shortest beginning that still fails, and told with its seed.
func TestLives(t *testing.T) {
	t.Parallel()
	n := *lives
	if testing.Short() {
		n /= 8
	}
	total := map[string]int{}
	for seed := *livesOf; seed < *livesOf+uint64(n); seed++ {
		ops := sequence(seed, *livesLen)
		problems, tally := live(t, ops)
		for k, v := range tally {
			total[k] += v
		}
		if len(problems) == 0 {
			continue
		}
		for length := range len(ops) {
			if shorter, _ := live(t, ops[:length]); len(shorter) > 0 {
				ops, problems = ops[:length], shorter
				break
			}
		}
		t.Fatalf("seed %d: %s\nafter\n%s", seed, strings.Join(problems, "\n"), text(ops))
	}
	t.Logf("%d sequences: %v", n, total)
	for _, what := range []string{"programs", "exits", "launched", "crash", "engine away"} {
		if total[what] == 0 && n >= 50 {
			t.Errorf("the sequences had no %s", what)
		}
	}
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
func live(t *testing.T, ops []op) (problems []string, tally map[string]int) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i, o := range ops {
			w.at = fmt.Sprintf("%d %s", i, o.name)
			o.do(w)
			synctest.Wait()
			w.look()
		}
		w.at = "the end"
		w.end()
		problems, tally = w.problems, w.tally
	})
	return problems, tally
}

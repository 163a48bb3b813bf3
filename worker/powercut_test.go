package worker_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
)

// cutsDir names the directory of a chaos's supervisor whose machine was cut from its power: cuts holds when, a line each.
const cutsDir = "DOCKERCMD_TEST_CUTS_DIR"

// ackTime is how long before a power cut an exit was handed over that may be handed over again: the acknowledgement is on its way
// to the disk. Ext4 writes what it has every 5 s; an emulated machine takes its time.
const ackTime = 30 * time.Second

// TestPowerCuts counts what came of workers whose supervisor and engine lost their power several times; internal/rig/machine does
// that, and lets the last supervisor end all of them. Each exit is handed over, once unless the power was cut before that could be
// noted; a code is the worker's own, or unknown because of a power cut.
func TestPowerCuts(t *testing.T) {
	dir := os.Getenv(cutsDir)
	if dir == "" {
		t.Skipf("NOT TESTED: there were no power cuts, whose files %s names; make power-cuts makes them", cutsDir)
	}
	e := enginetest.Require(t)
	var cuts []time.Time
	for _, line := range lines(t, filepath.Join(dir, "cuts")) {
		at, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		cuts = append(cuts, time.Unix(at, 0))
	}
	cutBetween := func(from, to time.Time) bool {
		return slices.ContainsFunc(cuts, func(at time.Time) bool { return !at.Before(from.Add(-time.Second)) && !at.After(to) })
	}
	byContainer, doubled, again, wrong := map[string]chaosExit{}, 0, 0, 0
	launches := map[string]bool{}
	for _, h := range handedOver(t, dir) {
		launches[h.Launch] = true
		if h.Container == "" {
			continue // it was cut off before there was one
		}
		first, more := byContainer[h.Container[:12]]
		switch {
		case !more:
			byContainer[h.Container[:12]] = h
		case first.Exit.Known != h.Exit.Known || first.Exit.Code != h.Exit.Code:
			wrong++
			t.Errorf("two different exits of one life: %+v and %+v", first, h)
		case cutBetween(first.At, first.At.Add(ackTime)) && cutBetween(first.At, h.At):
			again++
			byContainer[h.Container[:12]] = h
		default:
			doubled++
			t.Errorf("handed over twice, without a power cut within %v: %+v at %v and %v", ackTime, h, first.At, h.At)
		}
	}
	lost, right, unknown, afterCode, undone, started := 0, 0, 0, 0, 0, 0
	begun := map[string]bool{}
	for _, line := range lines(t, filepath.Join(dir, "launched")) {
		f := strings.Fields(line) // worker, launch, container
		begun[f[2][:12]] = true
		if !launches[f[1]] {
			lost++
			t.Errorf("the exit of this launch was never handed over: %s", line)
		}
	}
	truth := filepath.Join(dir, "truth")
	for _, name := range entries(t, truth) {
		id, isStart := strings.CutSuffix(name, ".0.start")
		if !isStart {
			continue
		}
		started++
		start, err := os.Stat(filepath.Join(truth, name))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(filepath.Join(truth, id+".0"))
		wrote := strings.TrimSpace(string(text))
		h, told := byContainer[id]
		switch {
		case !told && begun[id]: // counted above
		case !told && cutBetween(start.ModTime(), start.ModTime().Add(time.Minute)):
			undone++ // Launch had not returned
		case !told:
			lost++
			t.Errorf("the exit of container %s, which began at %v, was never handed over", id, start.ModTime())
		case !h.Exit.Known && cutBetween(start.ModTime(), h.At):
			unknown++
			if wrote != "" {
				afterCode++
			}
		case !h.Exit.Known:
			wrong++
			t.Errorf("container %s wrote %q, and without a power cut its exit is unknown: %+v", id, wrote, h)
		case wrote != strconv.Itoa(h.Exit.Code) && !(h.Exit.Stopped && (h.Exit.Code == 137 || h.Exit.Code == 143)):
			wrong++
			t.Errorf("container %s wrote %q, but this was handed over: %+v", id, wrote, h)
		default:
			right++
		}
	}
	wantOneAtATime(t, truth)
	t.Logf("%d power cuts, %d lives: right codes %d, unknown %d (%d of which had written their code down), wrong %d, lost %d, doubled %d; "+
		"handed over again because of a cut %d, launches cut off and undone %d", len(cuts), started, right, unknown, afterCode, wrong, lost,
		doubled, again, undone)
	if right == 0 || started < 2*len(cuts) {
		t.Errorf("only %d lives, %d of which ended with a known code", started, right)
	}
	if left := e.Run(t, "ps", "--all", "--quiet"); left != "" {
		t.Errorf("containers are left: %q", left)
	}
	if left := files(t, filepath.Join(dir, "root")); len(left) > 0 {
		t.Errorf("files are left: %q", left)
	}
}

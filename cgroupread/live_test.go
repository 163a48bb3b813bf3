package cgroupread

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
)

// liveParent is the cgroup parent of the live tests' containers.
const liveParent = "dockercmd-test-cgroupread"

// TestLive reads real containers, with whatever cgroups and driver the machine has.
func TestLive(t *testing.T) {
	e := enginetest.Require(t)
	var h Host
	version, err := h.Version()
	if err != nil {
		t.Fatal(err)
	}
	driver := e.Run(t, "info", "--format={{.CgroupDriver}}")
	t.Logf("cgroups %s, driver %s, engine %s", version, driver, e.Version)

	parents := map[string]string{"default parent": "", "absolute parent": "/" + liveParent, "relative parent": liveParent +
		"-relative"}
	if driver == "systemd" {
		parents = map[string]string{"default parent": "", "slice": "dockercmdtest.slice", "slice in a slice": "dockercmdtest-live.slice"}
	}
	for name, parent := range parents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			name := e.Name(t)
			args := []string{"run", "--detach", "--name=" + name, "--network=none", "--memory=64m", "--cpus=0.5", "--pids-limit=20"}
			if parent != "" {
				args = append(args, "--cgroup-parent="+parent)
			}
			// One process is killed for want of memory; then the first one uses all the CPU it gets.
			id := e.Run(t, append(args, e.Image, "sh", "-c", "tail /dev/zero; while :; do :; done")...)
			pid, err := strconv.Atoi(e.Run(t, "inspect", "--format={{.State.Pid}}", id))
			if err != nil {
				t.Fatal(err)
			}
			g := liveGroup(t, h, id, pid, parent)
			t.Logf("group %s", g)
			if parent != "" {
				removeParents(t, g)
			}
			liveFigures(t, g, pid)
			e.Run(t, "rm", "--force", name)
			liveGone(t, h, g, id, pid, parent)
		})
	}
}

// liveGroup finds a container both ways.
func liveGroup(t *testing.T, h Host, id string, pid int, parent string) Group {
	t.Helper()
	byPID, err := h.ByPID(pid)
	if err != nil {
		t.Fatal(err)
	}
	byID, err := h.ByID(id, parent)
	if err != nil {
		t.Fatal(err)
	}
	for _, controller := range figureControllers {
		want, err := byPID.Dir(controller)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := byID.Dir(controller); err != nil || got != want {
			t.Errorf("%s: ByID gives %s, %v, ByPID %s", controller, got, err, want)
		}
	}
	if byPID.IsRoot() {
		t.Errorf("a container's group %s is the root", byPID)
	}
	return byID
}

func liveFigures(t *testing.T, g Group, pid int) {
	t.Helper()
	m, err := g.Memory()
	if err != nil {
		t.Fatal(err)
	}
	if m.Limit != Known(64<<20) {
		t.Errorf("memory limit: got %s, want %d", m.Limit, 64<<20)
	}
	if m.Current <= 0 || m.WorkingSet <= 0 || m.WorkingSet > m.Current {
		t.Errorf("got current %d, working set %d, want 0 < working set <= current", m.Current, m.WorkingSet)
	}
	p, err := g.Pids()
	if err != nil || p.Current < 1 || p.Limit != Known(20) {
		t.Errorf("got %+v, %v, want at least one task and a limit of 20", p, err)
	}
	if pids, err := g.Procs(); err != nil || !slices.Contains(pids, pid) {
		t.Errorf("processes: got %v, %v, want %d among them", pids, err, pid)
	}
	if ok, err := g.Populated(); err != nil || !ok {
		t.Errorf("populated: got %v, %v, want true", ok, err)
	}
	await(t, "an OOM kill is counted", func() (bool, string) {
		m, err := g.Memory()
		if err != nil {
			t.Fatal(err)
		}
		return m.OOMKills.Or(0) >= 1 || m.OOMKills.IsUnknown(), fmt.Sprintf("%+v", m)
	})
	m, err = g.Memory()
	if kills, killsErr := g.OOMKills(); err != nil || killsErr != nil || kills != m.OOMKills {
		t.Errorf("OOM kills alone: got %s, %v, want %s, %v", kills, killsErr, m.OOMKills, err)
	}
	before, err := g.CPU()
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the killed process's memory is given back", func() (bool, string) {
		m, err := g.Memory()
		if err != nil {
			t.Fatal(err)
		}
		return m.WorkingSet < 32<<20 || m.OOMKills.IsUnknown(), fmt.Sprintf("%+v", m)
	})
	await(t, "CPU usage grows, under the limit", func() (bool, string) {
		c, err := g.CPU()
		if err != nil {
			t.Fatal(err)
		}
		return c.Usage > before.Usage && c.User > 0 && c.ThrottledPeriods > before.ThrottledPeriods &&
				c.ThrottledTime > before.ThrottledTime,
			fmt.Sprintf("before %+v, now %+v", before, c)
	})
	m, err = g.Memory()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", m)
	if peak, ok := m.Peak.Get(); ok && peak < 60<<20 {
		t.Errorf("peak after an OOM kill at 64 MiB: got %d", peak)
	}
}

// liveGone checks that a removed container is told from one that cannot be read.
func liveGone(t *testing.T, h Host, g Group, id string, pid int, parent string) {
	t.Helper()
	await(t, "the group is gone", func() (bool, string) {
		_, err := g.Memory()
		return errors.Is(err, ErrGone), fmt.Sprint(err)
	})
	_, killsErr := g.OOMKills()
	_, cpuErr := g.CPU()
	_, pidsErr := g.Pids()
	_, procsErr := g.Procs()
	_, populatedErr := g.Populated()
	_, byIDErr := h.ByID(id, parent)
	_, byPIDErr := h.ByPID(pid)
	for what, err := range map[string]error{"OOMKills": killsErr, "CPU": cpuErr, "Pids": pidsErr, "Procs": procsErr,
		"Populated": populatedErr, "ByID": byIDErr, "ByPID": byPIDErr} {
		if !errors.Is(err, ErrGone) {
			t.Errorf("%s of a removed container: got %v, want ErrGone", what, err)
		}
	}
}

// TestLiveFreeMemory sets a limit on a cgroup parent and holds that containers below it take from its room and give it back.
func TestLiveFreeMemory(t *testing.T) {
	e := enginetest.Require(t)
	var h Host
	parent, group := "/"+liveParent+"-free", liveParent+"-free"
	if e.Run(t, "info", "--format={{.CgroupDriver}}") == "systemd" {
		parent, group = "dockercmdfree.slice", "dockercmdfree.slice"
	}
	name := e.Name(t)
	// 32 MiB of tmpfs count, and cannot be dropped.
	id := e.Run(t, "run", "--detach", "--name="+name, "--network=none", "--cgroup-parent="+parent, "--tmpfs=/full", e.Image,
		"sh", "-c", "dd if=/dev/zero of=/full/f bs=1M count=32; tail -f /dev/null")
	g, err := h.ByID(id, parent)
	if err != nil {
		t.Fatal(err)
	}
	removeParents(t, g)
	const limit = 256 << 20
	limitParent(t, g, group, limit)
	free := func() int64 {
		n, err := h.FreeMemory(parent)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	await(t, "the container takes 32 MiB of tmpfs and a little more", func() (bool, string) {
		m, err := g.Memory()
		if err != nil {
			t.Fatal(err)
		}
		n := free()
		return m.Shmem.Or(32<<20) >= 32<<20 && n <= limit-32<<20 && n > limit-64<<20, fmt.Sprintf("free %d, %+v", n, m)
	})
	e.Run(t, "rm", "--force", name)
	await(t, "a removed container gives its memory back", func() (bool, string) {
		n := free()
		return n > limit-16<<20 && n <= limit, fmt.Sprint(n)
	})
	total, err := h.TotalMemory()
	machine, freeErr := h.FreeMemory("")
	if err != nil || freeErr != nil || machine <= 0 || machine >= total {
		t.Errorf("machine: got %d free of %d, %v, %v", machine, total, err, freeErr)
	}
}

// limitParent sets a limit on the memory of a container's cgroup parent. A slice is systemd's: it would set again what somebody
// else has written there, and takes away one that is empty unless it was started for itself.
func limitParent(t *testing.T, g Group, group string, limit int) {
	t.Helper()
	dir, err := g.Dir("memory")
	if err != nil {
		t.Fatal(err)
	}
	parent := filepath.Dir(dir)
	if filepath.Base(parent) != group {
		t.Fatalf("the container's parent is %s, want %s", parent, group)
	}
	if strings.HasSuffix(group, ".slice") {
		systemctl := func(args ...string) {
			if out, err := exec.Command("systemctl", args...).CombinedOutput(); err != nil {
				t.Errorf("systemctl %s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
		systemctl("start", group)
		systemctl("set-property", "--runtime", group, "MemoryMax="+strconv.Itoa(limit))
		t.Cleanup(func() {
			systemctl("stop", group)
			systemctl("revert", group)
		})
		return
	}
	file := filepath.Join(parent, "memory.max")
	if _, err := os.Stat(file); err != nil {
		file = filepath.Join(parent, "memory.limit_in_bytes")
	}
	if err := os.WriteFile(file, []byte(strconv.Itoa(limit)), 0); err != nil {
		t.Skipf("NOT TESTED, no limit can be set on a cgroup (root can): %v", err)
	}
}

// removeParents removes the empty groups that engines leave where a cgroup parent was, at the end of the test.
func removeParents(t *testing.T, g Group) {
	t.Cleanup(func() {
		for _, p := range g.places {
			_ = os.Remove(filepath.Dir(p.dir)) // A v1 hierarchy that the container was not in has none.
		}
	})
}

// await waits for a condition, looking often; the second result tells what is there instead.
func await(t *testing.T, what string, holds func() (bool, string)) {
	t.Helper()
	deadline := time.After(time.Minute) // An emulated machine on a busy host takes its time.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, have := holds()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s; last: %s", what, have)
		}
	}
}

package enginetest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Stop ends the engine as an administrator does (SIGTERM) and waits until it has ended. Without --live-restore it stops its
// containers first; with it they run on, under their shims. Its containerd ends in either case.
func (p *PrivateEngine) Stop(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	p.await(t, "dockerd to end after SIGTERM", func() bool { return !p.running() })
}

// Kill ends the engine with SIGKILL. Its containerd dies with it (dockerd asks the kernel for that: PR_SET_PDEATHSIG, seen with
// 20.10.24); shims and containers live on, with --live-restore or without, also when the engine is frozen.
func (p *PrivateEngine) Kill(t testing.TB) {
	t.Helper()
	containerd := p.containerd()
	p.signal(t, syscall.SIGKILL)
	p.await(t, "dockerd and containerd to end after SIGKILL", func() bool {
		return !p.running() && dead(containerd)
	})
}

// KillShims ends the shims of all containers with SIGKILL, and waits until they are dead. Container processes live on:
// init is their parent then, and nobody learns how they end.
func (p *PrivateEngine) KillShims(t testing.TB) {
	t.Helper()
	if err := keepSockets(p.Dir); err != nil {
		t.Fatal(err)
	}
	var shims []int
	for _, pid := range pids() {
		if line := cmdline(pid); strings.Contains(line, "containerd-shim") && strings.Contains(line, p.Dir+"/") {
			shims = append(shims, pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	for _, pid := range shims {
		p.await(t, "shims to end after SIGKILL", func() bool { return dead(pid) })
	}
}

// Freeze stops dockerd where it is (SIGSTOP). It accepts connections then, and answers none. Its containerd is not frozen.
func (p *PrivateEngine) Freeze(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGSTOP)
	p.await(t, "dockerd to freeze", func() bool { return state(p.PID()) == 'T' })
}

// Thaw continues a frozen dockerd (SIGCONT).
func (p *PrivateEngine) Thaw(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGCONT)
	p.await(t, "dockerd to thaw", func() bool { return state(p.PID()) != 'T' })
}

func (p *PrivateEngine) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if !p.running() {
		t.Fatalf("%v for the engine: it does not run", s)
	}
	if err := syscall.Kill(p.PID(), s); err != nil {
		t.Fatal(err)
	}
}

func (p *PrivateEngine) await(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(stopDeadline)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v for %s", stopDeadline, what)
		}
	}
}

func (p *PrivateEngine) containerdPidFile() string {
	return filepath.Join(p.Dir, "exec/containerd/containerd.pid")
}

// containerd returns the process id of the engine's containerd, 0 for none.
func (p *PrivateEngine) containerd() int {
	text, err := os.ReadFile(p.containerdPidFile())
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !strings.Contains(cmdline(pid), p.Dir+"/") {
		return 0
	}
	return pid
}

// forgetContainerd removes the pid file of a containerd that died with its engine. While its zombie waits for a slow init,
// dockerd 20.10.24 takes it for alive, starts none, and gives up after 15 s: "timeout waiting for containerd to start".
func (p *PrivateEngine) forgetContainerd() {
	if p.containerd() == 0 {
		_ = os.Remove(p.containerdPidFile())
	}
}

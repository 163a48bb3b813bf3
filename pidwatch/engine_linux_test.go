package pidwatch

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/internal/enginetest"
)

// TestEngine compares what the kernel says about containers with what docker says afterwards.
func TestEngine(t *testing.T) {
	e := enginetest.Require(t)
	known := tellsExits(t)
	const exits = "trap 'exit 7' TERM; echo ready; tail -f /dev/null & wait"
	for _, test := range []struct {
		name   string
		init   bool
		script string
		victim func(t *testing.T, first int) int
		signal syscall.Signal
		want   Death
	}{
		{"exit code", false, exits, itself, syscall.SIGTERM, Death{Code: 7}},
		{"killed", false, exits, itself, syscall.SIGKILL, Death{Code: 137, Signal: syscall.SIGKILL}},
		{"exit code below an init", true, exits, itself, syscall.SIGTERM, Death{Code: 7}},
		{"init killed", true, exits, itself, syscall.SIGKILL, Death{Code: 137, Signal: syscall.SIGKILL}},
		{"worker killed below an init", true, "echo ready; exec tail -f /dev/null", below, syscall.SIGKILL, Death{Code: 137}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, name := newSet(t), e.Name(t)
			args := []string{"run", "--detach", "--network=none", "--name=" + name}
			if test.init {
				args = append(args, "--init")
			}
			id := e.Run(t, append(args, e.Image, "sh", "-c", test.script)...)
			for deadline := time.Now().Add(time.Minute); e.Run(t, "logs", name) != "ready"; {
				if time.Now().After(deadline) {
					t.Fatal("the container is not ready")
				}
			}
			pid, err := strconv.Atoi(e.Run(t, "inspect", "--format={{.State.Pid}}", name))
			if err != nil {
				t.Fatal(err)
			}
			verify := func() error {
				text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
				if err == nil && !strings.Contains(string(text), id) {
					err = fmt.Errorf("container %s is not in the cgroup of process %d: %q", id, pid, text)
				}
				return err
			}
			if err := s.Add(name, pid, verify); err != nil {
				t.Fatal(err)
			}
			none(t, s)
			got := signalUntilDead(t, s, test.victim(t, pid), test.signal)
			want := test.want
			want.Key, want.PID, want.At, want.Known = name, pid, got.At, known
			if !known {
				want.Code, want.Signal = 0, 0
			}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if docker := e.Run(t, "wait", name); known && docker != strconv.Itoa(got.Code) {
				t.Errorf("docker says exit code %s, the kernel %d", docker, got.Code)
			}
		})
	}
}

// itself returns the first process of a container.
func itself(_ *testing.T, first int) int { return first }

// below returns the process below the init of a container.
func below(t *testing.T, first int) (pid int) {
	t.Helper()
	g, err := cgroupread.Host{}.ByPID(first)
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the init has started the worker", func() bool {
		pids, err := g.Procs()
		if err != nil {
			t.Fatal(err)
		}
		pids = slices.DeleteFunc(pids, func(n int) bool { return n == first })
		if len(pids) == 1 {
			pid = pids[0]
		}
		return len(pids) == 1
	})
	return pid
}

// signalUntilDead sends a signal until the watched process is dead.
func signalUntilDead(t *testing.T, s *Set, victim int, signal syscall.Signal) Death {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		_ = syscall.Kill(victim, signal) // It may have died of the last one.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		d, err := s.Next(ctx)
		cancel()
		if err == nil {
			return d
		}
	}
	t.Fatalf("process %d does not die of signals", victim)
	return Death{}
}

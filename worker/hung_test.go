package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/worker"
)

// hungCall is an exported call of the Manager, and what may hang under it.
type hungCall struct {
	name string
	// by are the subcommands that the call may run. Each hangs in turn, and then all of them.
	by []string
	// takes is how many deadlines the call may have to sit out one after the other, at worst.
	takes int
	call  func(ctx context.Context, m *worker.Manager) error
	// succeeds says that the call has other ways when one subcommand hangs.
	succeeds bool
	// seesThrough says that it finds out that the work was done when docker hung in the middle of its answer.
	seesThrough bool
}

func outcomesError(outcomes []worker.Outcome) error {
	var errs []error
	for _, o := range outcomes {
		errs = append(errs, o.Err)
	}
	return errors.Join(errs...)
}

// The workers that there are when a call is made: w-run runs, w-end has ended, though nobody has heard of it, w-new is not there.
var hungCalls = []hungCall{
	{name: "Launch", by: []string{"run"}, takes: 4, seesThrough: true, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Launch(ctx, hungSpec("w-new", "serve")))
	}},
	{name: "Launch again", by: []string{"inspect"}, takes: 2, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Launch(ctx, hungSpec("w-end", "serve")))
	}},
	{name: "Stop", by: []string{"inspect", "stop"}, takes: 5, succeeds: true,
		call: func(ctx context.Context, m *worker.Manager) error {
			return errorOf(m.Stop(ctx, "w-run"))
		}},
	{name: "Kill", by: []string{"inspect", "kill"}, takes: 5, succeeds: true,
		call: func(ctx context.Context, m *worker.Manager) error {
			return errorOf(m.Kill(ctx, "w-run"))
		}},
	{name: "Stop to the end of the steps", by: []string{"stop kill rm"}, takes: 5,
		call: func(ctx context.Context, m *worker.Manager) error {
			return errorOf(m.Stop(ctx, "w-run"))
		}},
	{name: "StopAll", by: []string{"inspect", "stop", "stop kill rm"}, takes: 9, succeeds: true,
		call: func(ctx context.Context, m *worker.Manager) error {
			return outcomesError(m.StopAll(ctx, "w-run", "w-end"))
		}},
	{name: "KillAll", by: []string{"inspect", "kill", "kill rm"}, takes: 9, succeeds: true,
		call: func(ctx context.Context, m *worker.Manager) error {
			return outcomesError(m.KillAll(ctx, "w-run", "w-end"))
		}},
	{name: "Cleanup", by: []string{"inspect", "rm"}, takes: 3, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Cleanup(ctx, "w-end"))
	}},
	{name: "CleanupAll", by: []string{"inspect", "rm"}, takes: 6, seesThrough: true,
		call: func(ctx context.Context, m *worker.Manager) error {
			return outcomesError(m.CleanupAll(ctx, "w-end"))
		}},
	{name: "Status", by: []string{"ps"}, takes: 1, call: func(ctx context.Context, m *worker.Manager) error {
		s, err := m.Status(ctx, "w-run")
		if s.State != worker.Unknown {
			err = fmt.Errorf("the state is %s", s.State)
		}
		return err
	}},
	{name: "Statuses", by: []string{"ps"}, takes: 1, call: func(ctx context.Context, m *worker.Manager) error {
		all, err := m.Statuses(ctx)
		for _, s := range all {
			if s.State != worker.Unknown {
				err = fmt.Errorf("the state of %s is %s", s.ID, s.State)
			}
		}
		return err
	}},
	{name: "Alive", by: []string{"ps"}, takes: 1, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Alive(ctx, "w-run"))
	}},
	{name: "MemoryUsage", by: []string{"inspect"}, takes: 2, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.MemoryUsage(ctx, "w-run"))
	}},
	{name: "Usage", by: []string{"inspect"}, takes: 2, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Usage(ctx, "w-run"))
	}},
	{name: "Profile by nsenter", by: []string{"inspect"}, takes: 2, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Profile(ctx, "w-run", worker.ViaNsenter, []string{"true"}, client.Streams{}))
	}},
	{name: "Recover", by: []string{"ps", "inspect"}, takes: 2, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Recover(ctx))
	}},
	{name: "Reap", by: []string{"ps"}, takes: 1, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Reap(ctx, worker.Reaper{Grace: -1}))
	}},
	{name: "Reap an orphan", by: []string{"inspect", "rm"}, takes: 2, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Reap(ctx, worker.Reaper{Grace: -1}))
	}},
	// These have no deadline but their context's.
	{name: "Wait", by: []string{"wait", "inspect"}, takes: -1, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Wait(ctx, "w-run"))
	}},
	{name: "Profile by exec", by: []string{"exec"}, takes: -1, call: func(ctx context.Context, m *worker.Manager) error {
		return errorOf(m.Profile(ctx, "w-run", worker.ViaExec, []string{"exit", "0"}, client.Streams{}))
	}},
}

func hungSpec(id string, command ...string) worker.Spec {
	s := spec(id, command...)
	s.StopGrace = new(time.Duration)
	return s
}

// TestHungDocker has docker hang, by subcommand and in each of three ways, under every call of the Manager. The call comes back
// when its deadlines have passed, with an error that says so unless it has found another way; calls that need other subcommands go
// on meanwhile; and nothing is left: no goroutine, no file, no process. It is not parallel, because it counts.
func TestHungDocker(t *testing.T) {
	enginetest.Slow(t)
	ways := []string{hangPolite, hangStubborn, hangHalfway}
	h := newHungRig(t)
	stop := h.stranger()
	defer stop()
	n := 0
	for _, c := range hungCalls {
		for _, by := range c.by {
			// Each call meets each way to hang at least once among its subcommands, unless all are asked for.
			tried := ways
			if testing.Short() {
				tried = ways[n%len(ways):][:1]
				n++
			}
			for _, how := range tried {
				t.Run(strings.ReplaceAll(c.name+"/"+by+"/"+how, " ", "-"),
					func(t *testing.T) { h.try(t, c, how, strings.Fields(by)) })
			}
		}
	}
}

// stranger runs a container of this instance's that no worker owns, for the reaper, until stop is called.
func (h *hungRig) stranger() (stop func()) {
	h.t.Helper()
	h.orphan(h.t, "orphan")
	return func() {
		if err := h.docker().Rm(context.Background(), dockercmd.Rm{Force: true, Containers: []string{"orphan"}}); err != nil {
			h.t.Error(err)
		}
	}
}

func (h *hungRig) try(t *testing.T, c hungCall, how string, by []string) {
	direct := h.another(h.Root) // without processes, for what is not the test
	for _, s := range []worker.Spec{hungSpec("w-run", "serve"), hungSpec("w-end", "serve")} {
		if _, err := direct.Launch(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.docker().Kill(t.Context(), dockercmd.Kill{Containers: []string{"w-end"}}); err != nil {
		t.Fatal(err)
	}
	before := h.counted(t)
	h.hang(how, by...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if c.takes < 0 {
		time.AfterFunc(h.long, cancel)
	}
	limit := time.Duration(max(c.takes, 1))*(h.long+3*hungGrace) + 30*time.Second // the latter for a busy machine, and pauses
	began := time.Now()
	done := make(chan error, 1)
	go func() { done <- c.call(ctx, h.Manager) }()
	var err error
	select {
	case err = <-done:
	case <-time.After(limit):
		t.Errorf("it has not come back after %v", limit)
		cancel()
		err = <-done
	}
	took := time.Since(began)
	switch {
	case c.takes < 0:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case err == nil && !c.succeeds && !(c.seesThrough && how == hangHalfway):
		t.Error("got no error")
	case err != nil && !errors.Is(err, client.ErrTimeout) && !errors.Is(err, worker.ErrUnkillable):
		t.Errorf("got %v", err)
	}
	t.Logf("%v: %v", took.Round(time.Millisecond), err)
	// if it was launched all the same
	if _, err := direct.Kill(t.Context(), "w-new"); err != nil && !errors.Is(err, worker.ErrUnknownID) {
		t.Error(err)
	}
	wantNoMore(t, before)
	h.heal()
	h.tidy(t, direct)
}

// tidy ends and removes all workers, whatever a call has left of them.
func (h *hungRig) tidy(t *testing.T, m *worker.Manager) {
	t.Helper()
	all, err := m.Statuses(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, s := range all {
		if s.State != worker.Reserved && s.Exit == nil {
			if _, err := m.Kill(t.Context(), s.ID); err != nil {
				t.Errorf("kill afterwards: %v", err)
			}
		}
		if _, err := m.Cleanup(t.Context(), s.ID); err != nil {
			t.Errorf("cleanup afterwards: %v", err)
		}
	}
	names := h.names(t)
	for _, name := range names {
		if name != "orphan" {
			t.Errorf("%s is left", name)
		}
	}
	if len(names) == 0 {
		h.stranger() // it was reaped
	}
	if got := files(t, h.Root); len(got) > 0 {
		t.Errorf("files are left: %q", got)
	}
}

// TestHungOthersGoOn checks that while docker hangs under calls for some workers, other calls are answered.
func TestHungOthersGoOn(t *testing.T) {
	enginetest.Slow(t)
	h := newHungRig(t)
	direct := h.another(h.Root)
	for i := range 6 {
		if _, err := direct.Launch(t.Context(), hungSpec("w"+strconv.Itoa(i)+"-x", "serve")); err != nil {
			t.Fatal(err)
		}
	}
	before := h.counted(t)
	h.hang(hangStubborn, "stop", "wait", "run")
	h.Docker.Short, h.Docker.Long = time.Minute, time.Minute // the hung ones are ended by their context
	ctx, cancel := context.WithCancel(t.Context())
	hanging := make(chan error, 2)
	go func() { hanging <- errorOf(h.Stop(ctx, "w0-x")) }()
	go func() { hanging <- errorOf(h.Wait(ctx, "w1-x")) }()
	for name, call := range map[string]func() error{
		"status":   func() error { return errorOf(h.Status(t.Context(), "w0-x")) },
		"statuses": func() error { return errorOf(h.Statuses(t.Context())) },
		"kill":     func() error { return errorOf(h.Kill(t.Context(), "w2-x")) },
		"killall":  func() error { return outcomesError(h.KillAll(t.Context(), "w3-x", "w4-x")) },
		"cleanup": func() error {
			return errors.Join(errorOf(h.Kill(t.Context(), "w5-x")), errorOf(h.Cleanup(t.Context(), "w5-x")))
		},
		"reap": func() error { return errorOf(h.Reap(t.Context(), worker.Reaper{})) },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	cancel()
	for range 2 {
		if err := <-hanging; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	wantNoMore(t, before)
	h.heal()
	h.tidy(t, direct)
}

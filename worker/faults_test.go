package worker_test

import (
	"context"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// faults are what goes wrong with docker's subcommands from now on; "" is all of them. It is a Fault of the fake's.
type faults struct {
	mu sync.Mutex
	by map[string]*runnertest.Fault
}

func (f *faults) fault(c dockercmd.Command) *runnertest.Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.by[c.Subcommand()]; one != nil {
		return one
	}
	return f.by[""]
}

// set has a subcommand fail; nil heals it.
func (f *faults) set(subcommand string, fault *runnertest.Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil {
		f.by = map[string]*runnertest.Fault{}
	}
	f.by[subcommand] = fault
}

// hung returns a fault of an engine that does not answer. It must be made in the bubble in which it is used.
func hung() *runnertest.Fault { return &runnertest.Fault{Release: make(chan struct{})} }

// late returns a Runner whose clients get their answers at once and end only later, by subcommand.
func late(r runner.Runner, by map[string]time.Duration) runner.Runner {
	return runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		p, err := r.Start(ctx, c)
		if err != nil {
			return nil, err
		}
		return lateProcess{p, by[c.Argv[1]]}, nil
	})
}

type lateProcess struct {
	runner.Process
	by time.Duration
}

func (p lateProcess) Wait() error {
	err := p.Process.Wait()
	time.Sleep(p.by) // of a bubble's clock
	return err
}

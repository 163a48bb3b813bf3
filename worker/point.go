package worker

import (
	"context"

	"github.com/dockercmd/toolkit/runner"
)

// crash is told before every write of the Manager's and before and after every docker call and every delivery, if it is not nil. It is
// how tests kill a supervisor at each instant that could matter; nothing else sets it.
var crash func(step string)

// point is one instant at which a supervisor may be killed.
func point(step string) {
	if crash != nil {
		crash(step)
	}
}

// pointed tells crash of the docker calls that a Runner starts.
func pointed(r runner.Runner) runner.Runner {
	if crash == nil {
		return r
	}
	return runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		name := "docker"
		if len(c.Argv) > 1 {
			name += " " + c.Argv[1]
		}
		point("before " + name)
		if r == nil {
			r = runner.Exec{}
		}
		p, err := r.Start(ctx, c)
		if err != nil {
			return nil, err
		}
		return pointedProcess{p, name}, nil
	})
}

type pointedProcess struct {
	runner.Process
	name string
}

func (p pointedProcess) Wait() error {
	err := p.Process.Wait()
	point("after " + p.name)
	return err
}

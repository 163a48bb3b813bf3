package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/scripts"
)

// StormLauncher runs each worker's docker lines through Storm's worker-launcher at path, as the worker's user. It is a
// Manager's RunnerFor, and goes with the engine dialect dockercmd.Storm.
//
// The user must be a name of this machine's and a member of the group docker, since the launcher's docker runs as that user.
// The launcher gives the whole worker directory to the user. The Manager itself must be root, as it gives files away too.
func StormLauncher(path string) func(Target) runner.Runner {
	return func(t Target) runner.Runner {
		return runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			if t.Identity.Name == "" {
				return nil, &runner.StartError{
					Program: path, Err: errors.New("it becomes users by name"),
					Hint: fmt.Sprintf("give worker %s a user that this machine has, instead of the numbers %s", t.ID,
						t.Identity.user()),
				}
			}
			l := runner.Launcher{Path: path, User: t.Identity.Name, WorkerDir: t.WorkerDir}
			if c.Script != "" {
				return l.Start(ctx, c)
			}
			dir, err := scripts.OpenDir(t.StateDir)
			if err != nil {
				return nil, err
			}
			l.Scripts = dir
			p, err := l.Start(ctx, c)
			if err != nil {
				dir.Close()
				return nil, err
			}
			// The launcher's file is removed when its process has ended, and that needs the directory, also when the caller does
			// not wait.
			go func() {
				_ = p.Wait() // the caller's to see
				dir.Close()
			}()
			return p, nil
		})
	}
}

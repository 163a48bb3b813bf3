package worker_test

import (
	"context"
	"fmt"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// A Watcher delivers the exit of each launch. An exit is acknowledged when OnExit returns nil, and not delivered again.
func ExampleWatcher() {
	ctx, cancel := context.WithCancel(context.Background())
	fake := &runnertest.Docker{Images: map[string]runnertest.Program{"app:1": func(context.Context,
		*runnertest.Container) int {
		return 7
	}}}
	defer fake.Close()
	m := &worker.Manager{
		Root: exampleDir(), LockDir: exampleDir(), Docker: client.Docker{Runner: fake},
		Users: func(context.Context, string) (worker.Identity, error) { return someone, nil },
	}
	w := &worker.Watcher{Manager: m, OnExit: func(_ context.Context, n worker.Notice) error {
		fmt.Println(n.Worker, "ended:", n.Exit)
		cancel()
		return nil
	}}
	if _, err := m.Launch(ctx, worker.Spec{ID: "w1", Image: "app:1", Command: []string{"serve"}, User: "me"}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(w.Run(ctx))
	// Output:
	// w1 ended: exit code 7
	// context canceled
}

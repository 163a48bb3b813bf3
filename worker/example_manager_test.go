package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/worker"
)

// exampleManager returns a Manager on a fake docker whose image serves until it is told to end.
func exampleManager() (m *worker.Manager, fake *runnertest.Docker) {
	fake = &runnertest.Docker{Images: map[string]runnertest.Program{"app:1": app}}
	return &worker.Manager{
		Root: exampleDir(), LockDir: exampleDir(), Instance: "example", Docker: client.Docker{Runner: fake},
		Users: func(context.Context, string) (worker.Identity, error) { return someone, nil },
	}, fake
}

// Alive tells a worker that runs from one that has ended, and where it knows that from. An error is neither yes nor no.
func ExampleManager_Alive() {
	m, fake := exampleManager()
	defer fake.Close()
	ctx := context.Background()
	if _, err := m.Launch(ctx, worker.Spec{ID: "w1", Image: "app:1", Command: []string{"serve"}, User: "me"}); err != nil {
		fmt.Println(err)
	}
	l, err := m.Alive(ctx, "w1")
	fmt.Println(l.Alive, l.Source, err)
	if _, err := m.Stop(ctx, "w1"); err != nil {
		fmt.Println(err)
	}
	l, err = m.Alive(ctx, "w1")
	fmt.Println(l.Alive, l.Source, err)
	// Output:
	// true docker ps <nil>
	// false disk <nil>
}

// A container of this root that no worker owns is an orphan: the supervisor's files were lost, say. A dry run only names it.
func ExampleManager_Reap() {
	m, fake := exampleManager()
	defer fake.Close()
	ctx := context.Background()
	if _, err := m.Launch(ctx, worker.Spec{ID: "w1", Image: "app:1", User: "someone", Command: []string{"serve"}}); err != nil {
		fmt.Println(err)
	}
	if err := os.RemoveAll(filepath.Join(m.Root, "workers", "w1")); err != nil {
		fmt.Println(err)
	}
	for _, dry := range []bool{true, false, false} {
		reaped, err := m.Reap(ctx, worker.Reaper{Grace: -1, DryRun: dry})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(reaped.Containers), "orphans")
		for _, o := range reaped.Containers {
			fmt.Println(o.Name, "is", o.State)
		}
	}
	// Output:
	// 1 orphans
	// w1 is running
	// 1 orphans
	// w1 is running
	// 0 orphans
}

// What Stop and Kill cannot end is an UnkillableError, which tells each step that was tried.
func ExampleUnkillableError() {
	err := error(&worker.UnkillableError{Worker: "w1", Escalations: []worker.Escalation{
		{Name: "docker kill", Err: errors.New("no answer")},
		{Name: "docker rm --force", Err: errors.New("no answer")},
	}, Processes: []string{"4711 (java) D"}})
	fmt.Println(errors.Is(err, worker.ErrUnkillable))
	fmt.Println(err)
	// Output:
	// true
	// worker w1: the worker cannot be ended; docker kill: no answer; docker rm --force: no answer; processes left: 4711 (java) D
}

package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/dockercmd/toolkit/worker"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: supervisor DIRECTORY <SPECS.yaml")
	}
	specs, err := worker.ReadSpecs(os.Stdin, "standard input")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second interrupt ends us at once
	if err := supervise(ctx, &worker.Manager{Root: os.Args[1]}, specs); err != nil {
		log.Fatal(err)
	}
}

// supervise launches workers and waits until all have ended; when ctx ends first, they are stopped. Nothing is left of them, unless
// it is locked out by another supervisor. After a crash the next run adopts the workers that still run, and receives the exits that
// this one did not acknowledge.
func supervise(ctx context.Context, m *worker.Manager, specs []worker.Spec) error {
	exits := make(chan worker.Notice)
	w := &worker.Watcher{Manager: m, OnExit: func(ctx context.Context, n worker.Notice) error {
		select {
		case exits <- n:
			return nil // acknowledges the exit: it does not come again
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	watched := make(chan error, 1)
	go func() { watched <- w.Run(watching) }()

	var errs []error
	var ids []string
	running := map[string]string{} // launches by worker
	for _, spec := range specs {
		l, err := m.Launch(ctx, spec)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		log.Printf("worker %s: container %.12s, adopted: %t", l.ID, l.Container, l.Adopted)
		ids, running[l.ID] = append(ids, l.ID), l.Launch
	}
	stopped := make(chan error, 1)
	unneeded := context.AfterFunc(ctx, func() { stopped <- problems(m.StopAll(watching, ids...)) })
	isStopped := false
	for len(running) > 0 {
		select {
		case n := <-exits:
			log.Printf("worker %s: %s", n.Worker, n.Exit)
			if running[n.Worker] == n.Launch {
				delete(running, n.Worker)
			}
		case err := <-stopped:
			isStopped = true
			if errs = append(errs, err); err != nil {
				clear(running) // those that cannot be stopped are not waited for
			}
		case err := <-watched:
			cancel()
			return errors.Join(append(errs, err)...)
		}
	}
	if !unneeded() && !isStopped {
		errs = append(errs, <-stopped)
	}
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) { // all acknowledgements are on disk
		errs = append(errs, err)
	}
	if ctx.Err() != nil {
		errs = append(errs, context.Cause(ctx))
	}
	return errors.Join(append(errs, problems(m.CleanupAll(context.WithoutCancel(ctx), ids...)))...)
}

func problems(outcomes []worker.Outcome) error {
	var errs []error
	for _, o := range outcomes {
		errs = append(errs, o.Err)
	}
	return errors.Join(errs...)
}
